"""From probabilities to song: as DAS itself does it (fixtures/make_fixtures.py), and without its faults."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from oscine.compat.das.events import find_events, find_peaks, score_events
from oscine.compat.das.options import PredictOptions
from oscine.compat.das.segments import clean, find_segments, label_samples
from oscine.compat.das.song import Classes, Song

FIXTURES = Path(__file__).parent / "fixtures"


def _maker():
    spec = importlib.util.spec_from_file_location("make_fixtures", FIXTURES / "make_fixtures.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _song(values, case, **options):
    n = case["classes"]
    classes = Classes(("noise", "pulse", "a", "b")[:n], (False, True, False, False)[:n])
    chosen = PredictOptions(path="x", model_save_name="y", **case["options"], **options)
    return Song.of(values.T[:n], classes, 1000.0, chosen)


def _same(found, case):
    (samples, heights) = found.events[1]
    assert_array_equal(samples / 1000.0, case["events"])
    assert_allclose(heights, case["heights"], rtol=1e-11)  # as exactly as versions of NumPy make them
    assert_array_equal(found.segments.onsets, case["onsets"])
    assert_array_equal(found.segments.offsets, case["offsets"])
    names = [found.classes.names[place] for place in found.classes.segments]
    if case["classes"] == 3:  # DAS has names here, and numbers where there are several types
        assert [names[label] for label in found.segments.labels] == case["sequence"]
    else:
        assert [str(label) for label in found.segments.labels] == case["sequence"]
    assert int((found.segments.samples > 0).sum()) == case["n_song"]


def test_song_is_that_of_das_to_the_last_bit():
    known = json.loads((FIXTURES / "song.json").read_text())
    values = _maker().probabilities(known["n_samples"], 3)
    for case in known["song"]:
        assert len(case["events"]) > 5
        assert len(case["onsets"]) > 5
        _same(_song(values, case, das_compat=True), case)


def test_scores_of_events_are_those_of_das():
    known = json.loads((FIXTURES / "song.json").read_text())["scores"]
    random = np.random.default_rng(5)
    true, found = np.sort(random.uniform(0, 20, 200)), np.sort(random.uniform(0, 20, 230))
    assert score_events(true, found, 1000.0, 0.02) == pytest.approx(known, abs=1e-12)
    assert known["FP"] > 10
    assert known["FN"] > 10


@pytest.mark.slow
def test_blocks_are_those_of_das(tmp_path):
    if not os.environ.get("OSCINE_DAS_PYTHON"):
        pytest.skip("no DAS here (set OSCINE_DAS_PYTHON)")
    target = tmp_path / "song.json"
    command = [os.environ["OSCINE_DAS_PYTHON"], FIXTURES / "make_fixtures.py", target, "2300000"]
    subprocess.run(command, check=True, capture_output=True)
    known = json.loads(target.read_text())
    values = _maker().probabilities(known["n_samples"], 3)
    for case in known["song"]:
        _same(_song(values, case, das_compat=True), case)


# -- faults of DAS that are gone -------------------------------------------------------------------------------------


def test_defect_03_segment_thresholds_are_heeded():
    values = np.tile([[0.3], [0.55], [0.15]], 10)
    values[:, 5:] = [[0.1], [0.85], [0.05]]
    assert label_samples(values, 0.5).tolist() == [1] * 10
    assert label_samples(values, 0.6).tolist() == [0] * 5 + [1] * 5
    assert label_samples(values, 0.9).tolist() == [0] * 10
    low = np.array([[0.45], [0.4], [0.15]])
    assert label_samples(low, 0.3).tolist() == [1]
    assert label_samples(low, 0.3, compat=True).tolist() == [0]  # in DAS noise, the first class, goes before


def test_defect_14_no_segment_is_called_noise():
    labels = np.array([0, 1, 0, 0, 0, 0, 0, 2, 0, 0], np.uint16)
    found = find_segments(labels, 10.0, 3, gap=1.0)
    assert found.labels.tolist() == [1]
    assert find_segments(labels, 10.0, 3, gap=1.0, compat=True).labels.tolist() == [0]


def test_defect_14_a_segment_of_one_sample_is_no_event():
    labels = np.array([0, 1, 0, 0], np.uint16)
    found = find_segments(labels, 10.0, 2)
    assert found.onsets.tolist() == [0.1]
    assert found.offsets.tolist() == [0.2]
    theirs = find_segments(labels, 10.0, 2, compat=True)
    assert theirs.onsets.tolist() == theirs.offsets.tolist() == [0.1]


def test_segments_at_the_ends_are_cleaned_as_others():
    song = np.array([1, 0, 1, 1, 1, 0, 0, 0, 1], bool)
    assert clean(song, 2, 2).astype(int).tolist() == [1, 1, 1, 1, 1, 0, 0, 0, 0]
    assert clean(song, 2, 2, compat=True).astype(int).tolist() == song.astype(int).tolist()
    assert clean(np.ones(4, bool), 2, 9, compat=True).all()
    assert not clean(np.zeros(4, bool), 2, 9).any()


def test_peaks_far_from_each_other_do_not_depend_on_blocks(monkeypatch):
    values = _maker().probabilities(4000, 9)[:, 1]
    whole = find_peaks(values, 0.3, 1)
    monkeypatch.setattr("oscine.compat.das.events.BLOCK", 700)
    found, heights = find_events(
        lambda start, stop: values[start:stop], len(values), 1000.0, threshold=0.3, distance=0.02
    )
    assert_array_equal(find_events(lambda a, b: values[a:b], len(values), 1000.0, threshold=0.3, distance=0)[0], whole)
    assert np.diff(found).min() > 0
    assert len(found) > 20
    assert_array_equal(heights, values[found])


@pytest.mark.parametrize("values", [[], [1.0], [0.0, 1.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]])
def test_nothing_is_a_peak_without_a_rise_and_a_fall(values):
    assert len(find_peaks(np.array(values), 0.5, 3)) == 0
