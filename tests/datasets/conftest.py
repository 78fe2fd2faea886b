"""A monitor that remembers, and silent recordings with annotations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from oscine.annotations.annotations import Annotations
from oscine.core.monitor import Monitor
from oscine.recordings.recording import Recording
from oscine.recordings.recordings import Recordings


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


def silence(**durations: float) -> Recordings:
    """Recordings a.wav, b.wav, … of so many seconds."""
    return Recordings(
        [Recording.from_sound(np.zeros(round(100 * s)), 100.0, name=f"{name}.wav") for name, s in durations.items()]
    )


def rows(recording: str, *spans: tuple[float, float, str], **columns: str) -> list[dict[str, object]]:
    """Annotations (onset, offset, label) of a recording."""
    return [{"recording": recording, "onset": a, "offset": b, "label": label, **columns} for a, b, label in spans]


@pytest.fixture(name="silence")
def _silence():
    return silence


@pytest.fixture(name="rows")
def _rows():
    return rows


@pytest.fixture
def sparse(silence, rows):
    """A few annotated sounds in three recordings, which cover themselves alone."""
    random = np.random.default_rng(0)
    recordings = silence(a=60, b=30, c=45)
    table: Sequence[dict[str, object]] = []
    for recording in recordings:
        for onset in np.sort(random.uniform(0, recording.duration - 1, 40)):
            length = random.choice([0.0, 0.3])
            table = [*table, *rows(recording.name, (onset, onset + length, random.choice(["x", "y"])))]
    return recordings, Annotations(table).with_coverage("rows")
