"""One label for each run of frames that are not background."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oscine.annotations.annotations import Annotations
from oscine.annotations.labels import BACKGROUND
from oscine.core.errors import InputError
from oscine.networks.targets.exclusive import Exclusive
from oscine.prediction.decoders.majority import Majority
from oscine.prediction.scores import Scores
from oscine.prediction.segment import SegmentParams, segment

LABELS = ("a", "b", BACKGROUND, "c")
RATE = 100.0


def scores_of(text, labels=LABELS, rate=RATE, sure=0.9):
    """Scores whose most probable labels spell a text, in which "." is background and "?" was never computed."""
    values = np.full((len(labels), len(text)), (1 - sure) / (len(labels) - 1), np.float32)
    for i, letter in enumerate(text):
        if letter == "?":
            values[:, i] = -np.inf
        else:
            values[labels.index(BACKGROUND if letter == "." else letter), i] = sure
    return Scores.from_array(values, labels, rate, recording="a.wav")


def spelt(text, block=None, **options):
    """What the decoder makes of a text, as a text."""
    scores = scores_of(text)
    if block:
        scores = _InBlocks(scores.data, scores.labels, RATE, scores.duration, "a.wav", block=block)
    out = ["."] * len(text)
    for label, runs in Majority(**options).runs(scores, {}).items():
        for start, stop in zip(runs.start, runs.stop, strict=True):
            assert set(out[start:stop]) <= {"."}
            out[start:stop] = label * (stop - start)
    return "".join(out)


class _InBlocks(Scores):
    def __init__(self, *args, block, **more):
        super().__init__(*args, **more)
        object.__setattr__(self, "block", block)

    def blocks(self):
        return super().blocks(self.block)


@pytest.mark.parametrize(
    ("heard", "said"),
    [
        ("..aaba..b.ccbb..", "..aaaa..b.bbbb.."),  # on a tie the first label wins, not the first heard
        ("aab", "aaa"),  # from the first frame to the last
        ("bbbaaaa", "aaaaaaa"),  # two syllables that touch become one
        ("bb.aa", "bb.aa"),  # a frame between them keeps them apart
        ("aabb?bb..", "aaaa.bb.."),  # a frame that nobody computed ends a run, too
        ("....", "...."),
        ("", ""),
    ],
)
def test_worked_by_hand(heard, said):
    assert spelt(heard) == said


def test_the_example_of_the_module():
    """With other letters: its c and d are b and c here."""
    assert spelt("..aaba..b.bbcc..", min_duration=0.02) == "..aaaa....bbbb.."


@pytest.mark.parametrize(("shortest", "said"), [(0.03, "aaa..bbb"), (0.0301, "........"), (0.02, "aaa..bbb")])
def test_a_run_as_long_as_the_shortest_is_kept(shortest, said):
    """0.03 s are three frames at 100 Hz, although 3 / 100 and 0.03 need not be equal in binary."""
    assert spelt("aaa..bbb", min_duration=shortest) == said


def test_length_is_that_of_the_run_not_of_its_parts():
    assert spelt(".abab.ab.", min_duration=0.04) == ".aaaa...."


def by_hand(text, shortest):
    """Frame by frame, without arrays."""
    out, i = list(text), 0
    while i < len(text):
        j = i
        while j < len(text) and text[j] not in ".?":
            j += 1
        if j > i:
            votes = Counter(text[i:j])
            winner = max(LABELS, key=lambda label: votes[label])  # max takes the first of equals
            out[i:j] = (winner if j - i >= shortest else ".") * (j - i)
        i = max(j, i + 1)
    return "".join(out).replace("?", ".")


@given(st.text("abc..?", max_size=40), st.integers(0, 4), st.sampled_from([1, 2, 3, 7, 100]))
def test_frame_by_frame_in_any_blocks(text, shortest, block):
    assert spelt(text, block, min_duration=shortest / RATE) == by_hand(text, shortest)


@given(st.text("abc.", max_size=40), st.integers(0, 4))
def test_cleaning_what_is_clean_changes_nothing(text, shortest):
    once = spelt(text, min_duration=shortest / RATE)
    assert spelt(once, min_duration=shortest / RATE) == once


def test_the_score_is_the_highest_of_the_label_that_won():
    values = [[0.6, 0.2, 0.5, 0.0], [0.3, 0.8, 0.4, 0.0], [0.1, 0.0, 0.1, 1.0]]
    scores = Scores.from_array(values, ["a", "b", BACKGROUND], 10.0)
    runs = Majority().runs(scores, {})
    assert runs["a"].peak.tolist() == [pytest.approx(0.6)]
    assert len(runs["b"]) == len(runs[BACKGROUND]) == 0


def test_without_a_background_label_the_thresholds_tell():
    values = [[0.4, 0.7, 0.2, 0.4, 0.6, 0.3], [0.3, 0.1, 0.8, 0.5, 0.4, 0.35]]
    scores = Scores.from_array(values, ["a", "b"], 10.0)
    runs = Majority().runs(scores, {"a": 0.5, "b": 0.6})
    assert (runs["a"].start.tolist(), runs["a"].stop.tolist()) == ([1, 4], [3, 5])
    assert len(runs["b"]) == 0
    just = Scores.from_array([[0.6, 0.7]], ["a"], 10.0)
    assert Majority().runs(just, {"a": 0.6})["a"].start.tolist() == [1]  # strictly above, as `threshold` has it


def test_no_time_is_shorter_than_none():
    with pytest.raises(InputError, match="option min_duration is out of range"):
        Majority(min_duration=-1)


def test_as_a_part_of_segment():
    params = SegmentParams(decoder={"name": "majority", "min_duration": 0.02})
    found = segment(scores_of("..aaba..b.cc"), params)
    assert [(row.label, row.onset, row.offset) for row in found] == [
        ("a", pytest.approx(0.015), pytest.approx(0.055)),
        ("c", pytest.approx(0.095), pytest.approx(0.12)),
    ]


def test_real_song_comes_back_as_it_went_in(data):
    """Labels to frames of 2 ms, and back: the same syllables, within half a frame."""
    truth = Annotations.load(data / "bengalese_finch/val")
    labels, rate = (BACKGROUND, *truth.labels), 500.0
    params, n_syllables = SegmentParams(decoder=Majority(min_duration=0.01)), 0
    for name in truth.recordings:
        table = truth.select(recordings=[name]).to_pandas().sort_values("onset")
        end = table["offset"].max() + 1
        indices = np.array([labels.index(label) for label in table["label"]])
        onsets, offsets = table["onset"].to_numpy(), table["offset"].to_numpy()
        frames = Exclusive().encode(
            onsets, offsets, indices, np.array([[0, end]]), int(end * rate), rate, labels=labels
        )
        values = np.eye(len(labels), dtype=np.float32)[:, frames]
        found = segment(Scores.from_array(values, labels, rate, recording=name), params).to_pandas()
        assert found["label"].tolist() == table["label"].tolist()
        np.testing.assert_allclose(found["onset"], onsets, atol=0.5 / rate + 1e-9, rtol=0)
        np.testing.assert_allclose(found["offset"], offsets, atol=0.5 / rate + 1e-9, rtol=0)
        n_syllables += len(found)
    assert n_syllables == 446
