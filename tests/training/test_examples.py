from __future__ import annotations

import time

import numpy as np
import pytest

from oscine.annotations.annotations import Annotations
from oscine.annotations.coverage import Coverage
from oscine.annotations.labels import LabelSet
from oscine.datasets.sampler import FrameGrid, Sampler
from oscine.networks.target import UNKNOWN
from oscine.networks.targets.exclusive import Exclusive
from oscine.networks.targets.overlapped import Overlapped
from oscine.recordings.recording import Recording
from oscine.training.examples import find_examples, find_truth

LABELS = LabelSet(["background", "pulse", "sine"])
GRID = FrameGrid(10, (0, 0), 100.0)
RECORDINGS = {"a.wav": Recording.from_sound(np.zeros(1000), 100.0, name="a.wav")}


def part(*spans, coverage="whole"):
    table = [{"recording": "a.wav", "onset": a, "offset": b, "label": label} for a, b, label in spans]
    return Annotations(table, labels=LABELS).with_coverage(coverage)


def sampler_of(annotations, recordings):
    truth = find_truth(annotations, recordings, LABELS, Exclusive(), GRID)
    return Sampler(find_examples(annotations, recordings, LABELS), recordings, truth, GRID, n_frames=3, seed=0)


def spans(examples):
    return [(example.group.partition("\n")[0], example.onset, example.offset) for example in examples]


def test_annotations_and_background():
    found = find_examples(part((1, 1, "pulse"), (2, 4, "sine")), RECORDINGS, LABELS)
    assert spans(found) == [
        ("pulse", 1, 1), ("sine", 2, 4), ("background", 0, 2), ("background", 4, 10),
    ]  # fmt: skip
    assert spans(find_examples(part((2, 4, "sine")), RECORDINGS, LabelSet(["sine"]))) == [("sine", 2, 4)]
    assert spans(find_examples(part((2, 4, "sine"), coverage="rows"), RECORDINGS, LABELS)) == [("sine", 2, 4)]


def test_windows_are_drawn_only_where_a_part_covers():
    coverage = Coverage({"a.wav": [(3, 5), (6, 8)]}, whole=False)
    cut = part((1, 4, "sine"), (4.5, 7, "sine"), (5.5, 5.5, "pulse"), (6, 6, "pulse"), coverage=coverage)
    assert spans(find_examples(cut, RECORDINGS, LabelSet(["pulse", "sine"]))) == [
        ("sine", 3, 4), ("sine", 4.5, 5), ("sine", 6, 7), ("pulse", 6, 6),
    ]  # fmt: skip


def test_labels_of_one_kind_are_a_group():
    table = part((1, 1, "pulse"), (2, 2, "pulse")).to_pandas()
    table["kind"] = ["annotated", "missed"]
    groups = {example.group for example in find_examples(Annotations(table), RECORDINGS, LABELS)}
    assert groups == {"pulse\nannotated", "pulse\nmissed", "background"}


def test_truth_is_unknown_where_nobody_looked():
    truth = find_truth(part((2, 3, "sine"), (5, 5, "pulse"), coverage="rows"), RECORDINGS, LABELS, Exclusive(), GRID)
    got = truth("a.wav", 0, 100)
    expected = np.full(100, UNKNOWN)
    expected[20:30], expected[50] = 2, 1
    assert got.tolist() == expected.tolist()
    assert truth("a.wav", -5, 3).tolist() == [UNKNOWN] * 3


@pytest.mark.parametrize("event_width", [None, 0.5])
def test_truth_of_a_stretch_is_a_slice_of_the_whole(event_width):
    random = np.random.default_rng(0)
    table = [(a, a + random.choice([0, 0.01, 0.7]), random.choice(["pulse", "sine"])) for a in random.uniform(0, 9, 30)]
    covered = Coverage({"a.wav": [(a, a + 0.4) for a in random.uniform(0, 9, 8)]}, whole=False)
    for coverage in (covered, "rows", "whole"):
        target = Exclusive(event_width=event_width)
        truth = find_truth(part(*table, coverage=coverage), RECORDINGS, LABELS, target, GRID)
        whole = truth("a.wav", 0, 100)
        assert len(set(whole.tolist())) > 1
        for first in range(0, 95, 3):
            for n_frames in (1, 2, 5):
                assert truth("a.wav", first, n_frames).tolist() == whole[first : first + n_frames].tolist()


def test_many_annotations_of_a_long_recording_take_little_time():
    n = 5000
    recording = Recording.from_sound(np.zeros(100 * n), 100.0, name="a.wav")
    dense = Annotations(
        [{"recording": "a.wav", "onset": float(i), "offset": i + 0.2, "label": "pulse"} for i in range(n)]
    ).with_coverage("rows")
    started = time.monotonic()
    sampler = sampler_of(dense, {"a.wav": recording})
    assert len(sampler) == n
    assert time.monotonic() - started < 10


def test_frames_of_a_window_carry_the_truth():
    sampler = sampler_of(part((2, 3, "sine"), (5, 5, "pulse"), coverage="rows"), RECORDINGS)
    _, truth = sampler.batch(0, 64)
    assert set(map(tuple, truth[:, [1]].tolist())) <= {(1,), (2,), (UNKNOWN,)}
    assert (truth[:, 1] != UNKNOWN).mean() > 0.9


def test_a_single_row_tells_of_its_own_label_alone():
    """Also where it lies in another one, whatever is annotated in other recordings; a gap says that all is absent."""
    recordings = {name: Recording.from_sound(np.zeros(1000), 100.0, name=name) for name in ("a.wav", "b.wav")}
    rows = [("a.wav", 2, 3, "sine"), ("a.wav", 2.5, 2.5, "pulse"), ("a.wav", 6, 7, "sine"), ("b.wav", 4, 5, "pulse")]
    table = [{"recording": name, "onset": a, "offset": b, "label": label} for name, a, b, label in rows]
    coverage = Coverage({"a.wav": [(2, 3), (5.5, 8)], "b.wav": [(4, 5)]}, whole=False)
    truth = find_truth(Annotations(table).with_coverage(coverage), recordings, LABELS, Overlapped(), GRID)
    pulse, sine = truth("a.wav", 0, 100)
    assert np.flatnonzero(~np.isnan(pulse)).tolist() == [25, *range(55, 80)]
    assert pulse[25] == 1
    assert (pulse[55:80] == 0).all()
    assert np.flatnonzero(~np.isnan(sine)).tolist() == [*range(20, 30), *range(55, 80)]
    assert (sine[[*range(20, 30), *range(60, 70)]] == 1).all()
    assert np.array_equal(truth("a.wav", 40, 30), np.stack([pulse, sine])[:, 40:70], equal_nan=True)
    other = truth("b.wav", 0, 100)
    assert np.flatnonzero(other[0] == 1).tolist() == list(range(40, 50))
    assert np.isnan(other[1]).all()
