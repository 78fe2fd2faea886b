"""Every target: encoding annotations and decoding perfect scores of them closes the loop."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from oscine.networks.target import TARGETS, UNKNOWN

LABELS = ("pulse", "sine", "background")
RATE, N_FRAMES = 625.0, 1000
ONSETS = np.array([0.1, 0.3, 0.35, 0.9])
OFFSETS = np.array([0.1, 0.5, 0.36, 0.9])
INDICES = np.array([0, 1, 0, 0])
COVERAGE = np.array([[0.05, 1.2]])
TIMES = np.arange(N_FRAMES) / RATE


@pytest.fixture(params=TARGETS.names())
def target(request):
    return TARGETS.make(request.param)


@pytest.fixture
def annotated(target):
    """A target whose truth is what somebody has annotated."""
    if target.encodes == "values":
        pytest.skip("its truth is in the sound, not in annotations")
    return target


def _encode(target, n_frames=N_FRAMES, start=0.0, rows=slice(None), coverage=COVERAGE):
    rows = (ONSETS[rows], OFFSETS[rows], INDICES[rows])
    return target.encode(*rows, coverage, n_frames, RATE, labels=LABELS, start=start)


def _known(target, encoded):
    return target.judge(encoded, len(target.outputs(LABELS)))[1]


def _logits(target, encoded):
    """Of a network that is sure of what is true, and says nothing where nobody knows."""
    if encoded.ndim == 1:
        return np.where(np.arange(len(target.outputs(LABELS)))[:, None] == encoded, 20.0, 0.0).astype(np.float32)
    there = np.clip(np.nan_to_num(encoded, nan=0.5), 1e-6, 1 - 1e-6)
    independent = np.log(there / (1 - there))
    rivals = np.isin(target.outputs(LABELS), target.rivals(LABELS))[:, None]
    return np.where(rivals, np.log(there), independent).astype(np.float32)


def test_encode(target):
    encoded = _encode(target)
    labels = np.issubdtype(encoded.dtype, np.integer)
    n_outputs = len(target.outputs(LABELS))
    assert encoded.dtype == (np.int64 if labels else np.float32)
    assert encoded.shape == ((N_FRAMES,) if labels else (n_outputs, N_FRAMES))
    assert (target.encodes == "labels") == labels


def test_the_covered_is_known_and_all_else_is_not(annotated):
    known = _known(annotated, _encode(annotated))
    assert not known[:, TIMES >= 1.2].any()
    assert known[:, (TIMES >= 0.05) & (TIMES < 1.2)].all()


def test_windows_are_stretches_of_the_whole(annotated):
    """What is farther from a window than the horizon does not matter, so that a part of the rows is enough."""
    whole = _encode(annotated)
    for first in range(0, N_FRAMES - 50, 37):
        start = first / RATE
        reach = annotated.horizon(RATE) + 1 / RATE
        near = (start + 49 / RATE + reach >= ONSETS) & (start - reach <= OFFSETS)
        assert np.array_equal(_encode(annotated, 50, start, near), whole[..., first : first + 50], equal_nan=True)


def test_a_row_tells_of_its_own_label_without_coverage(annotated):
    encoded = _encode(annotated, coverage=np.empty((0, 2)))
    present, known = annotated.judge(encoded, len(annotated.outputs(LABELS)))
    sine = annotated.outputs(LABELS).index("sine")
    inside = (TIMES >= 0.4) & (TIMES < 0.5)
    assert present[sine, inside].all()
    assert known[sine, inside].all()
    assert not known[:, (TIMES >= 0.6) & (TIMES < 0.8)].any()


def test_nothing_annotated(target):
    nothing = np.empty(0)
    encoded = target.encode(nothing, nothing, nothing.astype(int), np.empty((0, 2)), 5, RATE, labels=LABELS)
    assert (encoded == UNKNOWN).all() if encoded.dtype == np.int64 else np.isnan(encoded).all()


def test_decode_inverts_encode(annotated):
    encoded = _encode(annotated)
    scores = annotated.decode(_logits(annotated, encoded))
    assert scores.dtype == np.float32
    assert scores.shape == (len(annotated.outputs(LABELS)), N_FRAMES)
    present, known = annotated.judge(encoded, len(scores))
    assert np.array_equal(annotated.is_present(scores)[known], present[known])
    if encoded.ndim == 2:
        assert np.allclose(scores[known], encoded[known], atol=1e-4)


def test_scores_of_rivals_add_up_to_one(target):
    logits = np.random.default_rng(0).normal(size=(2, len(target.outputs(LABELS)), 7)).astype(np.float32)
    rivals = np.isin(target.outputs(LABELS), target.rivals(LABELS))
    assert set(target.rivals(LABELS)) <= set(target.outputs(LABELS))
    if rivals.any():
        assert np.allclose(target.decode(logits)[:, rivals].sum(axis=1), 1)


def test_decode_keeps_leading_axes(target):
    logits = np.random.default_rng(0).normal(size=(2, 5, 7)).astype(np.float32)
    assert np.array_equal(target.decode(logits)[1], target.decode(logits[1]))


def test_log_probabilities_are_those_of_decode(annotated):
    logits = np.random.default_rng(0).normal(size=(2, 5, 7)).astype(np.float32)
    found = annotated.log_probabilities(torch.from_numpy(logits)).exp().numpy()
    assert np.allclose(found, annotated.decode(logits)[:, : found.shape[1]], atol=1e-6)


def test_writes_itself_down(target):
    assert TARGETS.make(target.to_dict()) == target
