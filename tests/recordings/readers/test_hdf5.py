"""HDF5 files of DAS and of its recorders."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from oscine.core.errors import InputError
from oscine.recordings.readers.hdf5 import Hdf5
from oscine.recordings.recording import Recording


@pytest.mark.parametrize("where", ["attribute", "dataset"])
def test_export_of_das(tmp_path, noise, where):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("data", data=noise.T, chunks=(1000, 2), compression="gzip")
        if where == "attribute":
            file.attrs["samplerate"] = 10_000
        else:
            file["samplerate"] = [10_000]
    recording = Recording(path)
    assert (recording.sample_rate, recording.n_channels, recording.n_samples) == (10_000, 2, 16_000)
    np.testing.assert_array_equal(recording.read(999, 2001), noise[:, 999:2001].astype("float32"))


def test_recorder(tmp_path):
    sound = np.random.default_rng(0).uniform(-1, 1, (500, 20)).astype("float32")
    path = tmp_path / "x_daq.h5"
    with h5py.File(path, "w") as file:
        file["samples"] = sound
    recording = Recording(path)
    assert (recording.sample_rate, recording.n_channels) == (10_000, 16)
    assert "10 kHz" in recording.warnings[0]
    with h5py.File(path, "a") as file:
        file["song_channels"] = [3, 17]
        file["samples"].attrs["rate"] = 20_000.0
    recording = Recording(path)
    assert (recording.sample_rate, recording.n_channels, recording.warnings) == (20_000, 2, ())
    np.testing.assert_array_equal(recording.read(10, 20), sound[10:20, [3, 17]].T)


def test_other_layouts_by_options(tmp_path, noise):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["song/microphones"] = (noise * 32767).astype("int16")
    reader = Hdf5(dataset="song/microphones", sample_rate=8000, channels_first=True)
    np.testing.assert_allclose(Recording(path, reader=reader).read(50, 60), noise[:, 50:60], atol=1e-4)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("weights", np.zeros(5), "has no dataset data or samples"),
        ("data", np.zeros(5), "does not say its sample rate"),
        ("data", np.zeros((5, 2, 2)), "not sound"),
        ("data", np.array([b"abc"]), "not numbers"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, name, value, message):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file[name] = value
    with pytest.raises(InputError, match=message):
        Recording(tmp_path / "a.h5")


def test_cut_off(tmp_path):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["data"] = np.zeros(5000)
        file.attrs["samplerate"] = 1
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(InputError, match="damaged") as caught:
        Recording(path)
    assert "\n" not in str(caught.value)
