"""What must hold of every metric of two annotations: symmetry, bounds, shifts, order, and pooling as concatenation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oscine.metrics.boundaries import score_boundaries
from oscine.metrics.events import score_events
from oscine.metrics.frame_runs import compare_frames, errors_of
from oscine.metrics.kappa import cohen_kappa
from oscine.metrics.overlaps import score_overlaps
from oscine.metrics.segments import score_segments
from oscine.metrics.sequences import score_sequences

LABELS = ["a", "b", "background"]
LENGTH = 400
"""Milliseconds of a recording."""

SEGMENTS = st.lists(st.tuples(st.integers(0, 300), st.integers(0, 60), st.integers(0, 1)), max_size=8)
DISTANCE = 0.0105  # between milliseconds: what lies just at a tolerance has tests of its own


def sounds(segments):
    spans = np.array([[a, a + d] for a, d, _ in segments], float).reshape(-1, 2) / 1000
    codes = np.array([code for *_, code in segments], int)
    return spans, codes, np.array(LABELS, object)[codes]


def frames(truth, predicted, n=LENGTH):
    (a, ca, _), (b, cb, _) = sounds(truth), sounds(predicted)
    return compare_frames(a, ca, b, cb, LABELS, n)


def sequences(truth, predicted, n=LENGTH):
    (a, ca, _), (b, cb, _) = sounds(truth), sounds(predicted)
    return score_sequences(a, ca, b, cb)


def boundaries(truth, predicted, n=LENGTH):
    return score_boundaries(sounds(truth)[0], sounds(predicted)[0], DISTANCE)


def segments(truth, predicted, n=LENGTH):
    (a, _, la), (b, _, lb) = sounds(truth), sounds(predicted)
    return score_segments(a, la, b, lb, onset_tolerance=DISTANCE, offset_tolerance=DISTANCE)


def overlaps(truth, predicted, n=LENGTH):
    (a, _, la), (b, _, lb) = sounds(truth), sounds(predicted)
    return score_overlaps(a, la, b, lb, thresholds=[0.301, 0.701])


def events(truth, predicted, n=LENGTH):
    (a, _, la), (b, _, lb) = sounds(truth), sounds(predicted)
    return score_events(a[:, 0], la, b[:, 0], lb, DISTANCE)


METRICS = {function.__name__: function for function in (frames, sequences, boundaries, segments, overlaps, events)}


def rates(score):
    """The rates of a score that do not depend on which side is the truth, and must lie within 0 and 1."""
    if hasattr(score, "matrix") or hasattr(score, "counts"):
        return {"error": errors_of(score).frame_error, "song": errors_of(score).sound_error, "f1": score.macro_f1()}
    if hasattr(score, "distance"):
        return {}
    if hasattr(score, "onsets"):
        return {"onsets": score.onsets.f1, "offsets": score.offsets.f1, "pooled": score.pooled.f1}
    if hasattr(score, "by_threshold"):
        return {f"{at} {view}": getattr(one, view).f1 for at, one in score.by_threshold.items() for view in ("labelled", "unlabelled")}  # noqa: E501  # fmt: skip
    if hasattr(score, "labelled"):
        return {"labelled": score.labelled.f1, "unlabelled": score.unlabelled.f1}
    return {"pooled": score.pooled.f1, "unlabelled": score.unlabelled.f1}


def plain(score):
    """A score as plain values without the pairs' timing, which may differ between equally good matchings."""

    def without(value):
        if isinstance(value, dict):
            skipped = ("median_error", "error_95", "bias", "percentiles", "median_onset_error", "median_offset_error")
            return {key: without(item) for key, item in value.items() if key not in (*skipped, "label_accuracy")}
        return round(value, 9) if isinstance(value, float) else value

    return without(score.to_dict())


@pytest.fixture(params=METRICS, scope="module")
def metric(request):
    return METRICS[request.param]


@settings(max_examples=40, deadline=None)
@given(truth=SEGMENTS, predicted=SEGMENTS)
def test_bounds_and_symmetry(metric, truth, predicted):
    there, back = metric(truth, predicted), metric(predicted, truth)
    assert rates(there) == pytest.approx(rates(back), nan_ok=True)
    assert all(math.isnan(rate) or 0 <= rate <= 1 for rate in rates(there).values())
    if metric is sequences:
        assert there.distance == back.distance <= max(there.n_true, there.n_predicted)
        assert there.distance >= abs(there.n_true - there.n_predicted)
    if metric is frames:
        assert cohen_kappa(there) == pytest.approx(cohen_kappa(back), nan_ok=True)


@settings(max_examples=20, deadline=None)
@given(truth=SEGMENTS)
def test_an_annotation_agrees_with_itself(metric, truth):
    score = metric(truth, truth)
    for name, rate in rates(score).items():
        assert math.isnan(rate) or rate == (0 if name in ("error", "song") else 1) or metric is overlaps
    if metric is sequences:
        assert score.distance == 0


@settings(max_examples=40, deadline=None)
@given(truth=SEGMENTS, predicted=SEGMENTS, shift=st.integers(0, 5_000_000), seed=st.integers(0, 99))
def test_neither_shift_nor_order_matters(metric, truth, predicted, shift, seed):
    moved = [[(a + shift, d, code) for a, d, code in side] for side in (truth, predicted)]
    rng = np.random.default_rng(seed)
    shuffled = [[side[i] for i in rng.permutation(len(side))] for side in moved]
    before, after = metric(truth, predicted), metric(*shuffled, n=LENGTH + shift)
    if metric is frames:
        counts = after.counts.copy()
        counts[-1, -1] -= shift
        assert counts.tolist() == before.counts.tolist()
    else:
        assert plain(after) == plain(before)


@settings(max_examples=40, deadline=None)
@given(first=st.tuples(SEGMENTS, SEGMENTS), second=st.tuples(SEGMENTS, SEGMENTS))
def test_pooling_is_concatenation(metric, first, second):
    together = [one + [(a + LENGTH, d, code) for a, d, code in two] for one, two in zip(first, second, strict=True)]
    pooled, whole = metric(*first) + metric(*second), metric(*together, n=2 * LENGTH)
    if metric is sequences:  # the end of one text and the beginning of the next may be read as one
        assert whole.distance <= pooled.distance
        assert (whole.n_true, whole.n_predicted) == (pooled.n_true, pooled.n_predicted)
    else:
        assert plain(whole) == plain(pooled)
