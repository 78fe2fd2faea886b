"""Every loss leaves what is unknown out, and training by it finds the target, for every truth that it judges."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from oscine.networks.loss import LOSSES
from oscine.networks.target import TARGETS, UNKNOWN

N_OUTPUTS, N_FRAMES = 4, 8
NAN = torch.nan
LABELS = torch.tensor([[0, 1, 2, UNKNOWN, 1, 1, UNKNOWN, 3], [UNKNOWN] * N_FRAMES, [3, 2, 2, 0, 0, 0, 1, 1]])


def _shares() -> torch.Tensor:
    shares = torch.rand((3, N_OUTPUTS, N_FRAMES), generator=torch.Generator().manual_seed(2)) ** 4
    shares /= shares.sum(dim=1, keepdim=True)
    return torch.where((LABELS == UNKNOWN).unsqueeze(1), NAN, shares)


def _presences() -> torch.Tensor:
    random = torch.rand((3, N_OUTPUTS, N_FRAMES), generator=torch.Generator().manual_seed(3))
    values = torch.where(random < 0.3, NAN, (random > 0.6).float())
    values[1] = NAN
    return values


def _bounded() -> torch.Tensor:
    shares = _shares()
    known = ~shares.isnan().any(dim=1, keepdim=True)
    labels = torch.where(known, shares[:, :2] / shares[:, :2].sum(dim=1, keepdim=True), NAN)
    return torch.cat([labels, torch.where(known, shares[:, 2:].round(), NAN)], dim=1)


TRUTHS = {
    "labels": LABELS,
    "shares": _shares(),
    "presences": _presences(),
    "shares-and-boundaries": _bounded(),
    "values": torch.where((LABELS == UNKNOWN).unsqueeze(1), NAN, (4 * _shares().nan_to_num(0.5) - 1.5).round() + 0.25),
}
CASES = [(name, kind) for name in LOSSES.names() for kind in LOSSES.get(name).judges]


@pytest.fixture(params=CASES, ids=["-".join(case) for case in CASES])
def case(request):
    """A loss, and a truth that it judges."""
    name, kind = request.param
    return LOSSES.make(name), TRUTHS[kind].clone()


@pytest.fixture
def logits():
    return torch.randn((3, N_OUTPUTS, N_FRAMES), generator=torch.Generator().manual_seed(1)).requires_grad_()


def _known(truth):
    if truth.is_floating_point():
        return ~truth.isnan()
    return (truth != UNKNOWN).unsqueeze(1).expand(-1, N_OUTPUTS, -1)


def test_unknown_entries_do_not_count(case, logits):
    loss, truth = case
    value = loss(logits, truth)
    value.backward()
    assert value.ndim == 0
    assert value > 0
    known = _known(truth)
    assert logits.grad.isfinite().all()
    assert (logits.grad[~known] == 0).all()
    assert (logits.grad[known] != 0).all()
    with torch.no_grad():
        logits[~known] = 100.0
    assert torch.equal(loss(logits, truth), value)


def test_nothing_known(case, logits):
    loss, truth = case
    value = loss(logits, torch.full_like(truth, NAN if truth.is_floating_point() else UNKNOWN))
    value.backward()
    assert value == 0
    assert (logits.grad == 0).all()


def test_gradient_is_that_of_the_value(case, logits):
    loss, truth = case
    logits = logits.detach().double().requires_grad_()
    truth = truth.double() if truth.is_floating_point() else truth
    assert torch.autograd.gradcheck(lambda values: loss(values, truth), (logits,), atol=1e-6)


def test_gradient_is_finite_where_the_network_is_sure(case, logits):
    """And wrong, or right."""
    loss, truth = case
    for factor in (1e3, -1e3):
        loud = (logits.detach() * factor).requires_grad_()
        value = loss(loud, truth)
        value.backward()
        assert value.isfinite()
        assert loud.grad.isfinite().all()


def test_descends_to_the_target(case):
    loss, truth = case
    logits = torch.full((3, N_OUTPUTS, N_FRAMES), 0.01, requires_grad=True)
    optimiser = torch.optim.Adam([logits], lr=0.1)
    values = []
    for _ in range(100):
        optimiser.zero_grad()
        value = loss(logits, truth)
        value.backward()
        values.append(value.item())
        optimiser.step()
    assert values[-1] < values[0]
    known = _known(truth)
    if not truth.is_floating_point():
        assert torch.equal(logits.argmax(1)[known[:, 0]], truth[known[:, 0]])
    elif {"presences", "values"} & set(loss.judges):
        middle = 0.5 if "presences" in loss.judges else 0
        assert torch.equal((logits > 0)[known], (truth > middle)[known])


def test_is_a_mean_over_what_is_known(case, logits):
    """The same batch twice, or with more of which nothing is known, is judged alike."""
    loss, truth = case
    value = loss(logits, truth)
    unknown = torch.full_like(truth, NAN if truth.is_floating_point() else UNKNOWN)
    for other in (truth, unknown):
        assert torch.allclose(loss(torch.cat([logits, logits]), torch.cat([truth, other])), value, atol=1e-6)


def test_class_weights(case, logits):
    loss, truth = case
    ones = loss(logits, truth, torch.ones(N_OUTPUTS))
    assert torch.allclose(ones, loss(logits, truth))
    assert not torch.allclose(loss(logits, truth, torch.tensor([1.0, 5.0, 1.0, 1.0])), ones)


def test_what_a_network_says_of_weightless_outputs_is_the_same(case, logits):
    """By themselves: where outputs are rivals, each takes part in the score of every other."""
    loss, truth = case
    if not truth.is_floating_point() or not {"presences", "values"} & set(loss.judges) or "shares" in loss.judges:
        pytest.skip("outputs are rivals")
    weights = torch.tensor([1.0, 0.0, 1.0, 1.0])
    before = loss(logits, truth, weights)
    with torch.no_grad():
        logits[:, 1] = 7.0
    assert torch.equal(loss(logits, truth, weights), before)


def test_every_target_names_a_loss_that_judges_it():
    for target in TARGETS.members().values():
        assert target.encodes in LOSSES.get(target.loss).judges


def test_every_loss_judges_the_truth_of_a_target():
    kinds = {target.encodes for target in TARGETS.members().values()}
    for loss in LOSSES.members().values():
        assert set(loss.judges) & kinds
    assert kinds <= set(TRUTHS)


@pytest.mark.parametrize("name", TARGETS.names())
def test_learns_what_a_target_encodes(name):
    """From annotations to a loss and back to annotations, sparse and dense."""
    target, labels = TARGETS.make(name), ("background", "a", "b")
    if target.encodes == "values":
        pytest.skip("its truth is in the sound, not in annotations")
    rows = (np.array([0.1, 0.3]), np.array([0.2, 0.5]), np.array([1, 2]))
    truth = target.encode(*rows, np.array([(0.05, 0.6)]), 100, 100.0, labels=labels)
    loss = LOSSES.make(target.loss)
    logits = torch.zeros((1, len(target.outputs(labels)), 100), requires_grad=True)
    optimiser = torch.optim.Adam([logits], lr=0.3)
    for _ in range(100):
        optimiser.zero_grad()
        loss(logits, torch.from_numpy(truth).unsqueeze(0)).backward()
        optimiser.step()
    present, known = target.judge(truth, logits.shape[1])
    said = target.is_present(target.decode(logits.detach().numpy()[0]))
    sure = known & ~(np.abs(np.nan_to_num(truth) - 0.5) < 0.2)  # not where a bump is at half its height
    assert known.any()
    assert np.array_equal(said[sure], present[sure])
