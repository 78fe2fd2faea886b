from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kstest

from oscine.datasets.augmentation import Batch
from oscine.datasets.augmentations import noise as module
from oscine.datasets.augmentations.noise import Noise
from oscine.datasets.sampler import FrameGrid


def added(n_windows=40, n_samples=2000, **options):
    batch = Batch(
        np.zeros((n_windows, 2, n_samples), np.float32),
        np.zeros((n_windows, n_samples), np.int64),
        FrameGrid(1, (0, 0), 1000.0),
    )
    return Noise(**options)(batch, np.random.default_rng(0)).sound


@pytest.mark.parametrize("stored", [2**19, 100])
def test_it_is_gaussian_and_differs_from_window_to_window(monkeypatch, stored):
    monkeypatch.setattr(module, "_N_STORED", stored)
    module._bank.cache_clear()
    values = added(deviation=0.5, mean=2).astype(float)
    assert kstest((values[:, 0, ::7].ravel() - 2) / 0.5, "norm").pvalue > 1e-4
    rows = values.reshape(80, -1) - 2
    correlations = np.corrcoef(rows) - np.eye(80)
    if stored == 2**19:
        assert np.abs(correlations).max() < 0.15
    assert len(np.unique(rows[:, 0])) > 70
    module._bank.cache_clear()


def test_its_deviation_is_drawn():
    deviations = added(deviation=(0.1, 0.4)).std(axis=2)
    assert (deviations.min() > 0.09) & (deviations.max() < 0.42)
    assert deviations.std() > 0.05
    assert (np.abs(deviations[:, 0] - deviations[:, 1]) > 0.02).mean() > 0.5
    together = added(deviation=(0.1, 0.4), each_channel=False).std(axis=2)
    assert np.abs(together[:, 0] - together[:, 1]).max() < 0.03
    assert (added(deviation=0) == 0).all()


@pytest.mark.parametrize(("duration", "unit"), [(0.1, "seconds"), (100, "samples")])
def test_on_a_stretch_alone(duration, unit):
    values = added(deviation=1, duration=duration, unit=unit)
    for window in values:
        (places,) = np.flatnonzero((window != 0).any(axis=0))[[0, -1]][None]
        assert places[1] - places[0] == 99
        assert np.count_nonzero(window) == 200
    assert added(deviation=1, duration=1e6).all()
