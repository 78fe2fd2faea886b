"""Shared by all tests: where the real recordings are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

DATA = Path(os.environ.get("OSCINE_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture(scope="session")
def data() -> Path:
    """Folder of real annotated recordings; tests that need it are skipped where it is absent."""
    if not DATA.is_dir():
        pytest.skip(f"no real recordings at {DATA} (set OSCINE_DATA)")
    return DATA


@pytest.fixture(scope="session")
def fly(data: Path) -> Path:
    """Folder of fly song: five WAVs at 2500 Hz with SongExplorer's CSVs."""
    return data / "fly"
