"""Parameters: frozen, typed, documented, each default and bound in one place.

A `Params` class is the only declaration of an operation's or a plug-in's options. The Python function, the
command, the form, the job and the provenance are all derived from it. A field's docstring is its help; its
`Unit` is shown wherever it is shown; unknown names are errors, with the nearest spelling.

>>> class DetectParams(Params):
...     smooth: Seconds = Field(0.0064, gt=0)
...     "Gaps shorter than this are filled."
>>> DetectParams(smooth=0.01).smooth
0.01
>>> DetectParams(smooth=0)
Traceback (most recent call last):
oscine.core.errors.InputError: DetectParams: option smooth is out of range; found 0; allowed: > 0.

Four things hold wherever values come from (Python, a file, flags, a form):

- what is wrong with them is an `InputError`, one line long;
- a list of plug-ins may be given as text too: names separated by commas, JSON, or the path of a file;
- the text "none" stands for `None` where that is allowed, because TOML has no word for it;
- a mapping given for a nested parameter object, or for a plug-in, need not be complete: what it leaves out is
  as in the field's default.
"""

from __future__ import annotations

import re
import tomllib
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, ErrorDetails

from oscine.core.errors import InputError, nearest, unknown

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


class Choice:
    """Base of metadata of a field whose values are chosen by name (a kind of plug-ins)."""

    def several(self, text: str) -> list[Any]:
        """What a list of them is made of, where it is given as text."""
        raise NotImplementedError


if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass as _OneLine
else:

    class _OneLine(type(BaseModel)):
        """Calling a parameter class says what is wrong in one line, instead of pydantic's report."""

        def __call__(cls, *args: Any, **kwargs: Any) -> Any:
            try:
                return super().__call__(*args, **kwargs)
            except ValidationError as error:
                raise explain(error, owner=cls.__name__) from None


class Params(BaseModel, metaclass=_OneLine):
    """Base of every parameter object: immutable, compared and hashed by value, refusing what it does not know."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        validate_default=True,
        allow_inf_nan=False,
        protected_namespaces=(),
    )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """As pydantic's, but defaults that are parameter objects stand in it as they are written down."""
        form = handler(schema)
        properties = handler.resolve_ref_schema(form).get("properties", {})
        for name, field in cls.model_fields.items():
            default = default_of(field)
            if name in properties and isinstance(default, Params):
                properties[name]["default"] = default.to_dict()
            elif name in properties and hasattr(default, "to_plain"):
                properties[name]["default"] = default.to_plain()
            elif name in properties and list_choice(field) and isinstance(default, (list, tuple)):
                properties[name]["default"] = [member.to_dict() for member in default]
        return form

    @model_validator(mode="before")
    @classmethod
    def _prepared(cls, values: Any) -> Any:
        """Refuse unknown names, read "none", complete partial mappings (see the module's docstring)."""
        if not isinstance(values, Mapping):
            return values
        for name in values:
            if name not in cls.model_fields:
                raise unknown("option", str(name), cls.model_fields)
        return {name: _understood(cls.model_fields[name], value) for name, value in values.items()}

    @classmethod
    def parse(cls, values: Mapping[str, Any], *, source: str | Path | None = None) -> Self:
        """Validate values that a user gave as text, a form or a file.

        Parameters
        ----------
        values
            Nested mapping of names to values; text is converted ("3" to 3).
        source
            The TOML file they come from, for the error message.

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

    def completed(self, value: object) -> object:
        """A partial mapping, with what it leaves out as it is here; any other value as it is."""
        if not isinstance(value, Mapping):
            return value
        given = {}
        for name, item in value.items():
            mine = getattr(self, name, None) if name in type(self).model_fields else None
            given[name] = mine.completed(item) if isinstance(mine, Params) else item
        return {**self.to_dict(), **given}


class OperationParams(Params):
    """Base of the parameters of an operation."""

    configurations: ClassVar[Path | None] = None
    """Folder of parameter files that go by their names, where the operation has any."""

    seed: int = Field(0, ge=0)
    """Seed of every random choice: the same seed gives the same result."""

    @classmethod
    def configuration_names(cls) -> list[str]:
        """Names of the configurations that come with Oscine, sorted."""
        return sorted(path.stem for path in cls.configurations.glob("*.toml")) if cls.configurations else []

    @classmethod
    def find(cls, name: str | Path) -> Path:
        """The parameter file of a name: a path, or one of the configurations.

        Raises
        ------
        InputError
            Where there is neither, listing the configurations.
        """
        if cls.configurations is None or Path(name).is_file() or "/" in str(name) or str(name).endswith(".toml"):
            return Path(name)
        if str(name) not in cls.configuration_names():
            raise unknown("parameter file or configuration", str(name), cls.configuration_names())
        return cls.configurations / f"{name}.toml"

    @classmethod
    def named(cls, name: str) -> Self:
        """The parameters of a configuration that comes with Oscine."""
        return cls.load(cls.find(name))


def _understood(field: FieldInfo, value: Any) -> Any:
    if not isinstance(value, (str, Mapping)):
        return value
    if isinstance(value, str) and value.lower() == "none" and type(None) in typing.get_args(field.annotation):
        return None
    if (choice := list_choice(field)) is not None:
        return choice.several(value) if isinstance(value, str) else [value]
    default = default_of(field)
    return default.completed(value) if isinstance(default, Params) else value


def list_choice(field: FieldInfo) -> Choice | None:
    """What the members of a field are chosen from, if it holds a list of choices (`tuple[Annotated[…], ...]`)."""
    annotation: Any = field.annotation
    for candidate in (annotation, *typing.get_args(annotation)):
        if typing.get_origin(candidate) in {tuple, list}:
            for member in typing.get_args(candidate):
                for item in getattr(member, "__metadata__", ()):
                    if isinstance(item, Choice):
                        return item
    return None


def default_of(field: FieldInfo) -> Any:
    """The default of a field; pydantic's `PydanticUndefined` where a value is required."""
    return field.get_default(call_default_factory=True)


# -- files -----------------------------------------------------------------------------------------------------------


def read_toml(path: str | Path) -> dict[str, Any]:
    """Read a TOML file; a missing or malformed one is an `InputError` that names the line."""
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError("there is no such parameter file", path=path) from None
    except OSError as error:
        raise InputError(f"cannot be read ({(error.strerror or str(error)).lower()})", path=path) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"not a TOML file: {error}", path=path, cure="Write lines such as: n_steps = 300") from None


def _line_of(path: str | Path, option: tuple[str, ...]) -> int | None:
    """The line of a TOML file that sets an option, counted from 1; `None` where it is not plainly there."""
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    table: tuple[str, ...] = ()
    counts: dict[tuple[str, ...], int] = {}
    best = None
    for number, line in enumerate(lines, 1):
        if header := re.fullmatch(r"\s*(?:\[([^\[\]]+)\]|\[\[([^\[\]]+)\]\])\s*(#.*)?", line):
            table = tuple(part.strip().strip("\"'") for part in (header[1] or header[2]).split("."))
            if header[2]:  # one more of a list of tables
                counts[table] = counts.get(table, -1) + 1
                table = (*table, str(counts[table]))
            keys = table
        elif entry := re.match(r"\s*([\w.\"'-]+)\s*=", line):
            keys = (*table, *(part.strip("\"'") for part in entry[1].split(".")))
        else:
            continue
        if keys[-len(option) :] == option:  # the table may stand in one named after the operation
            best = number
    return best


# -- errors ----------------------------------------------------------------------------------------------------------

_SIGNS = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}
_KINDS_OF_ERROR = {
    "greater_than": "is out of range",
    "greater_than_equal": "is out of range",
    "less_than": "is out of range",
    "less_than_equal": "is out of range",
    "finite_number": "is not a finite number",
    "float_type": "is not a number",
    "float_parsing": "is not a number",
    "int_type": "is not a whole number",
    "int_parsing": "is not a whole number",
    "int_from_float": "is not a whole number",
    "bool_type": "is neither on nor off",
    "bool_parsing": "is neither on nor off",
    "string_type": "is not text",
    "literal_error": "is not one of the choices",
    "enum": "is not one of the choices",
    "missing": "is missing",
}
"""pydantic's types of error in the house's words; others keep pydantic's."""


def explain(error: ValidationError, *, source: str | Path | None = None, owner: str = "") -> InputError:
    """The first problem of a validation, as one line that a user understands.

    Parameters
    ----------
    error
        What pydantic found.
    source
        The TOML file that the values come from.
    owner
        The class that was called from Python. Options are spelt as there and in files, with underscores; for the
        command line (neither given), with hyphens.
    """
    detail = error.errors(include_url=False)[0]
    path = tuple(str(part) for part in detail["loc"] if not str(part).startswith(("function-", "is-instance")))
    name = ".".join(path) if owner or source else ".".join(path).replace("_", "-")
    subject = f"{owner}: " * bool(owner) + f"option {name}" * bool(path)
    line = _line_of(source, path) if source and path else None
    if source and line is None and (places := [place for place, part in enumerate(path) if part.isdigit()]):
        line = _line_of(source, path[: places[0]])  # within a list, where it begins
    cause = detail.get("ctx", {}).get("error")
    if isinstance(cause, InputError):
        joined = f"{subject}: {cause.problem}" if path else f"{subject}{cause.problem}"
        if cause.path is not None:
            return InputError(f"{subject}: {cause}" if path else f"{subject}{cause}", path=source, line=line)
        if source and not path and isinstance(cause.found, str):
            line = _line_of(source, (cause.found,))
        elif source and path and isinstance(cause.found, str):
            line = _line_of(source, (*path, cause.found)) or line
        return InputError(joined, path=source, line=line, found=cause.found, allowed=cause.allowed, cure=cause.cure)
    known = _KINDS_OF_ERROR.get(detail["type"])
    message = detail["msg"].removeprefix("Value error, ")
    message = known or (f": {message}" if path else message)
    found = detail["input"] if detail["type"] not in {"value_error", "missing"} else None
    text = f"{subject}{message}" if message.startswith(":") or not subject else f"{subject} {message}"
    allowed = _allowed(detail)
    guess = (
        nearest(str(found), allowed.split(", ")) if allowed and detail["type"] in {"literal_error", "enum"} else None
    )
    return InputError(
        text, path=source, line=line, found=found, allowed=allowed, cure=f"Did you mean {guess!r}?" if guess else None
    )


def bounds(limits: Mapping[str, Any]) -> str | None:
    """Limits named as pydantic does, as signs.

    Examples
    --------
    >>> bounds({"ge": 2, "le": 64.0})
    '≥ 2, ≤ 64'
    """
    return ", ".join(f"{sign} {limits[key]:g}" for key, sign in _SIGNS.items() if limits.get(key) is not None) or None


def _allowed(detail: ErrorDetails) -> str | None:
    """What would have been right, read off pydantic's context."""
    context = detail.get("ctx", {})
    if "expected" in context:
        return ", ".join(re.findall(r"'([^']*)'", context["expected"])) or str(context["expected"])
    if detail["type"].startswith("bool_"):
        return "on, off"
    return bounds(context)
