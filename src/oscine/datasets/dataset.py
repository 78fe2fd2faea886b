"""A dataset: recordings, and for each part of it what is true, where somebody has looked.

On disk it is a folder of plain tables that copy no sound:

    bird7.dataset/
      dataset.json       labels, the folder of the recordings, provenance
      train.csv          recording,onset,offset,label,kind,channel,low,high,annotator,score
      train.coverage.csv recording,onset,offset: the stretches that were annotated exhaustively
      validation.csv …   and so on for each part
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from oscine.annotations.annotations import Annotations
from oscine.annotations.coverage import Coverage
from oscine.annotations.labels import LabelSet
from oscine.core.artifacts import Provenance, digest, write_json, write_text
from oscine.core.errors import InputError
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
        recordings = {name: digest(self.recordings.by_name(name).path) for name in self.names()}
        return {"path": str(self.path), "labels": list(self.labels), "annotations": counts, "recordings": recordings}

    def summary(self) -> dict[str, Any]:
        """Counts, for machines."""
        return {"labels": list(self.labels), "counts": self.counts().to_dict()}

    def __str__(self) -> str:
        return f"annotations of each label in each part:\n{self.counts().to_string()}"

    def save(self, path: str | Path) -> Path:
        """Write the folder; `dataset.json` comes last, so that a folder without it is an unfinished one."""
        path = Path(path)
        durations = {name: self.recordings.by_name(name).duration for name in self.names()}
        for name, part in self.parts.items():
            write_text(path / f"{name}.csv", _exact(part.to_pandas()))
            rows = [
                {"recording": recording, "onset": onset, "offset": offset}
                for recording, duration in durations.items()
                for onset, offset in part.coverage.intervals(recording, duration)
            ]
            write_text(
                path / f"{name}.coverage.csv", _exact(pd.DataFrame(rows, columns=["recording", "onset", "offset"]))
            )
        write_json(
            path / "dataset.json",
            {
                "oscine": "dataset",
                "version": 1,
                "labels": list(self.labels),
                "parts": list(self.parts),
                "recordings": {
                    name: os.path.relpath(self.recordings.by_name(name).path.resolve(), path.resolve())
                    for name in self.names()
                },
                "provenance": self.provenance.model_dump(mode="json") if self.provenance else None,
            },
        )
        return path

    @classmethod
    def load(cls, path: str | Path) -> Dataset:
        """Read a prepared dataset; a folder of recordings and annotations is prepared with defaults."""
        path = Path(path)
        if not (path / "dataset.json").is_file():
            from oscine.datasets.prepare import prepare

            if not path.is_dir():
                raise InputError("there is no such dataset", path=path, cure="Make one: oscine prepare FOLDER")
            prepared: Dataset = prepare(Recordings(path))
            return prepared
        try:
            card = json.loads((path / "dataset.json").read_text(encoding="utf-8"))
            files, names, labels = card["recordings"], card["parts"], card["labels"]
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"not a dataset ({error})", path=path / "dataset.json", cure="Prepare it again") from None
        missing = [name for name, file in files.items() if not (path / file).exists()]
        if missing:
            raise InputError(
                f"{len(missing)} recordings are not where they were",
                path=path,
                found=missing[0],
                cure="Move them back, or run oscine prepare again",
            )
        return cls(
            recordings=Recordings([path / file for file in files.values()]),
            labels=LabelSet(labels),
            parts={name: _read_part(path, name) for name in names},
            provenance=Provenance.model_validate(card["provenance"]) if card.get("provenance") else None,
            path=path,
        )


def _exact(table: pd.DataFrame) -> str:
    """CSV in which every float reads back as the same float."""
    return table.to_csv(index=False, lineterminator="\n")  # pandas writes the shortest text of a float


def _read_part(path: Path, name: str) -> Annotations:
    rows = pd.read_csv(
        path / f"{name}.csv",
        dtype={"recording": str, "label": str, "kind": str, "annotator": str},
        keep_default_na=False,
        na_values={"low": [""], "high": [""], "score": [""]},
        float_precision="round_trip",
    )
    stretches = pd.read_csv(path / f"{name}.coverage.csv", dtype={"recording": str}, float_precision="round_trip")
    spans: dict[str, np.ndarray] = {
        str(recording): group[["onset", "offset"]].to_numpy(float)
        for recording, group in stretches.groupby("recording")
    }
    return Annotations(rows, coverage=Coverage(spans, whole=False))
