"""ConvTCN: the published networks' sizes, and what it sees."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from numpy.testing import assert_allclose

from oscine.networks.architectures.conv_tcn import ConvTcn
from oscine.networks.specification import Specification

SMALL: dict[str, Any] = {"n_filters": 6, "n_layers": 3, "conv_filters": (4, 5)}


def _task(n_labels: int = 3, sample_rate: float = 32000.0) -> Specification:
    return Specification(labels=tuple(f"label {number}" for number in range(n_labels)), sample_rate=sample_rate)


@pytest.mark.parametrize(("n_labels", "n_parameters"), [(11, 202_379), (12, 202_444), (38, 204_134)])
def test_published_sizes(n_labels, n_parameters):
    assert ConvTcn().build(_task(n_labels)).n_parameters == n_parameters


def test_sees_four_steps_more_on_either_side():
    network = ConvTcn().build(_task())
    assert network.field == (514, 4)
    assert network.context == (256 + 514 * 64, 255 + 4 * 64)
    assert network.is_exact


def test_zeros_are_the_same_where_they_do_not_reach():
    real = ConvTcn(**SMALL).build(_task(sample_rate=2500.0)).eval()
    padded = ConvTcn(**SMALL, padding="zeros").build(_task(sample_rate=2500.0)).eval()
    padded.load_state_dict(real.state_dict())
    sound = 0.1 * torch.randn((2, 1, real.n_input_samples(9)), generator=torch.Generator().manual_seed(1))
    before, after = real.field
    with torch.inference_mode():
        inner, whole = real(sound), padded(sound)
        hidden, all_hidden = real.hidden(sound), padded.hidden(sound)
    assert whole.shape[-1] == 9 + before + after
    assert_allclose(whole[..., before : before + 9], inner, atol=1e-6)
    assert len(hidden) == 2 + 1 + 3
    for few, many in zip(hidden, all_hidden, strict=True):
        assert few.shape[-1] == 9
        assert_allclose(many[..., before : before + 9], few, atol=1e-6)
