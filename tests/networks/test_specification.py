"""What a network is for."""

from __future__ import annotations

import pytest

from oscine.core.errors import InputError
from oscine.networks.specification import Specification


def test_outputs_are_one_per_label_unless_said():
    assert Specification(("a", "b"), 2500).n_outputs == 2
    assert Specification(("a", "b"), 2500, n_outputs=5).n_outputs == 5


def test_dict_and_back():
    task = Specification(labels=["a", "b"], sample_rate=2500, n_channels=3)
    assert Specification.from_dict(task.to_dict()) == task
    assert task.labels == ("a", "b")


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"labels": ("a", "a")}, "stands twice"),
        ({"labels": ()}, "n_outputs is not positive"),
        ({"sample_rate": 0}, "sample_rate is not positive"),
        ({"n_channels": 0}, "n_channels is not positive"),
    ],
)
def test_impossible_tasks(values, problem):
    with pytest.raises(InputError, match=problem):
        Specification(**({"labels": ("a",), "sample_rate": 2500.0} | values))
