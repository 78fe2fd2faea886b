"""Models that DAS itself made, unpacked; see fixtures/make_fixtures.py."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

FIXTURES = Path(__file__).parent / "fixtures"


@pytest.fixture
def unpacked(tmp_path) -> Callable[[str], Path]:
    """The stem of a case, in a folder of its own."""

    def unpack(case: str) -> Path:
        with zipfile.ZipFile(FIXTURES / f"{case}.zip") as archive:
            archive.extractall(tmp_path)
        return tmp_path / case.removesuffix("_keras")

    return unpack


@pytest.fixture
def truth() -> Callable[[Path], tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Sound (window, channel, sample) and DAS's scores of it (window, class, step)."""

    def load(stem: Path) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        with np.load(stem.with_name(stem.name + "_scores.npz")) as arrays:
            return arrays["sound"].transpose(0, 2, 1), arrays["scores"].transpose(0, 2, 1)

    return load
