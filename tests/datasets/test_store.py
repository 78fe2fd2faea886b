"""Every kind of store, through the door that users take."""

from __future__ import annotations

import os
import tracemalloc

import numpy as np
import pytest
import soundfile

from oscine.annotations.annotations import Annotations
from oscine.annotations.labels import BACKGROUND
from oscine.core.errors import InputError
from oscine.datasets.dataset import Dataset
from oscine.datasets.prepare import PrepareParams, _save, prepare
from oscine.datasets.splitters.blocks import Blocks
from oscine.datasets.splitters.files import Files
from oscine.datasets.store import STORES, store_for, store_suffixes, version_hash
from oscine.datasets.store_writing import write_store
from oscine.recordings.recording import Recording
from oscine.recordings.recordings import Recordings
from oscine.testing import fly_song

SUFFIXES = sorted(store_suffixes())
ATTRIBUTES = {
    "samplerate_x_Hz": 100.0,
    "samplerate_y_Hz": 100.0,
    "class_names": ["noise", "a", "p"],
    "class_types": ["segment", "segment", "event"],
}


def skip_without(suffix):
    if suffix == ".zarr":
        pytest.importorskip("zarr")


@pytest.fixture(params=SUFFIXES)
def suffix(request):
    skip_without(request.param)
    return request.param


@pytest.fixture(scope="module")
def songs(tmp_path_factory):
    """Two minutes of synthetic fly song in four files, as a dataset."""
    folder = tmp_path_factory.mktemp("songs")
    for seed in range(4):
        sound, truth = fly_song(30, seed=seed, name=f"{seed}.wav")
        soundfile.write(folder / f"{seed}.wav", sound[0], 2500, subtype="FLOAT")
        truth.save(folder / f"{seed}_annotations.csv")
    splitter = Files(validation_recordings=("1.wav",), test_recordings=("3.wav",))
    return prepare(Recordings(folder), None, PrepareParams(splitter=splitter))


def made(path, arrays, **changes):
    """A store of these arrays, with attributes changed (or left out, where None)."""
    attributes = {key: value for key, value in (ATTRIBUTES | changes).items() if value is not None}
    shapes = {name: (rows.shape, rows.dtype) for name, rows in arrays.items()}
    with store_for(path).writing(path, shapes, attributes) as append:
        for name, rows in arrays.items():
            append(name, rows)
    return path


def arrays(n=200, n_classes=3, n_channels=1, splits=("train", "val")):
    found = {}
    for split in splits:
        truth = np.zeros((n, n_classes), np.float16)
        truth[:, 0], truth[50:80] = 1, np.eye(n_classes)[1]
        found[f"{split}/x"] = np.random.default_rng(0).normal(0, 0.1, (n, n_channels)).astype(np.float32)
        found[f"{split}/y"] = truth
    return found


def test_there_and_back(songs, suffix, tmp_path):
    path = write_store(songs, tmp_path / f"songs{suffix}")
    again = Dataset.load(path)
    assert list(again.parts) == ["train", "validation", "test"]
    assert list(again.labels) == [BACKGROUND, "ambient", "pulse", "sine"]
    assert again.events() == ("pulse",)
    for part in ("validation", "test"):
        ours, theirs = songs.part(part), again.part(part)
        assert len(ours) == len(theirs)
        for label in ("ambient", "pulse", "sine"):
            before, after = (one.select(labels=[label]) for one in (ours, theirs))
            assert after.onsets == pytest.approx(before.onsets, abs=1 / 2500)
            assert after.offsets == pytest.approx(before.offsets, abs=1 / 2500)
    assert again.train.coverage.intervals("songs_train", 60.0).tolist() == [[0, 60]]
    sound = again.recordings.by_name("songs_validation".replace("validation", "val"))
    assert np.array_equal(sound.read(1000, 60_000), songs.recordings.by_name("1.wav").read(1000, 60_000))
    assert sound.read().dtype == np.float32  # das.md 10.3, 13: sound is not cut to float16
    assert sound.path == path
    # what was read writes the same, and a dataset of ours may refer to it
    assert Dataset.load(write_store(again, tmp_path / f"again{suffix}")).counts().equals(again.counts())
    again.save(tmp_path / "ours.dataset")
    ours = Dataset.load(tmp_path / "ours.dataset")
    assert ours.digest == again.digest
    assert np.array_equal(ours.recordings.by_name("songs_val").read(5, 500), sound.read(5, 500))
    assert ours.identity()["recordings"] == again.identity()["recordings"]


def test_the_kinds_agree(songs, tmp_path):
    pytest.importorskip("zarr")
    digests = {Dataset.load(write_store(songs, tmp_path / f"x{suffix}")).digest for suffix in SUFFIXES}
    assert len(digests) == 1


def test_suffixes_choose_truth_and_sound(songs, suffix, tmp_path):
    path = write_store(songs, tmp_path / f"x{suffix}", individual=True)
    sine = Dataset.load(path, y_suffix="sine")
    assert list(sine.labels) == [BACKGROUND, "sine"]
    assert sine.counts().loc["sine"].tolist() == songs.counts().loc["sine"].tolist()
    with pytest.raises(InputError, match=r"no array 'y_sin'; found 'sin'; allowed: ambient, pulse, sine. Did you mean"):
        Dataset.load(path, y_suffix="sin")
    two = {**arrays(), **{f"{split}/x_low": np.zeros((200, 1), np.float32) for split in ("train", "val")}}
    path = made(tmp_path / f"two{suffix}", two, samplerate_x_low_Hz=100.0)
    assert not Dataset.load(path, x_suffix="low").recordings[0].read().any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"splits": ("train",)}, r"has no validation part; found \['train/x', 'train/y'\]; allowed: arrays val/x"),
        ({"splits": ("val",)}, "has no train part"),
        ({"n_classes": 4}, r"classes are not as many as the columns of the truth.*allowed: 3|allowed: 4 each"),
        ({"class_names": ["noise", "a"]}, "classes are not as many as the columns"),
        ({"class_types": ["segment", "segment", "point"]}, "of no known type; found 'point'; allowed: segment, event"),
        ({"class_names": ["noise", "a", "a"]}, "names of the classes cannot be used"),
        ({"class_names": None}, "attributes lack class_names"),
        ({"samplerate_y_Hz": 50.0}, r"differ in sample rate; found 'samplerate_x_Hz 100, samplerate_y_Hz 50'"),
        ({"samplerate_y_Hz": None, "samplerate_x_Hz": None}, "does not say its sample rate"),
        ({"samplerate_x_Hz": "fast", "samplerate_y_Hz": None}, "samplerate_x_Hz is no sample rate; found 'fast'"),
    ],
)
def test_errors_before_time_is_lost(suffix, tmp_path, change, message):
    shape = {key: change.pop(key) for key in list(change) if key in {"splits", "n_classes"}}
    path = made(tmp_path / f"x{suffix}", arrays(**shape), **change)
    change |= shape  # parametrised values are shared between suffixes
    with pytest.raises(InputError, match=message) as error:
        Dataset.load(path)
    assert "\n" not in str(error.value)
    assert str(path) in str(error.value)


def test_parts_that_differ_are_refused(suffix, tmp_path):
    mixed = arrays() | {"val/x": np.zeros((200, 2), np.float32)}
    with pytest.raises(InputError, match="differ in their number of channels; found 'train 1, val 2'"):
        Dataset.load(made(tmp_path / f"a{suffix}", mixed))
    mixed = arrays() | {"val/y": np.zeros((200, 4), np.float16)}
    with pytest.raises(InputError, match="differ in their number of classes; found 'train 3, val 4'"):
        Dataset.load(made(tmp_path / f"b{suffix}", mixed))
    mixed = arrays() | {"val/y": np.zeros((199, 3), np.float16)}
    with pytest.raises(InputError, match=r"do not go together; found 'val/x \(200, 1\), val/y \(199, 3\)'"):
        Dataset.load(made(tmp_path / f"c{suffix}", mixed))


def test_what_is_no_store_is_said(tmp_path):
    (tmp_path / "x.mat").write_bytes(b"MATLAB")
    with pytest.raises(InputError, match=r"not a dataset; found '.mat'; allowed: .*\.h5, \.npy, \.zarr"):
        Dataset.load(tmp_path / "x.mat")
    for suffix in SUFFIXES:
        skip_without(suffix)
        with pytest.raises(InputError, match="there is no such dataset"):
            Dataset.load(tmp_path / f"gone{suffix}")
    np.save(tmp_path / "file.npy", np.zeros(3))
    with pytest.raises(InputError, match="is an array, not a dataset"):
        Dataset.load(tmp_path / "file.npy")
    (tmp_path / "text.h5").write_text("no")
    with pytest.raises(InputError, match="not an HDF5 file"):
        Dataset.load(tmp_path / "text.h5")
    for suffix, message in ((".npy", "has no attrs.npy"), (".zarr", "no .zgroup")):
        (tmp_path / f"empty{suffix}").mkdir()
        with pytest.raises(InputError, match=message):
            Dataset.load(tmp_path / f"empty{suffix}")


def test_a_malicious_folder_is_refused(tmp_path):
    """das.md 10.3, 20; the file is one that really runs."""

    class Evil:
        def __reduce__(self):
            return (os.system, (f"touch {tmp_path / 'owned'}",))

    path = made(tmp_path / "x.npy", arrays())
    np.save(path / "attrs.npy", {**ATTRIBUTES, "note": Evil()}, allow_pickle=True)
    with pytest.raises(InputError, match=r"attrs.npy: is refused.*found '(posix|nt)\.system'"):
        Dataset.load(path)
    assert not (tmp_path / "owned").exists()
    np.load(path / "attrs.npy", allow_pickle=True)
    assert (tmp_path / "owned").exists(), "it does nothing, so that the test shows nothing"
    (tmp_path / "owned").unlink()
    np.save(path / "attrs.npy", ATTRIBUTES, allow_pickle=True)
    np.save(path / "train" / "x.npy", np.array([Evil()], object), allow_pickle=True)
    with pytest.raises(InputError, match="is no array that can be read"):
        Dataset.load(path)
    assert not (tmp_path / "owned").exists()


def test_other_files_of_a_folder_are_passed_over(tmp_path):
    path = made(tmp_path / "x.npy", arrays())
    (path / "train" / "x_annotations.csv").write_text("name,start_seconds,stop_seconds\n")
    assert len(Dataset.load(path).train) == 1


def test_das_float16_and_one_dimension_are_read(suffix, tmp_path):
    old = arrays()
    old = {name: rows.astype(np.float16) for name, rows in old.items()}
    dataset = Dataset.load(made(tmp_path / f"x{suffix}", old))
    assert dataset.train.onsets.tolist() == [0.5]
    assert dataset.train.offsets.tolist() == [0.79]
    assert dataset.recordings[0].read().dtype == np.float32


def test_columns_first_and_cut_off_files_of_a_folder(tmp_path):
    path = made(tmp_path / "x.npy", arrays())
    np.save(path / "train" / "y.npy", np.asfortranarray(arrays()["train/y"]))
    assert Dataset.load(path).train.onsets.tolist() == [0.5]
    whole = (path / "train" / "y.npy").read_bytes()
    (path / "train" / "y.npy").write_bytes(whole[:-10])
    with pytest.raises(InputError, match=r"y.npy: is no array that can be read \(it is cut off\)"):
        Dataset.load(path)


def test_the_hash_is_that_of_das(tmp_path):
    """Computed by DAS 0.32.13's `das.data_hash.hash_data` of the same folder; it moves with the folder."""
    folder = tmp_path / "anywhere" / "x.npy"
    for name, content in {"train/b.bin": "alpha", "train/A.bin": "beta", "train/Sub/c": "g", "attrs": "é"}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    (folder / "Test").mkdir()
    assert version_hash(folder) == "9aeac4496a634b223c68ba8ba8789e9f"
    assert version_hash(folder / "attrs") == "66ddcd97cfdeabb2f6fb8a999b4bc76f"


# -- writing ---------------------------------------------------------------------------------------------------------


def test_prepare_writes_by_suffix(songs, suffix, tmp_path):
    [path] = _save(songs, tmp_path / f"x{suffix}", PrepareParams(event_width=0.004, individual=True))
    with store_for(path).reading(path) as contents:
        assert contents.attributes["event_std_seconds"] == 0.004
        assert list(contents.attributes["class_names_pulse"]) == ["noise", "pulse"]
        assert contents.attributes["data_splits"]["1"]["val"] == [[0, 75_000]]
        truth = np.asarray(contents.arrays["val/y"][:], np.float32)
        column = list(contents.attributes["class_names"]).index("pulse")
        peak = int(songs.part("validation").select(labels=["pulse"]).onsets[0] * 2500)
        assert truth[peak + 10, column] == pytest.approx(np.exp(-0.5), abs=0.01)
        pair = np.asarray(contents.arrays["val/y_pulse"][:], np.float32)
        assert np.array_equal(pair[:, 1], truth[:, column])
        assert pair.sum(axis=1) == pytest.approx(1, abs=1e-3)


def test_what_cannot_be_written_is_refused_and_leaves_nothing(songs, silence, rows, suffix, tmp_path):
    sparse = Annotations(rows("a.wav", (1, 1, "x"), (5, 5, "y")) + rows("b.wav", (1, 1, "x"))).with_coverage("rows")
    splitter = Files(validation_recordings=("b.wav",))
    sounds = prepare(silence(a=9, b=9), sparse, PrepareParams(few=1, splitter=splitter))
    for dataset, message in (
        (Dataset(songs.recordings, songs.labels, {"train": songs.train}), "needs a validation part"),
        (sounds, "knows the truth of every sample, but here single sounds are annotated"),
    ):
        with pytest.raises(InputError, match=message):
            write_store(dataset, tmp_path / f"x{suffix}")
        assert list(tmp_path.iterdir()) == []
    with pytest.raises(InputError, match=r"no kind of DAS's datasets; found '.mat'; allowed: .h5, .npy, .zarr"):
        write_store(songs, tmp_path / "x.mat")


def test_a_failure_half_way_leaves_nothing(songs, suffix, tmp_path, monkeypatch):
    def fail(self, start=0, stop=None):
        if start > 0:
            raise InputError("is damaged", path=self.path)
        return np.zeros((1, stop), np.float32)

    monkeypatch.setattr("oscine.datasets.store_writing._BLOCK", 2**14)
    monkeypatch.setattr(Recording, "read", fail)
    with pytest.raises(InputError, match="is damaged"):
        write_store(songs, tmp_path / f"x{suffix}")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_not_overwritten(songs, tmp_path):
    write_store(songs, tmp_path / "x.npy")
    with pytest.raises(InputError, match="is there already"):
        write_store(songs, tmp_path / "x.npy")


def test_arrays_of_other_rates_are_resampled_along_time(tmp_path):
    """DAS resamples NPZ along the channels (das.md 10.3, 7)."""
    tone = {}
    for name, rate in (("low.npz", 2000), ("high.npz", 4000)):
        t = np.arange(20 * rate) / rate
        tone[rate] = np.stack([np.sin(2 * np.pi * 100 * t), np.sin(2 * np.pi * 300 * t)], axis=1) * 0.5
        np.savez(tmp_path / name, data=tone[rate].astype(np.float32), samplerate=rate)
    table = [
        {"recording": name, "onset": float(i), "offset": i + 0.5, "label": "x"}
        for name in ("low.npz", "high.npz")
        for i in range(20)
    ]
    dataset = prepare(
        Recordings(tmp_path), Annotations(table), PrepareParams(splitter=Files(validation_recordings=("high.npz",)))
    )
    again = Dataset.load(write_store(dataset, tmp_path / "x.npy"))
    sound = again.recordings.by_name("x_train")
    assert (sound.sample_rate, sound.n_channels, sound.n_samples) == (4000, 2, 80_000)
    assert np.abs(sound.read(4000, 70_000) - tone[4000].T[:, 4000:70_000]).max() < 1e-3


def test_files_without_a_partner_and_definitions_of_one_row_do_no_harm(tmp_path, told):
    """DAS crashes on a CSV without audio and on definitions with a single row (das.md 10.3, 16)."""
    for seed in range(2):
        sound, truth = fly_song(20, seed=seed, name=f"{seed}.wav")
        soundfile.write(tmp_path / f"{seed}.wav", sound[0], 2500)
        truth.save(tmp_path / f"{seed}_annotations.csv")
    (tmp_path / "gone_annotations.csv").write_text("name,start_seconds,stop_seconds\nsine,1,2\n")
    (tmp_path / "0_definitions.csv").write_text("sine,segment\n")
    dataset = prepare(Recordings(tmp_path), None, PrepareParams(few=1, splitter=Blocks(block=5)), monitor=told)
    assert dataset.names() == ["0.wav", "1.wav"]
    assert any("left out" in text for text in told.warnings)
    write_store(dataset, tmp_path / "x.npy")


def test_memory_does_not_grow_with_the_recording(tmp_path):
    """A store of some 100 MB is written and read in a few blocks' memory."""
    soundfile.write(tmp_path / "a.wav", np.zeros(2**22, np.int16), 10_000)
    soundfile.write(tmp_path / "b.wav", np.zeros(2**20, np.int16), 10_000)
    table = [
        {"recording": name, "onset": float(i), "offset": i + 0.5, "label": label}
        for name in ("a.wav", "b.wav")
        for i in range(100)
        for label in "xy"
    ]
    splitter = Files(validation_recordings=("b.wav",))
    dataset = prepare(Recordings(tmp_path), Annotations(table), PrepareParams(splitter=splitter))
    tracemalloc.start()
    Dataset.load(write_store(dataset, tmp_path / "x.npy"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40e6


def test_every_kind_has_a_suffix_of_its_own():
    suffixes = [STORES.get(name).suffix for name in STORES.names()]
    assert len(set(suffixes)) == len(suffixes)
    assert {".npy", ".zarr", ".h5"} <= set(suffixes)
