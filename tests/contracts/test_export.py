"""Every architecture can be written in both formats, and gives the model's scores there, whatever comes in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from oscine.networks.architecture import ARCHITECTURES
from oscine.networks.export import SUFFIXES, ExportParams, export
from oscine.networks.frontend import FRONTENDS
from oscine.networks.model import Model
from oscine.networks.specification import Specification
from oscine.networks.target import TARGETS

TASK = Specification(labels=("pulse", "sine", "background"), sample_rate=2500.0, n_channels=2)
SMALL: dict[str, dict[str, Any]] = {
    "autoencoder": {"features": (4, 4), "stride_time": "1,2", "dense": (8,), "context": 0.0512},
    "conv-tcn": {"n_layers": 2, "conv_filters": (4, 4)},
    "das": {"n_filters": 4, "n_blocks": 2, "dilations": (1, 2)},
    "ed-tcn": {"n_filters": (8, 8), "conv_filters": (4, 4), "kernel_size": 5},
    "oscine": {"n_channels": 8, "dilations": (1, 2)},
    "res-net1": {"features": (4, 4), "n_conv_layers": 4},
    "songexplorer": {"features": (4, 4)},
    "tcn": {"n_layers": 2},
    "tweetynet": {"conv_filters": (4, 4), "hidden_size": 4, "warm_up": 0.032},
    "u-net": {"n_filters": 2, "n_down": 2, "n_up": 2, "context": 0.0512},
}
"""Options that make an architecture quick; what is not here, as a stranger's, is tested as it is."""
VARIANTS: dict[str, dict[str, Any]] = {
    "das-separable": {"separable": True},
    "das-recurrent": {"n_lstm_units": 4},
    "das-stft": {"representation": "trainable-stft", "upsample": True},
    "das-zeros": {"representation": "trainable-stft", "upsample": True, "padding": "zeros"},
    "das-morphology": {"padding": "zeros", "morphology": 5},
    "tcn-zeros": {"padding": "zeros", "causal": False},
    "tweetynet-zeros": {"padding": "zeros", "n_layers": 2},
    "u-net-same": {"padding": "same"},
}
"""What else there is to an architecture that a format might not hold; named after it."""


def _cases() -> list[Any]:
    cases = [(name, {"name": name, **SMALL.get(name, {})}) for name in ARCHITECTURES.names()]
    for name, options in VARIANTS.items():
        base = max((known for known in SMALL if name.startswith(known)), key=len)
        cases.append((name, {"name": base, **SMALL[base], **options}))
    base = {"name": "songexplorer", **SMALL["songexplorer"]}
    cases += [(front, {**base, "representation": front}) for front in FRONTENDS.names()]
    cases.append(("phase", {**base, "representation": {"name": "spectrogram", "phase": True, "low": 200.0}}))
    cases.append(("power", {**base, "representation": {"name": "spectrogram", "scale": "power"}}))
    quick = {"songexplorer", "log-mel", "tweetynet-zeros"}
    marks = {True: [pytest.mark.slow], False: []}
    return [
        pytest.param(values, to, id=f"{name}-{to}", marks=marks[to == "onnx" and name not in quick])
        for name, values in cases
        for to in SUFFIXES
    ]


def model_of(values: dict[str, Any], target: str = "exclusive") -> Model:
    architecture = ARCHITECTURES.make(values)
    network = architecture.build(TASK)
    sound = 0.01 * torch.randn((2, 2, 9000), generator=torch.Generator().manual_seed(5))
    return Model(network.standardise([sound]).eval(), architecture, TARGETS.make(target))


@pytest.mark.parametrize(("values", "to"), _cases())
def test_round_trip(values, to):
    if to == "onnx":
        pytest.importorskip("onnxscript")
        pytest.importorskip("onnxruntime")
    from oscine.networks.exporting import formats

    model = model_of(values)
    exported = export(model, ExportParams(to=to))
    assert exported.difference < 1e-4
    function, about = (formats.open_onnx if to == "onnx" else formats.open_torch_export)(exported.content)
    assert about == exported.about
    random = np.random.default_rng(1)
    for n_items, n_blocks in ((1, 5), (4, 3), (4, 40)):
        n_samples = model.network.n_input_samples(n_blocks * about["block"])
        sound = (0.02 * random.standard_normal((n_items, 2, n_samples))).astype(np.float32)
        scores = function(sound)
        assert scores.shape == (n_items, 3, n_blocks * about["block"])
        assert_allclose(scores, model.scores(sound), atol=1e-4)
    shortest = np.zeros((1, 2, about["shortest"]), np.float32)
    assert_allclose(function(shortest), model.scores(shortest), atol=1e-4)
