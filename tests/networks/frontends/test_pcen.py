"""Per-channel energy normalisation, against the recursion that it stands for."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from oscine.networks.frontends.log_mel import LogMel
from oscine.networks.frontends.pcen import Pcen
from oscine.networks.specification import Specification

TASK = Specification(("song",), 32000.0)


@pytest.fixture(scope="module")
def sound():
    """Noise whose level jumps up and down."""
    noise = torch.randn((1, 1, 48000), generator=torch.Generator().manual_seed(0))
    return 0.001 * noise * (1 + 30 * (torch.arange(48000) // 4800 % 2))


def _recursion(energies, steps):
    """The mean as written in the papers: energies (band, time) -> the same."""
    s = (math.sqrt(1 + 4 * steps**2) - 1) / (2 * steps**2)
    mean = np.empty_like(energies)
    mean[:, 0] = energies[:, 0]
    for t in range(1, energies.shape[1]):
        mean[:, t] = (1 - s) * mean[:, t - 1] + s * energies[:, t]
    return mean


@pytest.mark.parametrize(("time_constant", "gain", "bias", "power"), [(0.03, 0.8, 10.0, 0.25), (0.01, 0.98, 2.0, 0.5)])
def test_is_the_recursion_but_for_what_is_cut_off(sound, time_constant, gain, bias, power):
    front_end = Pcen(time_constant=time_constant, gain=gain, bias=bias, power=power)
    found = front_end.build(TASK)(sound)[0, 0].numpy()
    energies = LogMel().build(TASK).energies(sound)[0, 0].double().numpy() / 1e-10
    mean = _recursion(energies, time_constant * 500)
    reach = (front_end.geometry(TASK).window - 512) // 64 // 2
    assert reach == round(3 * time_constant * 500)
    # the mean that is cut off differs by at most 2 exp(-3) of the largest energy so far
    error = 2 * math.exp(-3) * np.maximum.accumulate(energies, axis=1)
    low = (energies / (1 + mean + error) ** gain + bias) ** power - bias**power
    high = (energies / (1 + np.maximum(mean - error, 0)) ** gain + bias) ** power - bias**power
    steps = slice(reach, reach + found.shape[1])
    assert found.shape[1] == energies.shape[1] - 2 * reach
    assert (found > low[:, steps] - 1e-4).all()
    assert (found < high[:, steps] + 1e-4).all()


def test_is_the_cut_off_response(sound):
    """The same sum written out, to rounding."""
    found = Pcen(time_constant=0.02, floor=1e-4).build(TASK)(sound)[0, 0].numpy()
    energies = LogMel().build(TASK).energies(sound)[0, 0].double().numpy() / 1e-8
    steps, n = 0.02 * 500, 31
    weights = (1 - (math.sqrt(1 + 4 * steps**2) - 1) / (2 * steps**2)) ** np.arange(n)
    mean = np.apply_along_axis(np.convolve, 1, energies, weights / weights.sum(), mode="valid")
    now = energies[:, n - 1 :]
    expected = ((now / (1 + mean) ** 0.8 + 10) ** 0.25 - 10**0.25)[:, : found.shape[1]]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_a_click_is_in_the_middle_of_its_window():
    sound = torch.zeros(1, 1, 32000)
    sound[..., 16000] = 0.5
    geometry = Pcen().geometry(TASK)
    strongest = Pcen().build(TASK)(sound)[0, 0].sum(0).argmax().item()
    assert abs(strongest * geometry.stride + geometry.window // 2 - 16000) <= geometry.stride


def test_steady_noise_is_hardly_louder_with_a_gain():
    noise = 0.01 * torch.randn((1, 1, 32000), generator=torch.Generator().manual_seed(0))
    change = [
        (layer(10 * noise).mean() / layer(noise).mean()).item()
        for layer in (Pcen(gain=1.0).build(TASK), Pcen(gain=0.0).build(TASK))
    ]
    assert change[0] == pytest.approx(1.0, abs=0.01)
    assert change[1] > 2


def test_silence_is_zero():
    assert Pcen().build(TASK)(torch.zeros(1, 1, 8000)).abs().max() < 1e-5
