"""What a person should look at next: a list for the workbench, and annotation files of each recording.

<name>.review/
review.html            the same to look at and to listen to (drawn by `oscine.figures.review_report`)
review.json            the list, in order: of each item recording, onset, offset, label, annotated, kind, score, why
X_mistakes.csv         kind mistaken: the model contradicts an annotation
X_missed.csv           kind missed: there may be a sound that nobody has annotated, or that no model predicts
X_disagreeing.csv      kind disagreeing: people, or models, say different things
X_uncertain.csv        kind uncertain: the model wavers

The annotation files are Oscine's own, with the columns `annotated_label` and `why`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self

import pandas as pd

from oscine.annotations import naming
from oscine.annotations.annotations import Annotations
from oscine.annotations.coverage import Coverage
from oscine.core.artifacts import Provenance, atomic_folder, write_json
from oscine.recordings.recording import Recording

KINDS = ("mistaken", "missed", "disagreeing", "uncertain")
"""Why something should be looked at, what matters most first."""

_SHOWN = 8


class Item(NamedTuple):
    """Something to look at.

    Attributes
    ----------
    recording
        Its name.
    onset, offset
        In seconds.
    label
        What is said of it: by the model, or by those who say anything.
    annotated
        What is annotated there; "" where nothing is.
    kind
        One of `KINDS`.
    score
        How much it deserves a look, from 0 to 1; not a number where nothing is known.
    why
        In one sentence.
    """

    recording: str
    onset: float
    offset: float
    label: str
    annotated: str
    kind: str
    score: float
    why: str


@dataclass(frozen=True)
class Review:
    """What to look at next.

    Attributes
    ----------
    items
        In the order in which to look at them.
    found
        How many there are of each kind, with those for which the list had no room.
    without
        What was done without, and how to have it, in sentences.
    project
        The folder that was reviewed.
    recordings
        The recordings, by the names that the items call them by, to look at and to listen to.
    """

    has_figures: ClassVar[bool] = True  # drawn by `oscine.figures.draw`

    items: tuple[Item, ...]
    found: Mapping[str, int]
    without: tuple[str, ...] = ()
    project: Path | None = None
    provenance: Provenance | None = field(default=None, compare=False)
    recordings: Mapping[str, Recording] = field(default_factory=dict, compare=False, repr=False)

    def with_provenance(self, provenance: Provenance) -> Self:
        """The same, saying how it came to be."""
        return replace(self, provenance=provenance)

    def summary(self) -> dict[str, Any]:
        """Counts, and the items as plain values."""
        listed = Counter(item.kind for item in self.items)
        return {
            "found": {kind: self.found.get(kind, 0) for kind in KINDS},
            "listed": {kind: listed[kind] for kind in KINDS},
            "without": list(self.without),
            "items": [
                {**item._asdict(), "score": round(item.score, 6) if math.isfinite(item.score) else None}
                for item in self.items
            ],
        }

    def __str__(self) -> str:
        counts = self.summary()
        width = max(map(len, KINDS))
        lines = [f"{len(self.items)} sounds to look at:"]
        for kind in KINDS:
            n_found, n_listed = counts["found"][kind], counts["listed"][kind]
            more = f" of {n_found}" if n_found > n_listed else ""
            lines.append(f"  {kind:{width}}  {n_listed}{more}")
        lines += [f"done without: {text}" for text in self.without]
        if self.items:
            lines.append("first of all:")
            lines += [f"  {item.recording} at {_clock(item.onset)}: {item.why}" for item in self.items[:_SHOWN]]
        return "\n".join(lines)

    def annotations(self) -> Annotations:
        """The items as annotations, of their kinds, with the columns `annotated_label` and `why`."""
        table = pd.DataFrame(list(self.items), columns=list(Item._fields))
        table = table.rename(columns={"annotated": "annotated_label"})
        names = dict.fromkeys(table["recording"])
        return Annotations(table, coverage=Coverage(names, whole=False), provenance=self.provenance)

    def save(self, path: str | Path) -> Path:
        """Write the folder; files of a review before that are no longer right are taken away."""
        path = Path(path)
        card = {
            "oscine": "review",
            "version": 1,
            "project": str(self.project) if self.project else None,
            **self.summary(),
            "provenance": self.provenance.model_dump(mode="json") if self.provenance else None,
        }
        rows = self.annotations()
        table = rows.to_pandas()
        written = {"review.json"}
        with atomic_folder(path) as folder:
            for (name, kind), part in table.groupby(["recording", "kind"], sort=True):
                plain = Path(str(name)).name
                file = Path(str(name)).parent / naming.ours(naming.stem(plain), str(kind))
                mine = part.assign(recording=plain).sort_values("onset", kind="stable")
                place = folder / file
                place.parent.mkdir(parents=True, exist_ok=True)
                rows.with_rows(mine, coverage=Coverage({plain: None}, whole=False)).with_provenance(None).save(place)
                written.add(file.as_posix())
            write_json(folder / "review.json", card)
        for kind in KINDS:  # what an older review said
            for old in path.rglob(f"*_{Path(naming.ours('X', kind)).stem[2:]}.csv"):
                if old.relative_to(path).as_posix() not in written:
                    old.unlink()
        return path


def _clock(seconds: float) -> str:
    """A time as people read it.

    Examples
    --------
    >>> _clock(12.3456), _clock(3723.5)
    ('12.346 s', '1:02:03.500')
    """
    if seconds < 60:
        return f"{seconds:.3f} s"
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02d}:{rest:06.3f}" if hours else f"{minutes}:{rest:06.3f}"
