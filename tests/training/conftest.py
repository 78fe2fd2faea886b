"""A small dataset of synthetic fly song, tiny networks, and monitors."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
import soundfile
import torch

from oscine.core.monitor import Monitor
from oscine.datasets.dataset import Dataset
from oscine.datasets.prepare import PrepareParams, prepare
from oscine.networks.architectures.songexplorer import SongExplorer
from oscine.recordings.recordings import Recordings
from oscine.testing import fly_song
from oscine.training.metrics_file import read_metrics
from oscine.training.params import TrainParams

NETWORK = SongExplorer(features=(4, 4), context=0.0512)


class Told(Monitor):
    """Remembers what it is told, and asks to stop after a number of steps."""

    def __init__(self, stop_after: int | None = None) -> None:
        super().__init__()
        self.messages: list[str] = []
        self.warnings: list[str] = []
        self.metrics: list[dict[str, float]] = []
        self.stop_after = stop_after

    def message(self, text: str) -> None:
        self.messages.append(text)

    def warning(self, text: str) -> None:
        self.warnings.append(text)

    def metric(self, step: int, **values: float) -> None:
        self.metrics.append({"step": step, **values})
        if step == self.stop_after and "loss" in values:
            self.cancel()


PLAIN = {
    "loss": "cross-entropy",
    "smoothing": {"name": "tmse", "weight": 0.0},
    "augmentations": (),
    "schedule": "constant",
    "optimizer": "adam",
    "learning_rate": 1e-3,
    "weight_decay": 0.0,
    "clip": None,
    "ema": None,
}
"""Options of a training without any refinement."""


def tiny(**options: object) -> TrainParams:
    """Parameters of a training that takes a tenth of a second."""
    sizes = {"architecture": NETWORK, "n_steps": 12, "period": 4, "batch_size": 8, "window": 0.02}
    loss = {"loss": None} if "target" in options else {}
    length = {"n_steps": None} if "n_epochs" in options else {}
    return TrainParams.model_validate(PLAIN | loss | sizes | length | options)


def weights(path: Path) -> dict[str, np.ndarray]:
    """Tensors of a model's file or of a checkpoint."""
    return safetensors.numpy.load_file(path)


def same(one: Path, other: Path) -> bool:
    """Whether two files hold the same tensors, bit for bit."""
    mine, theirs = weights(one), weights(other)
    return set(mine) == set(theirs) and all(mine[name].tobytes() == theirs[name].tobytes() for name in mine)


def timeless(path: Path) -> list[dict[str, float]]:
    """The lines of a metrics file without what no two trainings agree in."""
    changing = {"seconds", "speed"}
    return [{name: value for name, value in line.items() if name not in changing} for line in read_metrics(path)]


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def song_folder(tmp_path_factory):
    """A recording of 30 s with all its annotations beside it."""
    folder = tmp_path_factory.mktemp("song")
    sound, truth = fly_song(30, seed=1)
    soundfile.write(folder / "song.wav", sound[0], 2500, subtype="FLOAT")
    truth.save(folder / "song_annotations.csv")
    return folder


@pytest.fixture(scope="session")
def song(song_folder, tmp_path_factory) -> Dataset:
    dataset = prepare(Recordings(song_folder), params=PrepareParams(few=1))
    return Dataset.load(dataset.save(tmp_path_factory.mktemp("prepared") / "song.dataset"))


@pytest.fixture(scope="session")
def helpers():
    return sys.modules[__name__]


@pytest.fixture
def environment():
    """For processes of our own."""
    return {**os.environ, "OMP_NUM_THREADS": "1"}
