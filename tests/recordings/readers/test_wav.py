"""WAV: every sample type as libsndfile reads it; sizes that are wrong; files beyond 4 GiB."""

from __future__ import annotations

import struct
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from oscine.core.errors import InputError
from oscine.recordings.readers.wav import Wav
from oscine.recordings.recording import Recording

GIB4 = 2**32


def header(declared: int, form: bytes = b"RIFF", extra: bytes = b"", rate: int = 384_000) -> bytes:
    """Header of a mono 16-bit WAV whose data chunk declares a size."""
    fmt = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, rate, 2 * rate, 2, 16)
    return form + b"\xff\xff\xff\xffWAVE" + extra + fmt + b"data" + struct.pack("<I", declared)


@pytest.mark.parametrize("container", ["WAV", "WAVEX", "RF64"])
@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_equals_libsndfile(write, noise, container, subtype):
    path = write("a.wav", noise, format=container, subtype=subtype)
    recording = Recording(path)
    expected, rate = soundfile.read(path, dtype="float32", always_2d=True)
    assert (recording.sample_rate, recording.n_channels, recording.n_samples) == (rate, 2, 16_000)
    assert recording.warnings == ()
    np.testing.assert_array_equal(recording.read(), expected.T)
    np.testing.assert_array_equal(recording.read(777, 4001), expected.T[:, 777:4001])


@pytest.mark.parametrize("subtype", ["ULAW", "ALAW", "IMA_ADPCM", "MS_ADPCM"])
def test_compressed_wav_is_left_to_libsndfile(write, noise, subtype):
    path = write("a.wav", noise, subtype=subtype)
    expected, _ = soundfile.read(path, dtype="float32")
    np.testing.assert_array_equal(Recording(path).read(100, 9000), expected.T[:, 100:9000])


def test_chunks_around_the_sound_are_passed_over(tmp_path):
    odd = b"LIST" + struct.pack("<I", 5) + b"abcde\0"  # chunks begin at even bytes
    path = tmp_path / "a.wav"
    path.write_bytes(header(6, extra=odd) + np.array([1, 2, 3], "<i2").tobytes() + odd)
    np.testing.assert_array_equal(Recording(path).read()[0] * 32768, [1, 2, 3])


@pytest.mark.parametrize(
    ("declared", "n_samples", "warning"),
    [
        (0, 1000, "was not stopped properly"),
        (0xFFFFFFFF, 1000, "does not say how long"),
        (0x7FFFFFFF, 1000, "does not say how long"),
        (2001, 1000, "shorter than its header says; 0.003 s are there"),
        (1000, 500, None),
    ],
)
def test_wrong_sizes_are_mended_and_told(tmp_path, declared, n_samples, warning):
    path = tmp_path / "a.wav"
    path.write_bytes(header(declared) + np.arange(1000, dtype="<i2").tobytes())
    recording = Recording(path)
    assert recording.n_samples == n_samples
    np.testing.assert_array_equal(recording.read()[0] * 32768, np.arange(n_samples))
    if warning is None:
        assert recording.warnings == ()
    else:
        assert warning in recording.warnings[0]


def test_one_that_was_cut_off_is_refused_unless_the_project_allows_it(tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(header(2_000_000) + np.arange(1000, dtype="<i2").tobytes())
    with pytest.raises(
        InputError, match=r"a\.wav: the file is cut off; found '0\.0.* s'; allowed: .*Copy it again; or put"
    ):
        Recording(path)
    (tmp_path / "oscine.toml").write_text('[recordings."a.wav"]\ntruncated = true\n')
    recording = Recording(path)
    assert recording.n_samples == 1000
    assert "shorter than its header says" in recording.warnings[0]


def big(path: Path, head: bytes, n_bytes: int) -> Path:
    """A sparse file: a header, silence, and the samples 1, 2, 3 at the very end."""
    with open(path, "wb") as stream:
        stream.write(head)
        stream.truncate(len(head) + n_bytes)
        stream.seek(len(head) + n_bytes - 6)
        stream.write(np.array([1, 2, 3], "<i2").tobytes())
    return path


def sparse_size(path: Path) -> None:
    if path.stat().st_blocks * 512 > 2**26:
        pytest.skip("this file system has no sparse files")


N_BYTES = GIB4 + 2**31 + 2**20
DS64 = b"ds64" + struct.pack("<IQQQI", 28, N_BYTES + 72, N_BYTES, N_BYTES // 2, 0)


@pytest.mark.parametrize(
    ("head", "warned"),
    [
        (header(0xFFFFFFFF, b"RF64", DS64), False),
        (header(0xFFFFFFFF, b"BW64", DS64), False),
        (header(0xFFFFFFFF), True),
        (header(N_BYTES % GIB4), True),
        (header(0), True),
    ],
    ids=["RF64", "BW64", "placeholder", "wrapped", "zero"],
)
def test_beyond_4_gib_fast_and_to_the_last_sample(tmp_path, head, warned):
    path = big(tmp_path / "long.wav", head, N_BYTES)
    sparse_size(path)
    began = time.monotonic()
    recording = Recording(path)
    assert recording.n_samples == N_BYTES // 2
    last = recording.read(recording.n_samples - 3)
    np.testing.assert_array_equal(last[0] * 32768, [1, 2, 3])
    recording.identity()
    assert time.monotonic() - began < 1
    assert bool(recording.warnings) == warned


def test_wrapped_size_with_a_chunk_behind(tmp_path):
    path = big(tmp_path / "long.wav", header(N_BYTES % GIB4), N_BYTES)
    sparse_size(path)
    with open(path, "ab") as stream:
        stream.write(b"LIST" + struct.pack("<I", 4) + b"abcd")
    recording = Recording(path)
    np.testing.assert_array_equal(recording.read(recording.n_samples - 3)[0] * 32768, [1, 2, 3])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"these are no sounds, but words\n" * 9, "not a sound file"),
        (header(0), "holds no samples"),
        (header(4000), "the file is cut off"),
        (header(0)[:30], "damaged or cut off"),
        (b"RIFF\x04\0\0\0WAVE", "damaged or cut off"),
        (b"RIFF\x04\0\0\0WAVEdata\x04\0\0\0abcd", "does not say the format"),
        (header(4, rate=0) + b"abcd", "impossible sample rate"),
    ],
    ids=["empty", "text", "zero samples", "header only", "half a header", "no chunks", "no format", "no rate"],
)
def test_bad_files_get_one_line(tmp_path, content, message):
    path = tmp_path / "bad.wav"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        Recording(path)
    assert "\n" not in str(caught.value)
    assert "bad.wav" in str(caught.value)


def test_zero_samples_before_another_chunk(tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(header(0) + b"LIST" + struct.pack("<I", 4) + b"abcd")
    with pytest.raises(InputError, match="holds no samples"):
        Recording(path)


def test_is_chosen_for_wav(write, noise):
    assert Wav().open(write("a.wav", noise)).n_samples == 16_000
