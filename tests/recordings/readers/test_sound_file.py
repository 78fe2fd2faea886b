"""libsndfile's formats: slices equal the whole; damage is told."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from oscine.core.errors import InputError
from oscine.recordings.recording import Recording

FORMATS = [
    ("a.flac", 8000, {}),
    ("a24.flac", 8000, {"subtype": "PCM_24"}),
    ("a.ogg", 8000, {}),
    ("a.opus", 8000, {"format": "OGG", "subtype": "OPUS"}),
    ("quiet.ogg", 44_100, {}),
    ("quiet.opus", 16_000, {"format": "OGG", "subtype": "OPUS"}),
    ("a.mp3", 8000, {}),
    ("a441.mp3", 44_100, {}),
    ("a.aiff", 8000, {}),
    ("a24.aiff", 8000, {"subtype": "PCM_24"}),
    ("a.w64", 8000, {}),
    ("a.au", 8000, {}),
    ("a.caf", 8000, {}),
]


@pytest.mark.parametrize(("name", "rate", "options"), FORMATS, ids=[name for name, _, _ in FORMATS])
def test_random_slices_equal_the_whole(write, name, rate, options):
    rng = np.random.default_rng(1)
    path = write(name, rng.uniform(-0.5, 0.5, (2, 60_000)) * (0.01 if "quiet" in name else 1), rate, **options)
    expected = soundfile.read(path, dtype="float32", always_2d=True)[0].T
    recording = Recording(path)
    assert (recording.sample_rate, recording.n_channels) == (rate, 2)
    assert recording.n_samples == expected.shape[1]
    slices = [sorted(rng.integers(0, recording.n_samples + 1, 2)) for _ in range(30)]
    slices += [[recording.n_samples - back, recording.n_samples - back // 3] for back in (10, 100, 1000, 5000)]
    for start, stop in slices:
        tolerance = 1e-6 if name.endswith("mp3") else 0
        np.testing.assert_allclose(recording.read(start, stop), expected[:, start:stop], rtol=0, atol=tolerance)
    blocks = np.concatenate([block.core for block in recording.blocks(7001, 30, 50)], axis=1)
    np.testing.assert_allclose(blocks, expected, rtol=0, atol=tolerance)


def test_lossless_round_trip(write, noise):
    written = np.round(noise * 32768) / 32768
    np.testing.assert_array_equal(Recording(write("a.flac", written)).read(), written.astype("float32"))


def test_wrong_suffix_is_found_out_by_trying(write, noise, tmp_path):
    path = write("a.flac", noise).rename(tmp_path / "a.wav")
    assert Recording(path).n_samples == 16_000
    path = path.rename(tmp_path / "without suffix")
    assert Recording(path).n_samples == 16_000


def test_damaged_flac_reads_up_to_the_damage(write):
    path = write("a.flac", np.random.default_rng(0).uniform(-0.5, 0.5, (1, 80_000)))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    recording = Recording(path)
    assert recording.read(0, 20_000).shape == (1, 20_000)
    with pytest.raises(InputError, match=r"beyond 4\.\d+ s"):
        recording.read()
    assert recording.read(0, 20_000).shape == (1, 20_000)


def test_half_a_header(write, noise):
    path = write("a.flac", noise)
    path.write_bytes(path.read_bytes()[:30])
    with pytest.raises(InputError, match="damaged"):
        Recording(path)
