"""A dataset as DAS's graphical interface makes it, small, with song that is easy to tell from noise."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

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


SMALL = "--nb-hist 256 --nb-filters 8 --kernel-size 8 --nb-conv 2 --learning-rate 0.005 --batch-size 8 --verbose 0"


def das(line, cwd=None):
    """Run a line; its exit code."""
    from oscine import cli

    before = Path.cwd()
    if cwd is not None:
        os.chdir(cwd)
    try:
        cli.main(["das", *(line.split() if isinstance(line, str) else map(str, line))])
    except SystemExit as done:
        return done.code
    finally:
        os.chdir(before)
    raise AssertionError("main returns by SystemExit")


@pytest.fixture(name="das")
def _das():
    return das


@pytest.fixture(scope="session")
def trained(dataset, tmp_path_factory):
    """Stem of a model that has learnt the dataset."""
    folder = tmp_path_factory.mktemp("res")
    line = f"train --data-dir {dataset} --save-dir {folder} --save-prefix test --save-name one {SMALL} --nb-epoch 30"
    assert das([*line.split(), "--post-opt", "--reduce-lr"]) == 0
    return folder / "test_one"


@pytest.fixture
def recording(tmp_path):
    """Write a recording of so many samples with song to its end; gives its path."""

    def make(n_samples, name="rec.wav"):
        x, _ = song(n_samples, 77)
        soundfile.write(tmp_path / name, x, int(RATE), subtype="FLOAT")
        return tmp_path / name

    return make
