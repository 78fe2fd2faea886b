"""Files of augmentations of DAS as lists of ours.

DAS keeps augmentations in YAML, a mapping of names to arguments, applied in order; a name is repeated with a suffix::

    Gain:
      gain: {Normal: {mean: 1, std: 0.1}}     # drawn anew for each window
    MaskNoise-1: {std: 0.01, duration: 100}   # fixed
    NormalizeMax:                             # no arguments

Distributions are `Constant(value=0)`, `Normal(mean=0, std=1)` and `Uniform(lower=-1, upper=1)`. All counts of samples
are samples here too. Each name has its counterpart:

===================  =========================================================================================
Gain                 gain
NormalizeMax         normalise by the maximum, if that is more than 1
NormalizePercentile  normalise by a percentile
NormalizeStd         normalise by the standard deviation
Offset               offset
HorizontalFlip       invert, with the probability that what is drawn is above 0
Upsampling           stretch, about the middle; labels move along, which they do not in DAS
MaskNoise            noise, or where it replaces (`add: false`) mask, whose frames become unknown
MaskMean             mask, whose frames become unknown
CircShift            shift; labels move along, and what comes in is the sound that was there
NotchFilter          filter (band-stop); its frequency is what it says, whatever `samplerate_Hz` is
===================  =========================================================================================

Source: the documentation of DAS (janclemenslab.org/das), "augmentations".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from oscine.core.errors import InputError, unknown
from oscine.datasets.draw import Draw

Arguments = dict[str, Any]


def read_yaml(path: Path) -> Any:
    """Plain values of a YAML file.

    Raises
    ------
    InputError
        Where there is no such file, it is malformed, or it holds anything but plain values: a tag for an object.
    """
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError("there is no such file", path=path) from None
    except OSError as error:
        raise InputError(f"cannot be read ({(error.strerror or str(error)).lower()})", path=path) from None
    except yaml.constructor.ConstructorError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise InputError(
            f"holds an object, which is not made ({error.problem})",
            path=path,
            line=line,
            allowed="numbers, text, lists and mappings",
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error)
        raise InputError(f"not a YAML file: {problem}", path=path, line=mark.line + 1 if mark else None) from None


def from_das(values: Mapping[str, Any], path: Path | None = None) -> list[dict[str, Any]]:
    """Our augmentations for a mapping of DAS's, in its order.

    Parameters
    ----------
    values
        Names with their arguments.
    path
        File that they come from, for errors.

    Raises
    ------
    InputError
        For an unknown name, argument or distribution, or a value that cannot be.

    Examples
    --------
    >>> from_das({"Gain-1": {"gain": {"Uniform": {"lower": 0.5, "upper": 2}}}, "NormalizeStd": None})
    [{'name': 'gain', 'factor': [0.5, 2.0], 'each_channel': False}, {'name': 'normalise', 'by': 'deviation'}]
    """
    result = []
    for name, given in values.items():
        kind = str(name).partition("-")[0]
        if kind not in _COUNTERPARTS:
            raise unknown("augmentation of DAS", str(name), _COUNTERPARTS, path=path)
        defaults, counterpart = _COUNTERPARTS[kind]
        if given is not None and not isinstance(given, Mapping):
            raise InputError(f"{name}: arguments are no mapping", path=path, found=given, allowed=", ".join(defaults))
        for argument in given or {}:
            if argument not in defaults:
                raise unknown(f"argument of {name}", str(argument), defaults, path=path)
        arguments = {**defaults, **{key: value for key, value in (given or {}).items() if value is not None}}
        missing = [argument for argument, value in arguments.items() if value is _REQUIRED]
        if missing:
            raise InputError(f"{name}: the argument {missing[0]} is missing", path=path)
        try:
            result.append(counterpart(arguments))
        except InputError as error:
            raise InputError(
                f"{name}: {error.problem}", path=path, found=error.found, allowed=error.allowed, cure=error.cure
            ) from None
    return result


_REQUIRED = object()

_DISTRIBUTIONS: dict[str, dict[str, float]] = {
    "Constant": {"value": 0.0},
    "Normal": {"mean": 0.0, "std": 1.0},
    "Uniform": {"lower": -1.0, "upper": 1.0},
}


def _drawn(value: Any) -> Draw:
    """An argument: a number, or a distribution with its own arguments."""
    if not isinstance(value, Mapping):
        return Draw.make(value)
    if len(value) != 1:
        raise InputError("one distribution is needed", found=value, allowed=", ".join(_DISTRIBUTIONS))
    ((name, given),) = value.items()
    if name not in _DISTRIBUTIONS:
        raise unknown("distribution", str(name), _DISTRIBUTIONS)
    defaults = _DISTRIBUTIONS[name]
    if given is not None and not isinstance(given, Mapping):
        raise InputError(f"arguments of {name} are no mapping", found=given, allowed=", ".join(defaults))
    for argument in given or {}:
        if argument not in defaults:
            raise unknown(f"argument of {name}", str(argument), defaults)
    chosen = {key: default if (mine := (given or {}).get(key)) is None else mine for key, default in defaults.items()}
    numbers = list(chosen.values())
    return Draw.make({"normal": numbers} if name == "Normal" else numbers)


def _plain(value: Any) -> Any:
    return _drawn(value).to_plain()


def _chance(draw: Draw) -> float:
    """How likely what is drawn is above zero.

    Examples
    --------
    >>> _chance(Draw(-1, 3)), _chance(Draw(0, 2, is_normal=True)), _chance(Draw(1, 1))
    (0.75, 0.5, 1.0)
    """
    if draw.is_normal and draw.high:
        return 0.5 * (1 + math.erf(draw.low / draw.high / math.sqrt(2)))
    if draw.low == draw.high or draw.is_normal:
        return float(draw.low > 0)
    return min(1.0, max(0.0, draw.high / (draw.high - draw.low)))


def _noise(given: Arguments) -> dict[str, Any]:
    options: dict[str, Any] = {"deviation": _magnitude(given["std"]), "mean": _plain(given["mean"]), "unit": "samples"}
    if given["duration"] is not None:
        options["duration"] = _magnitude(given["duration"])
    if given["add"]:
        return {"name": "noise", **options, "each_channel": False}
    return {"name": "mask", "fill": "noise", "duration": 1e12, **options}


def _magnitude(value: Any) -> Any:
    """A number of which the sign does not matter."""
    draw = _drawn(value)
    if draw.is_normal:
        return {"normal": [abs(draw.low), draw.high]}
    if draw.low >= 0:
        return draw.to_plain()
    if draw.high <= 0:
        return Draw.make([-draw.high, -draw.low]).to_plain()
    raise InputError("its sign cannot be either", found=draw.to_plain(), allowed="≥ 0")


_COUNTERPARTS: dict[str, tuple[Arguments, Callable[[Arguments], dict[str, Any]]]] = {
    "Gain": ({"gain": _REQUIRED}, lambda g: {"name": "gain", "factor": _plain(g["gain"]), "each_channel": False}),
    "NormalizeMax": ({}, lambda g: {"name": "normalise", "by": "maximum", "floor": 1.0}),
    "NormalizePercentile": (
        {"percentile": _REQUIRED},
        lambda g: {"name": "normalise", "by": "percentile", "percentile": _plain(g["percentile"])},
    ),
    "NormalizeStd": ({}, lambda g: {"name": "normalise", "by": "deviation"}),
    "Offset": (
        {"offset": _REQUIRED},
        lambda g: {"name": "offset", "amount": _plain(g["offset"]), "each_channel": False},
    ),
    "HorizontalFlip": ({"flip": _REQUIRED}, lambda g: {"name": "invert", "share": _chance(_drawn(g["flip"]))}),
    "Upsampling": ({"factor": _REQUIRED}, lambda g: {"name": "stretch", "factor": _plain(g["factor"])}),
    "MaskNoise": ({"std": 1.0, "mean": 0.0, "duration": None, "add": True}, _noise),
    "MaskMean": (
        {"duration": _REQUIRED},
        lambda g: {"name": "mask", "duration": _magnitude(g["duration"]), "unit": "samples"},
    ),
    "CircShift": ({"shift": _REQUIRED}, lambda g: {"name": "shift", "amount": _plain(g["shift"]), "unit": "samples"}),
    "NotchFilter": (
        {"freq": _REQUIRED, "Q": 30.0, "samplerate_Hz": 10000.0},
        lambda g: {"name": "filter", "frequency": _plain(g["freq"]), "quality": _plain(g["Q"])},
    ),
}
"""Arguments of each augmentation of DAS with their defaults, and what it is in ours."""
