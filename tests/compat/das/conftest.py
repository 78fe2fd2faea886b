"""A dataset as DAS's graphical interface makes it, small, with song that is easy to tell from noise."""

from __future__ import annotations

import numpy as np
import pytest

from oscine.core.monitor import Monitor
from oscine.datasets.store import store_for

RATE = 2000.0


class Told(Monitor):
    """Remembers what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[str] = []
        self.warnings: list[str] = []

    def message(self, text: str) -> None:
        self.messages.append(text)

    def warning(self, text: str) -> None:
        self.warnings.append(text)


@pytest.fixture
def told():
    return Told()


def song(n_samples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Sound (sample, 1) with pulses and sines, and its truth (sample, class): noise, pulse, sine."""
    random = np.random.default_rng(seed)
    time = np.arange(n_samples) / RATE
    x = 0.02 * random.normal(size=n_samples)
    y = np.zeros((n_samples, 3))
    for start in range(200, n_samples - 700, 1000):
        span = slice(start, start + 300)
        x[span] += 0.5 * np.sin(2 * np.pi * 150 * time[span])
        y[span, 2] = 1
        centre = start + 550
        bell = np.exp(-0.5 * ((np.arange(n_samples) - centre) / (0.0016 * RATE)) ** 2)
        x += bell * np.sin(2 * np.pi * 400 * (time - centre / RATE) + 1)
        y[:, 1] += bell * (bell > 1e-4)
    y[:, 0] = 1 - y[:, 1:].sum(axis=1)
    return x[:, None], y


def make_dataset(path, splits=(("train", 20_000), ("val", 8_000), ("test", 8_000)), **attributes):
    """Write such a dataset, in the format that its name says."""
    arrays = {}
    for seed, (split, n) in enumerate(splits):
        arrays[f"{split}/x"], arrays[f"{split}/y"] = song(n, seed)
    values = {
        "samplerate_x_Hz": RATE,
        "samplerate_y_Hz": RATE,
        "class_names": ["noise", "pulse", "sine"],
        "class_types": ["segment", "event", "segment"],
        "event_std_seconds": 0.0016,
        "data_splits": {"a/b": {"train": [[0, 20_000]]}},
        **attributes,
    }
    kinds = {name: (array.shape, np.float16) for name, array in arrays.items()}
    with store_for(path).writing(path, kinds, values) as append:
        for name, array in arrays.items():
            append(name, array.astype(np.float16))
    return path


@pytest.fixture(scope="session")
def dataset(tmp_path_factory):
    return make_dataset(tmp_path_factory.mktemp("das") / "gui_demo.npy")


@pytest.fixture(name="make_dataset")
def _make_dataset():
    return make_dataset


@pytest.fixture(name="song")
def _song():
    return song
