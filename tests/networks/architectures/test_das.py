"""DAS's network: its parameter counts, what its frames see, its options."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from oscine.core.errors import InputError
from oscine.networks.architectures.das import Das
from oscine.networks.layers.das import Morphology
from oscine.networks.specification import Specification

STFT = {"name": "trainable-stft", "window": 0.0064, "stride": 0.0016}


def _task(n_labels: int = 2, n_channels: int = 1, sample_rate: float = 10000.0) -> Specification:
    return Specification(tuple(f"label{i}" for i in range(n_labels)), sample_rate, n_channels)


def _noise(*shape: int) -> torch.Tensor:
    return 0.1 * torch.randn(shape, generator=torch.Generator().manual_seed(7))


@pytest.mark.parametrize(
    ("options", "n_labels", "n_channels", "n_parameters"),
    [
        pytest.param({}, 2, 1, 65_826, id="default"),
        pytest.param({}, 3, 1, 65_843, id="notebook"),
        pytest.param(
            {"n_filters": 32, "kernel_size": 32, "n_blocks": 4, "separable": (True, True, False)},
            2,
            16,
            431_970,
            id="sixteen channels",
        ),
        pytest.param({"n_filters": 32, "representation": STFT}, 2, 1, 267_458, id="dialog"),
        pytest.param({"n_filters": 32, "kernel_size": 32}, 3, 1, 508_003, id="fly"),
        pytest.param(
            {"n_filters": 32, "kernel_size": 32, "n_blocks": 4, "separable": (True, True, False)},
            2,
            9,
            431_746,
            id="nine channels",
        ),
        pytest.param({"n_filters": 32, "n_blocks": 2, "representation": STFT}, 2, 1, 180_098, id="mouse"),
        pytest.param(
            {"n_filters": 64, "kernel_size": 32, "n_blocks": 4, "representation": STFT}, 49, 1, 2_715_505, id="finch"
        ),
        pytest.param(
            {"n_filters": 64, "kernel_size": 32, "n_blocks": 4, "representation": STFT}, 7, 1, 2_712_775, id="zebra"
        ),
    ],
)
def test_parameter_counts(options: dict[str, Any], n_labels, n_channels, n_parameters):
    """The nine numbers of DAS's notebooks and model zoo."""
    network = Das(**options).build(_task(n_labels, n_channels))
    assert network.n_parameters == n_parameters
    assert str(n_parameters) in network.describe()


def test_receptive_field():
    """1396 samples with DAS's defaults, 22384 with those of its dialog."""
    assert sum(Das().build(_task()).context) + 1 == 1396
    plan = Das(n_filters=32, representation=STFT).plan(_task())
    assert sum(plan.context) + 1 == 22384
    assert (plan.hop, plan.step) == (16, 1)


def test_even_kernels_see_more_of_the_future():
    plan = Das(kernel_size=4, n_blocks=1, dilations=(1, 2)).plan(_task())
    assert [(unit.before, unit.after) for unit in plan.units] == [(1, 2), (3, 3)]
    assert plan.context == (4, 5)


@pytest.mark.parametrize("representation", ["waveform", STFT])
def test_causal_sees_the_past_only(representation):
    architecture = Das(n_filters=4, kernel_size=3, causal=True, dilations=(1, 2), representation=representation)
    network = architecture.build(_task())
    assert network.context[1] == (0 if representation == "waveform" else 31)


def test_separable_holds_for_all_further_blocks():
    plan = Das(n_blocks=3, dilations=(1,), separable=(False, True)).plan(_task())
    assert [unit.separable for unit in plan.units] == [False, True, True]
    assert Das(separable=True).separable == (True,)


@pytest.mark.parametrize(
    "options",
    [
        {"representation": STFT, "upsample": True},
        {"representation": STFT, "upsample": True, "causal": True},
        {"separable": (True,)},
        {"kernel_size": 3, "causal": True},
    ],
)
def test_blocks_equal_the_whole(options):
    options = {"n_filters": 4, "kernel_size": 4, "n_blocks": 2, "dilations": (1, 2)} | options
    network = Das(**options).build(_task()).eval()
    assert network.is_exact
    waveform = _noise(1, 1, sum(network.context) + 500)
    with torch.inference_mode():
        whole = network(waveform)
        assert whole.shape[-1] == 500
        for begin, n in ((0, 1), (16, 37), (3 * network.step, 16)):
            block = network(waveform[..., begin : begin + network.n_input_samples(n)])
            assert_allclose(block, whole[..., begin : begin + n], rtol=1e-4, atol=1e-5)


def test_upsampled_frames_are_centred():
    """A click's effect on the scores is centred on the click, to half a stride."""
    options: Any = {"n_filters": 16, "kernel_size": 1, "n_blocks": 1, "dilations": (1,), "representation": STFT}
    places = {}
    for upsample in (False, True):
        network = Das(upsample=upsample, **options).build(_task()).eval()
        noise = _noise(1, 1, sum(network.context) + 4000)
        click = noise.clone()
        click[..., 2000] += 1
        with torch.inference_mode():
            change = (network(click) - network(noise))[0].abs().sum(0)
        frames = np.flatnonzero(change.numpy() > 1e-5)
        places[upsample] = (frames[0] + frames[-1]) / 2 * network.hop + network.context[0]
    assert abs(places[False] - 2000) <= 8
    assert abs(places[True] - 2000) <= 8


@pytest.mark.parametrize(
    ("representation", "upsample", "boundary", "context"),
    [
        ("waveform", False, None, (8, 8)),
        ("waveform", False, 0, (0, 0)),
        (STFT, True, None, (8, 8)),
        (STFT, True, 11, (11, 11)),
        (STFT, False, None, (24, 23)),
        (STFT, False, 0, (8, 7)),
    ],
)
def test_zeros(representation, upsample, boundary, context):
    """Windows that pad themselves give no scores to the samples at their ends, and keep the rule of lengths."""
    architecture = Das(
        n_filters=4,
        kernel_size=4,
        n_blocks=2,
        dilations=(1, 2),
        padding="zeros",
        representation=representation,
        upsample=upsample,
        boundary=boundary,
    )
    network = architecture.build(_task()).eval()
    assert network.context == context
    assert network.is_windowed
    assert not network.is_exact
    for n_frames in (1, 2, 5, 64):
        n_samples = network.n_input_samples(n_frames)
        with torch.inference_mode():
            features = []
            logits = network(_noise(2, 1, n_samples + network.hop - 1), lambda x, out=features: (out.append(x), x)[1])
        assert logits.shape == (2, 2, n_frames)
        assert network.columns(features[0], n_frames).shape == (
            2,
            features[0].shape[1] * features[0].shape[2],
            n_frames,
        )


def test_zeros_equal_context_inside():
    """Far from the ends both paddings are the same function of the same weights."""
    options: Any = {"n_filters": 4, "kernel_size": 4, "n_blocks": 2, "dilations": (1, 2), "boundary": 40}
    inside, padded = (Das(padding=padding, **options).build(_task()).eval() for padding in ("context", "zeros"))
    padded.load_state_dict(inside.state_dict())
    waveform = _noise(1, 1, 300)
    with torch.inference_mode():
        valid = inside(waveform)
        begin = padded.context[0] - inside.context[0]
        assert_allclose(valid[..., begin : begin + 220], padded(waveform), rtol=1e-5, atol=1e-6)


def test_lstm_is_not_exact():
    network = Das(n_filters=4, kernel_size=4, n_lstm_units=3).build(_task())
    assert not network.is_exact
    assert network.recurrent is not None
    assert "LSTM of 3 units" in network.describe()


def test_closing_and_opening():
    """Flat kernels fill short gaps and then remove short sounds; values beyond the ends count for nothing."""
    values = torch.tensor([[1.0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1, 1]])
    cleaned = Morphology(1, 3)(values[None])[0]
    assert cleaned[0].tolist() == [1.0, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1]


def test_morphology_goes_with_zeros():
    options: Any = {"n_filters": 4, "kernel_size": 4, "n_blocks": 1, "morphology": 5}
    with pytest.raises(InputError, match="goes with padding zeros only"):
        Das(**options)
    network = Das(padding="zeros", **options).build(_task())
    assert network(_noise(2, 1, 40)).shape == (2, 2, 32)
    assert "over 5 steps" in network.describe()


def test_standardisation_can_be_left_out():
    sound = 5 + _noise(1, 3000)
    assert Das().build(_task()).standardise([sound]).standardisation.mean.item() == pytest.approx(5, abs=0.1)
    network = Das(standardise=False).build(_task()).standardise([sound])
    assert network.standardisation.mean.item() == 0
    assert network.standardisation.scale.item() == 1


def test_rates_that_give_no_whole_number_of_frames():
    stft = {"name": "trainable-stft", "window": 64 / 44100, "stride": 16 / 44100}
    with pytest.raises(InputError, match=r"44100 Hz gives no whole number .* --architecture.upsample true"):
        Das(representation=stft).build(_task(sample_rate=44100.0))
    assert Das(representation=stft, upsample=True).build(_task(sample_rate=44100.0)).hop == 1


def test_channels_of_one_frequency_lie_side_by_side():
    """Feature f · channels + c of the projection is frequency f of channel c, as in DAS."""
    network = Das(representation=STFT, n_filters=1).build(_task(n_channels=2))
    features = torch.arange(2 * 33.0).reshape(1, 2, 33, 1).expand(-1, -1, -1, sum(network.plan.reach) + 1)
    seen = []
    network.projection.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    network.body(features)
    assert seen[0][0, :4, 0].tolist() == [0.0, 33.0, 1.0, 34.0]
