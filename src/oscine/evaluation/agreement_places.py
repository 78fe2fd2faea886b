"""Sample rates and durations of recordings that are compared; those that are not there get tics of a millisecond."""

from __future__ import annotations

from pathlib import Path

from oscine.annotations.sources import Sources
from oscine.core.errors import InputError
from oscine.core.monitor import Monitor
from oscine.evaluation.opinions import Opinions
from oscine.recordings.recording import Recording
from oscine.recordings.recordings import Recordings

NO_RECORDING = 1000.0
"""Tics per second where a recording is not there to tell its sample rate."""


class Places:
    """Where recordings are, by name.

    Parameters
    ----------
    opinions
        What is said of them; they are sought beside its files.
    recordings
        Those that the caller has.
    """

    def __init__(self, opinions: Opinions, recordings: Recordings | None) -> None:
        source = opinions.source or Path()
        folder = source if source.is_dir() else source.parent
        self._sources = Sources(folder, recordings, folder)
        self._given = {Path(item.name).name: item for item in recordings or ()}
        self._opinions = opinions
        self._unknown: list[str] = []

    def recording(self, name: str) -> Recording | None:
        """The recording; `None` where it is not there."""
        try:
            found = self._sources.find(name)
        except InputError:
            found = None
        return found if found is not None else self._given.get(Path(name).name)

    def rate(self, name: str) -> float:
        """Tics per second."""
        recording = self.recording(name)
        if recording is None:
            self._unknown += [name] * (name not in self._unknown)
            return NO_RECORDING
        return float(recording.sample_rate)

    def duration(self, name: str) -> float:
        """How long it lasts, in seconds; up to the last sound where it is not there."""
        recording = self.recording(name)
        if recording is not None:
            return float(recording.duration)
        groups = (*self._opinions.people.values(), *self._opinions.machines.values())
        ends = [said[name].spans()[:, 1].max() for said in groups if name in said and len(said[name].rows)]
        return float(max(ends, default=0.0))

    def remarks(self, monitor: Monitor) -> list[str]:
        """What to know of recordings that are not there."""
        if not self._unknown:
            return []
        text = f"not there: {', '.join(self._unknown)}; tics of 1 ms are taken, up to the last sound (--recordings)"
        monitor.warning(text)
        return [text]
