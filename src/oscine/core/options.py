"""Parameters as flat options, for drivers that speak text: the command line, forms, the docs.

A nested parameter object becomes a list of dotted options; a field that holds a plug-in becomes an option that
names it, followed by the options of the plug-in that is chosen:

    --architecture songexplorer  --architecture.n-conv-layers 3

`flatten` goes from a class to its options, `assemble` from texts given for them to nested values, which
`Params.parse` then checks: no bound or type stands anywhere but in the class.
"""

from __future__ import annotations

import inspect
import json
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from oscine.core.errors import InputError, unknown
from oscine.core.params import OperationParams, Params, Unit, bounds, default_of, list_choice
from oscine.core.plugins import Plugin, PluginKind, canonical


@dataclass(frozen=True)
class Option:
    """One option, as a driver shows it.

    Attributes
    ----------
    path
        Field names from the outermost parameter object inwards.
    form
        "flag" (on or off), "list" (values separated by commas), "mapping" (`a=b,c=d`), "plugin", "plugins" (names
        separated by commas, JSON, or the path of a file) or "value".
    type, unit, default, bounds, choices
        As text, for help; `choices` is empty where any value in bounds will do.
    optional
        Whether "none" is a value.
    """

    path: tuple[str, ...]
    form: str
    type: str
    help: str
    unit: str
    default: str
    bounds: str
    choices: tuple[str, ...]
    optional: bool = False

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
        if base and name == "seed" and issubclass(params, OperationParams):
            continue  # an operation within another one goes by the outer one's seed
        path = (*base, name)
        default = defaults.get(name, default_of(field))
        kind = plugin_kind(field)
        value = given.get(name)
        if kind is not None:
            chosen = _chosen(kind, value, None if name in given and value is None else default)
            yield Option(
                path=path,
                form="plugin",
                type="name",
                help=_joined(field.description),
                unit="",
                default=shown(default),
                bounds="",
                choices=tuple(kind.names()),
                optional=_allows_none(field.annotation),
            )
            if chosen is not None:
                inner = value if isinstance(value, Mapping) else {}
                same = isinstance(default, Plugin) and isinstance(default, chosen)
                yield from _flatten(chosen, inner, path, dict(default) if same else {})
        elif (nested := _nested(field)) is not None:
            inner = value if isinstance(value, Mapping) else {}
            yield from _flatten(nested, inner, path, dict(default) if isinstance(default, nested) else {})
        else:
            yield _option(path, field, default)


def choose(texts: Mapping[tuple[str, ...], Any], params: type[Params], start: Mapping[str, Any]) -> dict[str, Any]:
    """`start` with the plug-ins (and nothing else) that `texts` name: what decides which options there are."""
    values = _copy(start)
    for path in sorted(texts, key=len):
        for option in flatten(params, values):
            if option.path == path and option.form == "plugin":
                _put(values, option, texts[path])
    return values


def assemble(texts: Mapping[tuple[str, ...], Any], params: type[Params], start: Mapping[str, Any]) -> dict[str, Any]:
    """Nested values from options given as text, on top of `start` (from a file).

    Raises
    ------
    InputError
        For an unknown option or plug-in, or where a mapping is not written as `name=value`.
    """
    options = {option.path: option for option in flatten(params, choose(texts, params, start))}
    values = _copy(start)
    for path in sorted(texts, key=len):
        if path not in options:
            raise unknown("option", ".".join(path), [".".join(known) for known in options])
        _put(values, options[path], texts[path])
    return values


def _put(values: dict[str, Any], option: Option, text: Any) -> None:
    """Set one option in nested values; naming a plug-in that is chosen already keeps its options."""
    place = values
    for part in option.path[:-1]:
        inner = place.get(part)
        if not isinstance(inner, dict):
            inner = place[part] = {"name": inner} if isinstance(inner, str) else {}
        place = inner
    last = option.path[-1]
    if option.form != "plugin":
        place[last] = _parsed(option, text)
        return
    before = place.get(last)
    kept = (
        before if isinstance(before, dict) and canonical(before.get("name", option.default)) == canonical(text) else {}
    )
    place[last] = None if option.optional and text.lower() == "none" else {**kept, "name": text}


def plugin_kind(field: FieldInfo) -> PluginKind[Any] | None:
    """The kind of plug-in that a field holds, if it holds one; none if it holds a list of them."""
    if typing.get_origin(field.annotation) in {list, tuple}:
        return None
    for item in field.metadata:
        if isinstance(item, PluginKind):
            return item
    for member in typing.get_args(field.annotation):
        for item in getattr(member, "__metadata__", ()):
            if isinstance(item, PluginKind):
                return item
    return None


def _chosen(kind: PluginKind[Any], value: Any, default: Any) -> type[Plugin] | None:
    if isinstance(value, Mapping) and "name" in value:
        value = value["name"]
    if isinstance(value, str):
        return None if value.lower() == "none" else kind.get(value)
    return type(default) if isinstance(default, Plugin) else None


def _nested(field: FieldInfo) -> type[Params] | None:
    annotation = field.annotation
    return annotation if isinstance(annotation, type) and issubclass(annotation, Params) else None


def _option(path: tuple[str, ...], field: FieldInfo, default: Any) -> Option:
    annotation = _without_none(field.annotation)
    origin = typing.get_origin(annotation) or annotation
    choices: tuple[str, ...] = ()
    if origin is typing.Literal:
        choices = tuple(str(value) for value in typing.get_args(annotation))
    elif isinstance(origin, type) and issubclass(origin, Enum):
        choices = tuple(str(member.value) for member in origin)
    form = "value"
    if origin is bool:
        form = "flag"
    elif isinstance(kind := list_choice(field), PluginKind):
        form, choices = "plugins", tuple(kind.names())
    elif origin in {list, tuple, set, frozenset} or (isinstance(origin, type) and issubclass(origin, (list, tuple))):
        form = "list"
    elif origin is dict or origin is Mapping:
        form = "mapping"
    metadata = [*field.metadata, *getattr(annotation, "__metadata__", ())]
    for argument in typing.get_args(field.annotation):
        metadata += getattr(argument, "__metadata__", ())
    unit = next((item.symbol for item in metadata if isinstance(item, Unit)), "")
    limits = {
        key: getattr(item, key)
        for item in metadata
        for key in ("gt", "ge", "lt", "le")
        if getattr(item, key, None) is not None
    }
    return Option(
        path=path,
        form=form,
        type="names" if form == "plugins" else _type_name(annotation),
        help=_joined(field.description),
        unit=unit,
        default=shown(default),
        bounds=bounds(limits) or "",
        choices=choices,
        optional=_allows_none(field.annotation),
    )


def shown(value: Any) -> str:
    """A default as a user would type it; "" for none at all."""
    if value is None:
        return "none"
    if value is PydanticUndefined:
        return ""
    if isinstance(value, Plugin):
        return value.plugin_name
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, Mapping):
        return ",".join(f"{key}={item}" for key, item in value.items())
    if isinstance(value, (list, tuple)) and any(isinstance(item, Plugin) and item != _plain(item) for item in value):
        return json.dumps([item.to_dict() for item in value])  # names alone would not say it
    if isinstance(value, (list, tuple)):
        return ",".join(shown(item) for item in value)
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _plain(plugin: Plugin) -> Plugin | None:
    """The same plug-in with no options given, if it can be without."""
    if any(field.is_required() for field in type(plugin).model_fields.values()):
        return None
    return type(plugin)()


def _parsed(option: Option, text: Any) -> Any:
    if not isinstance(text, str):
        return text
    if text.lower() == "none" and option.optional:
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


def _joined(text: str | None) -> str:
    """The first paragraph, in one line: what follows are notes and references for readers of the source."""
    return " ".join(inspect.cleandoc(text or "").partition("\n\n")[0].split())


def _allows_none(annotation: Any) -> bool:
    return type(None) in typing.get_args(annotation)


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
    if getattr(origin, "__name__", "") == "Path":
        return "path"
    return str(getattr(origin, "type_name", "text"))


def _copy(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _copy(value) if isinstance(value, Mapping) else value for key, value in values.items()}
