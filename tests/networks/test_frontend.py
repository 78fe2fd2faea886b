"""Windows and strides that do not fit a sample rate are refused with those that do."""

from __future__ import annotations

import pytest

from oscine.core.errors import InputError
from oscine.networks.frontend import nearest_stride, nearest_window, stride_samples, window_samples


@pytest.mark.parametrize(
    ("window", "rate", "samples"), [(0.0064, 2500, 16), (0.0029025, 44100, 128), (0.004, 32000, 128)]
)
def test_windows_that_fit(window, rate, samples):
    assert window_samples(window, rate) == samples


@pytest.mark.parametrize("window", [0.0063, 0.0048, 0.0001, 0.1])
@pytest.mark.parametrize("rate", [2500, 24414.0625, 44100])
def test_the_windows_named_fit(window, rate):
    with pytest.raises(InputError, match="power of two") as error:
        window_samples(window, rate)
    for text in error.value.allowed.split(" or "):
        assert window_samples(float(text.split()[0]), rate) == int(text.split("(")[1].split()[0])


@pytest.mark.parametrize(
    ("stride", "rate", "samples"), [(0.0016, 2500, 4), (0.002, 44100, None), (0.001, 24414.0625, None)]
)
def test_strides(stride, rate, samples):
    if samples:
        assert stride_samples(stride, rate) == samples
        return
    with pytest.raises(InputError, match="whole number of frames") as error:
        stride_samples(stride, rate)
    named = error.value.allowed.split(" or ")
    assert len(named) == 2
    for text in named:
        assert stride_samples(float(text.split()[0]), rate) == int(text.split("(")[1].split()[0])


def test_a_whole_stride_that_gives_no_whole_rate():
    with pytest.raises(InputError, match=r"0\.0008 s \(2 samples, 1250 frames/s\) or 0\.0016 s \(4 samples"):
        stride_samples(0.0012, 2500)


@pytest.mark.parametrize("rate", [1000, 2500, 11025, 22050, 32000, 44100, 48000, 250000, 300000])
@pytest.mark.parametrize("wished", [0.0005, 0.002, 0.016])
def test_nearest_stride_gives_a_whole_rate(rate, wished):
    stride = nearest_stride(rate, wished)
    assert stride_samples(stride / rate, rate) == stride
    assert 0.5 <= stride / rate / wished <= 2


def test_nearest_window_is_a_power_of_two():
    assert nearest_window(24414.0625) == 512
    assert nearest_window(1.0) == 2, "two samples at least"
