"""Operations: a function that is also a command, a form and a job.

    @operation(each="recording", out="{folder}/{stem}_detected.csv")
    def detect(recording: Recording, params: DetectParams = DetectParams(), *, monitor=SILENT) -> Annotations:
        '''Find sounds in a recording.'''

The signature says everything: positional arguments are inputs (a type that has `load(path)` is read from a
path on the command line), `params` is the frozen parameter object, `monitor` the way outward, `out` (where an
operation writes while it runs) a path. The decorator leaves a plain function with an `operation` attribute, and
puts the provenance into any result that has a place for it (`result.with_provenance(provenance)`).

A type whose inputs may come many at a time has `gather(text)`, which yields a path and an object (or the
`InputError` that opening it raised) for each thing that `text`, a folder or a pattern, means. A type that is made of
several at once, such as the runs of a comparison, has `load_all(texts)`. How drivers use all this is in `running`.
"""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from oscine.core import docstrings
from oscine.core.artifacts import Provenance, describe
from oscine.core.errors import InputError
from oscine.core.params import OperationParams

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Input:
    """One input of an operation: its name, the type that loads it, whether it may be left out, and what it is."""

    name: str
    type: Any
    required: bool
    help: str = ""

    @property
    def takes_several(self) -> bool:
        """Whether it is made of several paths at once, by `load_all` of its type."""
        return any(hasattr(kind, "load_all") for kind in getattr(self.type, "__args__", (self.type,)))


@dataclass(frozen=True)
class Operation:
    """What the drivers (command line, jobs, page) know of an operation.

    Attributes
    ----------
    summary, description
        The first line of its docstring, and the prose behind it.
    takes_out
        Whether it writes while it runs, into a path that it is given as `out`.
    each
        Name of the input that the command line accepts many of, running the operation once for each.
    out
        Where the result goes by default: `{stem}` and `{folder}` are those of the `each` input, `{time}` is now.
    save
        `save(result, path, params) -> paths` where a result's own `save(path)` is not all.
    rename
        `rename(path, input) -> path`: what the default place is called where a project has names of its own; `None`
        where the operation knows better, such as beside each of the recordings.
    up_to_date
        `up_to_date(inputs, path, params) -> paths`: what there is already, where running again would give the same.
    """

    function: Callable[..., Any]
    name: str
    summary: str
    description: str
    inputs: tuple[Input, ...]
    params: type[OperationParams]
    takes_out: bool
    each: str | None
    out: str | None
    save: Callable[[Any, Any, Any], list[Any]] | None
    rename: Callable[[Any, Any], Any] | None = None
    up_to_date: Callable[[Any, Any, Any], list[Any]] | None = None


def operation(
    *,
    each: str | None = None,
    out: str | None = None,
    save: Callable[[Any, Any, Any], list[Any]] | None = None,
    rename: Callable[[Any, Any], Any] | None = None,
    up_to_date: Callable[[Any, Any, Any], list[Any]] | None = None,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare a function to be an operation (see the module's docstring)."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(function)
        hooks = {"save": save, "rename": rename, "up_to_date": up_to_date}
        declared = _Declared(function, signature, each, out, hooks)

        @functools.wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                bound = signature.bind(*args, **kwargs)
            except TypeError as error:
                given = ", ".join(signature.parameters)
                raise TypeError(f"{function.__name__}({given}): {error}") from None
            bound.apply_defaults()
            params = bound.arguments["params"]
            if not isinstance(params, declared.params):
                raise InputError(
                    f"params of {function.__name__} has the wrong type",
                    found=type(params).__name__,
                    allowed=declared.params.__name__,
                )
            result = function(*args, **kwargs)
            if hasattr(result, "with_provenance"):
                inputs = {item.name: describe(bound.arguments[item.name]) for item in declared.inputs}
                provenance = Provenance.now(function.__name__, params.to_dict(), inputs)
                return typing.cast("R", result.with_provenance(provenance))
            return result

        run.operation = declared  # type: ignore[attr-defined]
        return run

    return decorate


class _Declared:
    """Reads the signature's types when they are first asked for: they may be imported lazily."""

    def __init__(
        self, function: Callable[..., Any], signature: inspect.Signature, each: Any, out: Any, hooks: dict[str, Any]
    ) -> None:
        self._parts = (function, signature, each, out, hooks)

    @functools.cached_property
    def _operation(self) -> Operation:
        function, signature, each, out, hooks = self._parts
        types = typing.get_type_hints(function)
        text = docstrings.read(function.__doc__)
        inputs = tuple(
            Input(name, types[name], parameter.default is parameter.empty, text.parameters.get(name, ""))
            for name, parameter in signature.parameters.items()
            if parameter.kind is parameter.POSITIONAL_OR_KEYWORD and name != "params"
        )
        return Operation(
            function=function,
            name=function.__name__,
            summary=text.summary,
            description=text.prose,
            inputs=inputs,
            params=types["params"],
            takes_out="out" in signature.parameters,
            each=each,
            out=out,
            **hooks,
        )

    def __getattr__(self, name: str) -> Any:
        return getattr(self._operation, name)
