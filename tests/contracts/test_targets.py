"""Every target: encoding annotations and decoding perfect scores of them closes the loop."""

from __future__ import annotations

import numpy as np
import pytest

from oscine.networks.target import TARGETS, UNKNOWN

LABELS = ("pulse", "sine", "background")
RATE, N_FRAMES = 625.0, 1000
ONSETS = np.array([0.1, 0.3, 0.35, 0.9])
OFFSETS = np.array([0.1, 0.5, 0.36, 0.9])
INDICES = np.array([0, 1, 0, 0])
COVERAGE = np.array([[0.05, 1.2]])


@pytest.fixture(params=TARGETS.names())
def target(request):
    return TARGETS.make(request.param)


def _encode(target):
    return target.encode(ONSETS, OFFSETS, INDICES, COVERAGE, N_FRAMES, RATE, labels=LABELS)


def test_encode(target):
    encoded = _encode(target)
    assert encoded.shape[-1] == N_FRAMES
    uncovered = np.arange(N_FRAMES) / RATE >= 1.2
    assert (encoded[..., uncovered] == UNKNOWN).all()
    assert (encoded[..., ~uncovered][..., 40:] != UNKNOWN).all()


def test_decode_inverts_encode(target):
    encoded = _encode(target)
    one_hot = np.stack([encoded == label for label in range(len(target.outputs(LABELS)))], axis=-2)
    probabilities = target.decode(np.where(one_hot, 20.0, -20.0).astype(np.float32))
    assert probabilities.dtype == np.float32
    assert probabilities.shape == (len(target.outputs(LABELS)), N_FRAMES)
    known = encoded != UNKNOWN
    assert np.array_equal((probabilities > 0.5)[:, known], one_hot[:, known])


def test_decode_keeps_leading_axes(target):
    logits = np.random.default_rng(0).normal(size=(2, 3, 7)).astype(np.float32)
    assert np.array_equal(target.decode(logits)[1], target.decode(logits[1]))


def test_nothing_annotated(target):
    nothing = np.empty(0)
    encoded = target.encode(nothing, nothing, nothing.astype(int), np.empty((0, 2)), 5, RATE, labels=LABELS)
    assert (encoded == UNKNOWN).all()


def test_writes_itself_down(target):
    assert TARGETS.make(target.to_dict()) == target
