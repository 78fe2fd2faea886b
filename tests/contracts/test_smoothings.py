"""Every smoothing term: larger for scores that jump, never of unknown frames, with a gradient that is finite."""

from __future__ import annotations

import pytest
import torch

from oscine.networks.smoothing import SMOOTHINGS
from oscine.networks.target import TARGETS

KNOWN = torch.tensor([[True] * 6 + [False] * 3, [False, True] * 4 + [False]])


@pytest.fixture(params=SMOOTHINGS.names())
def smoothing(request):
    return SMOOTHINGS.make(request.param)


@pytest.fixture
def logits():
    return torch.randn((2, 4, 9), generator=torch.Generator().manual_seed(0)).requires_grad_()


@pytest.fixture
def columns():
    return 0.1 * torch.randn((2, 5, 9), generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("target", TARGETS.names())
def test_of_every_target(smoothing, logits, columns, target):
    value = smoothing(TARGETS.make(target).log_probabilities(logits), KNOWN, columns)
    value.backward()
    assert value.ndim == 0
    assert value > 0
    assert logits.grad.isfinite().all()


def test_pairs_with_an_unknown_frame_do_not_count(smoothing, logits, columns):
    value = smoothing(logits.log_softmax(dim=1), KNOWN, columns)
    value.backward()
    assert (logits.grad[1] == 0).all(), "no two neighbours are known"
    assert (logits.grad[0, :, 6:] == 0).all()
    with torch.no_grad():
        logits[1], logits[0, :, 6:], columns[0, :, 6:] = 7.0, 9.0, 5.0
    assert torch.equal(smoothing(logits.log_softmax(dim=1), KNOWN, columns), value)


def test_nothing_known(smoothing, logits, columns):
    value = smoothing(logits.log_softmax(dim=1), torch.zeros_like(KNOWN), columns)
    value.backward()
    assert value == 0
    assert (logits.grad == 0).all()


def test_one_frame(smoothing, logits, columns):
    assert smoothing(logits.log_softmax(dim=1)[..., :1], KNOWN[:, :1], columns[..., :1]) == 0


def test_scores_that_stay_cost_nothing_and_jumps_do(smoothing, columns):
    still = torch.randn((2, 4, 1)).expand(2, 4, 9).clone().log_softmax(dim=1)
    assert smoothing(still, KNOWN, columns) == 0
    values = []
    for size in (0.5, 2.0):
        jumping = still.clone()
        jumping[:, 0, ::2] += size
        values.append(smoothing(jumping, KNOWN, columns))
    assert 0 < values[0] < values[1]


def test_weight(smoothing, logits, columns):
    scores = logits.log_softmax(dim=1)
    double = smoothing.model_copy(update={"weight": 2 * smoothing.weight})
    assert torch.allclose(double(scores, KNOWN, columns), 2 * smoothing(scores, KNOWN, columns))
