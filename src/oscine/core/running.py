"""Running an operation as a driver does: read its inputs, run it once for each, write what comes out.

The command line and the jobs speak text: paths, patterns, folders. Here they become objects (`load`, `gather`),
every result gets its place (`target`), and one input that cannot be used does not stop the others (`run`).
"""

from __future__ import annotations

import glob
import inspect
import itertools
import math
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from oscine.core.artifacts import timestamp
from oscine.core.errors import InputError
from oscine.core.monitor import SILENT, Monitor
from oscine.core.operations import Input, Operation

_OWN_WORD = re.compile(r"(.+)_scores")
"""Names of results that other results are made from: what comes of `new_scores.h5` is about `new`."""


_FILES = {".csv"}
"""Suffixes of results that are files: `--out results` then names a folder for them."""


@dataclass(frozen=True)
class Report:
    """What came of one input.

    Attributes
    ----------
    input
        The path that it was read from, if any.
    outputs
        Files and folders that were written.
    result
        What the operation gave; `None` where it failed.
    error
        Why it failed.
    up_to_date
        Whether the outputs were there already, so that nothing was done.
    """

    operation: str
    input: Path | None
    outputs: list[Path] = field(default_factory=list)
    result: Any = None
    error: InputError | OSError | None = None
    up_to_date: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        about = {"operation": self.operation, "input": None if self.input is None else str(self.input)}
        if self.error is not None:
            return {**about, "error": str(self.error)}
        described = self.result.summary() if hasattr(self.result, "summary") else self.result
        outputs = [str(path) for path in self.outputs]
        if self.up_to_date:
            return {**about, "outputs": outputs, "up_to_date": True}
        return {**about, "outputs": outputs, "result": plain(described)}


def run(
    function: Callable[..., Any],
    texts: Mapping[str, Any],
    params: Any,
    *,
    out: str | None = None,
    monitor: Monitor,
) -> Iterator[Report]:
    """Run an operation once for each input, and write its results.

    Parameters
    ----------
    function
        An operation.
    texts
        The text given for each input; a list of them for the one that may be many.
    params
        Its parameters.
    out
        Where to write; a folder where there are many inputs. By default the operation's own place.

    Yields
    ------
    Report
        One for each input, in their order, as soon as it is done; with an `error` where one of many failed.

    Raises
    ------
    InputError
        Where there is only one input and it cannot be used; where many were to go into one file.
    """
    operation: Operation = function.operation  # type: ignore[attr-defined]
    each = next((item for item in operation.inputs if item.name == operation.each), None)
    fixed = {
        item.name: load(item, texts[item.name], monitor)
        for item in operation.inputs
        if item is not each and texts.get(item.name) is not None
    }
    if each is None:
        first = texts.get(operation.inputs[0].name) if operation.inputs else None
        given = None
        if isinstance(first, (list, tuple)):  # the result is named after the first of several, unless `rename` knows
            given = Path(",".join(first)) if len(first) > 1 else None
            first = next(iter(first), None)
        path = None if first is None else Path(first)
        yield _once(function, texts, fixed, path, target(operation, path, out, given=given), params, monitor)
        return
    found = gather(each, texts[each.name])
    foremost = list(itertools.islice(found, 2))
    many = len(foremost) > 1
    taken: dict[Path, Path] = {}
    if many:
        _check_folder(operation, out)
    for path, value in itertools.chain(foremost, found):
        monitor.check()
        try:
            if isinstance(value, (InputError, OSError)):
                raise value
            place = target(operation, path, out, many=many)
            if place is not None and (other := taken.setdefault(place, path)) != path:
                raise InputError(
                    f"its result would overwrite that of {other}", path=path, cure="Run them one by one, with --out"
                )
            yield _once(function, texts, {**fixed, each.name: value}, path, place, params, monitor)
        except (InputError, OSError) as error:
            if not many:
                raise
            yield Report(operation.name, path, error=error)


def _once(
    function: Callable[..., Any],
    texts: Mapping[str, Any],
    inputs: Mapping[str, Any],
    path: Path | None,
    place: Path | None,
    params: Any,
    monitor: Monitor,
) -> Report:
    operation: Operation = function.operation  # type: ignore[attr-defined]
    _check_apart(operation, texts, inputs, path, place)
    for value in inputs.values():
        for text in getattr(value, "warnings", ()):  # what is wrong with an input that can be used all the same
            monitor.warning(f"{path}: {text}" if path is not None else text)
    if operation.up_to_date is not None and place is not None:
        there = operation.up_to_date(inputs, place, params)
        if there:
            return Report(operation.name, path, there, up_to_date=True)
    out = {"out": place} if operation.takes_out else {}
    result = function(**inputs, **out, params=params, monitor=monitor)
    written: list[Any] = []
    if operation.save is not None:
        written = operation.save(result, place, params)
    elif place is not None and operation.takes_out:
        written = [place]
    elif place is not None and hasattr(result, "save"):
        saved = result.save(place)
        written = saved if isinstance(saved, list) else [saved]
    return Report(operation.name, path, [Path(item) for item in written], result)


# -- inputs ----------------------------------------------------------------------------------------------------------


def load(item: Input, text: str | Sequence[str], monitor: Monitor = SILENT) -> Any:
    """One input from its text: by `load` of its type, given the monitor if it takes one, else by calling the type.

    From several texts it is made by `load_all`.
    """
    kinds = [kind for kind in getattr(item.type, "__args__", (item.type,)) if kind is not type(None)]
    for kind in kinds:
        if not isinstance(text, str) and hasattr(kind, "load_all"):
            return kind.load_all(list(text))
        if hasattr(kind, "load"):
            listens = "monitor" in inspect.signature(kind.load).parameters
            return kind.load(text, monitor=monitor) if listens else kind.load(text)
    return kinds[0](text)


def gather(item: Input, texts: Sequence[str]) -> Iterator[tuple[Path, Any]]:
    """Everything that some paths, folders and patterns mean, opened one at a time.

    Yields
    ------
    path, value
        What a result is named after, and the object, or the error that opening it raised.
    """
    own = getattr(item.type, "gather", None)
    for text in texts:
        try:
            if own is not None:
                yield from own(text)
                continue
        except InputError as error:
            yield Path(text), error
            continue
        matches = sorted(glob.glob(text)) if glob.has_magic(text) and not Path(text).exists() else [text]  # noqa: PTH207
        if not matches:
            yield Path(text), InputError("no file fits this pattern", found=text)
        for match in matches:
            try:
                yield Path(match), load(item, match)
            except (InputError, OSError) as error:
                yield Path(match), error


# -- outputs ---------------------------------------------------------------------------------------------------------


def target(
    operation: Operation, path: Path | None, out: str | None = None, *, many: bool = False, given: Path | None = None
) -> Path | None:
    """Where a result goes: `out`, else the operation's own place, named after the input; `None` for nowhere.

    Parameters
    ----------
    path
        What the result is named after. A logical recording `<file>-<part>`, which is no file, is named in full.
    out
        A file; a folder where there are many inputs, or where it is one already and the operation writes a file
        for each input.
    given
        All of what a result of several paths is made from, separated by commas, for `rename`.
    """
    if operation.out is None:
        return Path(out) if out else None
    stem, folder = _stem_and_folder(path)
    default = Path(operation.out.format(stem=stem, folder=folder, time=timestamp()))
    if operation.rename is not None and path is not None:
        renamed: Path | None = operation.rename(default, given or path)
        if out is None:
            return renamed  # None: in places of its own, such as beside each recording
        default = default if renamed is None else renamed
    if out is None:
        return default
    bare = default.suffix in _FILES and not Path(out).suffix and not Path(out).is_file()
    into = many or (operation.each is not None and (Path(out).is_dir() or out.endswith(os.sep) or bare))
    return Path(out) / default.name if into else Path(out)


def _stem_and_folder(path: Path | None) -> tuple[str, Path]:
    if path is None:
        return "", Path()
    if not path.name or path.name == "..":
        path = path.resolve()
    while glob.has_magic(path.name) and not path.exists():
        path = path.parent if path.parent.name else path.parent.resolve()
    stem = path.stem if path.is_file() else path.name
    match = _OWN_WORD.fullmatch(stem)
    return match[1] if match else stem, path.parent


def _check_apart(
    operation: Operation, texts: Mapping[str, Any], inputs: Mapping[str, Any], path: Path | None, place: Path | None
) -> None:
    """A result does not take the place of what it is made from, unless that is its own place."""
    if place is None or place == target(operation, path):
        return
    sources: list[Any] = [path]
    for text in (texts.get(item.name) for item in operation.inputs):
        sources += text if isinstance(text, (list, tuple)) else [text]
    for value in inputs.values():  # a run's best model, given by the folder of the run
        sources += [getattr(value, name, None) for name in ("path", "source")]
    if os.path.realpath(place) in {os.path.realpath(item) for item in sources if isinstance(item, (str, Path))}:
        raise InputError(
            "is what is read, and the result would be written over it", path=place, cure="Give another place: --out"
        )


def _check_folder(operation: Operation, out: str | None) -> None:
    """Many results do not go into one file."""
    if out is None or operation.out is None or Path(out).is_dir():
        return
    if Path(out).exists() or (Path(out).suffix and Path(out).suffix == Path(operation.out).suffix):
        raise InputError("several results do not go into one file", path=out, cure="Give a folder: --out results/")


def plain(value: Any) -> Any:
    """A value as JSON has it: arrays as lists, numbers that are not finite as null, everything else as text."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):  # NumPy's
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)
