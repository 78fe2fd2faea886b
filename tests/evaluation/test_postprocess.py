"""Decoding is tuned on validation data, stored, and used from then on."""

from __future__ import annotations

import json

import numpy as np
import pytest
import soundfile

import oscine
from oscine import cli
from oscine.annotations.annotations import Annotations
from oscine.annotations.coverage import Coverage
from oscine.annotations.labels import LabelSet
from oscine.core.errors import InputError
from oscine.core.monitor import Monitor
from oscine.datasets.dataset import Dataset
from oscine.evaluation.decodings import Candidate, find_candidates
from oscine.evaluation.postprocess import PostprocessParams, _best, postprocess
from oscine.evaluation.segmentation import score_segmentation
from oscine.networks.model import Model
from oscine.prediction.segment import SegmentParams
from oscine.prediction.statistics import SongStatistics
from oscine.recordings.recordings import Recordings

LABELS = ("background", "a", "b")
RATE = 10


def song(seed, n=20):
    """Sounds a of 3 s and b of 2 s in turn, gaps of 1 s: onset, offset and label of each, and the labels of frames."""
    sounds, time = [], 1.0
    for place in range(n):
        label, length = (("a", 3.0), ("b", 2.0))[(place + seed) % 2]
        sounds.append((time + 0.05, time + length + 0.05, label))
        time += length + 1.0
    frames = np.zeros(round(time * RATE) + 1, int)
    for onset, offset, label in sounds:
        frames[round((onset + 0.05) * RATE) : round((offset + 0.05) * RATE)] = LABELS.index(label)
    return sounds, frames


def flickering(frames, seed, n=12):
    """Scores of an almost perfect network: now and then, amid a sound, one or two frames of another."""
    random = np.random.default_rng(seed)
    said = frames.copy()
    inside = np.flatnonzero((frames[4:-4] > 0) & (frames[:-8] == frames[8:])) + 4
    for place in random.choice(inside[::6], n, replace=False):
        said[place : place + random.integers(1, 3)] = 3 - frames[place]
    blips = np.flatnonzero((frames[3:-3] == 0) & (frames[:-6] == 0))
    assert not len(blips) or blips.min() >= 0
    return np.where(np.arange(3)[:, None] == said, 0.9, 0.05).astype(np.float32)


@pytest.fixture
def made(tmp_path):
    """A dataset of two recordings to learn from and three to validate on; scores are what is heard."""
    parts = {}
    for part, seeds in (("train", (0, 1)), ("validation", (2, 3, 4))):
        rows = []
        for seed in seeds:
            sounds, frames = song(seed)
            soundfile.write(tmp_path / f"{seed}.wav", flickering(frames, seed).T, RATE, "FLOAT")
            rows += [
                {"recording": f"{seed}.wav", "onset": onset, "offset": offset, "label": label}
                for onset, offset, label in sounds
            ]
        covered = Coverage({f"{seed}.wav": None for seed in seeds}, whole=False)
        parts[part] = Annotations(rows, coverage=covered)
    return Dataset(Recordings(tmp_path), LabelSet(LABELS), parts)


@pytest.fixture
def model(oracle, tmp_path):
    made = oracle(LABELS)
    made.save(tmp_path / "oracle_model.safetensors")
    return made


class Said(Monitor):
    def __init__(self):
        super().__init__()
        self.texts = []

    def message(self, text):
        self.texts.append(text)

    warning = message


def test_flicker_is_mended_and_the_choice_stored_and_used(model, made, tmp_path):
    digest = model.digest
    result = postprocess(model, made)
    before, after = result.before.values(), result.after.values()
    assert before["syllable error"] > 0.3
    assert (after["syllable error"], after["frame error"]) == (0, 0)
    assert result.unseen.pooled.sequences.distance == 0
    assert (result.n_recordings, result.n_sounds) == (3, 60)
    assert result.n_candidates > 50
    loaded = Model.load(tmp_path / "oracle_model.safetensors")
    assert (loaded.decoding, loaded.digest) == (result.decoding, digest)
    assert "decoding" in (tmp_path / "oracle_params.yaml").read_text("utf-8")
    said, recording = Said(), made.recordings.by_name("3.wav")
    scores = oscine.predict(loaded, recording, monitor=said)
    found = oscine.segment(scores, monitor=said)
    assert len(found) == 20
    assert len([text for text in said.texts if text.startswith("decoded as the model has it: ")]) == 1
    assert len(oscine.segment(scores, SegmentParams(decoder="maximum"))) > 20, "what is given wins"
    path = scores.save(tmp_path / "3_scores.h5")
    assert len(oscine.segment(oscine.Scores.load(path))) == 20, "scores carry it along"
    evaluation = oscine.evaluate(loaded, made)
    assert evaluation.segmentation.pooled.sequences.distance == 0


def test_the_file_that_was_changed_is_named_and_how_to_do_without(model, made):
    found = str(postprocess(model, made))
    assert f"kept in {model.path}: " in found
    assert "--decoder threshold (predict: --segment.decoder) goes without" in found
    assert "kept in" not in str(postprocess(model, made, PostprocessParams(store=False)))


def test_that_the_choice_was_made_there_is_said_where_it_is_judged(model, made, tmp_path):
    found = postprocess(model, made)
    result = oscine.evaluate(Model.load(tmp_path / "oracle_model.safetensors"), made)
    assert f"a syllable error of {found.unseen.pooled.syllable_error_rate:.2%}" in str(result).splitlines()[-1]


def test_is_the_same_again_and_is_not_stored_unless_wished(model, made):
    kept = Model.load(model.path).decoding
    first, second = (postprocess(model, made, PostprocessParams(store=False)) for _ in range(2))
    assert first.summary() == second.summary()
    assert (Model.load(model.path).decoding, first.stored) == (kept, ())
    json.dumps(first.summary(), allow_nan=False)


def test_statistics_come_from_training_and_the_choice_from_validation(model, made):
    found = postprocess(model, made, PostprocessParams(store=False, decoders=("semi-markov",))).decoding["decoder"]
    assert found["durations"]["a"][0] == pytest.approx(3.0)
    assert found["transitions"] == {"a": {"b": 19}, "b": {"a": 19}}
    parts = {"train": made.parts["validation"], "validation": made.parts["validation"]}
    other = postprocess(
        model,
        Dataset(made.recordings, made.labels, parts),
        PostprocessParams(store=False, decoders=("semi-markov",)),
    )
    assert sum(other.decoding["decoder"]["transitions"]["a"].values()) != 19


def test_what_is_as_good_already_stays(oracle, tmp_path):
    """Scores without a fault: of all ways that are right, the one at hand."""
    sounds, frames = song(0)
    values = np.where(np.arange(3)[:, None] == frames, 0.9, 0.05).astype(np.float32)
    soundfile.write(tmp_path / "x.wav", values.T, RATE, "FLOAT")
    rows = [{"recording": "x.wav", "onset": a, "offset": b, "label": label} for a, b, label in sounds]
    truth = Annotations(rows, coverage=Coverage({"x.wav": None}, whole=False))
    dataset = Dataset(Recordings(tmp_path), LabelSet(LABELS), {"train": truth, "validation": truth})
    result = postprocess(oracle(LABELS), dataset, PostprocessParams(store=False))
    assert result.decoding["decoder"]["name"] == "threshold"
    assert result.unseen is None
    assert "one recording only" in str(result)


def test_of_one_recording_the_simplest_within_the_noise_is_chosen_and_that_is_said(oracle, tmp_path):
    """Of 3 errors that could be 2 nobody knows whether that is chance; of a dozen more one knows."""
    sounds, frames = song(0)
    rows = [{"recording": "x.wav", "onset": a, "offset": b, "label": label} for a, b, label in sounds]
    truth = Annotations(rows, coverage=Coverage({"x.wav": None}, whole=False))
    said = frames.copy()
    for onset, offset, _ in sounds[5:7]:  # which no decoder mends
        inside = slice(round((onset + 0.05) * RATE), round((offset + 0.05) * RATE))
        said[inside] = 3 - frames[inside]
    blip = round((sounds[10][1] + 0.05) * RATE) - 1
    said[blip] = 3 - frames[blip]
    slight = np.where(np.arange(3)[:, None] == said, 0.9, 0.05).astype(np.float32)
    errors = []
    for values in (slight, flickering(frames, 0)):
        soundfile.write(tmp_path / "x.wav", values.T, RATE, "FLOAT")
        dataset = Dataset(Recordings(tmp_path), LabelSet(LABELS), {"train": truth, "validation": truth})
        told = Said()
        result = postprocess(oracle(LABELS), dataset, PostprocessParams(store=False), monitor=told)
        assert len([text for text in told.texts if text.startswith("one recording only in the validation part")]) == 1
        errors.append([round(20 * stage.values()["syllable error"]) for stage in (result.before, result.after)])
    assert errors[0] == [3, 3]
    assert errors[1][0] > 15
    assert errors[1][1] <= 1


def test_several_recordings_are_chosen_by_as_ever(model, made):
    said = Said()
    postprocess(model, made, PostprocessParams(store=False), monitor=said)
    assert not [text for text in said.texts if "one recording" in text]


def test_ties_go_to_the_simpler_and_to_the_middle():
    truth = Annotations([{"recording": "x.wav", "onset": 1.0, "offset": 2.0, "label": "a"}])
    wrong = Annotations([{"recording": "x.wav", "onset": 1.0, "offset": 2.0, "label": "b"}])
    good, bad = (score_segmentation(truth, found, {"x.wav": 3.0}) for found in (truth, wrong))
    places = [(1, 0), (1, 1), (1, 2), (1, 3), (1, 4)]
    candidates = [Candidate(SegmentParams(), 3, place) for place in places]
    assert _best(candidates, [bad, good, good, good, bad], ["x.wav"], "syllable-error") == 2
    assert _best(candidates, [good, good, good, good, bad], ["x.wav"], "syllable-error") == 0, "an option less"
    simpler = [*candidates, Candidate(SegmentParams(), 0, (4, 4))]
    assert _best(simpler, [bad, good, good, good, bad, good], ["x.wav"], "syllable-error") == 5


@pytest.mark.parametrize("criterion", ["boundary-f1", "frame-error", "syllable-error"])
def test_where_nothing_can_be_said_there_is_still_a_choice(criterion):
    """Of an empty recording no frame is known and no boundary."""
    nothing = score_segmentation(Annotations(), Annotations(), {"x.wav": 0.0})
    assert np.isnan([nothing.pooled.frame_error, nothing.pooled.boundaries[0.004].pooled.f1]).all()
    candidates = [Candidate(SegmentParams(), 3, (0,)), Candidate(SegmentParams(), 0, (0,))]
    assert _best(candidates, [nothing, nothing], ["x.wav"], criterion) == 1


def test_candidates_are_shares_of_what_was_counted():
    song = SongStatistics({"a": np.full(100, 0.1), "b": np.full(100, 0.2), "background": np.full(9, 0.04)})
    found = list(find_candidates(song, LABELS, ("maximum", "majority"), exclusive=True))
    assert {one.params.max_gap for one in found} == {0.0, 0.01, 0.02}
    assert max(one.params.min_duration for one in found) == pytest.approx(0.09)
    assert {one.params.min_durations.get("b") for one in found} == {None, 0.03, 0.06, 0.09}
    assert [one.params.decoder.plugin_name for one in found if one.family not in (0, 3)] == []
    assert not list(find_candidates(song, LABELS, ("maximum", "majority"), exclusive=False))
    assert not list(find_candidates(song, ("a", "b"), ("majority", "semi-markov"), exclusive=True))


def test_events_get_their_distance(oracle, tmp_path):
    """Pulses 0.4 s apart, each with a shoulder 0.1 s behind it."""
    frames = np.zeros((2, 200), np.float32) + 0.1
    times = np.arange(10, 190, 40)
    frames[0, times], frames[0, times + 1], frames[0, times + 2] = 0.9, 0.2, 0.8
    soundfile.write(tmp_path / "x.wav", frames.T, RATE, "FLOAT")
    rows = [{"recording": "x.wav", "onset": t / RATE, "offset": t / RATE, "label": "pulse"} for t in times]
    truth = Annotations(rows, coverage=Coverage({"x.wav": None}, whole=False))
    dataset = Dataset(Recordings(tmp_path), LabelSet(("pulse",)), {"train": truth, "validation": truth})
    model = oracle(("pulse", "background"), events=("pulse",))
    result = postprocess(model, dataset, PostprocessParams(store=False))
    assert result.before.segments is None
    assert result.before.values()["event F1"] == result.after.values()["event F1"] < 1  # none that is tried is 0.3 s


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda made: {"train": made.parts["train"]}, "no such part; found 'validation'"),
        (lambda made: {**made.parts, "validation": Annotations()}, "empty of sounds"),
        (
            lambda made: {
                **made.parts,
                "validation": Annotations([{"recording": "2.wav", "onset": 1.0, "offset": 2.0, "label": "c"}]),
            },
            "does not know a label",
        ),
    ],
)
def test_refuses_what_cannot_be_chosen_by(model, made, change, words):
    with pytest.raises(InputError, match=words):
        postprocess(model, Dataset(made.recordings, made.labels, change(made)))


def test_refuses_what_cannot_be_stored_or_found(oracle, made, model):
    with pytest.raises(InputError, match="no file of Oscine's to store"):
        postprocess(oracle(LABELS), made)
    with pytest.raises(InputError, match=r"which dataset\?"):
        postprocess(model)
    with pytest.raises(InputError, match="semi-markow"):
        postprocess(model, made, PostprocessParams(decoders=("semi-markow",)))


def test_as_a_command(model, made, tmp_path, capsys):
    made.save(tmp_path / "x.dataset")
    with pytest.raises(SystemExit) as exited:
        cli.main(["postprocess", str(model.path), "--dataset", str(tmp_path / "x.dataset"), "--decoders", "majority"])
    assert exited.value.code == 0
    shown = capsys.readouterr()
    assert "syllable error" in shown.out
    assert (tmp_path / "oracle_model_postprocess.json").is_file()
    assert Model.load(model.path).decoding["decoder"]["name"] == "majority"
