"""A dataset written as DAS has it, so that DAS trains on what was prepared here.

A store knows the truth of every sample and has no coverage: so exactly what a part covers is written, stretch after
stretch, end to end. Sound is float32 (DAS's own float16 has 11 bits and turns counts of recorders into infinity);
truth is float16, as DAS has it. Recordings of different rates are brought to the highest. Nothing is held but a block,
whatever the length.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from oscine.annotations.annotations import Annotations
from oscine.annotations.labels import BACKGROUND
from oscine.core.errors import InputError
from oscine.core.monitor import SILENT, Monitor
from oscine.datasets.dataset import Dataset
from oscine.datasets.probabilities import ClassMatrix, normalised
from oscine.datasets.store import SPLITS, Store, store_for, store_suffixes
from oscine.recordings.recording import Recording

NOISE = "noise"
"""DAS's word for background."""

EVENT_WIDTH = 0.0016
"""Standard deviation in seconds of the Gaussian that an event becomes, unless another is wished for; as in DAS."""

_BLOCK = 2**17
_LEAST = 0.1
"""Seconds: where the stretches that a part covers are shorter on average, it was annotated sound by sound."""


class _Piece(NamedTuple):
    """A stretch of a recording: samples [first, last)."""

    name: str
    recording: Recording
    first: int
    last: int


def write_store(
    dataset: Dataset,
    path: str | Path,
    *,
    event_width: float = EVENT_WIDTH,
    gap: float = 0.0,
    individual: bool = False,
    monitor: Monitor = SILENT,
) -> Path:
    """Write a dataset as one of DAS's stores.

    Parameters
    ----------
    dataset
        With a validation part.
    path
        Its name ends in `.npy`, `.zarr` or `.h5`. A folder that is there already is not overwritten.
    event_width
        Standard deviation of an event's Gaussian, s; 0 for a single sample.
    gap
        Time that bears no label between two segments which are nearer than that, s.
    individual
        Whether to add a truth of its own for each song type (`y_<label>`).
    monitor
        Is told how far it has come.

    Returns
    -------
    Path
        Of the store.

    Raises
    ------
    InputError
        Where there is no such kind of store, no validation part, mixed numbers of channels, too little room on the
        disk, or annotations of single sounds, which a store cannot express.
    """
    path = Path(path)
    kind = _checked(dataset, path)
    names = sorted({*dataset.labels} - {BACKGROUND, NOISE})
    points = dataset.events()
    is_event = [False, *(name in points or dataset.labels.category(name) == "event" for name in names)]
    rate = max(dataset.sample_rates())
    pieces = {part: list(_pieces(dataset, part, rate)) for part in SPLITS if part in dataset.parts}
    pieces = {part: mine for part, mine in pieces.items() if mine or part in {"train", "validation"}}
    lengths = {part: sum(piece.last - piece.first for piece in mine) for part, mine in pieces.items()}
    for part, mine in pieces.items():
        if lengths[part] < _LEAST * rate * max(1, len(mine)):
            raise InputError(
                "a DAS dataset knows the truth of every sample, but here single sounds are annotated",
                found=f"{len(mine)} stretches of {lengths[part] / rate:.3g} s together in {part}",
                cure="Annotate some recordings from end to end, or write a dataset of Oscine's own",
            )
    _check_kept(dataset, pieces, rate)
    n_channels = next(iter(pieces.values()))[0].recording.n_channels
    own = {f"y_{name}": column for column, name in enumerate(names, 1)} if individual else {}
    arrays: dict[str, tuple[tuple[int, int], Any]] = {}
    for part, length in lengths.items():
        arrays[f"{SPLITS[part]}/x"] = ((length, n_channels), np.float32)
        arrays[f"{SPLITS[part]}/y"] = ((length, 1 + len(names)), np.float16)
        arrays |= {f"{SPLITS[part]}/{array}": ((length, 2), np.float16) for array in own}
    _check_room(path, arrays)
    options = {"event_std_seconds": event_width, "gap_seconds": gap, "make_single_class_datasets": individual}
    attributes = _attributes(dataset, names, is_event, rate, pieces, options)
    seconds = sum(lengths.values()) / rate
    with (
        kind.writing(path, arrays, attributes) as append,
        monitor.task("Writing sound", total=seconds, unit="s") as task,
    ):
        for part, mine in pieces.items():
            split = SPLITS[part]
            matrices = _matrices(dataset.parts[part], names, is_event, rate, event_width, gap)
            for name, recording, first, last in mine:
                for start in range(first, last, _BLOCK):
                    stop = min(start + _BLOCK, last)
                    truth = matrices[name].block(start, stop)
                    append(f"{split}/x", recording.read(start, stop).T)
                    append(f"{split}/y", truth)
                    for array, column in own.items():
                        pair = np.column_stack([np.zeros(len(truth)), truth[:, column]]).astype(float)
                        append(f"{split}/{array}", normalised(pair))
                    task.advance((stop - start) / rate)
    return path


def _check_kept(dataset: Dataset, pieces: Mapping[str, list[_Piece]], rate: float) -> None:
    """Refuse to lose annotations that lie in no covered stretch: points of which nothing around them is known."""
    for part, mine in pieces.items():
        rows = dataset.parts[part].to_pandas()
        firsts, lasts = (rows[["onset", "offset"]].to_numpy(float) * rate).round().T
        kept = np.zeros(len(rows), bool)
        for piece in mine:
            here = (rows["recording"] == piece.name).to_numpy()
            kept |= here & (lasts >= piece.first) & (firsts <= piece.last)
        if lost := int((~kept).sum()):
            raise InputError(
                "a DAS dataset knows the truth of every sample, and sounds that are marked by themselves would be lost",
                path=dataset.path,
                found=f"{lost} of {len(rows)} annotations of {part}, such as {rows['label'][~kept].iloc[0]!r}",
                cure="Annotate some recordings from end to end, or write a dataset of Oscine's own",
            )


def _checked(dataset: Dataset, path: Path) -> Store:
    """What can be refused without looking at a recording."""
    kind = store_for(path)
    if kind is None:
        allowed = ", ".join(sorted(store_suffixes()))
        raise InputError("no kind of DAS's datasets", path=path, found=path.suffix or "no suffix", allowed=allowed)
    if path.is_dir():
        raise InputError("is there already", path=path, cure="Remove it, or choose another --out")
    if len(dataset.parts.get("validation", ())) == 0:
        raise InputError(
            "a DAS dataset needs a validation part", path=path, found=list(dataset.parts),
            cure="Give it a share: --splitter.validation 20",
        )  # fmt: skip
    mine = [dataset.recordings.by_name(name) for name in dataset.names()]
    other = next((one for one in mine if one.n_channels != mine[0].n_channels), None)
    if other is not None:
        found = f"{mine[0].n_channels} in {mine[0].name}, {other.n_channels} in {other.name}"
        raise InputError("the recordings differ in their number of channels", path=path, found=found)
    return kind


def _pieces(dataset: Dataset, part: str, rate: float) -> Iterator[_Piece]:
    """Stretches of samples that a part covers, in the order of the recordings."""
    annotations = dataset.parts[part]
    for name in annotations.recordings:
        recording = dataset.recordings.by_name(name)
        stretches = annotations.coverage.intervals(name, recording.duration)
        recording = recording.resample(rate)
        for onset, offset in stretches:
            first, last = round(onset * rate), min(round(offset * rate), recording.n_samples)
            if last > first:
                yield _Piece(name, recording, first, last)


def _matrices(
    annotations: Annotations, names: list[str], is_event: list[bool], rate: float, event_width: float, gap: float
) -> dict[str, ClassMatrix]:
    """The truth of each recording, ready to be written."""
    rows = annotations.to_pandas()
    rows = rows[rows["label"].isin(names)]
    columns = rows["label"].map({name: column for column, name in enumerate(names, 1)}).to_numpy(int)
    onsets, offsets = rows["onset"].to_numpy(), rows["offset"].to_numpy()
    places = rows.groupby("recording", sort=False).indices
    none = np.zeros(0, np.intp)
    return {
        name: ClassMatrix.of_rows(
            onsets[mine], offsets[mine], columns[mine], is_event, rate, event_width=event_width, gap=gap
        )
        for name in annotations.recordings
        for mine in [places.get(name, none)]
    }


def _attributes(
    dataset: Dataset,
    names: list[str],
    is_event: list[bool],
    rate: float,
    pieces: Mapping[str, list[_Piece]],
    options: Mapping[str, Any],
) -> dict[str, Any]:
    """What DAS and people want to know, in plain values."""
    classes, types = [NOISE, *names], ["event" if event else "segment" for event in is_event]
    attributes: dict[str, Any] = {
        "samplerate_x_Hz": rate,
        "samplerate_y_Hz": rate,
        "class_names": classes,
        "class_types": types,
        **options,
    }
    if options["make_single_class_datasets"]:
        for name, kind in zip(names, types[1:], strict=True):
            attributes |= {f"class_names_{name}": [NOISE, name], f"class_types_{name}": ["segment", kind]}
    splits: dict[str, dict[str, list[list[int]]]] = {}
    for part, split in SPLITS.items():
        mine = pieces.get(part, [])
        attributes[f"filename_{split}"] = [piece.name for piece in mine]
        attributes[f"filename_startsample_{split}"] = [piece.first for piece in mine]
        attributes[f"filename_endsample_{split}"] = [piece.last for piece in mine]
        for piece in mine:
            splits.setdefault(Path(piece.name).stem, {}).setdefault(split, []).append([piece.first, piece.last])
    attributes["data_splits"] = splits
    if dataset.provenance is not None:
        attributes["oscine_provenance"] = dataset.provenance.model_dump_json()
    return attributes


def _check_room(path: Path, arrays: Mapping[str, tuple[tuple[int, int], Any]]) -> None:
    """Refuse a disk that is too full, before hours are spent on filling it."""
    needed = sum(rows * columns * np.dtype(dtype).itemsize for (rows, columns), dtype in arrays.values())
    folder = next(parent for parent in path.resolve().parents if parent.exists())
    free = shutil.disk_usage(folder).free
    if needed > free and path.suffix != ".zarr":  # which is compressed
        raise InputError(
            "the disk is too full for this dataset",
            path=path,
            found=f"{free / 1e9:.3g} GB are free",
            allowed=f"{needed / 1e9:.3g} GB",
            cure="Free some space, or choose another --out",
        )
