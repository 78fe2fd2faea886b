"""Choices that anyone can add to: a plural folder, one file per member.

A *kind* of plug-in (detectors, architectures, …) is a folder of the package; a *plug-in* is a file in it that
holds one subclass of the kind's base, a `Params` whose fields are its options. The file's name is the
plug-in's name (`time_frequency.py` is `time-frequency`). Ours and a stranger's come in by the same door:

1. files of the kind's folder in this package,
2. files of `<folder>/<kind>/` for every folder named in the environment variable `OSCINE_PLUGINS`,
3. entry points `oscine.<kind>` of installed packages (`name = "package.module"`),
4. the path of a single `.py` file, given in place of a name.

Nothing is imported until a member is asked for. One that fails to import is left out with a warning that
names it; asked for by name, it is an error that says why.

A field `tuple[Annotated[Augmentation, AUGMENTATIONS], ...]` holds several, in order: a list of these, or as text names
separated by commas (`gain,noise`), JSON, or the path of a file that the kind can read.

A field `Annotated[Detector, DETECTORS]` accepts a member, its name, or a mapping such as
`{"name": "envelope", "min_distance": 0.02}`, which is also how it is written down. A mapping without a name
means the field's default plug-in.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import inspect
import json
import os
import pkgutil
import sys
import warnings
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError
from pydantic_core import CoreSchema, core_schema

from oscine.core.errors import InputError, unknown
from oscine.core.params import Choice, Params, explain

FOLDERS = "OSCINE_PLUGINS"
"""Environment variable: folders that hold a stranger's plug-ins, separated as in PATH."""


_FILES = {".toml", ".json", ".yaml", ".yml"}


class PluginWarning(UserWarning):
    """A plug-in could not be imported and is left out."""


def canonical(name: str) -> str:
    """A name as it is kept: in lower case with hyphens; the path of a file in full.

    Examples
    --------
    >>> canonical("Time_Frequency")
    'time-frequency'
    """
    return str(Path(name).resolve()) if name.endswith(".py") else name.lower().replace("_", "-")


class Plugin(Params):
    """Base of every plug-in: its fields are its options, its docstring is its help."""

    plugin_name: ClassVar[str] = ""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """A plug-in is named after its file, also where its class is imported directly."""
        super().__pydantic_init_subclass__(**kwargs)
        cls.plugin_name = cls.__module__.rpartition(".")[2].replace("_", "-")

    def to_dict(self) -> dict[str, Any]:
        """Its name and options, as plain values."""
        return {"name": self.plugin_name, **super().to_dict()}

    def completed(self, value: object) -> object:
        """As for any `Params`, where `value` means this plug-in (by its name, or by none)."""
        name = value if isinstance(value, str) else value.get("name") if isinstance(value, Mapping) else None
        if name is not None and canonical(str(name)) != self.plugin_name:
            return value
        return self if isinstance(value, str) else super().completed(value)


P = TypeVar("P", bound=Plugin)


class PluginKind(Choice, Generic[P]):
    """All plug-ins of one kind, found by name.

    Parameters
    ----------
    name
        Plural noun, also the entry-point group `oscine.<name>`: "detectors".
    base
        Class that members derive from.
    package
        Dotted name of the folder that holds our own members.
    read
        Reads a file into values that a list of members is made of, where there are such files.
    """

    def __init__(self, name: str, base: type[P], package: str, read: Callable[[Path], list[Any]] | None = None) -> None:
        self.name, self.base, self.package, self._read = name, base, package, read
        self._loaded: dict[str, type[P]] = {}

    def __repr__(self) -> str:
        return f"PluginKind({self.name!r})"

    @property
    def singular(self) -> str:
        """The kind in the singular, for messages."""
        return self.name.removesuffix("es" if self.name.endswith("sses") else "s")

    @cached_property
    def _sources(self) -> dict[str, str | Path | importlib.metadata.EntryPoint]:
        """Where each name comes from; ours first, so that a stranger's cannot replace it unseen."""
        sources: dict[str, str | Path | importlib.metadata.EntryPoint] = {}
        spec = importlib.util.find_spec(self.package)
        for module in pkgutil.iter_modules(spec.submodule_search_locations if spec else None):
            sources[module.name.replace("_", "-")] = f"{self.package}.{module.name}"
        for folder in filter(None, os.environ.get(FOLDERS, "").split(os.pathsep)):
            for path in sorted(Path(folder, self.name).glob("[!_]*.py")):
                sources.setdefault(path.stem.replace("_", "-"), path)
        for entry in importlib.metadata.entry_points(group=f"oscine.{self.name}"):
            sources.setdefault(entry.name, entry)
        return sources

    def rescan(self) -> None:
        """Forget what was found, for a test or a page that has just added a file."""
        self.__dict__.pop("_sources", None)
        self._loaded.clear()

    def names(self) -> list[str]:
        """Names of all members, sorted, without importing any."""
        return sorted(self._sources)

    def get(self, name: str) -> type[P]:
        """The class of a member, by name or by the path of its file.

        Raises
        ------
        InputError
            For an unknown name, with the allowed names and the nearest; for a file that cannot be used, saying why.
        """
        key = canonical(name)
        if key not in self._loaded:
            if key.endswith(".py"):
                source: str | Path | importlib.metadata.EntryPoint = Path(key)
            elif key in self._sources:
                source = self._sources[key]
            else:
                raise unknown(self.singular, name, self.names())
            self._loaded[key] = self._import(key, source)
        return self._loaded[key]

    def members(self) -> dict[str, type[P]]:
        """Every member that can be imported; a `PluginWarning` names each that cannot."""
        found = {}
        for name in self.names():
            try:
                found[name] = self.get(name)
            except InputError as error:
                warnings.warn(f"left out: {error}", PluginWarning, stacklevel=2)
        return found

    def _import(self, name: str, source: str | Path | importlib.metadata.EntryPoint) -> type[P]:
        try:
            module = self._module(source)
        except Exception as error:  # whatever a stranger's file raises is a reason to leave it out, not to stop
            raise InputError(
                f"{self.singular} {name!r} cannot be imported ({type(error).__name__}: {error})",
                path=source if isinstance(source, Path) else None,
                cure="Mend the plug-in or remove it",
            ) from error
        classes = [
            member
            for _, member in inspect.getmembers(module, inspect.isclass)
            if issubclass(member, self.base) and member is not self.base and member.__module__ == module.__name__
        ]
        if len(classes) != 1:
            raise InputError(
                f"{self.singular} {name!r} holds {len(classes)} subclasses of {self.base.__name__}",
                allowed="exactly one",
                cure="See CONTRIBUTING.md, 'Adding a plug-in'",
            )
        classes[0].plugin_name = name
        return classes[0]

    def _module(self, source: str | Path | importlib.metadata.EntryPoint) -> ModuleType:
        if isinstance(source, str):
            return importlib.import_module(source)
        if isinstance(source, importlib.metadata.EntryPoint):
            return importlib.import_module(source.module)
        if not source.is_file():
            raise FileNotFoundError("there is no such file")
        spec = importlib.util.spec_from_file_location(f"oscine_plugin_{self.name}_{source.stem}", source)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module  # pydantic resolves annotations through it
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[spec.name]
            raise
        return module

    def several(self, text: str) -> list[Any]:
        """Values that a list of members is made of, from a text.

        Parameters
        ----------
        text
            Names separated by commas; a list or one mapping as JSON; the path of a file; nothing, or "none".

        Raises
        ------
        InputError
            Where it begins as JSON and is none, or the file cannot be used.
        """
        text = text.strip()
        if text[:1] in {"[", "{"}:
            try:
                values = json.loads(text)
            except ValueError as error:
                raise InputError(
                    f"not JSON: {error}", found=text, cure=f'Write a list such as [{{"name": "{self.names()[0]}"}}]'
                ) from None
            return values if isinstance(values, list) else [values]
        if self._read is not None and Path(text).suffix.lower() in _FILES and "," not in text:
            return self._read(Path(text))
        names = [name.strip() for name in text.split(",") if name.strip()]
        return [] if [name.lower() for name in names] == ["none"] else names

    # -- as the metadata of a field --------------------------------------------------------------------------

    def make(self, value: object) -> P:
        """A member from itself, its name, or a mapping with its name and options.

        Raises
        ------
        InputError
            For an unknown name or option, or a value out of range.
        """
        try:
            return self._make(value)
        except ValidationError as error:
            raise explain(error, owner=self.singular) from None

    def _make(self, value: object) -> P:
        """As `make`, but problems with options are pydantic's, which knows where it met them."""
        if isinstance(value, self.base):
            return self._named(value)
        if isinstance(value, str):
            return self.get(value)()
        if isinstance(value, Mapping):
            options = dict(value)
            name = options.pop("name", None)
            if not isinstance(name, str):
                raise InputError(
                    f"which {self.singular} is meant is not said",
                    found=value,
                    allowed=self.names(),
                    cure="Give its name",
                )
            return self.get(name).model_validate(options)
        raise InputError(f"not a {self.singular}", found=value, allowed=self.names())

    def _named(self, member: P) -> P:
        """A member made from its class, which is known by its entry point's name from now on, if it has one."""
        for name, source in self._sources.items():
            if isinstance(source, importlib.metadata.EntryPoint) and source.module == type(member).__module__:
                type(member).plugin_name = name
        return member

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self._make, serialization=core_schema.plain_serializer_function_ser_schema(lambda member: member.to_dict())
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """One alternative per member, told apart by the constant `name`."""
        alternatives = []
        for name, member in self.members().items():
            form = dict(handler.resolve_ref_schema(handler(member.__pydantic_core_schema__)))
            form["properties"] = {"name": {"const": name, "type": "string"}, **form.get("properties", {})}
            form["required"] = ["name", *form.get("required", [])]
            alternatives.append(form)
        return {"oneOf": alternatives, "x-plugins": self.name}
