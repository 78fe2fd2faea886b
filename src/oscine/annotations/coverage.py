"""Coverage: the stretches of a recording that somebody has annotated exhaustively.

Inside the coverage, what bears no label is background; outside it nothing is known, and every loss and every
metric leaves it out. So a file with a few annotated instants (sparse, as in SongExplorer) and one that is
annotated from end to end (dense, as in DAS and vak) are the same kind of thing with another coverage.

For each recording the coverage is the whole of it, or some intervals in seconds. A point covers itself alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oscine.annotations.intervals import Intervals, Pairs, as_intervals, clip, contains, merge, subtract

_ROUNDING = 1e-9
"""Seconds by which neighbouring frames may overlap here, so that no point falls between them by rounding."""


class Coverage:
    """Where somebody has looked, recording by recording; immutable.

    Parameters
    ----------
    stretches
        For each recording's name `None` (the whole of it) or intervals (n, 2) in seconds.
    whole
        Whether recordings that are not named are covered from end to end, or not at all.

    Examples
    --------
    >>> coverage = Coverage({"a.wav": None, "b.wav": [(1, 2), (5, 5)]}, whole=False)
    >>> coverage.intervals("a.wav", duration=60)
    array([[ 0., 60.]])
    >>> coverage.known("b.wav", np.array([0.9, 1.0, 2.0, 5.01]), half_width=0.02)
    array([False,  True, False,  True])
    >>> len(coverage.intervals("c.wav", duration=60))
    0
    """

    def __init__(self, stretches: Mapping[str, Pairs | None] | None = None, *, whole: bool = True) -> None:
        self.whole = whole
        self._stretches: dict[str, Intervals | None] = {}
        for name, pairs in (stretches or {}).items():
            kept = None if pairs is None else merge(pairs)
            if kept is not None:
                kept.flags.writeable = False
            self._stretches[name] = kept

    @property
    def recordings(self) -> list[str]:
        """Names of the recordings of which something is said, sorted."""
        return sorted(self._stretches)

    def __getitem__(self, recording: str) -> Intervals | None:
        """The intervals (n, 2) in s of a recording; `None` for the whole of it."""
        if recording in self._stretches:
            return self._stretches[recording]
        return None if self.whole else as_intervals([])

    def __iter__(self) -> Iterator[str]:
        return iter(self._stretches)

    def is_whole(self, recording: str) -> bool:
        """Whether a recording is covered from end to end."""
        return self[recording] is None

    def intervals(self, recording: str, duration: float) -> Intervals:
        """The covered stretches of a recording.

        Parameters
        ----------
        recording
            Its name.
        duration
            How long it lasts, in seconds.

        Returns
        -------
        array (n, 2)
            Onsets and offsets in seconds: merged, sorted, within the recording.
        """
        stretches = self[recording]
        return clip([(0.0, duration)] if stretches is None else stretches, 0.0, duration)

    def known(self, recording: str, times: ArrayLike, half_width: float = 0.0) -> NDArray[np.bool_]:
        """Which frames are known.

        A frame is known where its centre is covered, or where the middle of a covered stretch lies in it: so a
        point, or a stretch shorter than a frame, makes one frame known (two, where it lies between them) and is
        never lost.

        Parameters
        ----------
        recording
            Its name.
        times
            Centres of the frames (n,), in seconds.
        half_width
            Half the length of a frame, in seconds.
        """
        centres = np.asarray(times, dtype=np.float64)
        stretches = self[recording]
        if stretches is None:
            return np.ones(centres.shape, dtype=bool)
        middles = np.sort(stretches.mean(axis=1))
        begin = np.searchsorted(middles, centres - half_width - _ROUNDING, side="left")
        end = np.searchsorted(middles, centres + half_width + _ROUNDING, side="right")
        return contains(stretches, centres) | (end > begin)

    # -- made from others ------------------------------------------------------------------------------------

    def select(self, recordings: Iterable[str]) -> Coverage:
        """Only what is said of these recordings; the others are not covered at all."""
        return Coverage({name: self[name] for name in recordings}, whole=False)

    def rename(self, names: Mapping[str, str]) -> Coverage:
        """The same with recordings renamed."""
        return Coverage({names.get(name, name): part for name, part in self._stretches.items()}, whole=self.whole)

    @classmethod
    def union(cls, parts: Iterable[Coverage]) -> Coverage:
        """Covered by any of them, or by several together."""
        parts = list(parts)
        whole = any(part.whole for part in parts)
        named: dict[str, list[Coverage]] = {}
        for part in parts:
            for name in part:
                named.setdefault(name, []).append(part)
        together: dict[str, Pairs | None] = {}
        for name, tellers in named.items():
            found = [part[name] for part in tellers]
            unnamed_whole = whole and any(part.whole for part in parts if name not in part._stretches)
            together[name] = None if unnamed_whole else _joined(found)
        return Coverage(together, whole=whole)

    def __or__(self, other: Coverage) -> Coverage:
        """Covered by one or the other, or by both together."""
        return Coverage.union([self, other])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Coverage):
            return NotImplemented
        return self.whole == other.whole and all(_same(self[name], other[name]) for name in {*self, *other})

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        parts = [f"{name}: {_shown(part)}" for name, part in sorted(self._stretches.items())]
        return f"Coverage({', '.join([*parts, 'others: ' + ('whole' if self.whole else 'nothing')])})"


def exhaustive(covered: Intervals, spans: Pairs, duration: float) -> Intervals:
    """The covered stretches in which somebody has looked for every label.

    Where single sounds are annotated a row covers itself, and says nothing of other labels: whoever marks a pulse has
    not said that there is no sine below it. A stretch that holds more than rows, or is the whole recording, says of
    every label where it is and where it is not.

    Parameters
    ----------
    covered
        Covered stretches (n, 2) in seconds, normal.
    spans
        Onsets and offsets (row, 2) of all annotations of the recording, in seconds.
    duration
        Of the recording, in seconds.

    Examples
    --------
    >>> covered = as_intervals([(1, 2), (3, 3), (4, 9)])
    >>> exhaustive(covered, [(1, 1.5), (1.2, 2), (3, 3), (5, 6)], duration=10)
    array([[4., 9.]])
    """
    spare = subtract(covered, spans)
    spare = spare[spare[:, 1] - spare[:, 0] > _ROUNDING].mean(axis=1)
    owners = np.searchsorted(covered[:, 0], spare, side="right") - 1
    chosen = (covered[:, 0] <= _ROUNDING) & (covered[:, 1] >= duration - _ROUNDING)
    chosen[owners] = True
    return covered[chosen]


def _joined(parts: list[Intervals | None]) -> Intervals | None:
    """The union of some stretches, of which `None` is everything."""
    known = [part for part in parts if part is not None]
    return np.concatenate(known) if len(known) == len(parts) else None


def _shown(part: Intervals | None) -> str:
    return "whole" if part is None else f"{len(part)} stretches"


def _same(ours: Intervals | None, theirs: Intervals | None) -> bool:
    if ours is None or theirs is None:
        return ours is theirs
    return np.array_equal(ours, theirs)
