"""How a line of DAS is read.

DAS's parser has changed over the years, and what stands in old scripts and in its own documentation is not understood
by today's. Here all of it is: ``--flag``, ``--no-flag`` and ``--flag False``; lists of values (``--dilations 1 2 4``);
``--name value`` and ``--name=value``; short names (``-k 32``); old names; and beginnings of names that can mean one
option only. Underscores and hyphens are the same.
"""

from __future__ import annotations

import re
import typing
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from oscine.compat.das.options import Options
from oscine.core.errors import InputError, unknown

Chosen = TypeVar("Chosen", bound=Options)

_SWITCHES = {
    **dict.fromkeys(("true", "t", "1", "yes", "y", "on"), True),
    **dict.fromkeys(("false", "f", "0", "no", "n", "off"), False),
}
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?|[-+]?inf")


def parse(words: Sequence[str], options: type[Chosen]) -> tuple[Chosen, list[str]]:
    """The options of a line, and warnings about it.

    Parameters
    ----------
    words
        What stands behind the command.
    options
        What it can be told.

    Raises
    ------
    InputError
        For an unknown option, with the nearest spelling; for a value that is missing, too many or out of range.

    Examples
    --------
    >>> from oscine.compat.das.options import TrainOptions
    >>> line = "--data-dir a.npy --ignore-boundaries False --use-sep True False --no-reduce-lr -k 32"
    >>> found, _ = parse(line.split(), TrainOptions)
    >>> found.ignore_boundaries, found.use_separable, found.reduce_lr, found.kernel_size
    (False, (True, False), False, 32)
    """
    values: dict[str, Any] = {}
    warnings: list[str] = []
    loose: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--":
            loose += rest
            break
        if not _is_option(word):
            loose.append(word)
            continue
        shown, name, inline, negated = _named(word, options)
        kind = _kind(options, name)
        given: Any
        if name in options.unused:
            warnings.append(f"{shown} is accepted and does nothing: {options.unused[name]}")
        if negated and kind != "switch":
            raise InputError("this option is no switch", found=shown, allowed=f"{_flag(name)} and a value")
        if kind == "switch":
            given = _switch(shown, inline, rest, negated)
        elif kind == "list":
            given = [inline] if inline is not None else []
            while rest and not _is_option(rest[0]) and inline is None:
                given.append(rest.pop(0))
        else:
            if inline is None and (not rest or _is_option(rest[0])):
                raise InputError("this option needs a value", found=shown)
            given = rest.pop(0) if inline is None else inline
        if name in options.model_fields:
            values[name] = given
    if len(loose) > len(options.positionals):
        extra = loose[len(options.positionals)]
        allowed = " ".join(name.upper() for name in options.positionals) or "options, such as --name value"
        raise InputError("there is a word too many", found=extra, allowed=allowed)
    values |= dict(zip(options.positionals, loose, strict=False))
    for name, field in options.model_fields.items():
        if field.is_required() and name not in values:
            shown = name.upper() if name in options.positionals else _flag(name)
            raise InputError(f"{shown} is missing", allowed=field.description)
    unlimited = {name for name, value in values.items() if value in ("inf", "np.inf", "+inf")}
    return options.parse({name: "none" if name in unlimited else value for name, value in values.items()}), warnings


def _is_option(word: str) -> bool:
    return word.startswith("-") and len(word) > 1 and not _NUMBER.fullmatch(word)


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _named(word: str, options: type[Options]) -> tuple[str, str, str | None, bool]:
    """How an option is written, the name that it means, its value if that is in the same word, and if it is negated."""
    if not word.startswith("--"):
        short, rest = word[1], word[2:].removeprefix("=")
        if short not in options.shorts:
            raise unknown("option", word, [f"-{letter}" for letter in options.shorts])
        return f"-{short}", options.shorts[short], rest or None, False
    shown, sign, inline = word.partition("=")
    wanted = shown[2:].replace("-", "_")
    names: dict[str, tuple[str, bool]] = {
        **{name: (name, False) for name in (*options.unused, *options.model_fields)},
        **{alias: (name, False) for alias, name in options.aliases.items() if name in options.model_fields},
    }
    names |= {f"no_{name}": (name, True) for name in options.model_fields if _kind(options, name) == "switch"}
    found = [names[wanted]] if wanted in names else [names[name] for name in names if name.startswith(wanted)]
    if not found or not wanted:
        raise unknown("option", shown, map(_flag, options.model_fields))
    if len(set(found)) > 1:
        candidates = sorted(_flag(name) for name in names if name.startswith(wanted))
        raise InputError("this may be one of several options", found=shown, allowed=candidates)
    return shown, found[0][0], inline if sign else None, found[0][1]


def _kind(options: type[Options], name: str) -> str:
    """What follows an option: "switch" (a word or none), "list" (any number of words) or "value" (one word)."""
    if name not in options.model_fields:
        return "value"
    annotation: Any = options.model_fields[name].annotation
    if annotation is bool:
        return "switch"
    return "list" if typing.get_origin(annotation) is tuple else "value"


def _switch(shown: str, inline: str | None, rest: list[str], negated: bool) -> bool:
    """On or off; the word behind it is taken if it says so."""
    said: str | None = inline
    if said is None and rest and rest[0].lower() in _SWITCHES:
        said = rest.pop(0)
    if said is None:
        return not negated
    if said.lower() not in _SWITCHES:
        raise InputError("this is neither on nor off", found=f"{shown}={said}", allowed="True, False")
    return _SWITCHES[said.lower()] is not negated


def describe(options: type[Options]) -> Mapping[str, str]:
    """Each option as it is written, with its help and its default."""
    lines = {}
    for name, field in options.model_fields.items():
        kind = _kind(options, name)
        short = next((f"-{letter}, " for letter, field_name in options.shorts.items() if field_name == name), "")
        value = {"switch": f"/--no-{name.replace('_', '-')}", "list": " A B …", "value": " VALUE"}[kind]
        default = "" if field.is_required() or field.default in (None, "") else f" [default: {_shown(field.default)}]"
        if name in options.positionals:
            lines[name.upper()] = f"{field.description}{default}"
        else:
            lines[f"{short}{_flag(name)}{value}"] = f"{field.description}{default}"
    return lines


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return " ".join(map(str, value)) if isinstance(value, tuple) else str(value)
