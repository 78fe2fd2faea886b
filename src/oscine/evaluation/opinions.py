"""Who says what of which recordings, and where each of them has looked.

A *party* is somebody, or something, that says which sounds are there: an annotator, known by the column `annotator` or
by a file's name (`X_annotations-ann.csv`, `X.wav-annotated-ann.csv`), or a machine (rows of kind "predicted"). Files
stay apart here, because one that holds no row tells nevertheless that its annotator has looked.

Where an annotator has looked in a recording is told by the coverage of the annotations. SongExplorer's files have none
beyond their rows: whoever annotates densely in them is taken to have looked from the first sound to the last
(`Said.hull`).
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oscine.annotations import naming
from oscine.annotations.annotations import Annotations
from oscine.annotations.coverage import Coverage, exhaustive
from oscine.annotations.intervals import Intervals, as_intervals, intersect, merge
from oscine.annotations.sources import Sources
from oscine.core.errors import InputError
from oscine.core.folders import is_passed_over
from oscine.core.monitor import SILENT, Monitor

NOBODY = "annotator"
"""What an annotator is called whom no file names."""


class _Heard(Monitor):
    """Keeps warnings for whoever tells them."""

    def __init__(self) -> None:
        super().__init__()
        self.warnings: list[str] = []

    def warning(self, text: str) -> None:
        self.warnings.append(text)


@dataclass(frozen=True, eq=False)
class Said:
    """What one party says of one recording.

    Attributes
    ----------
    rows
        Columns onset and offset in seconds, and label.
    stretches
        Where the party has looked (n, 2) in seconds; `None` is everywhere.
    """

    rows: pd.DataFrame
    stretches: Intervals | None

    def spans(self, label: str | None = None) -> NDArray[np.float64]:
        """Onset and offset (sound, 2) in seconds, of one label or of all."""
        rows = self.rows if label is None else self.rows[self.rows["label"] == label]
        return rows[["onset", "offset"]].to_numpy(np.float64)

    @property
    def labels(self) -> set[str]:
        """Labels that occur."""
        return set(self.rows["label"])

    @property
    def dense(self) -> Intervals | None:
        """Stretches that are known to have been searched, beyond the sounds themselves; `None` is everything."""
        if self.stretches is None:
            return None
        return exhaustive(self.stretches, self.spans(), np.inf) if len(self.stretches) else self.stretches

    def __add__(self, other: Said) -> Said:
        parts = [self.stretches, other.stretches]
        known = [part for part in parts if part is not None]
        stretches = merge(np.concatenate(known)) if len(known) == len(parts) else None
        return Said(pd.concat([self.rows, other.rows], ignore_index=True), stretches)


@dataclass(frozen=True, eq=False)
class Opinions:
    """What annotators and machines say of recordings.

    Attributes
    ----------
    people, machines
        What each says, by recording.
    source
        Where it was read from.
    digests
        What provenance records of it.
    warnings
        What looks wrong with the files, where nobody has been told yet.
    """

    people: dict[str, dict[str, Said]]
    machines: dict[str, dict[str, Said]]
    source: Path | None = None
    digests: list[Any] = field(default_factory=list)
    warnings: tuple[str, ...] = ()

    @classmethod
    def load(cls, path: str | Path, *, monitor: Monitor = SILENT) -> Opinions:
        """Read a folder, a file, what a pattern means, or several of them, separated by commas.

        Parameters
        ----------
        path
            Of several, each is a party of its own where its files name no annotator, called like the file or folder.
        monitor
            Is told what was found, and what could not be used.

        Raises
        ------
        InputError
            Where there is nothing that can be read.
        """
        text = str(path)
        several = "," in text and not Path(text).exists()
        return cls._read([part.strip() for part in text.split(",")] if several else [text], monitor)

    @classmethod
    def load_all(cls, paths: Sequence[str | Path]) -> Opinions:
        """Read several files or folders (see `load`); what looks wrong with them is in `warnings`."""
        if len(paths) == 1 and "," in str(paths[0]):
            return cls.load(paths[0])
        heard = _Heard()
        return replace(cls._read(paths, heard), warnings=tuple(heard.warnings))

    @classmethod
    def _read(cls, paths: Sequence[str | Path], monitor: Monitor) -> Opinions:
        places = [place for path in paths for place in matching(str(path))]
        named = list(zip(places, _party_names(places), strict=True))
        parts = [(part, name) for place, name in named for part in _files(place, monitor)]
        return cls._of(parts, places[0])

    @classmethod
    def of(cls, *annotations: Annotations) -> Opinions:
        """Those of annotations in memory; rows that name no annotator are one party's."""
        source = next((part.source for part in annotations if part.source is not None), None)
        return cls._of([(part, NOBODY) for part in annotations], source)

    @classmethod
    def _of(cls, parts: Sequence[tuple[Annotations, str]], source: Path | None) -> Opinions:
        people: dict[str, dict[str, Said]] = {}
        machines: dict[str, dict[str, Said]] = {}
        for part, fallback in parts:
            for kind, name, recording, said in _said(part):
                group = machines if kind == "predicted" else people
                told = group.setdefault(name or (fallback if kind != "predicted" else ""), {})
                told[recording] = told[recording] + said if recording in told else said
        return cls(people, machines, source, [part.identity() for part, _ in parts])

    @property
    def recordings(self) -> list[str]:
        """Recordings of which anybody says anything, sorted."""
        return sorted({name for group in (self.people, self.machines) for said in group.values() for name in said})

    def identity(self) -> dict[str, Any]:
        """What provenance records: where they came from, and a digest of every file."""
        return {"path": str(self.source) if self.source else None, "files": self.digests}


def matching(text: str) -> list[Path]:
    """The files and folders that a path or a pattern means, sorted.

    Raises
    ------
    InputError
        Where nothing fits a pattern.
    """
    if not glob.has_magic(text) or Path(text).exists():
        return [Path(text)]
    found = [Path(match) for match in sorted(glob.glob(text))]  # noqa: PTH207 - pathlib has no absolute patterns
    kept = [path for path in found if path.is_dir() or _may_be_annotations(path.name)]
    if not kept:
        raise InputError("no annotation file fits this pattern", found=text)
    return kept


def _said(part: Annotations) -> Iterator[tuple[str, str, str, Said]]:
    """Kind, party, recording, and what is said."""
    table = part.to_pandas()
    table = table[table["kind"].isin(["annotated", "predicted"])]
    silent = set(part.recordings)
    for (kind, name, recording), rows in table.groupby(["kind", "annotator", "recording"], sort=True):
        silent.discard(str(recording))
        rows = rows[["onset", "offset", "label"]].reset_index(drop=True)
        yield str(kind), str(name), str(recording), Said(rows, part.coverage[str(recording)])
    if len(part) and table.empty:  # detected, missed …
        return
    kind, owner = "annotated", ""
    if part.source is not None and part.source.suffix:
        kind = naming.parse(part.source).kind
        owner = Sources(part.source.parent).annotator_for(part.source)
    elif len(named := set(table.loc[table["kind"] == "annotated", "annotator"])) == 1:
        (owner,) = named
    if kind in ("annotated", "predicted"):
        for recording in sorted(silent):  # looked, and nothing there
            nothing = table.iloc[:0][["onset", "offset", "label"]]
            yield kind, owner if kind == "annotated" else "", recording, Said(nothing, part.coverage[recording])


def _files(place: Path, monitor: Monitor) -> Iterator[Annotations]:
    """The annotations of a file, or of every file of a folder, whose recordings are called as in the folder."""
    together = Annotations.load(place, monitor=monitor)
    if not place.is_dir():
        yield together
        return
    names = set(together.recordings)
    for path in _walk(place):
        try:
            part = Annotations.load(path)
        except InputError:
            continue  # said already
        folder = path.parent.relative_to(place)
        longer = {name: (folder / name).as_posix() for name in part.recordings if name not in names}
        yield part.rename_recordings(longer) if longer else part


def _walk(place: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(place):
        folders[:] = sorted(name for name in folders if not is_passed_over(Path(folder, name)))
        yield from (Path(folder, name) for name in sorted(names) if _may_be_annotations(name))


def _may_be_annotations(name: str) -> bool:
    from oscine.annotations.formats import FORMATS

    ends = tuple({suffix.lower() for member in FORMATS.members().values() for suffix in member.suffixes})
    return not name.startswith(".") and name.lower().endswith(ends) and not name.endswith("_definitions.csv")


def _party_names(places: Sequence[Path]) -> list[str]:
    """What those are called who are named nowhere: after the file or folder, where there are several."""
    if len(places) == 1:
        return [NOBODY]
    names = [place.resolve().name if place.is_dir() else place.name.removesuffix(place.suffix) for place in places]
    if len(set(names)) < len(names):
        names = [str(place) for place in places]
    return names


def looked_at(said: Sequence[Said], label: str, *, everyone: bool, known: bool, reach: float) -> Intervals | None:
    """The portion of a recording that counts for a label.

    Parameters
    ----------
    said
        By the annotators who looked at the recording.
    label
        The label.
    everyone
        Whether only that counts where all of them have looked, rather than any.
    known
        Whether anybody uses the label in any of the recordings that are compared: if so, whoever has annotated others
        here, and this label nowhere, has looked for it.
    reach
        Seconds by which the first and the last sound may be off, where they alone tell where somebody has looked.

    Returns
    -------
    Intervals or None
        Stretches (n, 2) in seconds; `None` is all of the recording.
    """
    dense, hulls = [], []
    for one in said:
        searched = one.dense
        if searched is None or len(searched):
            dense.append(searched)
        elif len(spans := one.spans(label)):
            hulls.append((spans[:, 0].min() - reach, spans[:, 1].max() + reach))
    if not dense and not hulls and known:
        others = [one.spans() for one in said if len(one.rows)]
        hulls = [(spans[:, 0].min() - reach, spans[:, 1].max() + reach) for spans in others]
    if hulls:
        begins, ends = zip(*hulls, strict=True)
        if not everyone:
            dense.append(as_intervals([(min(begins), max(ends))]))
        elif max(begins) <= min(ends):
            dense.append(as_intervals([(max(begins), min(ends))]))
        else:
            return as_intervals([])
    if not dense:
        return as_intervals([])
    return _common(dense) if everyone else Coverage.union(Coverage({"": part}, whole=False) for part in dense)[""]


def _common(parts: Sequence[Intervals | None]) -> Intervals | None:
    """What all of some stretches share, of which `None` is everything."""
    shared: Intervals | None = None
    for part in parts:
        shared = part if shared is None else shared if part is None else intersect(shared, part)
    return shared
