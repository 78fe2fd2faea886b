"""Operations: a function that is also a command, a form and a job.

    @operation(each="recording", out="{stem}_detected.csv")
    def detect(recording: Recording, params: DetectParams = DetectParams(), *, monitor=SILENT) -> Annotations:
        '''Find sounds in a recording.'''

The signature says everything: positional arguments are inputs (a type that has `load(path)` is read from a
path on the command line), `params` is the frozen parameter object, `monitor` the way outward, `out` (where an
operation writes while it runs) a path. The decorator leaves a plain function with an `operation` attribute, and
puts the provenance into any result that has a place for it (`result.with_provenance(provenance)`).
"""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from oscine.core.artifacts import Provenance, describe
from oscine.core.errors import InputError
from oscine.core.params import OperationParams


@dataclass(frozen=True)
class Input:
    """One input of an operation: its name, the type that loads it, and whether it may be left out."""

    name: str
    type: Any
    required: bool


@dataclass(frozen=True)
class Operation:
    """What the drivers (command line, jobs, page) know of an operation.

    Attributes
    ----------
    each
        Name of the input that the command line accepts many of, running the operation once for each.
    out
        Where the result goes by default: `{stem}` and `{folder}` are those of the `each` input, `{time}` is now.
    save
        `save(result, path, params) -> paths` where a result's own `save(path)` is not all.
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


def operation(
    *,
    each: str | None = None,
    out: str | None = None,
    save: Callable[[Any, Any, Any], list[Any]] | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a function to be an operation (see the module's docstring)."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(function)

        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            try:
                bound = signature.bind(*args, **kwargs)
            except TypeError as error:
                raise TypeError(f"{function.__name__}{signature}: {error}") from None
            bound.apply_defaults()
            params = bound.arguments["params"]
            expected = run.operation.params  # type: ignore[attr-defined]
            if not isinstance(params, expected):
                raise InputError(
                    f"params of {function.__name__} has the wrong type",
                    found=type(params).__name__,
                    allowed=expected.__name__,
                )
            result = function(*bound.args, **bound.kwargs)
            if hasattr(result, "with_provenance"):
                inputs = {item.name: describe(bound.arguments[item.name]) for item in run.operation.inputs}  # type: ignore[attr-defined]
                return result.with_provenance(Provenance.now(function.__name__, params.to_dict(), inputs))
            return result

        run.operation = _Declared(function, signature, each, out, save)  # type: ignore[attr-defined]
        return run

    return decorate


class _Declared:
    """Reads the signature's types when they are first asked for: they may be imported lazily."""

    def __init__(
        self, function: Callable[..., Any], signature: inspect.Signature, each: Any, out: Any, save: Any
    ) -> None:
        self._parts = (function, signature, each, out, save)

    @functools.cached_property
    def _operation(self) -> Operation:
        function, signature, each, out, save = self._parts
        types = typing.get_type_hints(function)
        inputs = tuple(
            Input(name, types[name], parameter.default is parameter.empty)
            for name, parameter in signature.parameters.items()
            if parameter.kind is parameter.POSITIONAL_OR_KEYWORD and name != "params"
        )
        text = inspect.getdoc(function) or ""
        return Operation(
            function=function,
            name=function.__name__,
            summary=text.split("\n", 1)[0],
            description=text,
            inputs=inputs,
            params=types["params"],
            takes_out="out" in signature.parameters,
            each=each,
            out=out,
            save=save,
        )

    def __getattr__(self, name: str) -> Any:
        return getattr(self._operation, name)
