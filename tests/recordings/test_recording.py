"""Recordings: slices, blocks, channels, parts, what provenance records, memory, threads."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
import tracemalloc

import numpy as np
import pytest
import soundfile

from oscine.core.errors import InputError
from oscine.recordings.recording import Recording
from oscine.recordings.recordings import Recordings


@pytest.fixture
def recording(noise) -> Recording:
    return Recording.from_sound(noise, 8000, name="noise.wav")


def test_random_slices_of_real_song(fly):
    rng = np.random.default_rng(0)
    for recording in Recordings(fly):
        expected, rate = soundfile.read(recording.path, dtype="float32")
        assert (recording.sample_rate, recording.n_samples) == (rate, len(expected))
        assert recording.duration == len(expected) / rate
        for _ in range(20):
            start, stop = sorted(rng.integers(0, recording.n_samples + 1, 2))
            sound = recording.read(start, stop)
            assert (sound.dtype, sound.shape) == (np.float32, (1, stop - start))
            np.testing.assert_array_equal(sound[0], expected[start:stop])


def test_channels_of_real_song(data):
    path = data / "fly_multichannel" / "fruitfly-song-multichannel.wav"
    whole = Recording(path)
    assert (whole.n_channels, whole.sample_rate, whole.duration) == (3, 10_000, 1.5)
    some = Recording(path, channels=[2, 0], name="fly")
    assert (some.n_channels, some.name, some.identity()["channels"]) == (2, "fly", [2, 0])
    np.testing.assert_array_equal(some.read(10, 20), whole.read(10, 20)[[2, 0]])
    np.testing.assert_array_equal(some.select([1]).read(10, 20), whole.read(10, 20)[[0]])
    for wrong in ([3], [-1], []):
        with pytest.raises(InputError, match="no such channel"):
            Recording(path, channels=wrong)


@pytest.mark.parametrize(("start", "stop"), [(-1, 5), (5, 4), (0, 16_001), (16_001, None)])
def test_slices_outside_are_refused(recording, start, stop):
    with pytest.raises(InputError, match=r"outside the recording.*16000"):
        recording.read(start, stop)


def test_empty_slices(recording):
    for place in (0, 5, recording.n_samples):
        assert recording.read(place, place).shape == (2, 0)


@pytest.mark.parametrize(("size", "left", "right"), [(1000, 0, 0), (777, 100, 3000), (333, 5000, 0), (10**6, 9, 9)])
def test_blocks_cover_everything_once_with_real_context(recording, size, left, right):
    whole = recording.read()
    place = 0
    for block in recording.blocks(size, left, right):
        assert block.start == place
        assert block.stop == min(place + size, recording.n_samples)
        assert block.left == min(left, block.start)
        assert block.right == min(right, recording.n_samples - block.stop)
        np.testing.assert_array_equal(block.sound, whole[:, block.start - block.left : block.stop + block.right])
        np.testing.assert_array_equal(block.core, whole[:, block.start : block.stop])
        block.sound[:] = 0  # a block is its user's
        place = block.stop
    assert place == recording.n_samples


def test_impossible_blocks(recording):
    with pytest.raises(InputError, match="size ≥ 1"):
        next(recording.blocks(0))


def test_blocks_read_each_sample_once(recording, monkeypatch):
    read = []
    original = recording._read
    monkeypatch.setattr(recording, "_read", lambda start, stop: read.append(stop - start) or original(start, stop))
    for _ in recording.blocks(500, 2000, 2000):
        pass
    assert sum(read) == recording.n_samples


def test_blocks_take_constant_memory(tmp_path):
    path = tmp_path / "long.wav"
    soundfile.write(path, np.zeros(1, "int16"), 1000)
    head = path.read_bytes()[:44]
    with open(path, "wb") as stream:
        stream.write(head[:40] + (2 * 10**8).to_bytes(4, "little"))
        stream.truncate(44 + 2 * 10**8)  # 28 hours, sparse
    recording = Recording(path).filter(low=100).resample(500)
    tracemalloc.start()
    for block in recording.blocks(10_000, 1000, 1000):
        if block.start > 10**6:
            break
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20e6


def test_threads_may_share_a_recording(write):
    sound = np.arange(-20_000, 20_000)[None] / 32768
    recording = Recording(write("a.wav", sound))
    wrong = []

    def work(seed: int) -> None:
        rng = np.random.default_rng(seed)
        for start in rng.integers(0, 39_000, 200):
            found = recording.read(start, start + 100)
            wrong.extend(np.flatnonzero(found[0] != sound[0, start : start + 100].astype("f4")))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize("name", ["a.wav", "a.flac"])
def test_goes_to_other_processes(write, noise, name):
    recording = Recording(write(name, noise))
    first = recording.read(0, 100)
    copy = pickle.loads(pickle.dumps(recording))
    np.testing.assert_array_equal(copy.read(0, 100), first)


def test_many_recordings_do_not_exhaust_handles(write, noise):
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = [write(f"{number}.{'wav' if number % 2 else 'flac'}", noise[:, :50]) for number in range(200)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(150, hard), hard))
    try:
        recordings = [Recording(file) for file in files]
        for _ in range(2):
            assert all(recording.read(3, 7).shape == (2, 4) for recording in recordings)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_identity_tells_content_channels_and_views(write, noise):
    first, second = Recording(write("a.wav", noise)), Recording(write("b.wav", -noise))
    assert first.identity().keys() == {"name", "path", "digest"}
    assert first.identity()["digest"] != second.identity()["digest"]
    view = first.filter(low=100).resample(2000)
    assert view.identity() == {
        **first.identity(),
        "filter": {"low": 100, "high": None, "order": 4},
        "sample_rate": 2000,
    }


def test_paths_with_spaces_and_accents(write, noise):
    recording = Recording(str(write("été à la forêt/Zilpzalp 1 ♂.flac", noise)))
    assert recording.name == "Zilpzalp 1 ♂.flac"
    assert recording.read(5, 10).shape == (2, 5)


def test_missing_file_names_the_nearest(write, noise, tmp_path):
    write("may01.wav", noise)
    with pytest.raises(InputError, match=r"no such recording.*'may01\.wav'"):
        Recording(tmp_path / "mai01.wav")
    with pytest.raises(InputError, match="is a folder"):
        Recording(tmp_path)
    with pytest.raises(InputError, match="no such recording"):
        Recording(tmp_path / "nowhere" / "a.wav")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the superuser may read everything")
def test_closed_file(write, noise):
    path = write("a.wav", noise)
    path.chmod(0)
    with pytest.raises(InputError, match=r"cannot be read.*permission"):
        Recording(path)


def test_import_is_light():
    code = (
        "import sys, oscine.recordings.recordings as m;"
        "print([n for n in ('torch', 'pandas', 'matplotlib', 'scipy', 'h5py', 'soundfile') if n in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
