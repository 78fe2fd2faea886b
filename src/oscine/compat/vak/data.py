"""What `[vak.prep]` means as a dataset of ours, and how a dataset that vak itself has prepared is read.

Like vak, a file that holds a label outside of `labelset` is left out as a whole, and said; unlike vak, it is said how
many. Parts are drawn file by file (`assigned`). Where the table names a dataset that vak has prepared, its CSV tells
recordings, annotations and parts, so that both programs learn from and are judged by the same files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from oscine.annotations.annotations import Annotations
from oscine.annotations.formats import FORMATS
from oscine.annotations.labels import BACKGROUND
from oscine.compat.vak.assigned import REST, Assigned, draw_files
from oscine.compat.vak.config import Config
from oscine.core.errors import InputError
from oscine.core.monitor import Monitor
from oscine.datasets.dataset import Dataset
from oscine.datasets.prepare import PrepareParams, prepare
from oscine.recordings.recordings import Recordings

_PARTS = {"train": "train_dur", "validation": "val_dur", "test": "test_dur"}
_FORMATS = {
    "birdsongrec": "birdsong-recognition-dataset",
    "koumura": "birdsong-recognition-dataset",
    "csv": "generic-seq",
    "aud-txt": "aud-seq",
}
"""Ours by crowsetta's older names."""
_LISTED = 4
_SUFFIX = ".dataset"


def dataset_of(config: Config, command: str, monitor: Monitor) -> Dataset:
    """The dataset of a command: the one that its table names, or what `[vak.prep]` says.

    Raises
    ------
    InputError
        Where neither says of one, or it cannot be read.
    """
    named = config.table(command).get("dataset", {}).get("path") if command != "prep" else None
    if named is not None:
        place = config.place(str(named))
        if not place.exists():
            raise config.wrong(command, "dataset.path", "is not there", found=str(named),
                               cure="Leave it out to use what the table on prep says")  # fmt: skip
        if (place / "dataset.json").is_file():
            return Dataset.load(place)
        tables = [place] if place.suffix == ".csv" else sorted(place.glob("*_prep_*.csv"))
        if len(tables) != 1:
            raise config.wrong(command, "dataset.path", "is neither a dataset of Oscine nor one that vak has prepared",
                               found=str(named))  # fmt: skip
        return _prepared_by_vak(tables[0], config, monitor)
    if not config.prep:
        raise InputError(
            "says of no dataset", path=config.path,
            cure=f"Add a table {config.title('prep')}, or name one: {config.title(command)} dataset.path",
        )  # fmt: skip
    recordings, annotations, labels = _found(config, monitor)
    durations = {name: recordings.by_name(name).duration for name in annotations.recordings}
    wished = _wished(config, command)
    rows = annotations.to_pandas().groupby("recording")["label"].agg(set)
    held = {name: set(rows.get(name, set())) & set(labels) for name in durations}
    try:
        assigned = draw_files(durations, held, wished)
    except InputError as error:
        raise InputError(
            error.problem, path=config.path, found=error.found, allowed=error.allowed, cure=error.cure
        ) from None
    unused = [name for name in durations if name not in assigned]
    if unused:
        seconds = sum(durations[name] for name in unused)
        monitor.message(f"{len(unused)} files ({seconds:.0f} s) are in no part: the durations ask for no more")
    dataset = _with_parts(recordings, annotations, labels, assigned, monitor)
    place = place_of(config)
    dataset.save(place)
    return Dataset.load(place)


def place_of(config: Config) -> Path:
    """Where a dataset is kept: beside where vak would write its own."""
    folder = config.place(str(config.prep.get("output_dir", ".")))
    return folder / f"{config.place(str(config.prep['data_dir'])).resolve().name}-{config.path.stem}{_SUFFIX}"


def recordings_of(config: Config) -> Recordings:
    """The sound files of `data_dir`."""
    if not config.prep:
        raise InputError(f"has no table {config.title('prep')}", path=config.path)
    if "audio_format" not in config.prep:
        spectrograms = config.prep.get("spect_format")
        raise config.wrong(
            "prep", "audio_format", "networks here begin with sound, and make their spectrograms themselves",
            found=f"spect_format = {spectrograms!r}" if spectrograms else None, allowed="wav, cbin, flac, ogg, …",
            cure="Name the format of the recordings that the spectrograms were made of",
        )  # fmt: skip
    folder = config.place(config.prep["data_dir"])
    if not folder.is_dir():
        raise config.wrong("prep", "data_dir", "is no folder", found=str(folder))
    suffix = "." + str(config.prep["audio_format"]).lower().removeprefix(".")
    files = sorted(file for file in folder.rglob("*") if file.suffix.lower() == suffix)
    if not files:
        raise config.wrong("prep", "audio_format", f"there is no such file in {folder}", found=suffix[1:])
    return Recordings(files)


def labels_of(config: Config) -> list[str]:
    """The labels of `labelset`, sorted as vak does.

    Examples
    --------
    >>> labels_of(Config(Path("a.toml"), False, {"labelset": "range: 1-3, 7"}, {}))
    ['1', '2', '3', '7']
    >>> labels_of(Config(Path("a.toml"), False, {"labelset": "iab"}, {}))
    ['a', 'b', 'i']
    """
    given = config.prep.get("labelset")
    if isinstance(given, str) and given.lower().startswith("range:"):
        found: list[str] = []
        for part in given.partition(":")[2].split(","):
            match = re.fullmatch(r"\s*(\d+)(?:\s*-\s*(\d+))?\s*", part)
            if match is None:
                raise config.wrong("prep", "labelset", "is no range", found=given, allowed="range: 1-5, 7")
            found += [str(value) for value in range(int(match[1]), int(match[2] or match[1]) + 1)]
    elif isinstance(given, str):
        found = list(given)
    elif isinstance(given, list):
        found = [str(label) for label in given]
    else:
        raise config.wrong("prep", "labelset", "is missing", found=given, allowed='such as "iabcdef" or ["a", "b"]')
    return sorted(set(found))


def _found(config: Config, monitor: Monitor) -> tuple[Recordings, Annotations, list[str]]:
    """Recordings, what is annotated in those that hold no foreign label, and the labels."""
    if config.prep.get("dataset_type", "frame classification") not in {"frame classification", "frame_classification"}:
        raise config.wrong("prep", "dataset_type", "only frames are classified here",
                           found=config.prep["dataset_type"], allowed="frame classification")  # fmt: skip
    labels = labels_of(config)
    recordings = recordings_of(config)
    own = config.prep.get("annot_file")
    source = config.place(str(own)) if own else config.place(config.prep["data_dir"])
    annotations = Annotations.load(source, format=_format(config), recordings=recordings, monitor=monitor)
    known = [name for name in annotations.recordings if name in set(recordings.names)]
    if not known:
        raise config.wrong("prep", "annot_format", "no annotation belongs to a recording of data_dir",
                           found=", ".join(annotations.recordings[:_LISTED]) or "none",
                           allowed=", ".join(recordings.names[:_LISTED]))  # fmt: skip
    rows = annotations.select(recordings=known).to_pandas()
    foreign = rows[~rows["label"].isin([*labels, BACKGROUND])]
    dropped = sorted(set(foreign["recording"]))
    if dropped:
        names = ", ".join(dropped[:_LISTED]) + ("…" if len(dropped) > _LISTED else "")
        others = ", ".join(sorted(set(foreign["label"]))[:12])
        monitor.warning(
            f"{len(dropped)} of {len(known)} files are left out, as vak does, since they hold labels that are not in "
            f"labelset ({others}): {names}"
        )
    kept = [name for name in known if name not in set(dropped)]
    if not kept:
        raise config.wrong("prep", "labelset", "every file holds other labels too",
                           found=",".join(labels), allowed=",".join(sorted(set(rows["label"]))))  # fmt: skip
    return recordings, annotations.select(recordings=kept), labels


def _format(config: Config) -> str | None:
    given = config.prep.get("annot_format")
    if given is None:
        return None
    name = _FORMATS.get(str(given), str(given))
    if name not in FORMATS.names():
        raise config.wrong("prep", "annot_format", "is unknown", found=given, allowed=FORMATS.names())
    return name


def _wished(config: Config, command: str) -> dict[str, float]:
    """Seconds of each part, in the order of ours."""
    wished = {}
    for part, key in _PARTS.items():
        value = config.prep.get(key)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not (value > 0 or value == REST):
            raise config.wrong("prep", key, "is no duration", found=value, allowed="seconds, or -1 for the rest")
        wished[part] = float(value)
    if sum(value == REST for value in wished.values()) > 1:
        raise config.wrong("prep", "train_dur, val_dur, test_dur", "only one part can have the rest (-1)")
    if not wished:
        return {"test": REST} if command == "eval" else {"train": REST}
    if command == "eval":
        return wished
    return {"train": REST, **wished}


def _with_parts(
    recordings: Recordings, annotations: Annotations, labels: Iterable[str], assigned: dict[str, str], monitor: Monitor
) -> Dataset:
    there = set(annotations.to_pandas()["label"])
    used = tuple(label for label in labels if label in there)
    absent = [label for label in labels if label not in there]
    if absent:
        monitor.warning(f"labels of labelset that no file holds are left out: {', '.join(absent)}")
    chosen = annotations.select(recordings=[name for name in annotations.recordings if name in assigned])
    params = PrepareParams(labels=used, splitter=Assigned(of=assigned))
    dataset: Dataset = prepare(recordings, chosen, params, monitor=monitor)
    return dataset


# -- datasets that vak has prepared ----------------------------------------------------------------------------------


def _prepared_by_vak(path: Path, config: Config, monitor: Monitor) -> Dataset:
    """Recordings, annotations and parts as vak's own CSV tells them."""
    try:
        table = pd.read_csv(path, dtype=str)
        table = table[["audio_path", "annot_path", "annot_format", "split"]].dropna(subset=["split"])
    except (OSError, ValueError, KeyError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"not the table of a dataset that vak has prepared ({reason})", path=path) from None
    table = table.drop_duplicates("audio_path")  # subsets of a learning curve repeat their files
    bases = [path.parent, *path.parents, Path()]
    files = [_file(str(name), bases, path) for name in table["audio_path"]]
    recordings = Recordings(files)
    loaded: dict[tuple[str, str], Annotations] = {}
    for annotated, kind in set(zip(table["annot_path"], table["annot_format"], strict=True)):
        place = _file(str(annotated), bases, path)
        name = _FORMATS.get(str(kind), str(kind))
        loaded[annotated, kind] = Annotations.load(
            place, format=name if name in FORMATS.names() else None, recordings=recordings, monitor=monitor
        )
    first, *others = loaded.values()
    annotations = first.concat(*others)
    parts = {"val": "validation"}
    assigned = {file.name: parts.get(str(split), str(split)) for file, split in zip(files, table["split"], strict=True)}
    known = set(annotations.to_pandas()["label"]) - {BACKGROUND}
    labels = labels_of(config) if "labelset" in config.prep else sorted(known)
    chosen = annotations.select(recordings=[name for name in annotations.recordings if name in assigned])
    return _with_parts(recordings, chosen, labels, assigned, monitor)


def _file(name: str, bases: list[Path], table: Path) -> Path:
    """A file that vak's table names, wherever it was when that was written."""
    for base in bases:
        if (base / name).is_file():
            return base / name
    raise InputError(
        "a file that vak's table names is not there", path=table, found=name,
        cure="Run from the folder in which vak prepared it, or prepare again: leave dataset.path out",
    )  # fmt: skip
