"""The spectrogram that follows the sample rate and the sounds."""

from __future__ import annotations

import numpy as np
import pytest

from oscine.networks.frames import is_whole_rate
from oscine.networks.specification import Specification
from oscine.networks.spectrogram_architecture import suitable_spectrogram


def _samples(sample_rate, durations=()):
    found = suitable_spectrogram(sample_rate, durations)
    geometry = found.geometry(Specification(labels=("song",), sample_rate=sample_rate))
    return geometry.window, geometry.stride


def test_as_published_at_32_khz():
    assert _samples(32000.0) == (512, 64)
    assert suitable_spectrogram(32000.0).scale == "power"
    assert _samples(32000.0, [0.05, 0.07, 0.09]) == (512, 64)


@pytest.mark.parametrize(
    ("sample_rate", "expected"),
    [
        (250.0, (16, 1)),
        (2500.0, (32, 5)),
        (10000.0, (128, 20)),
        (24414.0625, (512, 49)),
        (44100.0, (512, 90)),
        (48000.0, (1024, 96)),
        (300000.0, (1024, 500)),
    ],
)
def test_other_rates(sample_rate, expected):
    window, stride = _samples(sample_rate)
    assert (window, stride) == expected
    assert is_whole_rate(sample_rate, stride)


def test_follows_the_length_of_the_sounds():
    assert _samples(32000.0, [2.0, 3.0, 4.0])[0] == 1024  # the most there may be
    assert _samples(32000.0, [0.004, 0.0])[0] == 128
    assert _samples(2500.0, [8.0])[0] == 1024
    assert _samples(32000.0, np.zeros(5)) == (512, 64)


@pytest.mark.parametrize("sample_rate", [100.0, 500.0, 7919.0, 11025.0, 22050.0, 96000.0, 192000.0, 384000.0])
@pytest.mark.parametrize("duration", [0.001, 0.1, 100.0])
def test_any_rate_and_any_sound(sample_rate, duration):
    window, stride = _samples(sample_rate, [duration])
    assert 16 <= window <= 1024
    assert 1 <= stride <= window // 2
