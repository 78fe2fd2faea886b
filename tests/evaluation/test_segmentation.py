"""Frames, sequences and boundaries of two annotations, against a scorer that shares no line with ours."""

from __future__ import annotations

import importlib.util
import json
import math
import os
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oscine.annotations.annotations import Annotations
from oscine.annotations.coverage import Coverage
from oscine.core.errors import InputError
from oscine.evaluation.segmentation import score_segmentation
from oscine.metrics.frames import FrameErrors
from oscine.metrics.sequences import SequenceScore

SCORER = Path(os.environ.get("OSCINE_SCORER", Path(__file__).parents[3] / "shared" / "tools" / "score.py"))
DURATIONS = {"a.wav": 0.5, "b.wav": 0.25, "c.wav": 0.1004}


def annotations(*rows, **more):
    columns = ("recording", "onset", "offset", "label")
    return Annotations([dict(zip(columns, row, strict=True)) for row in rows], **more)


@pytest.fixture(scope="module")
def scorer():
    if not SCORER.is_file():
        pytest.skip(f"no independent scorer at {SCORER} (set OSCINE_SCORER)")
    spec = importlib.util.spec_from_file_location("score", SCORER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# times in tenths of a millisecond, so that ties, abutting and overlapping segments are frequent
TIMES = st.integers(0, 80).map(lambda step: step * 0.002) | st.integers(0, 5000).map(lambda step: step / 10000)
ROWS = st.lists(
    st.tuples(st.sampled_from(sorted(DURATIONS)), TIMES, TIMES, st.sampled_from(["0", "1", "10", "b"])), max_size=14
).map(lambda rows: [(name, min(a, b), max(a, b), label) for name, a, b, label in rows])


@given(truth=ROWS, predicted=ROWS)
def test_agrees_with_an_independent_scorer(scorer, truth, predicted):
    theirs = scorer.score(_by_file(truth), _by_file(predicted), DURATIONS)
    scores = score_segmentation(annotations(*truth), annotations(*predicted), DURATIONS)
    ours = scores.pooled
    assert ours.frame_error == pytest.approx(theirs["frame_error"], abs=1e-12)
    assert _same(ours.frames.sound_error, theirs["frame_error_song"])
    assert _same(ours.syllable_error_rate, theirs["seg_error_rate"])
    assert _same(scores.mean["syllable_error_rate"], theirs["seg_error_rate_macro"])
    assert (ours.sequences.n_true, ours.sequences.n_predicted) == (theirs["ref_segments"], theirs["pred_segments"])
    for tolerance, boundaries in ours.boundaries.items():
        views = {"onset": boundaries.onsets, "offset": boundaries.offsets, "boundary": boundaries.pooled}
        for name, score in views.items():
            other = theirs[f"{name}@{tolerance * 1000:g}ms"]
            counts = score.counts
            assert (counts.tp, counts.n_true, counts.n_predicted) == (other["tp"], other["n_ref"], other["n_pred"])
            assert counts.n_predicted == 0 or counts.precision == pytest.approx(other["P"])
            assert counts.n_true == 0 or counts.recall == pytest.approx(other["R"])


def _by_file(rows):
    files = {}
    for name, *row in rows:
        files.setdefault(name, []).append(tuple(row))
    return {name: sorted(found) for name, found in files.items()}


def _same(ours, theirs):
    return math.isnan(ours) if theirs is None else ours == pytest.approx(theirs, abs=1e-12)


def test_worked_by_hand():
    """5 ms late onset, 11 ms late offset, one wrong name."""
    truth = annotations(("a.wav", 0.1, 0.2, "x"), ("a.wav", 0.3, 0.4, "y"), ("a.wav", 0.6, 0.7, "x"))
    guess = annotations(("a.wav", 0.105, 0.2, "x"), ("a.wav", 0.3, 0.411, "y"), ("a.wav", 0.6, 0.7, "z"))
    score = score_segmentation(truth, guess, {"a.wav": 1.0}).pooled
    assert score.frames == FrameErrors(n_wrong=116, n_frames=1000, n_sound=311)
    assert score.sequences == SequenceScore(1, 3, 3)
    assert (score.boundaries[0.010].onsets.counts.tp, score.boundaries[0.004].onsets.counts.tp) == (3, 2)
    assert (score.boundaries[0.010].offsets.counts.tp, score.boundaries[0.004].offsets.counts.tp) == (2, 2)


def test_pooled_weighs_time_and_mean_weighs_recordings():
    truth = annotations(("a.wav", 0.0, 0.1, "x"), ("b.wav", 0.0, 0.1, "x"))
    guess = annotations(("a.wav", 0.0, 0.1, "x"))
    scores = score_segmentation(truth, guess, {"a.wav": 9.0, "b.wav": 1.0, "c.wav": 0.0})
    assert scores.pooled.frame_error == pytest.approx(0.01)
    assert scores.mean == {"frame_error": pytest.approx(0.05), "syllable_error_rate": 0.5}
    assert list(scores.by_recording) == ["a.wav", "b.wav", "c.wav"]


def test_only_what_somebody_has_looked_at_counts():
    coverage = Coverage({"a.wav": [(0.0, 0.5)]}, whole=False)
    truth = annotations(("a.wav", 0.1, 0.2, "x"), coverage=coverage)
    inside, outside = ("a.wav", 0.1, 0.2, "x"), ("a.wav", 0.6, 0.7, "x")
    score = score_segmentation(truth, annotations(inside, outside), {"a.wav": 1.0}).pooled
    assert score.frames == FrameErrors(0, 500, 100)
    assert score.sequences == SequenceScore(0, 1, 1)
    assert score.boundaries[0.004].pooled.counts.n_predicted == 2
    covered_from_end_to_end = truth.with_coverage("whole")
    score = score_segmentation(covered_from_end_to_end, annotations(inside, outside), {"a.wav": 1.0}).pooled
    assert score.frames == FrameErrors(100, 1000, 200)
    assert score.sequences == SequenceScore(1, 1, 2)


@given(truth=ROWS, predicted=ROWS)
def test_covering_from_end_to_end_in_words_or_in_numbers(truth, predicted):
    """Where all lies within the recording, to say that it is covered wholly is to cover it from 0 to its end."""
    durations = dict.fromkeys(DURATIONS, 0.6)
    words = annotations(*truth)
    numbers = words.with_coverage(Coverage({name: [(0.0, 0.6)] for name in DURATIONS}, whole=False))
    one, two = (score_segmentation(each, annotations(*predicted), durations).to_dict() for each in (words, numbers))
    assert one == two


def test_events_and_background_are_no_segments():
    truth = annotations(("a.wav", 0.1, 0.1, "pulse"), ("a.wav", 0.0, 1.0, "background"))
    score = score_segmentation(truth, annotations(), {"a.wav": 1.0}).pooled
    assert score.frames == FrameErrors(0, 1000, 0)
    assert math.isnan(score.syllable_error_rate)
    chosen = score_segmentation(truth, annotations(), {"a.wav": 1.0}, labels=["background"]).pooled
    assert chosen.frame_error == 1


def test_some_labels_only():
    truth = annotations(("a.wav", 0.1, 0.2, "x"), ("a.wav", 0.3, 0.4, "noise"))
    guess = annotations(("a.wav", 0.1, 0.2, "x"))
    score = score_segmentation(truth, guess, {"a.wav": 1.0}, labels=["x"]).pooled
    assert (score.frame_error, score.syllable_error_rate) == (0, 0)


def test_plain_values_and_text():
    truth = annotations(("a.wav", 0.1, 0.2, "x"))
    scores = score_segmentation(truth, annotations(), {"a.wav": 1.0}, tolerances=[0.02])
    card = scores.to_dict()
    assert json.loads(json.dumps(card, allow_nan=False)) == card
    assert card["pooled"]["boundaries"]["0.02"]["pooled"]["n_true"] == 2
    assert "syllable error rate 100.00%" in str(scores)
    assert "precision –" in str(scores)


def test_what_cannot_be_compared():
    truth = annotations(("a.wav", 0.1, 0.2, "x"))
    with pytest.raises(InputError, match=r"truth does not know it.*'a\.wv'.*Did you mean 'a\.wav'"):
        score_segmentation(truth, annotations(("a.wv", 0.1, 0.2, "x")), {"a.wav": 1.0})
    with pytest.raises(InputError, match="truth says nothing of it"):
        score_segmentation(truth.with_coverage("rows"), annotations(), {"b.wav": 1.0})
    with pytest.raises(InputError, match="no recordings to score"):
        score_segmentation(truth, truth, {})
    with pytest.raises(InputError, match=r"duration of a\.wav"):
        score_segmentation(truth, truth, {"a.wav": math.nan})


def test_real_song_against_itself(data):
    truth = Annotations.load(data / "bengalese_finch/val")
    durations = {name: float(truth.stretches(name).max()) + 1.0 for name in truth.recordings}
    scores = score_segmentation(truth, truth, durations)
    assert scores.pooled.sequences == SequenceScore(0, 446, 446)
    assert scores.pooled.frames.n_wrong == 0
    assert [score.pooled.f1 for score in scores.pooled.boundaries.values()] == [1, 1]


def test_an_hour_with_twenty_thousand_segments():
    rng = np.random.default_rng(0)
    onsets = np.sort(rng.choice(35990, 20000, replace=False)) / 10
    table = pd.DataFrame({"onset": onsets, "offset": onsets + 0.08, "recording": "a.wav"})
    truth = Annotations(table.assign(label=rng.integers(0, 30, 20000).astype(str)))
    other = table.assign(onset=onsets + rng.normal(0, 0.003, 20000), label=rng.integers(0, 30, 20000).astype(str))
    guess = Annotations(other)
    begin = time.perf_counter()
    scores = score_segmentation(truth, guess, {"a.wav": 3600.0})
    seconds = time.perf_counter() - begin
    assert scores.pooled.sequences.n_true == 20000
    assert scores.pooled.frames.n_frames == 3_600_000
    assert seconds < 10, "measured: well below one"
