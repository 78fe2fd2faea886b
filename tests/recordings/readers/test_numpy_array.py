"""NumPy files: as DAS writes them, packed or not, and bare arrays with a rate from the project."""

from __future__ import annotations

import numpy as np
import pytest

from oscine.core.errors import InputError
from oscine.recordings.readers.numpy_array import NumpyArray
from oscine.recordings.recording import Recording


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("dtype", ["float64", "float32", "int16"])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("key", ["samplerate", "samplerate_Hz"])
def test_npz_of_das(tmp_path, noise, save, dtype, order, key):
    scale = 1 if dtype.startswith("float") else 32768
    stored = np.array((noise * scale).T, dtype, order=order)
    save(tmp_path / "a.npz", data=stored, other=np.arange(3), **{key: 10_000})
    recording = Recording(tmp_path / "a.npz")
    assert (recording.sample_rate, recording.n_channels, recording.n_samples) == (10_000, 2, 16_000)
    expected = (stored.T / scale).astype("float32")
    np.testing.assert_array_equal(recording.read(), expected)
    np.testing.assert_array_equal(recording.read(12_345, 12_400), expected[:, 12_345:12_400])


def test_bare_array_needs_a_rate(tmp_path, noise):
    path = tmp_path / "a.npy"
    np.save(path, noise[0])
    with pytest.raises(InputError, match=r"sample rate.*oscine\.toml"):
        Recording(path)
    recording = Recording(path, reader=NumpyArray(sample_rate=2500))
    assert (recording.sample_rate, recording.n_channels) == (2500, 1)
    np.testing.assert_array_equal(recording.read(5, 9)[0], noise[0, 5:9].astype("float32"))


def test_rate_from_the_project(tmp_path, noise):
    np.save(tmp_path / "a.npy", noise.T)
    (tmp_path / "oscine.toml").write_text('[recordings."*.npy"]\nsample_rate = 1234.5\n')
    assert Recording(tmp_path / "a.npy").sample_rate == 1234.5


def test_channels_first(tmp_path, noise):
    path = tmp_path / "a.npy"
    np.save(path, noise)
    wrong = Recording(path, reader=NumpyArray(sample_rate=8000))
    assert "Set channels_first" in wrong.warnings[0]
    right = Recording(path, reader=NumpyArray(sample_rate=8000, channels_first=True))
    assert right.warnings == ()
    np.testing.assert_array_equal(right.read(100, 200), noise[:, 100:200].astype("float32"))


def test_64_bit_counts_are_doubted(tmp_path):
    np.savez(tmp_path / "a.npz", data=np.array([0, 16384, -32768]), samplerate=np.array([100.0]))
    recording = Recording(tmp_path / "a.npz")
    np.testing.assert_array_equal(recording.read()[0], [0, 0.5, -1])
    assert "64-bit" in recording.warnings[0]


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"s": np.zeros((5, 5)), "samplerate": 1}, "no array 'data'"),
        ({"data": np.zeros(5)}, "does not say its sample rate"),
        ({"data": np.zeros(5), "samplerate": "fast"}, "samplerate is not a number"),
        ({"data": np.array(["a"]), "samplerate": 1}, "not numbers"),
        ({"data": np.zeros((2, 2, 2)), "samplerate": 1}, "its array is not sound"),
        ({"data": np.zeros((0, 2)), "samplerate": 1}, "holds no samples"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, arrays, message):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(InputError, match=message):
        Recording(tmp_path / "a.npz")


def test_pickles_are_refused(tmp_path):
    np.savez(tmp_path / "a.npz", data=np.array([{}]), samplerate=1)
    with pytest.raises(InputError, match="not numbers"):
        Recording(tmp_path / "a.npz")


@pytest.mark.parametrize("name", ["a.npy", "a.npz"])
def test_cut_off(tmp_path, name):
    path = tmp_path / name
    if name == "a.npy":
        np.save(path, np.zeros(1000))
    else:
        np.savez(path, data=np.zeros(1000), samplerate=1)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(InputError, match=r"cut off|damaged"):
        Recording(path, reader=NumpyArray(sample_rate=1))
