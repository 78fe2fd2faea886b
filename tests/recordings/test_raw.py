"""Scaling of every sample type."""

from __future__ import annotations

import numpy as np
import pytest

from oscine.core.errors import InputError
from oscine.recordings.raw import RawSource, as_sound


@pytest.mark.parametrize("dtype", ["int8", "int16", ">i2", "int32", "uint8", "uint16", "uint32"])
def test_full_range_is_one(dtype):
    limits = np.iinfo(dtype)
    middle = (int(limits.min) + int(limits.max) + 1) // 2
    sound = as_sound(np.array([limits.min, middle, limits.max], dtype))
    assert sound.dtype == np.float32
    np.testing.assert_allclose(sound, [-1, 0, 1], atol=2 / (int(limits.max) - int(limits.min)) + 1e-7)


def test_floats_stay():
    values = np.array([-2.5, 0, 1e-30])
    np.testing.assert_array_equal(as_sound(values), values.astype("float32"))


@pytest.mark.parametrize("planar", [False, True])
def test_both_orders(tmp_path, planar):
    sound = np.arange(30).reshape(3, 10)
    (tmp_path / "a").write_bytes(b"head" + (sound if planar else sound.T).astype(">i2").tobytes())
    source = RawSource(tmp_path / "a", 1, 3, 10, offset=4, encoding=">i2", planar=planar)
    np.testing.assert_array_equal(source.read(3, 8) * 32768, sound[:, 3:8])


def test_file_that_shrinks(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(bytes(100))
    source = RawSource(path, 1, 1, 50, offset=0, encoding="<i2")
    path.write_bytes(bytes(50))
    with pytest.raises(InputError, match="became shorter"):
        source.read(0, 50)
