from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from oscine.datasets.augmentation import Batch
from oscine.datasets.augmentations.filter import Filter
from oscine.datasets.sampler import FrameGrid

RATE = 8000.0
GRID = FrameGrid(1, (0, 0), RATE)
TIMES = np.arange(8000) / RATE


def filtered(sound, **options):
    batch = Batch(sound[None, None].astype(np.float32), np.zeros((1, sound.size), np.int64), GRID)
    return Filter(**options)(batch, np.random.default_rng(0)).sound[0, 0]


@pytest.mark.parametrize(
    ("kind", "kept", "lost"),
    [("low-pass", 100, 3000), ("high-pass", 3000, 100), ("band-pass", 1000, 100), ("band-stop", 100, 1000)],
)
def test_tones_are_kept_or_lost_without_delay(kind, kept, lost):
    options = {"kind": kind, "frequency": 1000, "quality": 2, "order": 4}
    tone = np.sin(2 * np.pi * kept * TIMES)
    assert np.abs(filtered(tone, **options) - tone)[800:-800].max() < 0.01
    assert np.abs(filtered(np.sin(2 * np.pi * lost * TIMES), **options))[800:-800].max() < 0.01


def test_a_notch_is_that_of_scipy_run_both_ways():
    random = np.random.default_rng(3)
    smooth = signal.sosfiltfilt(signal.butter(4, 1500, fs=RATE, output="sos"), random.normal(size=8000))
    expected = signal.filtfilt(*signal.iirnotch(300, 10, fs=RATE), smooth)
    got = filtered(smooth, frequency=300, quality=10)
    assert np.abs(got - expected)[1000:-1000].max() < 0.03 * np.abs(smooth).max()


def test_a_constant_passes_what_lets_it_pass():
    assert filtered(np.ones(500), kind="low-pass", frequency=50) == pytest.approx(1, abs=1e-5)
    assert filtered(np.ones(500), kind="high-pass", frequency=50) == pytest.approx(0, abs=1e-5)
    assert filtered(np.ones(500), kind="band-stop", frequency=50) == pytest.approx(1, abs=1e-5)
    assert filtered(np.ones(1), kind="band-pass", frequency=50) == pytest.approx(0, abs=1e-5)
