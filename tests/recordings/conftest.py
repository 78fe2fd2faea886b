"""Sounds and files for the tests of recordings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

Write = Callable[..., Path]


@pytest.fixture
def noise() -> NDArray[np.float64]:
    """2 channels, 2 s at 8000 Hz, shape (channel, sample)."""
    return np.random.default_rng(0).uniform(-0.9, 0.9, (2, 16_000))


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write sound (channel, sample) to a file of the temporary folder with libsndfile."""

    def write(name: str, sound: NDArray[np.floating], sample_rate: int = 8000, **options: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        with soundfile.SoundFile(path, "w", sample_rate, sound.shape[0], **options) as file:
            for start in range(0, sound.shape[1], sample_rate):  # long OGGs in one call crash libsndfile
                file.write(sound[:, start : start + sample_rate].T)
        return path

    return write
