"""Make a dataset: choose labels and kinds, check them, and split them into train, validation and test."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd

from oscine.annotations.coverage import Coverage
from oscine.annotations.intervals import merge, subtract, total
from oscine.core.errors import InputError, unknown
from oscine.core.monitor import SILENT, Monitor
from oscine.core.operations import operation
from oscine.core.params import Field, OperationParams, Seconds
from oscine.datasets.dataset import Dataset, only_labels, spans_of
from oscine.datasets.splitter import PARTS, SPLITTERS, Splitter
from oscine.datasets.splitters.blocks import Blocks
from oscine.datasets.store import store_for
from oscine.datasets.store_writing import EVENT_WIDTH, write_store

# the operation's types are read when it is called, so they are imported for good
from oscine.annotations.annotations import Annotations  # isort: skip
from oscine.annotations.labels import BACKGROUND, Category, LabelSet  # isort: skip
from oscine.recordings.recordings import Recordings  # isort: skip

BOUNDARIES = ("onset", "offset")
"""Labels of the instants at which segments begin and end; DAS calls them syllable_onset and syllable_offset."""

_INSTANTS: dict[str, Category | None] = dict.fromkeys(BOUNDARIES, "event")
_LISTED = 5
"""Names that a message lists."""


class PrepareParams(OperationParams):
    """What to learn from, and what to keep apart to judge by."""

    labels: tuple[str, ...] = Field(())
    """Labels to use, in this order; all there are where none is given."""
    annotators: tuple[str, ...] = Field(())
    """People whose annotations to use, besides those that name nobody; everybody's where none is given."""
    kinds: tuple[str, ...] = Field(("annotated",))
    """Kinds of rows to use."""
    relabel: dict[str, str] = Field(default_factory=dict)
    """Labels to rename or merge before anything else, such as not_mel-pulse=other."""
    only: tuple[str, ...] = Field(())
    """Labels to learn against all the rest: sounds of other labels become background."""
    boundaries: bool = False
    """Whether every onset and offset of a segment becomes an event of its own, labelled onset and offset."""
    train_gap: Seconds = Field(0.0, ge=0)
    """Between two events of a label nearer than this there is nothing else: they were annotated one by one."""
    splitter: Annotated[Splitter, SPLITTERS] = Blocks()
    """How train, validation and test are told apart."""
    few: int = Field(10, ge=1)
    """Warn of labels with fewer training annotations than this."""
    event_width: Seconds = Field(EVENT_WIDTH, ge=0)
    """In a dataset for DAS (--out x.npy, x.zarr or x.h5): standard deviation of the Gaussian that an event becomes."""
    segment_gap: Seconds = Field(0.0, ge=0)
    """In a dataset for DAS: time that bears no label between two segments which are nearer than that."""
    individual: bool = False
    """In a dataset for DAS: whether each song type gets a truth of its own, too (y_LABEL)."""


def _save(dataset: Dataset, path: Path, params: PrepareParams) -> list[Path]:
    """Where the result goes: a folder of ours, or by its suffix a dataset of DAS's."""
    if store_for(path) is None:
        return [dataset.save(path)]
    return [
        write_store(dataset, path, event_width=params.event_width, gap=params.segment_gap, individual=params.individual)
    ]


@operation(out="{folder}/{stem}.dataset", save=_save)
def prepare(
    recordings: Recordings,
    annotations: Annotations | None = None,
    params: PrepareParams = PrepareParams(),  # noqa: B008 - frozen
    *,
    monitor: Monitor = SILENT,
) -> Dataset:
    """Make a dataset of recordings and annotations, split into train, validation and test.

    Parameters
    ----------
    recordings
        The sound: a folder, files or a glob.
    annotations
        What is true in it; by default the annotation files beside the recordings.
    params
        Labels, kinds, and how to split.

    Returns
    -------
    dataset
        It holds no sound: it refers to the recordings where they are.

    Raises
    ------
    InputError
        Where no annotation is left to use, or a wished label has no example.
    """
    if annotations is None:
        annotations = _beside(recordings, monitor)
    annotations = annotations.relabel(params.relabel)
    people = (*params.annotators, "") if params.annotators else (*annotations.annotators, "")
    chosen = annotations.select(kinds=params.kinds, annotators=people)
    if len(chosen) == 0:
        raise InputError(
            "no annotation to learn from",
            found=f"{len(annotations)} rows of kinds {annotations.kinds}",
            allowed=f"kinds {list(params.kinds)}",
            cure="Annotate some sounds, or choose other --kinds",
        )
    for kind in params.kinds:
        if kind not in annotations.kinds:
            raise unknown("kind: no annotation is of it", kind, annotations.kinds)
    there = set(chosen.to_pandas()["label"])
    labels = params.labels or tuple(label for label in chosen.labels if label in there)
    for label in labels:
        if label != BACKGROUND and label not in there:
            raise unknown("label: no annotation has it", label, there)
    table = annotations.to_pandas()
    table = table[table["kind"] == "annotated"]
    used = table["kind"].isin(params.kinds) & table["label"].isin(labels) & table["annotator"].isin(people)
    chosen = chosen.select(labels=[label for label in labels if label in chosen.label_names])
    chosen = chosen.with_coverage(known_of(chosen, table[~used]))
    chosen = _united(chosen, monitor)
    present = _present(chosen, recordings, monitor)
    if len(present) == 0 and set(chosen.recordings) & set(recordings.names):
        raise InputError(
            "every annotation begins after the end of its recording",
            found=f"{chosen.onsets.max():g} s in {chosen.recordings[0]}",
            cure="If the times are milliseconds, convert them first: oscine convert FILE --unit ms --to oscine",
        )
    if len(present) == 0:
        raise InputError(
            "no annotation belongs to a recording that is here",
            found=chosen.recordings[0],
            allowed=recordings.names[:_LISTED],
            cure="Give the folder of the recordings that were annotated",
        )
    if params.only:
        present = only_labels(present, params.only)
        labels = tuple(dict.fromkeys([BACKGROUND, *params.only]))
    if params.boundaries:
        present = with_boundaries(present, recordings)
        labels = (*labels, *BOUNDARIES)
    _check_alike(present, recordings, monitor)
    _tell_mixed(present, monitor)
    parts = params.splitter.split(present, recordings, seed=params.seed)
    _tell_absent(parts, params.splitter, monitor)
    if _has_background(present, recordings) and not any(_has_background(part, recordings) for part in parts.values()):
        monitor.warning(
            f"the splitter {params.splitter.plugin_name!r} keeps the annotated sounds alone: covered but unannotated "
            "sound is left out; split by blocks or files to learn from it"
        )
    parts = cover_trains(parts, params.train_gap)
    if BACKGROUND not in labels and _has_background(parts["train"], recordings):
        labels = (BACKGROUND, *labels)
        monitor.message(f"covered but unannotated sound becomes the label {BACKGROUND!r}")
    parts = {name: _explicit(part, LabelSet(labels), recordings) for name, part in parts.items()}
    dataset = Dataset(recordings, LabelSet(labels), parts)
    warn_of_few(dataset, params.few, monitor)
    return dataset


def _beside(recordings: Recordings, monitor: Monitor) -> Annotations:
    """The annotation files in the folders of the recordings."""
    if len(recordings) == 0:
        raise InputError("there are no recordings")
    folders = sorted({recording.path.parent for recording in recordings})
    tops = [folder for folder in folders if not any(other in folder.parents for other in folders)]
    first, *others = (Annotations.load(folder, recordings=recordings, monitor=monitor) for folder in tops)
    return first.concat(*others)


def _united(annotations: Annotations, monitor: Monitor) -> Annotations:
    """What several people have annotated alike counts once, and that they have is warned of."""
    rows = annotations.to_pandas()
    people = rows[(rows["kind"] == "annotated") & (rows["annotator"] != "")]
    n_people = people.groupby(["recording", "label"])["annotator"].nunique()
    several = n_people[n_people > 1].index.get_level_values("recording").unique()
    if len(several):
        monitor.warning(
            f"{len(several)} recordings are annotated by several people; their sounds are united; "
            "choose with --annotators"
        )
    same = rows.duplicated(["recording", "onset", "offset", "label", "channel"]) & (rows["kind"] == "annotated")
    return annotations.with_rows(rows[~same]) if same.any() else annotations


def known_of(chosen: Annotations, unused: pd.DataFrame) -> Coverage:
    """What the chosen rows cover, when other annotations are left out.

    Where single sounds are annotated a row covers itself; left out, it covers nothing: "not_sine" may well hold a
    pulse. So does a chosen row of another kind, such as a detector's "neither". A recording that is covered from end
    to end stays so: whatever else is in it is background.
    """
    chosen_spans, unused_spans = spans_of(chosen.to_pandas()), spans_of(unused)
    none, covered = np.empty((0, 2)), {}
    for name in chosen.recordings:
        stretches = chosen.coverage[name]
        if stretches is not None:
            left_out, own = unused_spans.get(name, none), chosen_spans.get(name, none)
            stretches = merge(np.concatenate([subtract(stretches, left_out), own]))
        covered[name] = stretches
    return Coverage(covered, whole=False)


def cover_trains(parts: dict[str, Annotations], gap: float) -> dict[str, Annotations]:
    """The parts, covering also what lies between two consecutive events of a label that are nearer than `gap` seconds.

    Whoever annotates a train of pulses marks all of them, so that the time between is known to hold none. Only
    neighbours of the same part count: what lies around an event of another part stays unknown.
    """
    if not gap:
        return parts
    table = pd.concat([part.to_pandas().assign(part=name) for name, part in parts.items()])
    events = table[table["onset"] == table["offset"]].sort_values("onset", kind="stable")
    stretches: dict[str, dict[str, list[tuple[float, float]]]] = {name: {} for name in parts}
    for (recording, _), mine in events.groupby(["recording", "label"], sort=False):
        onsets, owners = mine["onset"].to_numpy(), mine["part"].to_numpy()
        near = (np.diff(onsets) < gap) & (owners[1:] == owners[:-1])
        for place in np.flatnonzero(near):
            stretch = (float(onsets[place]), float(onsets[place + 1]))
            stretches[owners[place]].setdefault(str(recording), []).append(stretch)
    return {
        name: part.with_coverage(part.coverage | Coverage(stretches[name], whole=False)) for name, part in parts.items()
    }


def _present(annotations: Annotations, recordings: Recordings, monitor: Monitor) -> Annotations:
    """Only what belongs to a recording that is there, and begins before its end."""
    paths = [(item.path.parent / item.name).as_posix() for item in recordings]
    names = {*recordings.names}  # a recording with namesakes goes by the end of its path
    names |= {
        name for name in annotations.recordings if "/" in name and any(path.endswith(f"/{name}") for path in paths)
    }
    absent = [name for name in annotations.recordings if name not in names]
    if absent:
        monitor.warning(f"annotations of {len(absent)} recordings are left out, since there is no {absent[0]!r}")
    present = annotations.select(recordings=[name for name in annotations.recordings if name in names])
    rows = present.to_pandas()
    durations = {name: recordings.by_name(name).duration for name in present.recordings}
    late = rows["onset"].to_numpy() >= rows["recording"].map(durations).to_numpy(float)
    if late.any():
        first = rows[late].iloc[0]
        monitor.warning(
            f"{late.sum()} annotations are left out, since they begin after the end of their recording: the first at "
            f"{first['onset']:g} s of {first['recording']} ({durations[first['recording']]:g} s)"
        )
    return present.with_rows(rows[~late])


def with_boundaries(annotations: Annotations, recordings: Recordings) -> Annotations:
    """The same with an event `onset` and an event `offset` for every segment, covered wherever the segment is.

    Raises
    ------
    InputError
        Where a label has one of these names already.
    """
    for label in BOUNDARIES:
        if label in annotations.labels:
            raise InputError(
                "a label is called like a boundary", found=label, cure=f"Rename it: --relabel {label}=other"
            )
    rows = annotations.to_pandas()
    segments = rows[rows["onset"] < rows["offset"]]
    durations = {name: recordings.by_name(name).duration for name in annotations.recordings}
    made = []
    for label in BOUNDARIES:
        points = segments.assign(onset=segments[label], offset=segments[label], label=label)
        made.append(points[points["onset"].to_numpy() < points["recording"].map(durations).to_numpy(float)])
    points = pd.concat(made)
    covered = annotations.coverage | Coverage(spans_of(points), whole=False)
    table = pd.concat([rows, points]).sort_values(["recording", "onset"], kind="stable")
    labels = LabelSet([*annotations.labels, *BOUNDARIES], {**annotations.labels.categories, **_INSTANTS})
    return annotations.with_rows(table, coverage=covered, labels=labels)


def _check_alike(annotations: Annotations, recordings: Recordings, monitor: Monitor) -> None:
    """Refuse recordings that no network could take together, and warn of those that need resampling."""
    mine = [recordings.by_name(name) for name in annotations.recordings]
    other = next((one for one in mine if one.n_channels != mine[0].n_channels), None)
    if other is not None:
        raise InputError(
            "the recordings differ in their number of channels",
            found=f"{mine[0].n_channels} in {mine[0].name}, {other.n_channels} in {other.name}",
            allowed="one number of channels",
            cure="Prepare those that are alike by themselves",
        )
    rates = sorted({one.sample_rate for one in mine})
    if len(rates) > 1:
        found = ", ".join(f"{rate:g}" for rate in rates)
        monitor.warning(f"the recordings differ in sample rate ({found} Hz): train with --sample-rate {rates[-1]:g}")


def _tell_mixed(annotations: Annotations, monitor: Monitor) -> None:
    """Warn of labels that are points in some recordings and last in others: they were meant in two ways."""
    rows = annotations.to_pandas()
    points = (rows["onset"] == rows["offset"]).groupby([rows["label"], rows["recording"]]).mean()
    for label, shares in points.groupby(level=0):
        kinds = {kind: shares.index[shares == share] for kind, share in (("an event", 1), ("a segment", 0))}
        if all(len(where) for where in kinds.values()):
            places = " and ".join(f"{kind} in {where[0][1]}" for kind, where in kinds.items())
            monitor.warning(f"label {label!r} is {places}: if these are two things, give them two labels")


def _tell_absent(parts: Mapping[str, Annotations], splitter: Splitter, monitor: Monitor) -> None:
    """Warn of a part that was wished for and that there is not enough for."""
    for part in PARTS[1:]:
        if getattr(splitter, part, 0) and part not in parts:
            monitor.warning(
                f"there is too little for a part {part!r}: it would need a recording or a block of its own; "
                "add recordings, or split by shorter blocks"
            )


def _has_background(annotations: Annotations, recordings: Recordings) -> bool:
    """Whether in any recording more than a hundredth of the covered time is unannotated."""
    spans = spans_of(annotations.to_pandas())
    for name in annotations.recordings:
        covered = annotations.coverage.intervals(name, recordings.by_name(name).duration)
        if total(subtract(covered, spans.get(name, []))) > 0.01 * total(covered) + 1e-6:
            return True
    return False


def _explicit(part: Annotations, labels: LabelSet, recordings: Recordings) -> Annotations:
    """A part with the labels of the dataset, and its coverage as stretches within the recordings, as on disk."""
    stretches = {name: part.coverage.intervals(name, recordings.by_name(name).duration) for name in part.recordings}
    return part.with_rows(part.to_pandas(), coverage=Coverage(stretches, whole=False), labels=labels)


def warn_of_few(dataset: Dataset, few: int, monitor: Monitor) -> None:
    """Refuse a label that nothing can be learnt of, and warn where little can, or where it cannot be tested."""
    for label, row in dataset.counts().iterrows():
        n_train = int(row["train"])
        if label == BACKGROUND and (n_train or _has_background(dataset.train, dataset.recordings)):
            continue
        if n_train == 0:
            raise InputError(
                "a label has no training example",
                found=label,
                cure="Annotate it, leave it out of --labels, or split otherwise",
            )
        if n_train < few:
            monitor.warning(f"label {label!r} has only {n_train} training annotations; {few} or more are better")
        for part in PARTS[1:]:
            if part in row and row[part] == 0:
                monitor.warning(f"label {label!r} has no {part} annotation: how well it is found cannot be said")
