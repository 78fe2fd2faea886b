"""Evaluations kept in files, so that what has been judged is not judged again.

    counts.ckpt-300.npz     arrays, and a card in JSON that says what they are, and what was judged how

An `Evaluation` is a tree of dataclasses, mappings, numbers and arrays. It is written as it is, array by array, and made
again by the types that its fields declare, so that a count that is added to a class tomorrow needs no line here. A file
that does not fit any more, or was made of another model, dataset or parameters (its *key*), counts as not there.
Nothing in it is ever executed. Curves are thinned to `MOST_POINTS` a label.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import types
import typing
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Union

import numpy as np
import pandas as pd

from oscine.core.artifacts import atomic
from oscine.evaluation.curve_pooling import thinned
from oscine.evaluation.evaluation import Evaluation

VERSION = 1
MOST_POINTS = 5000
"""Points of a curve that are kept: thresholds are chosen before it is thinned, areas below it change by about 1e-5."""

_CARD = "card"


def lighten(evaluation: Evaluation) -> Evaluation:
    """The same with curves thinned to what is kept."""
    curves = {label: thinned(curve, MOST_POINTS) for label, curve in evaluation.curves.items()}
    return dataclasses.replace(evaluation, curves=curves, provenance=None)


def keep(evaluation: Evaluation, path: Path, key: Mapping[str, Any]) -> Path:
    """Write an evaluation, whole or not at all.

    Parameters
    ----------
    path
        By custom `counts.ckpt-<step>.npz`.
    key
        What was judged, and how, as plain values.
    """
    arrays: dict[str, np.ndarray] = {}
    card = {"version": VERSION, "key": key, "evaluation": _pack(lighten(evaluation), arrays)}
    with atomic(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, **{_CARD: np.array(json.dumps(card))}, **arrays)  # type: ignore[arg-type]
    return path


def find_kept(path: Path, key: Mapping[str, Any]) -> bool:
    """Whether an evaluation of this key is there."""
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            card = json.loads(str(file[_CARD]))
            return bool(card["version"] == VERSION and card["key"] == json.loads(json.dumps(key)))
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        return False


def read_kept(path: Path) -> Evaluation:
    """The evaluation in a file.

    Raises
    ------
    OSError, ValueError, KeyError, TypeError
        Where it is none, or of another version.
    """
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
        card = json.loads(str(file[_CARD]))
        if card["version"] != VERSION:
            raise ValueError(f"version {card['version']}")
        arrays = {name: file[name] for name in file.files if name != _CARD}
    found = _unpack(Evaluation, card["evaluation"], arrays)
    assert isinstance(found, Evaluation)
    return found


class KeptEvaluations(Mapping[int, Evaluation]):
    """Evaluations by step, read from their files as they are looked up; only the latest one stays in memory.

    Parameters
    ----------
    files
        By step, in order.
    """

    def __init__(self, files: Mapping[int, Path]) -> None:
        self.files = dict(files)
        self._read = functools.lru_cache(maxsize=1)(read_kept)

    def __getitem__(self, step: int) -> Evaluation:
        return self._read(self.files[step])

    def __iter__(self) -> Iterator[int]:
        return iter(self.files)

    def __len__(self) -> int:
        return len(self.files)


# -- values as JSON and arrays, and back -----------------------------------------------------------------------------


def _pack(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    """A value as JSON has it; arrays go into `arrays`, and their names stand in their place."""
    if isinstance(value, pd.DataFrame):
        texts = value.apply(lambda column: column.astype(str) if column.dtype.kind not in "iufb" else column)
        return {str(name): _pack(np.array(texts[name].tolist()), arrays) for name in value.columns}
    if isinstance(value, np.ndarray):
        name = f"array{len(arrays)}"
        arrays[name] = value
        return name
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _pack(getattr(value, field.name), arrays) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return [[_pack(key, arrays), _pack(item, arrays)] for key, item in value.items()]
    if isinstance(value, (list, tuple)):
        return [_pack(item, arrays) for item in value]
    return value.item() if isinstance(value, np.generic) else value


def _unpack(kind: Any, value: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    """A value of a type from what `_pack` made of it."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (Union, types.UnionType):
        if value is None:
            return None
        return _unpack(next(choice for choice in arguments if choice is not types.NoneType), value, arrays)
    if kind is pd.DataFrame:
        return pd.DataFrame({name: arrays[item] for name, item in value.items()}).astype(
            {name: object for name, item in value.items() if arrays[item].dtype.kind in "US"}
        )
    if kind is np.ndarray or origin is np.ndarray:
        return arrays[value]
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = _hints(kind)
        return kind(**{name: _unpack(hints[name], item, arrays) for name, item in value.items()})
    if origin is not None and issubclass(origin, Mapping):
        return {_unpack(arguments[0], key, arrays): _unpack(arguments[1], item, arrays) for key, item in value}
    if origin in (tuple, list):
        return origin(_unpack(arguments[0], item, arrays) for item in value)
    return value


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)
