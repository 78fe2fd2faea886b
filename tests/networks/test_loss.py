"""Losses meet targets: the fitting one, weights by name, and those that do not fit."""

from __future__ import annotations

import pytest
import torch
from torch.testing import assert_close

from oscine.core.errors import InputError
from oscine.networks.loss import fitting_loss
from oscine.networks.losses.binary_cross_entropy import BinaryCrossEntropy
from oscine.networks.losses.cross_entropy import CrossEntropy
from oscine.networks.losses.dice import Dice
from oscine.networks.targets.events import Events
from oscine.networks.targets.exclusive import Exclusive
from oscine.networks.targets.overlapped import Overlapped

LABELS = ("a", "not_a", "b")


def test_without_a_wish_the_target_chooses():
    assert fitting_loss(None, Exclusive(), LABELS).loss == CrossEntropy()
    assert fitting_loss(None, Overlapped(), LABELS).loss == BinaryCrossEntropy()


def test_a_wish_that_fits():
    assert fitting_loss(Dice(), Overlapped(), LABELS).loss == Dice()


@pytest.mark.parametrize(("loss", "target"), [(BinaryCrossEntropy(), Exclusive()), (Dice(), Events())])
def test_a_wish_that_does_not(loss, target):
    with pytest.raises(InputError, match=f"the loss '{loss.plugin_name}' cannot judge .*; allowed: .*cross-entropy"):
        fitting_loss(loss, target, LABELS)


def test_weights_by_name():
    """In the order of the outputs, of which the negations are none."""
    loss = BinaryCrossEntropy(weights={"b": 3.0})
    fitted = fitting_loss(loss, Overlapped(), LABELS)
    assert fitted.class_weights == (1.0, 3.0)
    logits, truth = torch.randn((1, 2, 4)), torch.tensor([[[1.0, 0.0, 1.0, 0.0]] * 2])
    assert_close(fitted(logits, truth), loss(logits, truth, torch.tensor([1.0, 3.0])))


@pytest.mark.parametrize(
    ("weights", "problem"),
    [
        ({"B": 3.0}, "unknown label of a weight; found 'B'; allowed: a, b, not_a. Did you mean 'b'"),
        ({"b": -1.0}, "out of range; found -1"),
        ({"a": 0.0, "b": 0.0, "not_a": 0.0}, "every label has a weight of zero"),
    ],
)
def test_weights_that_are_none(weights, problem):
    with pytest.raises(InputError, match=problem):
        fitting_loss(CrossEntropy(weights=weights), Exclusive(), LABELS)
