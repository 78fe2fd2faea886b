"""A dataset: recordings, and for each part of it what is true, where somebody has looked.

On disk it is a folder of plain tables that copy no sound:

    bird7.dataset/
      dataset.json       labels, parts, where the recordings are (relative to the folder), provenance
      train.csv          recording,onset,offset,label,kind,channel,low,high,annotator,score
      train.coverage.csv recording,onset,offset: the stretches that were annotated exhaustively
      validation.csv …   and so on for each part

Times are written with all their digits, so what is read back is equal to what was saved.

DAS's datasets, which do hold the sound, are read and written as well: see `oscine.datasets.store`.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self, TypeGuard

import pandas as pd

from oscine.annotations.annotations import DEFAULTS, Annotations
from oscine.annotations.coverage import Coverage
from oscine.annotations.intervals import Intervals, subtract, total
from oscine.annotations.labels import BACKGROUND, LabelSet
from oscine.core.artifacts import Provenance, atomic_folder, write_json, write_text
from oscine.core.errors import InputError
from oscine.core.monitor import SILENT, Monitor
from oscine.datasets.distribution import distribution
from oscine.datasets.store import StoredRecording, load_store, store_for
from oscine.recordings.recording import Recording, RecordingView
from oscine.recordings.recordings import Recordings


@dataclass(frozen=True)
class Dataset:
    """Recordings, labels, and annotations with coverage for each part.

    Attributes
    ----------
    recordings
        The recordings that any part uses.
    labels
        Names of the classes, in the order of a network's outputs.
    parts
        "train", "validation", "test": annotations, whose coverage says where they hold.
    """

    recordings: Recordings
    labels: LabelSet
    parts: Mapping[str, Annotations]
    provenance: Provenance | None = field(default=None, compare=False)
    path: Path | None = field(default=None, compare=False)

    @property
    def train(self) -> Annotations:
        """What is learnt from."""
        return self.parts["train"]

    def part(self, name: str) -> Annotations:
        """One part; an `InputError` lists the parts there are."""
        if name not in self.parts:
            raise InputError("the dataset has no such part", path=self.path, found=name, allowed=list(self.parts))
        return self.parts[name]

    def counts(self) -> pd.DataFrame:
        """Number of annotations of each label (rows) in each part (columns)."""
        table = {
            name: part.to_pandas()["label"].value_counts().reindex(list(self.labels), fill_value=0)
            for name, part in self.parts.items()
        }
        return pd.DataFrame(table).astype(int)

    def distribution(self) -> pd.DataFrame:
        """Number and seconds of each label (rows) in each part: columns (part, "n" or "s")."""
        durations = {name: self.recordings.by_name(name).duration for name in self.names()}
        return distribution(self.parts, durations).reindex(list(self.labels))

    def only(self, labels: Iterable[str]) -> Dataset:
        """The same with some labels alone: what bears any other becomes background.

        So one network can be trained for each song type, as DAS does with targets for individual song types.

        Parameters
        ----------
        labels
            Those to tell from all the rest.

        Raises
        ------
        InputError
            For a label that is not in the set, with the nearest spelling.
        """
        chosen = [label for label in dict.fromkeys(labels) if label != BACKGROUND]
        parts = {name: only_labels(part, chosen) for name, part in self.parts.items()}
        return replace(self, labels=next(iter(parts.values())).labels, parts=parts, provenance=None, path=None)

    def events(self) -> tuple[str, ...]:
        """The labels whose annotations are points in time; all others are segments."""
        rows = pd.concat([part.to_pandas() for part in self.parts.values()])
        points = (rows["onset"] == rows["offset"]).groupby(rows["label"]).mean()
        return tuple(label for label in self.labels if points.get(label, 0) > 0.5)

    def sample_rates(self) -> list[float]:
        """The distinct sample rates of its recordings, in hertz."""
        return sorted({self.recordings.by_name(name).sample_rate for name in self.names()})

    def names(self) -> list[str]:
        """Names of the recordings that have annotations or coverage in any part."""
        return list(dict.fromkeys(name for part in self.parts.values() for name in part.recordings))

    def with_provenance(self, provenance: Provenance) -> Self:
        """The same, saying how it came to be."""
        return replace(self, provenance=provenance)

    def identity(self) -> dict[str, Any]:
        """What provenance records of it."""
        counts = {part: len(annotations) for part, annotations in self.parts.items()}
        recordings = {name: self.recordings.by_name(name).identity()["digest"] for name in self.names()}
        return {
            "path": str(self.path),
            "digest": self.digest,
            "labels": list(self.labels),
            "annotations": counts,
            "recordings": recordings,
        }

    @property
    def digest(self) -> str:
        """Fingerprint of labels, annotations and coverage, wherever they lie: 16 hexadecimal digits."""
        state = hashlib.blake2b("\n".join(self.labels).encode(), digest_size=8)
        for name, tables in self._tables().items():
            state.update("\n".join([name, *tables]).encode())
        return state.hexdigest()

    def summary(self) -> dict[str, Any]:
        """Counts, for machines."""
        table = self.distribution()
        seconds = {part: table[part, "s"].round(6).to_dict() for part in self.parts}
        return {"labels": list(self.labels), "counts": self.counts().to_dict(), "seconds": seconds}

    def __str__(self) -> str:
        lines = ["annotations of each label in each part, and their seconds:", *_aligned(self.distribution())]
        if BACKGROUND in self.labels:
            spare = ", ".join(f"{name} {self.background(name):.4g} s" for name in self.parts)
            lines.append(f"{BACKGROUND}, what is covered but not annotated: {spare}")
        return "\n".join(lines)

    def background(self, part: str) -> float:
        """Seconds that a part covers and that bear no annotation."""
        annotations, seconds = self.part(part), 0.0
        spans = spans_of(annotations.to_pandas())
        for name in annotations.recordings:
            covered = annotations.coverage.intervals(name, self.recordings.by_name(name).duration)
            seconds += total(subtract(covered, spans.get(name, ())))
        return seconds

    def save(self, path: str | Path) -> Path:
        """Write the folder, all of it or nothing; as DAS's data, with the sound, where it is called so.

        A name that ends in `.npy`, `.zarr` or `.h5` is one of DAS's (see `store_writing` for its options).
        """
        path = Path(path)
        if store_for(path) is not None:
            from oscine.datasets.store_writing import write_store

            return write_store(self, path)
        card = {
            "oscine": "dataset",
            "version": 1,
            "labels": list(self.labels),
            "parts": list(self.parts),
            "recordings": [self._entry(name, path) for name in self.names()],
            "provenance": self.provenance.model_dump(mode="json") if self.provenance else None,
        }
        with atomic_folder(path) as folder:
            for name, (rows, stretches) in self._tables().items():
                write_text(folder / f"{name}.csv", rows)
                write_text(folder / f"{name}.coverage.csv", stretches)
            write_json(folder / "dataset.json", card)
        return path

    def _tables(self) -> dict[str, tuple[str, str]]:
        """CSV of the annotations and of the coverage of each part."""
        durations = {name: self.recordings.by_name(name).duration for name in self.names()}
        tables = {}
        for name, part in self.parts.items():
            stretches = [
                {"recording": recording, "onset": onset, "offset": offset}
                for recording, duration in durations.items()
                for onset, offset in part.coverage.intervals(recording, duration)
            ]
            columns = ["recording", "onset", "offset"]
            tables[name] = (_exact(part.to_pandas()), _exact(pd.DataFrame(stretches, columns=columns)))
        return tables

    def _entry(self, name: str, folder: Path) -> dict[str, Any]:
        """How a recording is found again: its file, seen from the folder, and the channels where some were chosen."""
        recording = self.recordings.by_name(name)
        inside = {"array": recording.array, "sample_rate": recording.sample_rate} if _is_stored(recording) else {}
        if isinstance(recording, RecordingView):
            raise InputError(
                "a dataset refers to files, and what is computed from one as it is read would be forgotten",
                path=recording.path,
                found=type(recording).__name__.lower(),
                cure="Save that sound to a file and prepare it, or use the recording as it is",
            )
        try:
            file = os.path.relpath(recording.path.resolve(), folder.resolve())
        except ValueError:  # on another drive
            file = str(recording.path.resolve())
        channels = recording.identity().get("channels")
        return {"name": recording.name, "file": file, **inside} | ({"channels": channels} if channels else {})

    @classmethod
    def load(cls, path: str | Path, *, x_suffix: str = "", y_suffix: str = "", monitor: Monitor = SILENT) -> Dataset:
        """Read a prepared dataset, or DAS's; a folder of recordings and annotations is prepared with defaults.

        Parameters
        ----------
        path
            A folder that `prepare` wrote; a store of DAS's (`x.npy`, `x.zarr`, `x.h5`, see `store`); or recordings.
        x_suffix, y_suffix
            Which sound and which truth of a store to use: `x_<suffix>`, `y_<suffix>`.
        monitor
            Is told what was found.

        Raises
        ------
        InputError
            Where there is none, it is damaged, or its recordings have moved.
        """
        path = Path(path)
        if not (path / "dataset.json").is_file():
            from oscine.datasets.prepare import prepare

            if store_for(path) is not None or path.is_file():
                return load_store(path, x_suffix=x_suffix, y_suffix=y_suffix, monitor=monitor)
            if not path.is_dir():
                raise InputError("there is no such dataset", path=path, cure="Make one: oscine prepare FOLDER")
            prepared: Dataset = prepare(Recordings(path), monitor=monitor)
            return prepared
        card = path / "dataset.json"
        try:
            values = json.loads(card.read_text(encoding="utf-8"))
            labels, names = LabelSet(values["labels"]), [str(name) for name in values["parts"]]
            entries = [{**entry, "name": str(entry["name"])} for entry in values["recordings"]]
            files = [str(entry["file"]) for entry in entries]
            provenance = Provenance.model_validate(values["provenance"]) if values.get("provenance") else None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            reason = f"{type(error).__name__}: {error}".splitlines()[0]
            raise InputError(f"not the card of a dataset ({reason})", path=card, cure=_AGAIN) from None
        missing = [file for file in files if not (path / file).exists()]
        if missing:
            raise InputError(
                f"{len(missing)} of {len(files)} recordings are not where they were",
                path=path,
                found=missing[0],
                cure="Move them back, or run oscine prepare again",
            )
        return cls(
            recordings=Recordings([_opened(path, entry) for entry in entries]),
            labels=labels,
            parts={name: _read_part(path, name, labels) for name in names},
            provenance=provenance,
            path=path,
        )


def _is_stored(recording: Recording) -> TypeGuard[StoredRecording]:
    return isinstance(recording, StoredRecording)


def _opened(folder: Path, entry: Mapping[str, Any]) -> Recording:
    """A recording from its entry in the card of a dataset."""
    file, name, channels = folder / entry["file"], entry["name"], entry.get("channels")
    if "array" not in entry:
        return Recording(file, name=name, channels=channels)
    stored = StoredRecording(file, str(entry["array"]), float(entry["sample_rate"]), name)
    return stored.select(channels) if channels else stored


def only_labels(annotations: Annotations, labels: Iterable[str]) -> Annotations:
    """Some labels against all the rest: rows of others go, what they cover stays covered, and so is background.

    Examples
    --------
    >>> rows = [{"recording": "a", "onset": 0, "offset": 1, "label": label} for label in ("x", "y")]
    >>> only_labels(Annotations(rows), ["y"])
    Annotations(1 row in 1 recording: 0 background, 1 y)
    """
    chosen = list(labels)
    for label in chosen:
        annotations.labels.index(label)  # a typing error is refused
    rows = annotations.to_pandas()
    kept = LabelSet([BACKGROUND, *chosen], {label: annotations.labels.category(label) for label in chosen})
    return annotations.with_rows(rows[rows["label"].isin(list(kept))], labels=kept)


def _aligned(table: pd.DataFrame) -> Iterator[str]:
    """Lines of a table of numbers and seconds of each part; labels that no part has are left out."""
    table = table[(table > 0).any(axis=1)]
    parts = list(table.columns.get_level_values(0).unique())
    width = max([len(str(label)) for label in table.index] + [0])
    cells = {part: [[f"{n:.0f}" for n in table[part, "n"]], [f"{s:.1f}" for s in table[part, "s"]]] for part in parts}
    widths = {part: [max([len(text) for text in column] + [1]) for column in cells[part]] for part in parts}
    rooms = {part: max(sum(widths[part]) + 2, len(part)) for part in parts}
    yield "   ".join([" " * width, *(part.rjust(rooms[part]) for part in parts)])
    yield "   ".join([" " * width, *(f"n  {'s'.rjust(widths[part][1])}".rjust(rooms[part]) for part in parts)])
    for row, label in enumerate(table.index):
        texts = [
            f"{cells[part][0][row]}  {cells[part][1][row].rjust(widths[part][1])}".rjust(rooms[part]) for part in parts
        ]
        yield "   ".join([str(label).ljust(width), *texts])


def spans_of(rows: pd.DataFrame) -> dict[str, Intervals]:
    """Onset and offset (row, 2) in s of the rows of each recording that has any.

    Examples
    --------
    >>> rows = [("a", 0.0, 1.0), ("b", 2.0, 2.0), ("a", 3.0, 4.0)]
    >>> spans_of(pd.DataFrame(rows, columns=["recording", "onset", "offset"]))["a"].tolist()
    [[0.0, 1.0], [3.0, 4.0]]
    """
    times = rows[["onset", "offset"]].to_numpy(float)
    return {str(name): times[mine] for name, mine in rows.groupby("recording", sort=False).indices.items()}


_AGAIN = "Run oscine prepare again"
_TEXT = ("recording", "label", "kind", "annotator")


def _exact(table: pd.DataFrame) -> str:
    """CSV in which every float reads back as the same float."""
    return table.to_csv(index=False, lineterminator="\n")  # pandas writes the shortest text of a float


def _read_part(folder: Path, name: str, labels: LabelSet) -> Annotations:
    """Annotations and coverage of one part."""
    rows = _read_table(folder / f"{name}.csv", ["recording", "onset", "offset", "label"])
    stretches = _read_table(folder / f"{name}.coverage.csv", ["recording", "onset", "offset"])
    try:
        spans: dict[str, Intervals] = {
            str(recording): group[["onset", "offset"]].to_numpy(float)
            for recording, group in stretches.groupby("recording")
        }
        return Annotations(rows, coverage=Coverage(spans, whole=False), labels=labels)
    except ValueError as error:
        raise InputError(f"damaged ({error})", path=folder / f"{name}.csv", cure=_AGAIN) from None


def _read_table(path: Path, needed: list[str]) -> pd.DataFrame:
    """A table whose floats are exactly those that were written."""
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        return table.assign(**{column: _typed(column, table[column].tolist()) for column in {*table, *needed}})[
            [*table]
        ]
    except FileNotFoundError:
        raise InputError("a table of the dataset is missing", path=path, cure=_AGAIN) from None
    except KeyError as error:
        raise InputError(f"column {error} is missing", path=path, cure=_AGAIN) from None
    except ValueError as error:
        raise InputError(f"damaged ({error})", path=path, cure=_AGAIN) from None


def _typed(column: str, texts: list[str]) -> list[Any]:
    """Values of a column as what they were; Python's own reading of a float is exact, that of pandas was not always."""
    if column in _TEXT:
        return texts
    if column == "channel":
        return [int(text) for text in texts]
    try:
        return [float(text or "nan") for text in texts]
    except ValueError:
        if column in DEFAULTS:
            raise
        return texts  # a column of somebody else's
