"""Which recordings of two sets of annotations are the same, and how long they last.

People, programs and formats do not agree on what a recording is called: `a.wav`, `day1/a.wav`, `a.flac`, or `a` alone,
since the file that a model was given has gone elsewhere. So a name on one side stands for that on the other side if
they are equal; else, if there is just one of each, where their last parts are; else where these are but for the suffix.
Two files that are about one recording each, whose names are nothing but the files' own (`truth.csv`, `predicted.csv`),
are taken to be about the same one, and that is said.

How long a recording lasts is known from a table of durations, where somebody gives one; else from the recordings, if
they lie beside either annotations; else the last offset on either side has to do, and that is said, too, because
silence at the end of the recording is missing then from the frame error.
"""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from oscine.annotations import naming
from oscine.annotations.annotations import Annotations
from oscine.annotations.sources import Sources, wholes
from oscine.core.errors import InputError
from oscine.core.folders import is_passed_over
from oscine.core.monitor import Monitor
from oscine.recordings.reader import suffixes
from oscine.recordings.recording import Recording

_RECORDING = ("recording", "file", "name", "filename", "path")
_SECONDS = ("seconds", "duration", "duration_seconds", "duration_s")

_BEYOND = 0.05
"""Seconds by which a sound may reach beyond the end of its recording: windows of predictions do."""

_SHORTENINGS: tuple[Callable[[str], str], ...] = (lambda name: Path(name).name, lambda name: Path(name).stem)


def same_recordings(truth: Annotations, predicted: Annotations) -> dict[str, str]:
    """What recordings of the predictions are called in the truth, where they are there under another name.

    Examples
    --------
    >>> def about(*names):
    ...     return Annotations([{"recording": name, "onset": 0, "offset": 1, "label": "a"} for name in names])
    >>> same_recordings(about("day1/a.wav", "b.wav", "c.wav"), about("a.wav", "b.flac", "c.wav", "d.wav"))
    {'a.wav': 'day1/a.wav', 'b.flac': 'b.wav'}
    """
    names: dict[str, str] = {}
    ours, theirs = set(truth.recordings), set(predicted.recordings)
    theirs, ours = theirs - ours, ours - theirs
    for shorten in _SHORTENINGS:
        one, two = _unique(ours, shorten), _unique(theirs, shorten)
        found = {two[short]: one[short] for short in two if short in one}
        names |= found
        theirs, ours = theirs - found.keys(), ours - set(found.values())
    if len(truth.recordings) == len(predicted.recordings) == len(ours) == len(theirs) == 1 and all(
        map(_is_named_after_its_file, (truth, predicted))
    ):
        names[theirs.pop()] = ours.pop()
    return dict(sorted(names.items()))


def _unique(names: Iterable[str], shorten: Callable[[str], str]) -> dict[str, str]:
    """Names by what is left of them, but those of which the same is left as of others."""
    found: dict[str, list[str]] = {}
    for name in sorted(names):
        found.setdefault(shorten(name), []).append(name)
    return {short: alike[0] for short, alike in found.items() if len(alike) == 1}


def _is_named_after_its_file(annotations: Annotations) -> bool:
    """Whether they were read from a file which says of its recording no more than its own name does."""
    source = annotations.source
    return source is not None and source.is_file() and Sources(source.parent).name_for(source) in annotations.recordings


def are_named_apart(truth: Annotations, predicted: Annotations) -> bool:
    """Whether both are files whose names say of which recording they are, and not of the same one."""
    if any(side.source is None or not side.source.is_file() for side in (truth, predicted)):
        return False
    one, two = (naming.parse(side.source) for side in (truth, predicted) if side.source is not None)
    return bool(one.convention and two.convention) and Path(one.stem).stem != Path(two.stem).stem


def find_durations(
    names: Sequence[str],
    sides: Sequence[tuple[Annotations, Mapping[str, str]]],
    given: Mapping[str, float],
    monitor: Monitor,
) -> dict[str, float]:
    """How long each recording lasts, in seconds.

    Parameters
    ----------
    names
        The recordings.
    sides
        Annotations, and what they call a recording if otherwise.
    given
        Durations in seconds that somebody has given, under any name that `same_recordings` would understand.
    monitor
        Is told where the last offset has to do.
    """
    known = _known(names, given)
    places = [(_Place(side), called) for side, called in sides if side.source is not None]
    last: dict[str, float] = {}
    for side, called in sides:
        offsets = side.to_pandas().groupby("recording")["offset"].max()
        for name in names:
            other = called.get(name, name)
            stretches = side.coverage[other]
            ends = [] if stretches is None or not len(stretches) else [float(stretches[-1, 1])]
            last[name] = max([last.get(name, 0.0), float(offsets.get(other, 0.0)), *ends])
    guessed = []
    with monitor.task("looking up durations", total=len(names), unit="recordings") as task:
        for name in names:
            if name not in known:
                found = (place.duration(called.get(name, name)) for place, called in places)
                duration = next((seconds for seconds in found if seconds is not None), None)
                if duration is None:
                    guessed.append(name)
                known[name] = last[name] if duration is None else duration
            task.advance()
    if guessed:
        monitor.message(
            f"how long {in_words(guessed)} {'lasts' if len(guessed) == 1 else 'last'} is not known, so that frames are "
            "counted up to the last offset (put recordings beside the annotations, or give --durations)"
        )
    beyond = [name for name in names if last[name] > known[name] + _BEYOND]
    if beyond:
        monitor.warning(
            f"sounds lie beyond the end of {in_words(beyond)}; what is there counts in no frame: are these the right "
            "recordings, or durations?"
        )
    return {name: known[name] for name in names}


def _known(names: Sequence[str], given: Mapping[str, float]) -> dict[str, float]:
    found = {name: given[name] for name in names if name in given}
    for shorten in _SHORTENINGS:
        short = _unique(given, shorten)
        for name in names:
            if name not in found and shorten(name) in short:
                found[name] = given[short[shorten(name)]]
    return found


class _Place:
    """The recordings beside some annotations: those in the folder of a file, or in a folder and all below it."""

    def __init__(self, annotations: Annotations) -> None:
        assert annotations.source is not None
        self.source = annotations.source
        self.beside = Sources(self.source if self.source.is_dir() else self.source.parent)
        self.below: dict[str, list[Path]] | None = None

    def duration(self, name: str) -> float | None:
        seconds = self.beside.duration(name)
        if seconds is not None or not self.source.is_dir():
            return seconds
        if self.below is None:
            self.below = _sounds(self.source)
        for whole in wholes(name):
            for path in self.below.get(Path(whole).name, ()):
                if f"/{path.as_posix()}".endswith(f"/{whole}"):
                    try:
                        return Recording(path.parent / Path(name).name).duration
                    except InputError:
                        return None
        return None


def _sounds(folder: Path) -> dict[str, list[Path]]:
    """Files below a folder that may be recordings, by name."""
    found: dict[str, list[Path]] = {}
    known = suffixes()
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not is_passed_over(Path(place, name)))
        for name in sorted(names):
            if name.lower().endswith(known):
                found.setdefault(name, []).append(Path(place, name))
    return found


def read_durations(path: Path) -> dict[str, float]:
    """Durations in seconds from a table with the columns `recording` (or `file`) and `seconds` (or `duration`).

    Raises
    ------
    InputError
        Where there is no such file, a column is missing, or a duration is none.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError("there is no such table of durations", path=path) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read ({error})", path=path) from None
    reader = csv.DictReader(text.splitlines())
    header = [(name or "").strip().lower() for name in reader.fieldnames or ()]
    reader.fieldnames = header
    recording, seconds = (next((name for name in names if name in header), None) for names in (_RECORDING, _SECONDS))
    if recording is None or seconds is None:
        found = ",".join(header)
        raise InputError("is no table of durations", path=path, line=1, found=found, allowed="recording,seconds")
    durations = {}
    for row in reader:
        try:
            value = float(row[seconds])
        except (TypeError, ValueError):
            value = math.nan
        if not (math.isfinite(value) and value >= 0):
            allowed = "seconds, at least 0"
            raise InputError("a duration is none", path=path, line=reader.line_num, found=row[seconds], allowed=allowed)
        durations[row[recording].strip()] = value
    return durations


def in_words(names: Sequence[str], most: int = 5) -> str:
    """Names in a sentence, the first few of many.

    Examples
    --------
    >>> in_words(["a.wav"]), in_words(["a", "b", "c"], most=2)
    ('a.wav', 'a, b and 1 more')
    """
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"
