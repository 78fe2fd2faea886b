"""A machine among annotators: rows that it predicted, or scores."""

from __future__ import annotations

import gc

import numpy as np
import pytest

from oscine.annotations.annotations import Annotations
from oscine.core.errors import InputError
from oscine.core.monitor import SILENT
from oscine.evaluation import machine as module
from oscine.evaluation.machine import find_machine
from oscine.evaluation.opinions import Opinions
from oscine.prediction.decoders.maximum import Maximum
from oscine.prediction.scores import Scores
from oscine.prediction.segment import SegmentParams, segment
from oscine.recordings.recording import Recording


def opinions(kind="annotated", who="ann"):
    return Opinions.of(
        Annotations(
            [{"recording": "a.wav", "onset": 1.0, "offset": 1.2, "label": "hum", "annotator": who, "kind": kind}]
        )
    )


def scores(folder, name="a.wav", **more):
    values = np.tile(np.array([0.1, 0.2, 0.9, 0.8, 0.3], np.float32), (2, 20))
    found = Scores.from_array(values, ("hum", "pulse"), 100.0, recording=name, events=("pulse",), **more)
    found.save(folder / f"{name.removesuffix('.wav')}_scores.h5")
    return found


def find(said, folder=None, **options):
    return find_machine(said, None, folder, lambda name: None, SegmentParams(**options))


def test_there_may_be_none():
    assert find(opinions()) is None


def test_rows_that_were_predicted():
    machine = find(opinions("predicted", ""))
    assert machine.name == "model"
    assert machine.spans("a.wav", "hum").tolist() == [[1.0, 1.2]]
    assert machine.labels(["a.wav"]) == {"hum"}
    assert not machine.has_scores("hum")


def test_scores_at_any_threshold(tmp_path):
    scores(tmp_path, thresholds={"hum": 0.5})
    machine = find(opinions(), tmp_path, event_distance=0.05)
    machine.prepare(["a.wav"], "cpu", None, print)
    assert len(machine.spans("a.wav", "hum")) == 20
    assert len(machine.decode("a.wav", "hum", 0.95)) == 0
    assert machine.levels("hum") == pytest.approx([0.1, 0.2, 0.3, 0.8, 0.9], abs=1e-6)
    assert machine.levels("pulse") == pytest.approx([0.9], abs=1e-6)  # peaks alone
    assert (machine.in_use("hum"), machine.in_use("pulse")) == (0.5, 0.5)
    assert machine.labels(["a.wav"]) == {"hum", "pulse"}


def test_a_decoder_without_thresholds_has_no_curves(tmp_path):
    scores(tmp_path)
    told = []
    machine = find(opinions(), tmp_path, decoder=Maximum())
    machine.prepare(["a.wav"], "cpu", None, told.append)
    assert not machine.has_scores("hum")
    assert "maximum heeds none" in told[0]


def test_scores_of_some_recordings_only_give_no_curves(tmp_path):
    scores(tmp_path)
    rows = [{"recording": name, "onset": 1.0, "offset": 1.2, "label": "hum", "kind": "predicted"}
            for name in ("a.wav", "b.wav")]  # fmt: skip
    machine = find(Opinions.of(Annotations(rows)), tmp_path)
    told = []
    machine.prepare(["a.wav", "b.wav"], "cpu", None, told.append)
    assert not machine.has_scores("hum")
    assert "b.wav" in told[0]


def test_scores_that_are_not_there(tmp_path):
    with pytest.raises(InputError, match="no scores of these recordings"):
        find(opinions(), tmp_path)
    with pytest.raises(InputError, match="no such scores"):
        find(opinions(), tmp_path / "x")


def test_several_machines_are_refused():
    rows = [{"recording": "a.wav", "onset": 1.0, "offset": 1.2, "label": "hum", "kind": "predicted", "annotator": who}
            for who in ("one", "two")]  # fmt: skip
    with pytest.raises(InputError, match="several machines"):
        find(Opinions.of(Annotations(rows)))


def test_an_annotator_may_be_called_model():
    rows = [{"recording": "a.wav", "onset": 1.0, "offset": 1.2, "label": "hum", "kind": kind, "annotator": who}
            for kind, who in (("annotated", "model"), ("predicted", ""))]  # fmt: skip
    assert find(Opinions.of(Annotations(rows))).name == "model (predicted)"


@pytest.mark.parametrize("decoder", [None, "hysteresis", "majority"])
def test_one_label_by_itself_is_decoded_as_among_the_others(tmp_path, decoder):
    values = np.random.default_rng(0).random((3, 500)).astype(np.float32)
    labels = ("hum", "pulse", "ambient")
    whole = Scores.from_array(values, labels, 100.0, recording="a.wav", events=("pulse",), thresholds={"hum": 0.4})
    whole.save(tmp_path / "a_scores.h5")
    options = {"max_gaps": {"hum": 0.02, "ambient": 0.1}, "thresholds": {"pulse": 0.6, "ambient": 0.7}}
    options |= {"decoder": {"name": decoder}} if decoder else {}
    machine = find(opinions(), tmp_path, **options)
    machine.prepare(["a.wav"], "cpu", None, print)
    for label in ("hum", "pulse", "hum"):
        for threshold in (None, 0.3, 0.8):
            thresholds = {**options["thresholds"], **({label: threshold} if threshold else {})}
            params = SegmentParams.model_validate({**options, "labels": (label,), "thresholds": thresholds})
            expected = segment(whole, params)
            found = machine.decode("a.wav", label, threshold)
            assert found[:, 0].tolist() == expected.onsets.tolist()
            assert found[:, 1].tolist() == expected.offsets.tolist()


@pytest.mark.parametrize("room", [0, 20_000])
def test_memory_does_not_grow_with_the_recordings(room, oracle, monkeypatch):
    values = np.random.default_rng(0).dirichlet([1, 1], (6, 1000)).astype(np.float32)
    sounds = {f"{n}.wav": Recording.from_sound(sound.T, 10.0, name=f"{n}.wav") for n, sound in enumerate(values)}

    def applied():
        machine = find_machine(opinions(), oracle(), None, sounds.get, SegmentParams())
        machine.prepare(list(sounds), "cpu", SILENT, print)
        return machine

    usual = applied()
    monkeypatch.setattr(module, "IN_MEMORY", room)
    machine = applied()
    in_memory = [one for one in machine.scores.values() if not isinstance(one.data, np.memmap)]
    assert sum(one.data.nbytes for one in in_memory) <= room
    assert len(in_memory) == (2 if room else 0)
    for threshold in (None, 0.3, 0.8):
        for name in sounds:
            expected = usual.decode(name, "pulse", threshold)
            assert machine.decode(name, "pulse", threshold).tolist() == expected.tolist()
    assert machine.levels("pulse").tolist() == usual.levels("pulse").tolist()
    assert sum(one.data.nbytes for one in machine._held.values()) <= room
    folder = machine._folder
    assert folder.is_dir()
    del in_memory, machine
    gc.collect()
    assert not folder.exists()


def test_levels_do_not_grow_with_the_recordings(tmp_path, monkeypatch):
    values = np.random.default_rng(0).random((2, 5000)).astype(np.float32)
    Scores.from_array(values, ("hum", "pulse"), 100.0, recording="a.wav").save(tmp_path / "a_scores.h5")
    machine = find(opinions(), tmp_path)
    machine.prepare(["a.wav"], "cpu", None, print)
    every = machine.levels("hum")
    monkeypatch.setattr(module, "_MOST_LEVELS", 1000)
    some = machine.levels("hum")
    assert len(every) == 5000
    assert 300 <= len(some) <= 1000
    assert set(some) <= set(every)
    assert np.diff(some).max() < 0.02
