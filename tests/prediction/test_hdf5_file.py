"""HDF5 files that fail to be written: an error, not a crash."""

from __future__ import annotations

import subprocess
import sys

import h5py
import numpy as np
import pytest

from oscine.prediction.hdf5_file import create_file


def test_what_is_written_is_read(tmp_path):
    values = np.random.default_rng(0).random((3, 100_000))
    with create_file(tmp_path / "a.h5") as (file, check):
        file.create_dataset("values", data=values, chunks=(3, 1000), compression="gzip")
        file.attrs["name"] = "a"
        check()
    with h5py.File(tmp_path / "a.h5") as file:
        assert np.array_equal(file["values"], values)
        assert file.attrs["name"] == "a"


FULL = """
import resource, signal, sys
import numpy as np
from oscine.prediction.hdf5_file import create_file
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    with create_file(sys.argv[1]) as (file, check):
        data = file.create_dataset("values", (100, 10000), float, chunks=(1, 10000))
        for row in data:
            data[0] = 1.0
            data[1:] = np.arange(10000)
            check() if sys.argv[3] == "check" else None
        file.attrs["name"] = "a"
except OSError as error:
    sys.stdout.write(error.strerror)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of files")
@pytest.mark.parametrize("check", ["check", "wait"])
@pytest.mark.parametrize("room", [0, 100, 3000, 1_000_000])
def test_no_room(tmp_path, room, check):
    """In a process of its own, which the HDF5 library by itself takes down."""
    done = subprocess.run(
        [sys.executable, "-c", FULL, tmp_path / "a.h5", str(room), check], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "File too large"
