"""What is in one recording: probabilities, and the events and segments that they amount to.

`Song.of` is DAS's post-processing, corrected or not; `Song.write` puts the result where DAS's programs look for it:

- ``X_annotations.csv``: name, start_seconds, stop_seconds, channel; an event has start = stop; a type of which there is
  nothing has a row without start, so that its name is not forgotten.
- ``X_das.h5``: groups ``events`` and ``segments``, ``class_probabilities`` (sample, class), ``class_names``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oscine.annotations.delimited import write_table
from oscine.compat.das import flammkuchen
from oscine.compat.das.events import BLOCK, find_events, keep_intervals
from oscine.compat.das.options import PredictOptions
from oscine.compat.das.segments import Segments, find_segments, label_samples


@dataclass(frozen=True)
class Classes:
    """The classes of a model.

    Attributes
    ----------
    names
        As DAS calls them, the first is noise.
    is_event
        Of each; all others are segments.
    """

    names: tuple[str, ...]
    is_event: tuple[bool, ...]

    @property
    def events(self) -> list[int]:
        """Places of those that are events."""
        return [place for place, event in enumerate(self.is_event) if event]

    @property
    def segments(self) -> list[int]:
        """Places of the others, noise included."""
        return [place for place, event in enumerate(self.is_event) if not event]


@dataclass(frozen=True)
class Song:
    """Events and segments of a recording.

    Attributes
    ----------
    classes
        What they can be.
    values
        Anything that slices like an array with axes (class, sample): probabilities.
    sample_rate
        Of these, Hz.
    events
        Samples and probabilities of the events of each class of events, by its place.
    segments
        Of all classes of segments together.
    compat
        Whether these are DAS's own, uncorrected.
    """

    classes: Classes
    values: Any
    sample_rate: float
    events: Mapping[int, tuple[NDArray[np.int64], NDArray[np.floating]]]
    segments: Segments
    compat: bool = False

    @classmethod
    def of(
        cls,
        values: Any,
        classes: Classes,
        sample_rate: float,
        options: PredictOptions,
        optimised: Mapping[str, float] | None = None,
    ) -> Song:
        """Find song in probabilities.

        Parameters
        ----------
        values
            (class, sample), or what slices like that.
        classes
            Of the first axis.
        sample_rate
            Of the second, Hz.
        options
            Thresholds, distances and durations.
        optimised
            What a search has found: `gap_dur` and `min_len`, s.
        """
        n_samples, best = values.shape[1], optimised if options.segment_use_optimized and optimised else {}
        events = {}
        most = np.inf if options.event_dist_max is None else options.event_dist_max
        for place in classes.events:
            samples, heights = find_events(
                partial(_row, values, place),
                n_samples,
                sample_rate,
                threshold=options.event_thres,
                distance=options.event_dist,
            )
            kept = keep_intervals(samples / sample_rate, options.event_dist_min, most)
            events[place] = samples[kept], heights[kept]
        rows = classes.segments
        labels = [
            label_samples(np.asarray(values[:, first:last])[rows], options.segment_thres, compat=options.das_compat)
            for first, last in _blocks(n_samples)
        ]
        segments = find_segments(
            np.concatenate([np.empty(0, np.uint16), *labels]),
            sample_rate,
            len(rows),
            gap=best.get("gap_dur") if options.segment_fillgap is None else options.segment_fillgap,
            shortest=best.get("min_len") if options.segment_minlen is None else options.segment_minlen,
            compat=options.das_compat,
        )
        return cls(classes, values, sample_rate, events, segments, options.das_compat)

    def rows(self) -> list[tuple[str, float, float]]:
        """Name, start and stop (s) of everything, segments first, each class in order of time."""
        names = [self.classes.names[place] for place in self.classes.segments]
        found = self.segments
        table = [
            (names[label], onset, offset)
            for label, onset, offset in zip(
                found.labels.tolist(), found.onsets.tolist(), found.offsets.tolist(), strict=True
            )
        ]
        for place, (samples, _) in self.events.items():
            table += [(self.classes.names[place], time, time) for time in (samples / self.sample_rate).tolist()]
        order = {name: place for place, name in enumerate([*names, *self.classes.names])}
        return (
            sorted(table, key=lambda row: (order[row[0]], row[1]))
            if self.compat
            else sorted(table, key=lambda row: (row[1], row[2]))
        )

    def write_csv(self, path: Path) -> Path:
        """Write the table of annotations; DAS's own has a column of row numbers, and none of channels."""
        rows = self.rows()
        there = {name for name, _, _ in rows}
        missing = [place for place, name in enumerate(self.classes.names) if name not in there]
        if not self.compat:
            missing = [place for place in missing if place]
        names = [*(row[0] for row in rows), *(self.classes.names[place] for place in missing)]
        starts = [*(row[1] for row in rows), *(np.nan for _ in missing)]
        stops = [*(row[2] for row in rows), *(np.nan if self.classes.is_event[place] else 0.0 for place in missing)]
        columns: dict[str, Sequence[Any]] = {"name": names, "start_seconds": starts, "stop_seconds": stops}
        if self.compat:
            columns = {"": range(len(names)), **columns}
        else:
            columns["channel"] = [-1] * len(names)
        return write_table(path, columns)

    def write_h5(self, path: Path) -> Path:
        """Write everything, with real arrays in which there are handles of vanished files in DAS's."""
        classes, found = self.classes, self.segments
        n_samples = self.values.shape[1]
        segment_names = [classes.names[place] for place in classes.segments]
        pieces = list(self.events.items())
        seconds = [samples / self.sample_rate for _, (samples, _) in pieces]
        heights = [np.asarray(values, float) for _, (_, values) in pieces]
        sequence = [classes.names[place] for place, (samples, _) in pieces for _ in samples]
        several = len(segment_names) > 2
        named = found.labels if several else np.array([segment_names[label] for label in found.labels], "U")
        contents: dict[str, Any] = {
            "events": {
                "samplerate_Hz": self.sample_rate,
                "index": np.array(classes.events, np.int64),
                "names": [classes.names[place] for place in classes.events],
                "seconds": np.concatenate([np.empty(0), *seconds]),
                "probabilities": np.concatenate([np.empty(0), *heights]),
                "sequence": np.array(sequence, "U"),
            }
            if classes.events
            else {},
            "segments": {
                "samplerate_Hz": self.sample_rate,
                "index": np.array(classes.segments, np.int64),
                "names": segment_names,
                "probabilities": self._rows_of(classes.segments),
                "onsets_seconds": found.onsets,
                "offsets_seconds": found.offsets,
                "samples": found.samples.astype(np.int64),
                "sequence": named,
            },
            "class_probabilities": self._rows_of(range(len(classes.names))) if n_samples else np.empty((0, 1)),
            "class_names": list(classes.names),
        }
        return flammkuchen.write(path, contents)

    def _rows_of(self, places: Sequence[int]) -> flammkuchen.Rows:
        """Probabilities (sample, class) of some classes."""

        def blocks() -> Iterator[NDArray[Any]]:
            for first, last in _blocks(self.values.shape[1]):
                yield np.asarray(self.values[:, first:last])[list(places)].T

        dtype = np.float64 if self.compat else np.float32
        return flammkuchen.Rows((self.values.shape[1], len(places)), dtype, blocks())


def _blocks(n_samples: int) -> Iterator[tuple[int, int]]:
    for first in range(0, n_samples, BLOCK):
        yield first, min(first + BLOCK, n_samples)


def _row(values: Any, row: int, start: int, stop: int) -> NDArray[np.floating]:
    found: NDArray[np.floating] = np.asarray(values[row : row + 1, start:stop])[0]
    return found
