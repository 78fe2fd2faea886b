"""Attributes are read without running anything, whoever wrote the file."""

from __future__ import annotations

import builtins
import io
import pickle
import subprocess
import sys
from contextlib import suppress

import numpy as np
import pytest

from oscine.core.errors import InputError
from oscine.datasets.plain_pickle import read_object, write_object

PLAIN = {
    "samplerate_x_Hz": np.float64(32000.0),
    "n": np.int32(-3),
    "big-endian": np.array([1, 2, 3], ">i2"),
    "matrix": np.arange(6.0).reshape(2, 3),
    "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "texts": np.array(["noise", "büll"]),
    "text": np.str_("a"),
    "objects": np.array([["noise", None], [1.5, "x"]], object),
    "nested": {"a": [1, (2, 3), {"b": None}], "c": {1, 2}, "d": frozenset("x"), "e": True, "f": 1j, "g": b"\xff"},
    "type": np.dtype("float16"),
}


def same(one, other):
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other)
    return str(one) == other if isinstance(one, np.dtype) else one == other and type(one) is type(other)


def pickled(path, payload):
    """An `attrs.npy` with this pickle in it."""
    with path.open("wb") as stream:
        np.lib.format.write_array_header_1_0(stream, {"descr": "|O", "fortran_order": False, "shape": ()})
        stream.write(payload)
    return path


@pytest.mark.parametrize("protocol", range(6))
def test_plain_values_are_read_from_every_protocol(tmp_path, protocol):
    array = np.empty((), object)
    array[()] = PLAIN
    assert same(PLAIN, read_object(pickled(tmp_path / "attrs.npy", pickle.dumps(array, protocol=protocol))))


def test_what_is_written_is_read_by_us_and_by_numpy_and_names_what_numpy_1_has(tmp_path):
    path = write_object(tmp_path / "attrs.npy", {"class_names": ["noise", "a"], "rate": 1e4, "none": None})
    assert read_object(path) == np.load(path, allow_pickle=True)[()] == {
        "class_names": ["noise", "a"], "rate": 1e4, "none": None,
    }  # fmt: skip
    assert b"numpy.core.multiarray" in path.read_bytes()
    assert b"_core" not in path.read_bytes()


def test_what_numpy_saves_is_read(tmp_path):
    np.save(tmp_path / "attrs.npy", {"a": [1]}, allow_pickle=True)
    assert read_object(tmp_path / "attrs.npy") == {"a": [1]}


class Runs:
    """Unpickled, it calls a function."""

    def __init__(self, function, *values):
        self.recipe = (function, values)

    def __reduce__(self):
        return self.recipe


def malicious(marker):
    """Real attacks: each makes a file when a common unpickler reads it, or would get hold of something to run."""
    import importlib
    import os

    command = f"touch {marker}"
    yield "os.system", pickle.dumps({"class_names": Runs(os.system, command)})
    yield "subprocess", pickle.dumps(Runs(subprocess.check_output, ["touch", str(marker)]))
    yield "eval", pickle.dumps(Runs(eval, f"open({str(marker)!r}, 'w')"))
    yield "open", pickle.dumps(Runs(builtins.open, str(marker), "w"))
    yield "getattr", pickle.dumps(Runs(getattr, "", "join"))
    yield "import", pickle.dumps(Runs(importlib.import_module, "antigravity"))
    yield "inside an array", pickle.dumps(np.array([Runs(os.system, command)], object))
    yield "as a key", pickle.dumps({("a", Runs(os.system, command)): 1})
    yield "dotted name", b"\x80\x04\x8c\x05numpy\x8c\x0bsys.modules\x93."
    yield "instance", f"(S'{command}'\nios\nsystem\n.".encode()
    yield "numpy's own loader", pickle.dumps(Runs(np.load, str(marker)))
    yield "numpy in numpy", b"cnumpy.core.multiarray\nfromfile\n(S'x'\ntR."
    yield "ctypes of numpy", b"cnumpy.ctypeslib\nload_library\n."
    yield "persistent", b"Pos.system\n."
    yield "a function as a value", b"\x80\x02}q\x00X\x01\x00\x00\x00ac_codecs\nencode\ns."
    yield "state of a function", b"\x80\x02c_codecs\nencode\n}X\x0c\x00\x00\x00__defaults__)sb."
    yield "a forged type", b"\x80\x02cnumpy\ndtype\nX\x03\x00\x00\x00V99\x85R."
    yield (
        "an object from bytes",
        (b"\x80\x03cnumpy.core.multiarray\nscalar\ncnumpy\ndtype\nX\x01\x00\x00\x00O\x85RC\x08AAAAAAAA\x86R."),
    )


NAMES = [name for name, _ in malicious("x")]


@pytest.mark.parametrize("name", NAMES)
def test_malice_is_refused_and_nothing_is_run(tmp_path, name):
    """das.md 10.3, 20: attributes of datasets must not run code."""
    marker = tmp_path / "owned"
    payload = dict(malicious(marker))[name]
    with pytest.raises(InputError, match=r"attrs.npy: is refused: it is a pickle that names") as error:
        read_object(pickled(tmp_path / "attrs.npy", payload))
    assert "\n" not in str(error.value)
    assert not marker.exists()
    assert "antigravity" not in sys.modules


def test_the_malice_is_real(tmp_path):
    marker = tmp_path / "owned"
    pickle.load(io.BytesIO(dict(malicious(marker))["os.system"]))
    assert marker.exists()


def test_later_files_are_read_as_before(tmp_path):
    """A refused file leaves no trace in what the names stand for."""
    for name, payload in malicious(tmp_path / "x"):
        with pytest.raises(InputError):
            read_object(pickled(tmp_path / f"{NAMES.index(name)}.npy", payload))
    array = np.array(PLAIN, object)
    assert same(PLAIN, read_object(pickled(tmp_path / "attrs.npy", pickle.dumps(array, protocol=2))))


def test_damage_is_told(tmp_path):
    whole = write_object(tmp_path / "attrs.npy", {"class_names": ["noise", "a"]}).read_bytes()
    random = np.random.default_rng(0)
    for length in random.integers(0, len(whole), 30):
        (tmp_path / "cut.npy").write_bytes(whole[:length])
        with pytest.raises(InputError):
            read_object(tmp_path / "cut.npy")
    for _ in range(200):  # whatever comes out, nothing but an InputError is raised
        scrambled = bytearray(whole)
        scrambled[random.integers(128, len(whole))] = random.integers(256)
        (tmp_path / "bad.npy").write_bytes(scrambled)
        with suppress(InputError):
            read_object(tmp_path / "bad.npy")
    np.save(tmp_path / "numbers.npy", np.zeros(3))
    with pytest.raises(InputError, match=r"is not the attributes of a dataset; found 'an array of float64"):
        read_object(tmp_path / "numbers.npy")
    with pytest.raises(InputError, match="cannot be read"):
        read_object(tmp_path / "gone.npy")
