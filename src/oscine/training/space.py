"""What a search may choose from: for options of a training, by their dotted names, a list of values or a range.

In a parameter file, under the names that the command line has, hyphens or underscores alike:

    [space]
    "architecture.n-blocks" = [2, 3, 4]
    learning-rate = {low = 1e-4, high = 1e-2, log = true}

and on the command line ``--space architecture.n-blocks=2|3|4,learning-rate=1e-4:1e-2:log``. An option of a plug-in is
searched in those trials alone in which that plug-in is chosen.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from oscine.core.errors import InputError, unknown
from oscine.core.options import Option, assemble, flatten
from oscine.training.params import TrainParams

_RANGE = {"low", "high", "log"}
_CURE = "Write a list, [2, 3, 4] or 2|3|4, or a range, {low = 0.001, high = 0.1, log = true} or 0.001:0.1:log"


@dataclass(frozen=True)
class Choices:
    """Some values.

    Attributes
    ----------
    values
        In the order given.
    """

    values: tuple[Any, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The values as text, each its own."""
        return tuple(value if isinstance(value, str) else json.dumps(value) for value in self.values)

    @property
    def extremes(self) -> tuple[Any, ...]:
        """Values that must be allowed."""
        return self.values


@dataclass(frozen=True)
class Range:
    """All numbers from `low` to `high`, both included.

    Attributes
    ----------
    low, high
        Bounds.
    log
        Whether every factor is equally likely, in place of every difference.
    whole
        Whether they are whole numbers.
    """

    low: float
    high: float
    log: bool = False
    whole: bool = False

    @property
    def extremes(self) -> tuple[Any, ...]:
        """Values that must be allowed."""
        return (self.low, self.high)


class Space:
    """A checked space of parameters.

    Parameters
    ----------
    base
        Of every trial, but for what is searched.
    given
        Names to what they may be, as in the module's docstring; tables within tables are names within names.

    Raises
    ------
    InputError
        Where there is nothing to search, an option is unknown, something is no list and no range, or a value is not
        allowed.

    Examples
    --------
    >>> space = Space(TrainParams(), {"learning-rate": "1e-4:1e-2:log", "architecture": "das|songexplorer"})
    >>> space.axes["learning-rate"]
    Range(low=0.0001, high=0.01, log=True, whole=False)
    >>> Space(TrainParams(), {"learning_rat": [0.1]})
    Traceback (most recent call last):
    oscine.core.errors.InputError: unknown option to search; found 'learning-rat'. Did you mean 'learning-rate'? ...
    """

    def __init__(self, base: TrainParams, given: Mapping[str, Any]) -> None:
        self.base = base
        texts = dict(_flat(given))
        if not texts:
            raise InputError("there is nothing to search", cure="Give --space learning-rate=1e-4:1e-2:log, or a file")
        self.start = base.to_dict()
        options = {name: option for option in self._all_options(texts) if (name := option.name)}
        for name in texts:
            if name not in options:
                near = [known for known in options if known.rpartition(".")[0] == name.rpartition(".")[0]]
                raise unknown("option to search", name, near or options)
        self.axes = {
            name: _axis(options[name], texts[name]) for name in sorted(texts, key=lambda name: name.count("."))
        }
        self._check(options)

    def suggest(
        self, choose: Callable[[str, Sequence[str]], str], draw: Callable[[str, Range], float]
    ) -> dict[str, Any]:
        """Values of one trial, by dotted name.

        Parameters
        ----------
        choose
            Chooses one of the names of an option's values.
        draw
            Draws a number from an option's range.
        """
        values: dict[str, Any] = {}
        for name, axis in self.axes.items():
            if not self._has(name, values):
                continue
            if isinstance(axis, Range):
                values[name] = draw(name, axis)
            else:
                values[name] = axis.values[axis.names.index(choose(name, axis.names))]
        return values

    def params(self, values: Mapping[str, Any]) -> TrainParams:
        """The parameters of a trial.

        Raises
        ------
        InputError
            Where the values do not go together.
        """
        return TrainParams.parse(assemble({_path(name): value for name, value in values.items()}, *self._rest))

    @property
    def _rest(self) -> tuple[type[TrainParams], dict[str, Any]]:
        return TrainParams, self.start

    def _all_options(self, texts: Mapping[str, Any]) -> Iterator[Option]:
        """The options of a training, with those of every plug-in that may be chosen."""
        starts = [self.start]
        for name in sorted(texts, key=lambda name: name.count(".")):
            kinds = {option.name: option for option in flatten(TrainParams, starts[0]) if option.form == "plugin"}
            if name in kinds:
                members = [member for member in _axis(kinds[name], texts[name]).extremes if isinstance(member, str)]
                starts += [assemble({_path(name): member}, TrainParams, self.start) for member in members]
        for start in starts:
            yield from flatten(TrainParams, start)

    def _has(self, name: str, values: Mapping[str, Any]) -> bool:
        """Whether an option is there, given what was chosen so far."""
        chosen = assemble({_path(done): value for done, value in values.items()}, *self._rest)
        return any(option.name == name for option in flatten(TrainParams, chosen))

    def _check(self, options: Mapping[str, Option]) -> None:
        """Try every value, the others as they are by default."""
        for name, axis in self.axes.items():
            outer = {parent: self.axes[parent].extremes for parent in _parents(name) if parent in self.axes}
            for value in axis.extremes:
                problem: InputError | None = None
                for around in _combinations(outer):
                    if not self._has(name, around):
                        continue
                    try:
                        self.params({**around, name: value})
                        break
                    except InputError as error:
                        problem = problem or error
                else:
                    if problem is not None:
                        raise problem


def _combinations(choices: Mapping[str, Sequence[Any]]) -> Iterator[dict[str, Any]]:
    if not choices:
        yield {}
        return
    name, *rest = choices
    for value in choices[name]:
        for other in _combinations({key: choices[key] for key in rest}):
            yield {name: value, **other}


def _parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:n]) for n in range(1, len(parts))]


def _path(name: str) -> tuple[str, ...]:
    return tuple(name.replace("-", "_").split("."))


def _flat(given: Mapping[str, Any], base: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted names with hyphens, of tables within tables."""
    for key, value in given.items():
        name = f"{base}{key}".replace("_", "-")
        if isinstance(value, Mapping) and not set(value) & _RANGE:
            yield from _flat(value, f"{name}.")
        else:
            yield name, value


def _axis(option: Option, given: Any) -> Choices | Range:
    """What an option may be."""
    if isinstance(given, str):
        parts = given.split(":")
        if len(parts) in {2, 3} and all(_is_number(part) for part in parts[:2]):
            given = {"low": float(parts[0]), "high": float(parts[1]), "log": parts[2:] == ["log"]}
            if parts[2:] not in ([], ["log"]):
                raise InputError(f"space of {option.name}: what follows a range is not log", found=parts[2], cure=_CURE)
        else:
            given = [part.strip() for part in given.split("|")]
    if isinstance(given, (list, tuple)) and given:
        return Choices(tuple(given))
    if not isinstance(given, Mapping):
        if isinstance(given, (bool, int, float)):
            return Choices((given,))
        raise _bad(option, given)
    low, high, log = given.get("low"), given.get("high"), given.get("log", False)
    numbers = all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in (low, high))
    if set(given) - _RANGE or not isinstance(log, bool) or not numbers:
        raise _bad(option, dict(given))
    assert low is not None
    assert high is not None
    if option.form != "value" or option.type not in {"number", "whole number"}:
        raise InputError(f"space of {option.name}: it has no range, for it is no number", found=dict(given), cure=_CURE)
    if not (math.isfinite(low) and math.isfinite(high) and low < high and (low > 0 or not log)):
        allowed = "low < high" + (", both > 0" if log else "")
        raise InputError(f"space of {option.name}: not a range", found=f"{low:g} to {high:g}", allowed=allowed)
    whole = option.type == "whole number"
    if whole and not (float(low).is_integer() and float(high).is_integer()):
        raise InputError(f"space of {option.name}: bounds are not whole numbers", found=f"{low:g} to {high:g}")
    return Range(int(low) if whole else float(low), int(high) if whole else float(high), log, whole)


def _bad(option: Option, given: Any) -> InputError:
    return InputError(f"space of {option.name}: neither a list of values nor a range", found=given, cure=_CURE)


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
