"""YAML as DAS writes it, with nothing executed.

DAS dumps Python objects, and reads them back with a loader that calls whatever a file names. Two things occur in
files of its trainings: tuples (``!!python/tuple``) and single numbers of NumPy (a scalar made of a dtype and its
bytes). These are read as plain values; any other tag for an object is an error.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import yaml

from oscine.core.errors import InputError

_PREFIX = "tag:yaml.org,2002:python/"
_LARGEST = 10**8  # bytes; parameter files have some thousand


class _Loader(yaml.SafeLoader):
    """Plain YAML, tuples as lists, and NumPy's numbers."""


def _tuple(loader: _Loader, node: yaml.Node) -> list[Any]:
    if not isinstance(node, yaml.SequenceNode):
        raise _refused(node)
    return list(loader.construct_sequence(node, deep=True))


def _dtype(loader: _Loader, node: yaml.Node) -> np.dtype[Any]:
    """A dtype from its code and byte order: ``args: [f8, false, true], state: [3, '<', …]``."""
    values = loader.construct_mapping(node, deep=True) if isinstance(node, yaml.MappingNode) else {}
    try:
        code, order = str(values["args"][0]), str(values["state"][1])
        kind, size = code[0], int(code[1:])
        if kind not in "biufUS" or order not in "<>|=" or (kind not in "US" and size > 8):
            raise _refused(node)
        return np.dtype(f"{order}{code}")
    except (KeyError, IndexError, TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise _refused(node) from error


def _scalar(loader: _Loader, node: yaml.Node) -> Any:
    """A number from ``[dtype, bytes]``."""
    values = loader.construct_sequence(node, deep=True) if isinstance(node, yaml.SequenceNode) else []
    if len(values) != 2 or not isinstance(values[0], np.dtype) or not isinstance(values[1], bytes):
        raise _refused(node)
    if len(values[1]) != values[0].itemsize or not values[1]:
        raise _refused(node)
    return np.frombuffer(values[1], dtype=values[0])[0].item()


def _refuse(_: _Loader, node: yaml.Node) -> Any:
    raise _refused(node)


def _refused(node: yaml.Node) -> InputError:
    return InputError(
        "this file asks for a Python object, which is never made",
        line=node.start_mark.line + 1,
        found=node.tag.replace(_PREFIX, "!!python/"),
        allowed="plain values, tuples and single numbers of NumPy",
        cure="Replace it by its value",
    )


_Loader.add_constructor(_PREFIX + "tuple", _tuple)
_Loader.add_constructor(_PREFIX + "object/apply:numpy.dtype", _dtype)
for _module in ("numpy.core.multiarray", "numpy._core.multiarray"):
    _Loader.add_constructor(f"{_PREFIX}object/apply:{_module}.scalar", _scalar)
_Loader.add_constructor(None, _refuse)


def parse_plain_yaml(text: str, path: str | Path | None = None) -> Any:
    """The value of a YAML document; tuples become lists, NumPy's numbers become Python's.

    Parameters
    ----------
    text
        The document.
    path
        Where it comes from, for the error message.

    Raises
    ------
    InputError
        For any other tag of an object, and for what is not YAML.

    Examples
    --------
    >>> parse_plain_yaml("dilations: !!python/tuple [1, 2, 4]")
    {'dilations': [1, 2, 4]}
    >>> parse_plain_yaml("x: !!python/object/apply:os.system [ls]")
    Traceback (most recent call last):
    oscine.core.errors.InputError: line 1: this file asks for a Python object, which is never made; found
    '!!python/object/apply:os.system'; allowed: plain values, tuples and single numbers of NumPy. Replace it by its
    value.
    """
    try:
        loader = _Loader(text)
        try:
            return loader.get_single_data()
        finally:
            loader.dispose()
    except InputError as error:
        raise InputError(
            error.problem, path=path, line=error.line, found=error.found, allowed=error.allowed, cure=error.cure
        ) from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise InputError(f"this is not YAML ({error.problem})", path=path, line=line) from error
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise InputError(f"this is not YAML ({type(error).__name__})", path=path) from error


def read_params(path: str | Path) -> dict[str, Any]:
    """The parameters of a training with DAS, from its ``X_params.yaml``, as plain values.

    Names of older versions are read as today's: ``nb_kernels`` as ``nb_filters``.

    Raises
    ------
    InputError
        Where there is no such file, or it is not a mapping of names to plain values.
    """
    path = Path(path)
    try:
        if path.stat().st_size > _LARGEST:
            raise InputError("this is too large for a parameter file", path=path)
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError("this is not a text file", path=path) from error
    except OSError as error:
        raise InputError(f"the parameter file cannot be read ({error.strerror})", path=path) from error
    values = parse_plain_yaml(text, path)
    if not isinstance(values, dict) or not all(isinstance(name, str) for name in values):
        raise InputError("this is not a parameter file of DAS", path=path, allowed="names with values")
    for old, new in (("nb_kernels", "nb_filters"), ("pre_nb_conv", "nb_pre_conv")):
        if values.get(new) is None and values.get(old) is not None:
            values[new] = values[old]
    return values
