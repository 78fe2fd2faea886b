"""Parameters as flat options, for drivers that speak text: the command line, forms, the docs.

A nested parameter object becomes a list of dotted options; a field that holds a plug-in becomes an option that
names it, followed by the options of the plug-in that is chosen:

    --architecture songexplorer  --architecture.n-conv-layers 3

`flatten` goes from a class to its options, `assemble` from texts given for them to nested values, which
`Params.parse` then checks: no bound or type stands anywhere but in the class.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from oscine.core.errors import InputError
from oscine.core.params import Params, Unit
from oscine.core.plugins import Plugin, PluginKind


@dataclass(frozen=True)
class Option:
    """One option, as a driver shows it.

    Attributes
    ----------
    path
        Field names from the outermost parameter object inwards.
    form
        "flag" (on or off), "list" (values separated by commas), "mapping" (`a=b,c=d`), "plugin" or "value".
    type, unit, default, bounds, choices
        As text, for help; `choices` is empty where any value in bounds will do.
    """

    path: tuple[str, ...]
    form: str
    type: str
    help: str
    unit: str
    default: str
    bounds: str
    choices: tuple[str, ...]

    @property
    def name(self) -> str:
        """Dotted, with hyphens: `architecture.n-blocks`."""
        return ".".join(part.replace("_", "-") for part in self.path)


def flatten(params: type[Params], given: Mapping[str, Any] | None = None, base: tuple[str, ...] = ()) -> list[Option]:
    """All options of a parameter class.

    Parameters
    ----------
    params
        The class.
    given
        Nested values given so far: they decide which plug-in's options are listed.
    """
    return list(_flatten(params, given or {}, base, {}))


def _flatten(
    params: type[Params], given: Mapping[str, Any], base: tuple[str, ...], defaults: Mapping[str, Any]
) -> Iterator[Option]:
    for name, field in params.model_fields.items():
        path = (*base, name)
        default = defaults.get(name, _default(field))
        kind = plugin_kind(field)
        value = given.get(name)
        if kind is not None:
            chosen = _chosen(kind, value, default)
            fallback = default.plugin_name if isinstance(default, Plugin) else "none" if default is None else ""
            yield Option(path, "plugin", "name", field.description or "", "", fallback, "", tuple(kind.names()))
            if chosen is not None:
                inner = value if isinstance(value, Mapping) else {}
                same = isinstance(default, Plugin) and isinstance(default, chosen)
                yield from _flatten(chosen, inner, path, dict(default) if same else {})
        elif (nested := _nested(field)) is not None:
            inner = value if isinstance(value, Mapping) else {}
            yield from _flatten(nested, inner, path, dict(default) if isinstance(default, nested) else {})
        else:
            yield _option(path, field, default)


def assemble(texts: Mapping[tuple[str, ...], Any], params: type[Params], start: Mapping[str, Any]) -> dict[str, Any]:
    """Nested values from options given as text, on top of `start` (from a file).

    Raises
    ------
    InputError
        Where a mapping is not written as `name=value`.
    """
    values = _copy(start)
    options = {option.path: option for option in flatten(params, _with_names(texts, start))}
    for path in sorted(texts, key=len):
        option, text = options[path], texts[path]
        place = values
        for part in path[:-1]:
            inner = place.get(part)
            if not isinstance(inner, dict):
                inner = {"name": inner} if isinstance(inner, str) else {}
                place[part] = inner
            place = inner
        if option.form == "plugin":
            before = place.get(path[-1])
            same = isinstance(before, dict) and before.get("name") == text
            place[path[-1]] = before if same else None if text.lower() == "none" else {"name": text}
        else:
            place[path[-1]] = _parsed(option, text)
    return _with_default_names(values, params)


def plugin_kind(field: FieldInfo) -> PluginKind[Any] | None:
    """The kind of plug-in that a field holds, if it holds one."""
    for item in field.metadata:
        if isinstance(item, PluginKind):
            return item
    for member in typing.get_args(field.annotation):
        for item in getattr(member, "__metadata__", ()):
            if isinstance(item, PluginKind):
                return item
    return None


def _with_names(texts: Mapping[tuple[str, ...], Any], start: Mapping[str, Any]) -> dict[str, Any]:
    """`start` with the plug-in names (and nothing else) that `texts` choose."""
    values = _copy(start)
    for path, text in sorted(texts.items(), key=lambda item: len(item[0])):
        place = values
        for part in path[:-1]:
            inner = place.setdefault(part, {})
            if isinstance(inner, str):
                inner = place[part] = {"name": inner}
            if not isinstance(inner, dict):
                break
            place = inner
        else:
            if isinstance(text, str):
                before = place.get(path[-1])
                place[path[-1]] = {**before, "name": text} if isinstance(before, dict) else text
    return values


def _with_default_names(values: dict[str, Any], params: type[Params]) -> dict[str, Any]:
    """Options of a plug-in given without its name belong to the default plug-in, whose other options they keep."""
    for name, value in values.items():
        field = params.model_fields.get(name)
        if field is None or not isinstance(value, dict):
            continue
        default = _default(field)
        if plugin_kind(field) is not None:
            if isinstance(default, Plugin) and value.get("name", default.plugin_name) == default.plugin_name:
                values[name] = {**default.to_dict(), **value}
        elif (nested := _nested(field)) is not None:
            values[name] = _with_default_names(value, nested)
    return values


def _chosen(kind: PluginKind[Any], value: Any, default: Any) -> type[Plugin] | None:
    if isinstance(value, Mapping) and "name" in value:
        value = value["name"]
    if isinstance(value, str):
        return None if value.lower() == "none" else kind.get(value)
    return type(default) if isinstance(default, Plugin) else None


def _nested(field: FieldInfo) -> type[Params] | None:
    annotation = field.annotation
    return annotation if isinstance(annotation, type) and issubclass(annotation, Params) else None


def _default(field: FieldInfo) -> Any:
    return None if field.is_required() else field.get_default(call_default_factory=True)


def _option(path: tuple[str, ...], field: FieldInfo, default: Any) -> Option:
    annotation = _without_none(field.annotation)
    origin = typing.get_origin(annotation) or annotation
    choices: tuple[str, ...] = ()
    if origin is typing.Literal:
        choices = tuple(str(value) for value in typing.get_args(annotation))
    form = "value"
    if origin is bool:
        form = "flag"
    elif origin in {list, tuple, set, frozenset} or (isinstance(origin, type) and issubclass(origin, (list, tuple))):
        form = "list"
    elif origin is dict or origin is Mapping:
        form = "mapping"
    metadata = [*field.metadata, *getattr(annotation, "__metadata__", ())]
    for argument in typing.get_args(field.annotation):
        metadata += getattr(argument, "__metadata__", ())
    unit = next((item.symbol for item in metadata if isinstance(item, Unit)), "")
    signs = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}
    bounds = ", ".join(
        f"{sign} {getattr(item, key)}"
        for item in metadata
        for key, sign in signs.items()
        if getattr(item, key, None) is not None
    )
    return Option(
        path=path,
        form=form,
        type=_type_name(annotation),
        help=" ".join((field.description or "").split()),
        unit=unit,
        default="" if field.is_required() and default is PydanticUndefined else shown(default),
        bounds=bounds,
        choices=choices,
    )


def shown(value: Any) -> str:
    """A default as a user would type it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, Mapping):
        return ",".join(f"{key}={item}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return ",".join(shown(item) for item in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _parsed(option: Option, text: Any) -> Any:
    if not isinstance(text, str):
        return text
    if text.lower() == "none" and option.default == "none":
        return None
    if option.form == "list":
        return [part.strip() for part in text.split(",") if part.strip()]
    if option.form == "mapping":
        pairs = [part.partition("=") for part in text.split(",") if part.strip()]
        for key, sign, _ in pairs:
            if not sign:
                raise InputError(f"option {option.name}: no '=' in it", found=key, allowed="name=value,name=value")
        return {key.strip(): value.strip() for key, _, value in pairs}
    return text


def _without_none(annotation: Any) -> Any:
    if typing.get_origin(annotation) in {typing.Union, types.UnionType}:
        members = [member for member in typing.get_args(annotation) if member is not type(None)]
        if len(members) == 1:
            annotation = members[0]
    if typing.get_origin(annotation) is typing.Annotated:
        annotation = typing.get_args(annotation)[0]
    return annotation


def _type_name(annotation: Any) -> str:
    origin = typing.get_origin(annotation) or annotation
    names = {float: "number", int: "whole number", str: "text", bool: "on/off"}
    if origin in names:
        return names[origin]
    if origin in {list, tuple}:
        members = [member for member in typing.get_args(annotation) if member is not Ellipsis]
        return f"{_type_name(members[0])}s" if members else "values"
    return "path" if getattr(origin, "__name__", "") == "Path" else "text"


def _copy(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _copy(value) if isinstance(value, Mapping) else value for key, value in values.items()}
