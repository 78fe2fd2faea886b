"""Look at a dataset before training on it: what is in it, how its parts differ, and how its truth looks.

What goes wrong with a dataset is seen at a glance and seldom looked for: a label that a part lacks, a song type that is
longer in one part than in the other, boundaries that lie beside the sound, sounds that nobody has annotated. So for
each label and part its number, its seconds, its durations (of events, the intervals from one to the next) are
counted, and examples are chosen that show as many labels as few windows can. Figures are drawn of the result by
`oscine.figures.draw`:

    bird7_inspection/
        inspection.json        every number
        examples.npz           the sound of the examples
        dataset_labels.pdf     number, seconds, share and duration of each label, part by part
        dataset_examples.pdf   sound, spectrogram and truth of examples of every part
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oscine.annotations.annotations import Annotations
from oscine.annotations.intervals import Intervals, clip, total
from oscine.annotations.labels import BACKGROUND
from oscine.core.artifacts import Provenance, atomic, atomic_folder, write_json
from oscine.core.errors import InputError
from oscine.core.monitor import SILENT, Monitor
from oscine.core.operations import operation
from oscine.core.params import Field, OperationParams, Seconds
from oscine.datasets.dataset import Dataset

CARD = "inspection.json"
_MOST_VALUES = 400
"""Durations kept of each label in each part: what figures and quantiles need, whatever the size of the dataset."""
_CANDIDATES = 200
_SOUNDS_SHOWN = 10
"""Sounds that an example is to hold, more or less, where its length is not given."""


class InspectParams(OperationParams):
    """What to look at."""

    n_examples: int = Field(3, ge=0, le=12)
    """Examples of each part."""
    length: Seconds | None = Field(None, gt=0)
    """Length of an example; by default such that it holds about ten sounds."""
    channel: int = Field(0, ge=0)
    """Channel to show, counted from 0."""


@dataclass(frozen=True)
class Example:
    """A stretch of a recording with what is true in it.

    Attributes
    ----------
    part, recording
        Where it is from.
    onset, offset
        Of the stretch, s.
    sample_rate
        Of the sound, Hz.
    sound
        Axes (sample,).
    rows
        Onset and offset in seconds, and label, of everything annotated in it.
    covered
        Stretches (n, 2) in seconds of which everything is known.
    """

    part: str
    recording: str
    onset: float
    offset: float
    sample_rate: float
    sound: NDArray[np.float32]
    rows: tuple[tuple[float, float, str], ...]
    covered: Intervals


@dataclass(frozen=True)
class Inspection:
    """What is in a dataset.

    Attributes
    ----------
    labels, events
        Of the dataset; those that are points in time.
    counts, seconds
        Of each part and label: number of annotations, and how much of the coverage they last. Background is what is
        covered and bears no label.
    durations
        Of each label and part: durations of segments, or intervals from each event to the next of its label in a
        recording, s, sorted; evenly thinned where there are many.
    n_recordings, covered
        Of each part: recordings, and seconds that are known.
    examples
        Stretches of every part.
    """

    has_figures: ClassVar[bool] = True  # drawn by `oscine.figures.draw`

    labels: tuple[str, ...]
    events: tuple[str, ...]
    counts: Mapping[str, Mapping[str, int]]
    seconds: Mapping[str, Mapping[str, float]]
    durations: Mapping[str, Mapping[str, NDArray[np.float64]]]
    n_recordings: Mapping[str, int]
    covered: Mapping[str, float]
    examples: tuple[Example, ...] = field(default=(), compare=False)
    name: str = ""
    provenance: Provenance | None = field(default=None, compare=False)

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the parts."""
        return tuple(self.counts)

    def with_provenance(self, provenance: Provenance) -> Self:
        """The same, saying how it came to be."""
        return replace(self, provenance=provenance)

    def summary(self) -> dict[str, Any]:
        """Every number, as plain values."""
        return {
            "name": self.name,
            "labels": list(self.labels),
            "events": list(self.events),
            "counts": {part: dict(values) for part, values in self.counts.items()},
            "seconds": {part: dict(values) for part, values in self.seconds.items()},
            "durations": {
                label: {part: values.tolist() for part, values in parts.items()}
                for label, parts in self.durations.items()
            },
            "n_recordings": dict(self.n_recordings),
            "covered": dict(self.covered),
        }

    def __str__(self) -> str:
        lines = [
            f"{part}: {self.n_recordings[part]} recordings, {self.covered[part]:.1f} s known, "
            f"{sum(self.counts[part].values())} annotations"
            for part in self.parts
        ]
        width = max(map(len, self.labels), default=0)
        head = f"{'':{width}}" + "".join(f"  {part:>19}" for part in self.parts)
        below = f"{'':{width}}" + f"  {'n':>6}{'s':>8}{'%':>5}" * len(self.parts) + "  duration (interval of events)"
        lines += [head, below]
        for label in self.labels:
            cells = ""
            for part in self.parts:
                seconds, known = self.seconds[part][label], self.covered[part]
                share = f"{100 * seconds / known:.0f}" if known else "–"
                cells += f"  {self.counts[part][label]:6d}{seconds:8.1f}{share:>5}"
            lines.append(f"{label:{width}}{cells}  {self._typical(label)}")
        lacking = [
            f"{part} lacks {label!r}" for part in self.parts for label in self.labels if self._lacks(part, label)
        ]
        return "\n".join([*lines, *lacking])

    def _lacks(self, part: str, label: str) -> bool:
        return self.counts[part][label] == 0 and self.seconds[part][label] == 0

    def _typical(self, label: str) -> str:
        values = np.concatenate([*self.durations.get(label, {}).values(), np.zeros(0)])
        if len(values) == 0:
            return "–"
        low, middle, high = (_milliseconds(value) for value in np.quantile(values, [0.05, 0.5, 0.95]))
        return f"{middle} ms ({low} to {high})"

    def save(self, path: str | Path) -> Path:
        """Write the folder: numbers as JSON, sound of the examples as arrays."""
        path = Path(path)
        examples = [
            {
                "part": one.part, "recording": one.recording, "onset": one.onset, "offset": one.offset,
                "sample_rate": one.sample_rate, "rows": list(one.rows), "covered": one.covered.tolist(),
            }
            for one in self.examples
        ]  # fmt: skip
        card = {"oscine": "inspection", "version": 1, **self.summary(), "examples": examples}
        card["provenance"] = self.provenance.model_dump(mode="json") if self.provenance else None
        with atomic_folder(path) as folder:
            with atomic(folder / "examples.npz") as temporary:
                np.savez_compressed(temporary, **{str(i): one.sound for i, one in enumerate(self.examples)})  # type: ignore[arg-type]
            write_json(folder / CARD, card)
        return path

    @classmethod
    def load(cls, path: str | Path) -> Inspection:
        """Read what `save` wrote.

        Raises
        ------
        InputError
            Where there is none, or it is damaged.
        """
        path = Path(path)
        try:
            card = json.loads((path / CARD).read_text(encoding="utf-8"))
            with np.load(path / "examples.npz", allow_pickle=False) as sounds:
                examples = tuple(
                    Example(
                        one["part"], one["recording"], one["onset"], one["offset"], one["sample_rate"], sounds[str(i)],
                        tuple((a, b, label) for a, b, label in one["rows"]), np.array(one["covered"]).reshape(-1, 2),
                    )
                    for i, one in enumerate(card["examples"])
                )  # fmt: skip
            return cls(
                labels=tuple(card["labels"]),
                events=tuple(card["events"]),
                counts=card["counts"],
                seconds=card["seconds"],
                durations={
                    label: {part: np.array(values, float) for part, values in parts.items()}
                    for label, parts in card["durations"].items()
                },
                n_recordings=card["n_recordings"],
                covered=card["covered"],
                examples=examples,
                name=card["name"],
                provenance=Provenance.model_validate(card["provenance"]) if card["provenance"] else None,
            )
        except FileNotFoundError:
            raise InputError("there is no inspection", path=path, cure="Make one: oscine inspect DATASET") from None
        except (ValueError, KeyError, TypeError, OSError) as error:
            reason = f"{type(error).__name__}: {error}".splitlines()[0]
            raise InputError(f"not an inspection ({reason})", path=path, cure="Run oscine inspect again") from None


@operation(out="{folder}/{stem}_inspection")
def inspect(
    dataset: Dataset,
    params: InspectParams = InspectParams(),  # noqa: B008 - frozen
    *,
    monitor: Monitor = SILENT,
) -> Inspection:
    """Draw a dataset: its labels, how much there is of each in every part, and examples with their truth.

    Parameters
    ----------
    dataset
        A folder that prepare made, a dataset of DAS's (x.npy, x.zarr, x.h5), or recordings with annotations.
    params
        How many examples, and how long.

    Returns
    -------
    inspection
        Numbers and examples, of which figures are drawn.
    """
    table = dataset.distribution()
    durations = {name: dataset.recordings.by_name(name).duration for name in dataset.names()}
    events = dataset.events()
    counts: dict[str, dict[str, int]] = {}
    seconds: dict[str, dict[str, float]] = {}
    lengths: dict[str, dict[str, NDArray[np.float64]]] = {label: {} for label in dataset.labels}
    n_recordings, covered = {}, {}
    for part, truth in dataset.parts.items():
        counts[part] = {str(label): int(n) for label, n in table[part, "n"].items()}
        seconds[part] = {str(label): round(float(s), 6) for label, s in table[part, "s"].items()}
        if BACKGROUND in seconds[part]:
            seconds[part][BACKGROUND] = round(seconds[part][BACKGROUND] + dataset.background(part), 6)
        known = {name: total(truth.coverage.intervals(name, durations[name])) for name in truth.recordings}
        there = {name for name, known_here in known.items() if known_here} | set(truth.to_pandas()["recording"])
        n_recordings[part] = len(there)
        covered[part] = round(sum(known.values()), 6)
        for label, values in _durations(truth, events).items():
            lengths[label][part] = values
    examples: list[Example] = []
    with monitor.task("Choosing examples", total=len(dataset.parts)) as task:
        for place, part in enumerate(dataset.parts):
            examples += _examples(dataset, part, params, _length(dataset, params), params.seed + place)
            task.advance()
    name = dataset.path.name if dataset.path else ""
    return Inspection(
        tuple(dataset.labels), events, counts, seconds, lengths, n_recordings, covered, tuple(examples), name
    )


def _milliseconds(seconds: float) -> str:
    """A duration in ms, to three figures or the whole number.

    >>> _milliseconds(0.03284), _milliseconds(1.4637)
    ('32.8', '1464')
    """
    return f"{1000 * seconds:.0f}" if seconds >= 1 else f"{1000 * seconds:.3g}"


def _durations(annotations: Annotations, events: tuple[str, ...]) -> dict[str, NDArray[np.float64]]:
    """Durations of segments, intervals between events, of each label that has any, thinned."""
    rows = annotations.to_pandas().sort_values(["recording", "onset"], kind="stable")
    found = {}
    for label, mine in rows.groupby("label", sort=False):
        if label in events:
            intervals = mine["onset"].groupby(mine["recording"]).diff().dropna().to_numpy(float)
            values = intervals[intervals > 0]
        else:
            values = (mine["offset"] - mine["onset"]).to_numpy(float)
        values = np.sort(values)
        if len(values) > _MOST_VALUES:
            values = values[np.linspace(0, len(values) - 1, _MOST_VALUES).round().astype(int)]
        found[str(label)] = values
    return found


def _length(dataset: Dataset, params: InspectParams) -> float:
    """Length of an example, s: 1, 2 or 5 of some power of ten that holds about ten sounds."""
    if params.length is not None:
        return params.length
    rows = pd.concat([part.to_pandas() for part in dataset.parts.values()])
    rows = rows[rows["label"] != BACKGROUND].sort_values(["recording", "onset"], kind="stable")
    steps = rows["onset"].groupby(rows["recording"]).diff().dropna().to_numpy(float)
    lengths = (rows["offset"] - rows["onset"]).to_numpy(float)
    wished = max(
        _SOUNDS_SHOWN * float(np.median(steps)) if len(steps) else 1.0, 1.5 * float(np.quantile(lengths, 0.9)), 0.05
    ) if len(rows) else 1.0  # fmt: skip
    return _round_number(min(wished, 20.0))


def _round_number(value: float) -> float:
    """The nearest of 1, 2, 5, 10, 20, … by ratio.

    >>> _round_number(1.3), _round_number(0.36), _round_number(8)
    (1.0, 0.5, 10.0)
    """
    power = 10.0 ** math.floor(math.log10(value))
    return round(power * min((1, 2, 5, 10), key=lambda step: abs(math.log(step * power / value))), 6)


def _examples(dataset: Dataset, part: str, params: InspectParams, length: float, seed: int) -> list[Example]:
    """Windows of a part which together show as many of its labels as they can."""
    annotations = dataset.parts[part]
    rows = annotations.to_pandas()
    if len(rows) == 0 or params.n_examples == 0:
        return []
    random = np.random.default_rng(seed)
    # of every label some, so that rare ones are among them
    order = rows.iloc[random.permutation(len(rows))]
    order = order[order.groupby("label").cumcount() < max(2, _CANDIDATES // order["label"].nunique())]
    places = rows.groupby("recording", sort=False).indices
    spans = rows[["onset", "offset"]].to_numpy(float)
    labels = rows["label"].to_numpy()
    windows: list[tuple[str, float, float, set[str]]] = []
    for row in order.head(_CANDIDATES).itertuples():
        duration = dataset.recordings.by_name(str(row.recording)).duration
        middle = (min(float(row.offset), float(row.onset) + length) + float(row.onset)) / 2  # type: ignore[arg-type]
        onset = max(0.0, min(middle - length / 2, duration - length))
        offset = min(duration, onset + length)
        mine = places[row.recording]
        inside = (spans[mine, 0] < offset) & (spans[mine, 1] >= onset)
        windows.append((str(row.recording), onset, offset, set(labels[mine[inside]])))
    seen: set[str] = set()
    chosen: list[tuple[str, float, float]] = []
    while windows and len(chosen) < params.n_examples:
        best = max(windows, key=lambda window: (len(window[3] - seen), len(window[3])))
        seen |= best[3]
        chosen.append(best[:3])
        windows = [one for one in windows if one[0] != best[0] or one[2] <= best[1] or one[1] >= best[2]]
    return [_cut(dataset, part, *window, params.channel) for window in sorted(chosen)]


def _cut(dataset: Dataset, part: str, name: str, onset: float, offset: float, channel: int) -> Example:
    recording, annotations = dataset.recordings.by_name(name), dataset.parts[part]
    if channel >= recording.n_channels:
        raise InputError(
            "there is no such channel", path=recording.path, found=channel, allowed=f"0 to {recording.n_channels - 1}"
        )
    first = round(onset * recording.sample_rate)
    last = min(round(offset * recording.sample_rate), recording.n_samples)
    onset, offset = first / recording.sample_rate, last / recording.sample_rate
    rows = annotations.to_pandas()
    rows = rows[(rows["recording"] == name) & (rows["onset"] < offset) & (rows["offset"] >= onset)]
    return Example(
        part,
        name,
        onset,
        offset,
        recording.sample_rate,
        recording.read(first, last)[channel],
        tuple(
            (float(a), float(b), str(label))
            for a, b, label in zip(rows["onset"], rows["offset"], rows["label"], strict=True)
        ),
        clip(annotations.coverage.intervals(name, recording.duration), onset, offset),
    )
