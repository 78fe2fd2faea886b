"""Every architecture, with every front end that it can have, keeps the contract of networks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from oscine.core.errors import InputError
from oscine.networks.architecture import ARCHITECTURES, Architecture
from oscine.networks.frontend import FRONTENDS
from oscine.networks.loss import LOSSES
from oscine.networks.model import Model
from oscine.networks.specification import Specification
from oscine.networks.target import TARGETS

TASK = Specification(labels=("pulse", "sine", "background"), sample_rate=2500.0, n_channels=2)


def _cases() -> list[Any]:
    """Every architecture as it is, and with every other front end where it has a choice."""
    cases = []
    for name, member in ARCHITECTURES.members().items():
        cases.append(pytest.param({"name": name}, id=name))
        if "representation" in member.model_fields:
            cases += [
                pytest.param({"name": name, "representation": front_end}, id=f"{name}-{front_end}")
                for front_end in FRONTENDS.names()
            ]
    return cases


@pytest.fixture(scope="module", params=_cases())
def architecture(request: pytest.FixtureRequest) -> Architecture:
    return ARCHITECTURES.make(request.param)


@pytest.fixture(scope="module")
def sound() -> torch.Tensor:
    return 0.01 * torch.randn((2, 2, 9000), generator=torch.Generator().manual_seed(5))


def _model(architecture: Architecture, sound: torch.Tensor) -> Model:
    network = _build(architecture).standardise([sound])
    return Model(network.eval(), architecture, TARGETS.make("exclusive"))


def _build(architecture: Architecture, task: Specification = TASK) -> Any:
    """The network, or a skip where the front end gives too little for it, which it must say."""
    try:
        return architecture.build(task)
    except InputError as error:
        pytest.skip(str(error))


def test_lengths(architecture, sound):
    network = _build(architecture).eval()
    for n_frames in (1, 2, 5, 64):
        n_samples = network.n_input_samples(n_frames)
        assert n_samples == sum(network.context) + 1 + (n_frames - 1) * network.hop
        with torch.inference_mode():
            assert network(sound[..., :n_samples]).shape == (2, 3, n_frames)
            assert network(sound[..., : n_samples + network.hop - 1]).shape == (2, 3, n_frames)
            assert network(sound[..., : n_samples + network.hop]).shape == (2, 3, n_frames + 1)


def test_its_features_lie_under_its_frames(architecture, sound):
    """`columns` takes the features whose window is centred on the frame, wherever the input begins."""
    network = _build(architecture).standardise([sound]).eval()
    seen = []
    with torch.inference_mode():
        for begin in (0, network.hop * network.step):
            part = sound[..., begin : begin + network.n_input_samples(8 * network.step)]
            network(part, lambda features: (seen.append(features), features)[1])
    first, later = (network.columns(features, 8 * network.step) for features in seen)
    assert first.shape[-1] == 8 * network.step
    assert_allclose(first[..., network.step :], later[..., : -network.step], rtol=1e-4, atol=1e-5)


def test_blocks_equal_the_whole(architecture, sound):
    model = _model(architecture, sound)
    if not model.network.is_exact:
        pytest.skip("its frames see all of the input")
    step = model.network.step
    waveform = sound[0].numpy()
    whole = model.scores(waveform)
    assert_allclose(whole.sum(axis=0), 1.0, rtol=1e-6)
    for n_frames in (step, 7 * step, -(-112 // step) * step):
        n_samples = model.network.n_input_samples(n_frames)
        starts = range(0, min(whole.shape[1] - n_frames, 30 * n_frames), n_frames)
        blocks = [model.scores(waveform[:, i * model.hop : i * model.hop + n_samples]) for i in starts]
        joined = np.concatenate(blocks, axis=1)
        assert_allclose(joined, whole[:, : joined.shape[1]], rtol=1e-5, atol=1e-6)


def test_a_frame_sees_its_context_and_nothing_else(architecture, sound):
    model = _model(architecture, sound)
    if not model.network.is_exact:
        pytest.skip("its frames see all of the input")
    waveform = sound[0].numpy()
    before = model.scores(waveform)
    frame = before.shape[1] // 2 // model.network.step * model.network.step
    first, last = frame * model.hop, frame * model.hop + sum(model.context)
    outside = waveform.copy()
    outside[:, :first] += 1
    outside[:, last + 1 :] += 1
    assert_allclose(model.scores(outside)[:, frame], before[:, frame], rtol=1e-5, atol=1e-6)
    inside = waveform.copy()
    inside[:, first + model.context[0]] += 1
    assert np.abs(model.scores(inside)[:, frame] - before[:, frame]).max() > 1e-4


def test_every_weight_has_a_gradient(architecture, sound):
    network = _build(architecture).standardise([sound]).train()
    logits = network(sound[..., : network.n_input_samples(8)])
    LOSSES.make("cross-entropy")(logits, torch.randint(3, (2, 8))).backward()
    for name, weights in network.named_parameters():
        assert weights.grad is not None, name
        assert torch.isfinite(weights.grad).all(), name
    assert sum(float(weights.grad.abs().sum()) for weights in network.parameters()) > 0


def test_seeds(architecture):
    state = torch.get_rng_state()
    first, again, other = (_build(architecture).initialise(seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert any(not torch.equal(first[name], other[name]) for name in first)
    first, again = (_build(architecture).state_dict() for _ in range(2))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert torch.equal(torch.get_rng_state(), state), "building uses the global random state"


def test_hidden_layers(architecture, sound):
    network = _build(architecture).eval()
    with torch.inference_mode():
        layers = network.hidden(sound[..., : network.n_input_samples(network.step)])
    assert layers
    assert all(layer.ndim == 4 and layer.shape[0] == 2 for layer in layers)


def test_saved_model_is_the_same(architecture, sound, tmp_path):
    model = _model(architecture, sound)
    loaded = Model.load(model.save(tmp_path / "x_model.safetensors"))
    assert loaded.architecture == architecture
    assert loaded.digest == model.digest
    assert np.array_equal(loaded.scores(sound[0].numpy()), model.scores(sound[0].numpy()))


def test_describes_itself(architecture):
    text = _build(architecture).describe()
    network = _build(architecture)
    for fact in (network.n_parameters, network.hop, f"{network.frame_rate:g} Hz", "context"):
        assert str(fact) in text
