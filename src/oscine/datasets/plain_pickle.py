"""Reading the one pickle that there is: the attributes of DAS's `.npy` folders, without running anything.

DAS keeps the attributes of a dataset in `attrs.npy`, a NumPy array of one Python object, which NumPy can only unpickle.
A pickle is a program: it may name any function of any module and have it called. So it is read here by an unpickler to
which nothing exists but plain values (numbers, text, lists, dictionaries, sets), NumPy's scalars, types and arrays;
anything else, by whatever way it is reached, is an error before it is looked up. Not even NumPy's own functions are
called, nor the state of its types and arrays set, which could be made to point anywhere in memory: each admitted name
stands for a few lines of ours that build the value from checked parts.

Writing is harmless, and the only way for DAS to read what we write.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
from numpy.typing import NDArray

from oscine.core.artifacts import atomic
from oscine.core.errors import InputError

_PROTOCOL = 3
"""Of what is written: the last one that spells out names of modules, which must be NumPy 1's (see `write_object`)."""

_DEEPEST = 50


class _Refused(Exception):
    """Something in the pickle is no plain value."""


class _Name:
    """What a name in the pickle stands for: a function of ours, which no opcode can alter."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[..., Any]) -> None:
        self._make = make

    def __call__(self, *values: Any) -> Any:
        return self._make(*values)

    def __setstate__(self, state: object) -> None:
        raise _Refused("a change of what a name stands for")


class _Type:
    """A NumPy type on its way: its name, and from its state the order of its bytes."""

    def __init__(self, text: object, *_: object) -> None:
        if not isinstance(text, str) or text.lstrip("<>|=")[:1] not in tuple("?biufcSUO"):
            raise _Refused(f"a NumPy type {text!r}")
        self.dtype = np.dtype(text)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        if state[1] in {"<", ">"}:
            self.dtype = self.dtype.newbyteorder(state[1])


class _Array:
    """A NumPy array on its way: its state says what it holds."""

    def __init__(self, *_: object) -> None:
        self.value: Any = np.zeros(0)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, shape, kind, fortran, content = state
        order: Literal["C", "F"] = "F" if fortran else "C"
        if kind.dtype.hasobject:
            self.value = np.empty(len(content), object)
            self.value[:] = list(content)
            self.value = self.value.reshape(shape, order=order)
        else:
            self.value = np.frombuffer(content, kind.dtype).reshape(shape, order=order)


def _scalar(kind: _Type, raw: bytes) -> Any:
    """A NumPy scalar from its type and bytes."""
    if kind.dtype.hasobject:
        raise _Refused("a NumPy scalar of objects")
    return np.frombuffer(raw, kind.dtype)[0]


def _from_buffer(buffer: bytes, kind: _Type, shape: Any, order: str) -> NDArray[Any]:
    """A NumPy array as protocol 5 writes it."""
    if kind.dtype.hasobject:
        raise _Refused("a NumPy array of objects")
    return np.frombuffer(buffer, kind.dtype).reshape(shape, order="F" if order == "F" else "C")


def _encode(text: str, _: object = None) -> bytes:
    """How pickles of old protocols write bytes."""
    return text.encode("latin1")


_MAKERS: dict[str, Callable[..., Any]] = {
    **{
        f"{module}.{kind.__name__}": kind
        for module in ("builtins", "__builtin__")
        for kind in (set, frozenset, complex)
    },
    "_codecs.encode": _encode,
    "numpy.ndarray": _Array,
    "numpy.dtype": _Type,
    **{f"numpy.{core}.multiarray.scalar": _scalar for core in ("core", "_core")},
    **{f"numpy.{core}.multiarray._reconstruct": _Array for core in ("core", "_core")},
    **{f"numpy.{core}.numeric._frombuffer": _from_buffer for core in ("core", "_core")},
}
_ADMITTED = {name: _Name(make) for name, make in _MAKERS.items()}


class _PlainUnpickler(pickle.Unpickler):
    """Admits the names above and no other; what they stand for is ours."""

    def find_class(self, module: str, name: str) -> Any:
        """The function that stands for a name."""
        if f"{module}.{name}" not in _ADMITTED:
            raise _Refused(f"{module}.{name}")
        return _ADMITTED[f"{module}.{name}"]

    def persistent_load(self, pid: Any) -> Any:
        """Nothing is kept elsewhere."""
        raise _Refused("a reference to something outside of the file")


def _settled(value: Any, depth: int = 0) -> Any:
    """A value with everything that was on its way arrived."""
    if depth > _DEEPEST:
        raise ValueError("values within values without end")
    if isinstance(value, _Array):
        return _settled(value.value, depth + 1)
    if isinstance(value, _Type):
        return str(value.dtype)
    if isinstance(value, _Name):
        raise _Refused("a function as a value")
    if isinstance(value, dict):
        return {_settled(key, depth + 1): _settled(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return type(value)(_settled(item, depth + 1) for item in value)
    if isinstance(value, np.ndarray) and value.dtype == object:
        settled = np.empty(value.size, object)
        settled[:] = [_settled(item, depth + 1) for item in value.ravel()]
        return settled.reshape(value.shape)
    return value


def read_object(path: str | Path) -> Any:
    """The object in an `.npy` file that holds just one, such as DAS's `attrs.npy`, made of plain values only.

    Raises
    ------
    InputError
        Where the file is missing, damaged, or would run code; nothing of it has been run then.
    """
    path = Path(path)
    try:
        with path.open("rb") as stream:
            shape, _, dtype = _header(stream)
            if dtype != np.dtype(object) or shape != ():
                raise InputError(
                    "is not the attributes of a dataset",
                    path=path,
                    found=f"an array of {dtype} with axes {shape}",
                    allowed="one object",
                )
            value = _PlainUnpickler(io.BytesIO(stream.read())).load()
        value = _settled(value)
        value = value[()] if isinstance(value, np.ndarray) else value
    except _Refused as refused:
        raise InputError(
            "is refused: it is a pickle that names something to be run, which the attributes of a dataset never do",
            path=path,
            found=str(refused),
            allowed="plain values and NumPy's",
            cure="Do not open it in other programs unless you trust whoever made it",
        ) from None
    except InputError:
        raise
    except OSError as error:
        raise InputError(f"cannot be read ({(error.strerror or str(error)).lower()})", path=path) from None
    except (*_DAMAGE, pickle.UnpicklingError) as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise InputError(f"is damaged ({reason})", path=path, cure="Make the dataset again") from None
    return value


_DAMAGE = (
    ArithmeticError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    MemoryError,
    TypeError,
    UnicodeError,
    ValueError,
)
"""What unpickling raises of files that are cut off or scrambled."""


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(stream)
    read = np.lib.format.read_array_header_1_0 if version[0] == 1 else np.lib.format.read_array_header_2_0
    return read(stream)


def write_object(path: str | Path, value: Any) -> Path:
    """Write plain values as NumPy writes an object, so that NumPy 1 (DAS's) and 2 read them.

    NumPy 2 names its own module as NumPy 1 does not know it; both know the older name.
    """
    array = np.empty((), object)
    array[()] = value
    pickled = pickle.dumps(array, protocol=_PROTOCOL)
    pickled = pickled.replace(b"cnumpy._core.multiarray\n_reconstruct\n", b"cnumpy.core.multiarray\n_reconstruct\n", 1)
    with atomic(path) as temporary, temporary.open("wb") as stream:
        np.lib.format.write_array_header_1_0(stream, {"descr": "|O", "fortran_order": False, "shape": ()})
        stream.write(pickled)
    return Path(path)
