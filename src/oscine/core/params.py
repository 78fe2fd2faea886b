"""Parameters: frozen, typed, documented, each default and bound in one place.

A `Params` class is the only declaration of an operation's or a plug-in's options. The Python function, the
command, the form, the job and the provenance are all derived from it. A field's docstring is its help; its
`Unit` is shown wherever it is shown; unknown names are errors, with the nearest spelling.

>>> class DetectParams(Params):
...     smooth: Seconds = Field(0.0064, gt=0)
...     "Gaps shorter than this are filled."
>>> DetectParams(smooth=0.01).smooth
0.01
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, ValidationError, model_validator
from pydantic_core import CoreSchema, ErrorDetails

from oscine.core.errors import InputError, nearest

__all__ = ["Decibels", "Field", "Hertz", "OperationParams", "Params", "Seconds", "Unit"]


class Unit:
    """The unit of a number, for help texts, forms and the schema."""

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), "unit": self.symbol}

    def __repr__(self) -> str:
        return f"Unit({self.symbol!r})"


Seconds = Annotated[float, Unit("s")]
Hertz = Annotated[float, Unit("Hz")]
Decibels = Annotated[float, Unit("dB")]


class Params(BaseModel):
    """Base of every parameter object: immutable, hashable by value, refusing what it does not know."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        validate_default=True,
        allow_inf_nan=False,
        protected_namespaces=(),
    )

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown_names(cls, values: Any) -> Any:
        if isinstance(values, Mapping):
            for name in values:
                if name not in cls.model_fields:
                    guess = nearest(str(name), cls.model_fields)
                    hint = f"; did you mean '{guess}'?" if guess else ""
                    raise ValueError(f"unknown option '{name}' (allowed: {', '.join(cls.model_fields)}){hint}")
        return values

    @classmethod
    def parse(cls, values: Mapping[str, Any], *, source: str | Path | None = None) -> Self:
        """Validate values that a user gave as text, a form or a file.

        Parameters
        ----------
        values
            Nested mapping of names to values; text is converted ("3" to 3).
        source
            Where they come from, for the error message.

        Raises
        ------
        InputError
            One line that names the option, what was found and what is allowed.
        """
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            raise explain(error, source=source) from None

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read parameters from a TOML file."""
        return cls.parse(read_toml(path), source=path)

    def to_dict(self) -> dict[str, Any]:
        """Plain values (numbers, text, lists, mappings), for TOML, JSON and provenance."""
        return self.model_dump(mode="json")


class OperationParams(Params):
    """Base of the parameters of an operation."""

    seed: int = Field(0, ge=0)
    """Seed of every random choice: the same seed gives the same result."""


def read_toml(path: str | Path) -> dict[str, Any]:
    """Read a TOML file; a missing or malformed one is an `InputError` that names the line."""
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError("there is no such parameter file", path=path) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"not a TOML file: {error}", path=path, cure="Write lines such as: n_steps = 300") from None


def explain(error: ValidationError, *, source: str | Path | None = None) -> InputError:
    """The first problem of a validation, as one line that a user understands."""
    detail = error.errors(include_url=False)[0]
    option = ".".join(str(part).replace("_", "-") for part in detail["loc"] if not str(part).startswith("function-"))
    found = detail["input"] if detail["type"] not in {"value_error", "missing"} else None
    problem = f"option {option}" if option else "options"
    return InputError(
        f"{problem}: {detail['msg'].removeprefix('Value error, ')}",
        path=source,
        found=found,
        allowed=_allowed(detail),
    )


def _allowed(detail: ErrorDetails) -> str | None:
    """What would have been right, read off pydantic's context."""
    signs = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}
    context = detail.get("ctx", {})
    bounds = [f"{sign} {context[key]}" for key, sign in signs.items() if key in context]
    if "expected" in context:
        return str(context["expected"])
    return ", ".join(bounds) or None
