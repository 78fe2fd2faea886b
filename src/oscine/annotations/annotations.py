"""Annotations: a table of sounds, what of the recordings it covers, and its label set.

One row is one sound. The columns, always all present and in this order:

=========== ======= ======================================================================================
recording   text    name of the recording with its extension ("PS_1.wav")
onset       float64 s
offset      float64 s; a segment is half-open ``[onset, offset)``, an event has ``onset == offset``
label       text    what it is
kind        text    where the row comes from: annotated (the default), detected, predicted, missed, …
channel     int64   microphone, from 0; -1 where unspecified
low, high   float64 Hz, limits of its frequencies; nan where unspecified
annotator   text    who says so; "" where unspecified
score       float64 how sure, between 0 and 1; nan where unspecified
=========== ======= ======================================================================================

Columns of any other name are kept behind them. Times are exact: no reader or writer rounds them.
Nothing here is changed in place; `session` is for that.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oscine.annotations.coverage import Coverage
from oscine.annotations.labels import Category, LabelSet
from oscine.core.artifacts import Provenance
from oscine.core.errors import InputError, unknown
from oscine.core.monitor import SILENT, Monitor

if TYPE_CHECKING:
    from oscine.annotations.formats import Format
    from oscine.recordings.recordings import Recordings

DEFAULTS: dict[str, Any] = {
    "recording": "",
    "onset": np.nan,
    "offset": np.nan,
    "label": "",
    "kind": "annotated",
    "channel": -1,
    "low": np.nan,
    "high": np.nan,
    "annotator": "",
    "score": np.nan,
}
"""The columns of every table, in order, and what stands there where nothing is given."""

COLUMNS = tuple(DEFAULTS)
_COPIES_ON_WRITE = int(pd.__version__.split(".")[0]) >= 3
"""Whether pandas copies a table by itself once somebody changes it, so that handing it out costs nothing."""

_TEXT = ("recording", "label", "kind", "annotator")
_NUMBERS = ("onset", "offset", "low", "high", "score")

Unit = Literal["s", "ms"]


class Annotations:
    """Sounds, where somebody has looked for them, and the label set; immutable.

    Parameters
    ----------
    table
        Rows: a data frame, or mappings from column to value. Of the columns in the module's table only
        `onset`, `offset` and `label` must be given.
    coverage
        Where the annotations are exhaustive; every recording from end to end where it is not given.
    labels
        Label set, in the order of a network's channels; labels of the rows that it lacks are added behind.
        Sorted labels of the rows where it is not given.
    report
        What was found and what could not be used when they were read.
    provenance
        Which operation made them.
    source
        File or folder they were read from.

    Raises
    ------
    InputError
        For a missing column, a time that is no finite number, or an onset after its offset.

    Examples
    --------
    >>> song = Annotations([
    ...     {"recording": "a.wav", "onset": 0.5, "offset": 0.5, "label": "pulse"},
    ...     {"recording": "a.wav", "onset": 1.0, "offset": 1.5, "label": "sine"},
    ... ])
    >>> song
    Annotations(2 rows in 1 recording: 1 pulse, 1 sine)
    >>> song.select(labels=["sine"]).onsets
    array([1.])
    """

    def __init__(
        self,
        table: pd.DataFrame | Iterable[Mapping[str, Any]] = (),
        *,
        coverage: Coverage | None = None,
        labels: LabelSet | Sequence[str] | None = None,
        report: Sequence[str] = (),
        provenance: Provenance | None = None,
        source: str | Path | None = None,
    ) -> None:
        frame = table if isinstance(table, pd.DataFrame) else pd.DataFrame(list(table))
        self._table = _normal(frame)
        self.coverage = Coverage() if coverage is None else coverage
        given = labels if isinstance(labels, LabelSet) else LabelSet(labels or ())
        self.labels = given.including(self._table["label"].unique())
        self.report = tuple(report)
        self.provenance = provenance
        self.source = Path(source) if source is not None else None

    @classmethod
    def of_recording(
        cls, recording: str, table: pd.DataFrame | Iterable[Mapping[str, Any]], *, report: Sequence[str] = ()
    ) -> Annotations:
        """Rows of one recording, which is covered from end to end, and no other."""
        frame = table if isinstance(table, pd.DataFrame) else pd.DataFrame(list(table))
        covered = Coverage({recording: None}, whole=False)
        return cls(frame.assign(recording=recording), coverage=covered, report=report)

    # -- files -----------------------------------------------------------------------------------------------

    @classmethod
    def load(
        cls,
        path: str | Path,
        *,
        format: str | Format | None = None,  # noqa: A002 - the word users know
        recordings: Recordings | None = None,
        unit: Unit = "s",
        monitor: Monitor = SILENT,
    ) -> Annotations:
        """Read a file, or every annotation file of a folder and its sub-folders, in any format.

        Parameters
        ----------
        path
            A file or a folder.
        format
            Name of the format, or a format with its options; recognised by name and content where not given.
        recordings
            Where to find sample rates and durations, if the recordings do not lie beside the file.
        unit
            Unit of the times in text formats: "ms" for files that hold milliseconds where seconds are expected.
        monitor
            Is told what was found, what could not be used, and what looks wrong; `report` holds the same.

        Raises
        ------
        InputError
            In one line, with the file, the line, what was found and what is allowed.
        """
        from oscine.annotations.reading import load

        return load(Path(path), format=format, recordings=recordings, unit=unit, monitor=monitor)

    def save(
        self,
        path: str | Path,
        *,
        format: str | Format | None = None,  # noqa: A002
        recordings: Recordings | None = None,
    ) -> Path:
        """Write to a file, or to a folder (one file for each recording, kind and annotator), atomically.

        Parameters
        ----------
        path
            A file, or a folder that exists.
        format
            Name of the format, or a format with its options; by the file's name where not given.
        recordings
            Where to find sample rates and durations, for formats that count samples.

        Returns
        -------
        Path
            The file or folder written.
        """
        from oscine.annotations.writing import save

        save(self, Path(path), format=format, recordings=recordings)
        return Path(path)

    # -- looking ---------------------------------------------------------------------------------------------

    def to_pandas(self) -> pd.DataFrame:
        """The table, as a copy."""
        return self._table.copy(deep=not _COPIES_ON_WRITE)

    @property
    def onsets(self) -> NDArray[np.float64]:
        """Onsets (row,), in seconds."""
        return self._table["onset"].to_numpy(copy=True)

    @property
    def offsets(self) -> NDArray[np.float64]:
        """Offsets (row,), in seconds."""
        return self._table["offset"].to_numpy(copy=True)

    @property
    def label_names(self) -> list[str]:
        """The label set as a list."""
        return list(self.labels)

    @property
    def kinds(self) -> list[str]:
        """Kinds of the rows, sorted."""
        return sorted(self._table["kind"].unique())

    @property
    def annotators(self) -> list[str]:
        """Those who are named as annotators, sorted."""
        return sorted(set(self._table["annotator"]) - {""})

    @property
    def recordings(self) -> list[str]:
        """Recordings that have rows or coverage, sorted; one that was looked at in vain is among them."""
        return sorted({*self._table["recording"], *self.coverage} - {""})

    def category(self, label: str) -> Category | None:
        """Whether a label is an `event` (all its rows are points) or a `segment`; without rows, what its set says."""
        rows = self._table[self._table["label"] == label]
        if len(rows):
            return "event" if bool((rows["onset"] == rows["offset"]).all()) else "segment"
        return self.labels.category(label)

    def count(self) -> dict[str, int]:
        """Number of rows of each label, in the label set's order."""
        counts = self._table["label"].value_counts()
        return {label: int(counts.get(label, 0)) for label in self.labels}

    def __len__(self) -> int:
        return len(self._table)

    def __iter__(self) -> Iterator[Any]:
        """Rows as named tuples: `row.onset`, `row.label` and so on."""
        return iter(self._table.itertuples(index=False, name="Row"))

    def __eq__(self, other: object) -> bool:
        """The same rows in the same order, labels, and coverage of the same recordings; nothing else counts."""
        if not isinstance(other, Annotations):
            return NotImplemented
        if set(self.labels) != set(other.labels) or not self._table.equals(other._table):
            return False
        named = {*self.recordings, *other.recordings}
        return self.coverage.select(named) == other.coverage.select(named)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        rows, recordings = len(self), len(self.recordings)
        counts = ", ".join(f"{count} {label}" for label, count in self.count().items())
        head = f"{rows} row{'s' * (rows != 1)} in {recordings} recording{'s' * (recordings != 1)}"
        return f"Annotations({head}{': ' * bool(counts)}{counts})"

    def __str__(self) -> str:
        where = self.recordings[0] if len(self.recordings) == 1 else f"{len(self.recordings)} recordings"
        counts = ", ".join(f"{count} {label}" for label, count in self.count().items() if count)
        return f"{where}: {counts or 'nothing'}"

    def identity(self) -> dict[str, Any]:
        """What provenance records of annotations: where they came from, a digest of the rows, and their own story."""
        state = hashlib.blake2b(self._table.to_csv(index=False).encode(), digest_size=8)
        return {
            "path": str(self.source) if self.source else None,
            "n_rows": len(self),
            "digest": state.hexdigest(),
            **({"provenance": self.provenance.model_dump(mode="json")} if self.provenance else {}),
        }

    # -- made from others ------------------------------------------------------------------------------------

    def select(
        self,
        *,
        recordings: Iterable[str] | None = None,
        labels: Iterable[str] | None = None,
        kinds: Iterable[str] | None = None,
        annotators: Iterable[str] | None = None,
        channel: int | None = None,
    ) -> Annotations:
        """Only some rows; the coverage of the recordings that remain is kept.

        Parameters
        ----------
        recordings, labels, kinds, annotators
            Those to keep; all where not given. The labels become the label set, in the order given.
        channel
            Keep rows of this channel and those of no channel in particular.

        Raises
        ------
        InputError
            For a label or annotator that occurs nowhere, with the nearest spelling.
        """
        keep = np.ones(len(self), dtype=bool)
        coverage, label_set = self.coverage, self.labels
        for column, chosen, allowed in (
            ("recording", recordings, None),
            ("label", labels, self.label_names),
            ("kind", kinds, None),
            ("annotator", annotators, self.annotators),
        ):
            if chosen is None:
                continue
            wanted = [chosen] if isinstance(chosen, str) else list(chosen)
            for word in wanted:
                if allowed is not None and word not in allowed and word != "":
                    raise unknown(column, word, allowed)
            keep &= self._table[column].isin(wanted).to_numpy()
            if column == "recording":
                coverage = coverage.select(wanted)
            if column == "label":
                label_set = LabelSet(wanted, {name: self.labels.category(name) for name in wanted})
        if channel is not None:
            keep &= self._table["channel"].isin([channel, -1]).to_numpy()
        return self._with(table=self._table[keep], coverage=coverage, labels=label_set)

    def relabel(self, mapping: Mapping[str, str]) -> Annotations:
        """Labels replaced by others; several may become one.

        Raises
        ------
        InputError
            For a label that occurs nowhere, with the nearest spelling.
        """
        for label in mapping:
            self.labels.index(label)
        names = list(dict.fromkeys(mapping.get(label, label) for label in self.labels))
        categories = {mapping.get(label, label): self.labels.category(label) for label in self.labels}
        table = self._table.assign(label=[mapping.get(label, label) for label in self._table["label"]])
        return self._with(table=table, labels=LabelSet(names, categories))

    def rename_recordings(self, names: Mapping[str, str]) -> Annotations:
        """Recordings called otherwise, in rows and coverage; those that are not named stay."""
        table = self._table.assign(recording=[names.get(name, name) for name in self._table["recording"]])
        return self._with(table=table, coverage=self.coverage.rename(names))

    def concat(self, *others: Annotations) -> Annotations:
        """These and others: rows one after the other, coverage of either, labels of all."""
        parts = [self, *others]
        tables = [part._table for part in parts if len(part)]
        labels = list(dict.fromkeys(label for part in parts for label in part.labels))
        if all(list(part.labels) == sorted(part.labels) for part in parts):
            labels.sort()
        categories = {label: kind for part in reversed(parts) for label, kind in part.labels.categories.items()}
        return self._with(
            table=pd.concat(tables, ignore_index=True) if tables else self._table,
            coverage=Coverage.union(part.coverage for part in parts),
            labels=LabelSet(labels, categories),
            report=tuple(line for part in parts for line in part.report),
        )

    def with_provenance(self, provenance: Provenance | None) -> Annotations:
        """The same, with the story of how they came to be."""
        return self._with(provenance=provenance)

    def with_coverage(self, coverage: Coverage | Literal["rows", "whole"]) -> Annotations:
        """The same with another coverage.

        Parameters
        ----------
        coverage
            A coverage; or "rows", the rows' own intervals alone, which is what SongExplorer trains on;
            or "whole", every recording from end to end.
        """
        if coverage == "rows":
            stretches = {name: self.stretches(name) for name in self.recordings}
            return self._with(coverage=Coverage(stretches, whole=False))
        if coverage == "whole":
            return self._with(coverage=Coverage())
        if not isinstance(coverage, Coverage):
            raise InputError("not a coverage", found=coverage, allowed=("rows", "whole", "a Coverage"))
        return self._with(coverage=coverage)

    def with_rows(
        self, table: pd.DataFrame, *, coverage: Coverage | None = None, labels: LabelSet | None = None
    ) -> Annotations:
        """Other rows (and coverage, and labels, where given) with the same story."""
        return self._with(table=table, coverage=coverage, labels=labels)

    def with_report(self, report: Sequence[str], *, source: Path | None = None) -> Annotations:
        """The same with another report, and the file or folder they were read from."""
        return self._with(report=tuple(report), source=source or self.source)

    def stretches(self, recording: str) -> NDArray[np.float64]:
        """Onset and offset (row, 2) of the rows of a recording, in seconds, in the table's order."""
        rows = self._table[self._table["recording"] == recording]
        return rows[["onset", "offset"]].to_numpy(dtype=np.float64)

    def _with(
        self,
        *,
        table: pd.DataFrame | None = None,
        coverage: Coverage | None = None,
        labels: LabelSet | None = None,
        **attributes: Any,
    ) -> Annotations:
        """The same but for some parts; rows that have been checked before are not checked again."""
        changed = copy.copy(self)
        changed.__dict__.update(attributes)
        changed.coverage = self.coverage if coverage is None else coverage
        if table is not None:
            changed._table = _normal(table)
        if table is not None or labels is not None:
            changed.labels = (self.labels if labels is None else labels).including(changed._table["label"].unique())
        return changed


def _normal(frame: pd.DataFrame) -> pd.DataFrame:
    """A copy with all columns, in order and of their types, numbered anew."""
    if len(frame) and (missing := [name for name in ("onset", "offset", "label") if name not in frame]):
        raise InputError("columns are missing", found=list(frame.columns), allowed=COLUMNS, cure=f"Add {missing}")
    columns: dict[str, Any] = {}
    for name, default in DEFAULTS.items():
        if name not in frame and name not in _TEXT:
            columns[name] = np.full(len(frame), default)
        else:
            columns[name] = _column(name, frame[name] if name in frame else [default] * len(frame), default)
    extra = {str(name): frame[name].reset_index(drop=True) for name in frame.columns if name not in DEFAULTS}
    onset, offset = columns["onset"], columns["offset"]
    for name, wrong, allowed in (
        ("onset", ~np.isfinite(onset), "a finite number of seconds"),
        ("offset", ~np.isfinite(offset), "a finite number of seconds"),
        ("onset", onset > offset, "an onset no later than the offset"),
    ):
        if wrong.any():
            row = int(np.argmax(wrong))
            found = f"{onset[row]!s} to {offset[row]!s}"
            raise InputError(f"{name} of row {row} cannot be used", found=found, allowed=allowed)
    return pd.DataFrame({**columns, **extra}, columns=[*COLUMNS, *extra])


def _column(name: str, values: Iterable[Any], default: Any) -> Any:
    """Values of one column in its type, the default where there is none."""
    if name in _NUMBERS and isinstance(values, pd.Series) and values.dtype == np.float64:
        return values.to_numpy(copy=True)  # half a million numbers need not become objects on the way
    if name in _TEXT and isinstance(values, pd.Series) and isinstance(values.dtype, pd.StringDtype):
        return values.fillna(default).reset_index(drop=True)
    values = values.tolist() if isinstance(values, pd.Series) else list(values)
    try:
        if name in _TEXT:
            texts = [value if isinstance(value, str) else default if pd.isna(value) else str(value) for value in values]
            return pd.Series(texts, dtype=str)
        numbers = np.array(values, dtype=np.float64)
        if name in _NUMBERS:
            return numbers
        whole = np.where(np.isnan(numbers), default, numbers).astype(np.int64)
    except (TypeError, ValueError):
        raise InputError(f"column {name} holds something that is no number", found=values[:3]) from None
    return whole
