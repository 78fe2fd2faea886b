from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from oscine.annotations.annotations import Annotations
from oscine.annotations.labels import LabelSet
from oscine.core.errors import Cancelled, InputError
from oscine.datasets.dataset import Dataset
from oscine.datasets.prepare import PrepareParams, prepare
from oscine.datasets.splitters.hash import Hash
from oscine.networks.model import Model
from oscine.recordings.recording import Recording
from oscine.recordings.recordings import Recordings
from oscine.testing import fly_song
from oscine.training.run import Run
from oscine.training.train import train

BEST = "best_model.safetensors"


def test_it_learns(song, tmp_path, helpers):
    monitor = helpers.Told()
    run = train(
        song, helpers.tiny(n_steps=60, period=20, batch_size=32, learning_rate=0.01), out=tmp_path, monitor=monitor
    )
    losses = [line["loss"] for line in monitor.metrics if "loss" in line]
    assert len(losses) == 60
    assert np.mean(losses[-10:]) < 0.7 * np.mean(losses[:10])
    values = run.validation
    assert values["step"] == [0, 20, 40, 60]
    assert values["loss"][-1] < values["loss"][0]
    assert values["accuracy"][-1] > values["accuracy"][0]
    assert run.finished
    assert run.best["replicate-1"]["f1"] > 0.6
    assert run.best["replicate-1"]["step"] in values["step"]
    assert run.provenance is not None
    assert Run.load(tmp_path) == run


def test_it_says_what_it_learns_and_counts_before(song, tmp_path, helpers):
    monitor = helpers.Told()
    train(song, helpers.tiny(n_steps=0), out=tmp_path, monitor=monitor)
    assert monitor.messages[0].startswith(f"learning {', '.join(song.labels)}\nannotations of each label in each part")
    assert any("parameters" in message for message in monitor.messages)


def test_a_split_that_leaks_is_warned_of(song_folder, tmp_path, helpers):
    monitor = helpers.Told()
    leaky = prepare(Recordings(song_folder), params=PrepareParams(few=1, splitter=Hash()))
    train(leaky, helpers.tiny(n_steps=0), out=tmp_path / "a", monitor=monitor)
    assert any("scores are optimistic; split by files, or by blocks" in warning for warning in monitor.warnings)
    monitor = helpers.Told()
    alone = Dataset(leaky.recordings, leaky.labels, {"train": leaky.train})
    with pytest.raises(InputError, match=r"has no validation part.*train without: --unvalidated"):
        train(alone, helpers.tiny(n_steps=4), out=tmp_path / "b", monitor=monitor)
    assert not (tmp_path / "b").exists()
    run = train(alone, helpers.tiny(n_steps=4, unvalidated=True), out=tmp_path / "b", monitor=monitor)
    assert any("there is no validation part" in warning for warning in monitor.warnings)
    assert run.best == {"replicate-1": {"step": 4}}
    assert (run.model.thresholds, run.validation) == ({}, {})
    assert run.training["step"] == [1, 2, 3, 4]


def test_no_step_keeps_the_random_weights(song, tmp_path, helpers):
    run = train(song, helpers.tiny(n_steps=0), out=tmp_path)
    assert run.finished
    assert list(run.models()) == [0]
    assert run.model.digest == Model.load(run.models()[0]).digest
    assert set(run.model.thresholds) <= set(song.labels)


def test_the_same_seeds_make_the_same_model_and_metrics(song, tmp_path, helpers):
    runs = [train(song, helpers.tiny(seed=5), out=tmp_path / name) for name in "ab"]
    for file in ("step-000000_model.safetensors", "step-000012_model.safetensors", BEST, "checkpoint.safetensors"):
        assert helpers.same(tmp_path / "a" / "replicate-1" / file, tmp_path / "b" / "replicate-1" / file)
    first, second = (helpers.timeless(tmp_path / name / "replicate-1" / "metrics.jsonl") for name in "ab")
    assert first == second
    assert runs[0].model.thresholds == runs[1].model.thresholds
    other = train(song, helpers.tiny(seed=6), out=tmp_path / "c")
    assert other.model.digest != runs[0].model.digest


def test_seeds_of_weights_and_batches_are_two(song, tmp_path, helpers):
    """As SongExplorer's seeds test: 2 × 2."""
    first, metrics = {}, {}
    for weights in (1, 2):
        for batches in (1, 2):
            folder = tmp_path / f"{weights}{batches}"
            train(song, helpers.tiny(weights_seed=weights, batches_seed=batches, n_steps=4), out=folder)
            tensors = helpers.weights(folder / "replicate-1" / "step-000000_model.safetensors")
            names = [name for name in tensors if name.endswith("weight")]
            assert len(names) >= 3
            first[weights, batches] = {name: tensors[name].tobytes() for name in names}
            metrics[weights, batches] = helpers.timeless(folder / "replicate-1" / "metrics.jsonl")
    assert first[1, 1] == first[1, 2]
    assert first[2, 1] == first[2, 2]
    assert all(first[1, 1][name] != first[2, 1][name] for name in first[1, 1])
    assert len({json.dumps(one) for one in metrics.values()}) == 4


def test_replicates_differ_and_the_best_is_chosen(song, tmp_path, helpers):
    run = train(song, helpers.tiny(n_replicates=3, n_steps=20, batch_size=16, learning_rate=0.01), out=tmp_path)
    digests = [Model.load(folder / BEST).digest for folder in run.replicates]
    assert len(set(digests)) == 3
    f1 = [run.best[f"replicate-{i}"]["f1"] for i in (1, 2, 3)]
    assert run.model.digest == digests[int(np.argmax(f1))]
    assert run.winner == int(np.argmax(f1)) + 1
    for number, folder in enumerate(run.replicates, 1):
        best = Model.load(folder / BEST)
        assert best.training["step"] == run.best[f"replicate-{number}"]["step"]
        validated = {line["step"]: line["validation_f1"] for line in run.metrics(number) if "validation_f1" in line}
        assert max(validated.values()) == run.best[f"replicate-{number}"]["f1"] == validated[best.training["step"]]
    # the second replicate is what its seeds make alone
    alone = train(song, helpers.tiny(n_steps=20, batch_size=16, learning_rate=0.01, seed=1), out=tmp_path / "alone")
    assert alone.model.digest == digests[1]


def test_more_replicates_may_be_added(song, tmp_path, helpers):
    first = train(song, helpers.tiny(), out=tmp_path)
    again = train(song, helpers.tiny(n_replicates=2), out=tmp_path)
    assert again.best["replicate-1"] == first.best["replicate-1"]
    assert set(again.best) == {"replicate-1", "replicate-2"}


@pytest.mark.parametrize("n_more", [12, 8])
def test_a_finished_run_goes_on(song, tmp_path, helpers, n_more):
    train(song, helpers.tiny(n_steps=8), out=tmp_path / "a")
    train(song, helpers.tiny(n_steps=8 + n_more), out=tmp_path / "a")
    train(song, helpers.tiny(n_steps=8 + n_more), out=tmp_path / "b")
    for file in (f"step-{8 + n_more:06d}_model.safetensors", BEST, "checkpoint.safetensors"):
        assert helpers.same(tmp_path / "a" / "replicate-1" / file, tmp_path / "b" / "replicate-1" / file)
    mine, theirs = (helpers.timeless(tmp_path / name / "replicate-1" / "metrics.jsonl") for name in "ab")
    assert mine == theirs
    with pytest.raises(InputError, match=r"gone further already; found 'step .*' ?; allowed: up to --n-steps 4"):
        train(song, helpers.tiny(n_steps=4), out=tmp_path / "a")


def test_a_folder_with_another_run_is_refused(song, tmp_path, helpers, song_folder):
    train(song, helpers.tiny(), out=tmp_path)
    before = (tmp_path / "run.json").read_text()
    with pytest.raises(InputError, match=r"holds another run; found 'learning-rate 0.001 .not 0.1.'. Choose"):
        train(song, helpers.tiny(learning_rate=0.1), out=tmp_path)
    other = prepare(Recordings(song_folder), params=PrepareParams(few=1, splitter=Hash()))
    with pytest.raises(InputError, match=r"found 'labels background, ambient, pulse, sine .not ambient, pulse, sine.'"):
        train(other, helpers.tiny(), out=tmp_path)
    rows = song.train.to_pandas()
    fewer = Dataset(song.recordings, song.labels, {**song.parts, "train": song.train.with_rows(rows[1:])})
    with pytest.raises(InputError, match="holds another run; found 'another dataset'"):
        train(fewer, helpers.tiny(), out=tmp_path)
    assert (tmp_path / "run.json").read_text() == before
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(InputError, match="card of this training is damaged"):
        train(song, helpers.tiny(), out=tmp_path)


def test_thresholds_are_stored_and_belong_to_the_probabilities(song, tmp_path, helpers):
    run = train(song, helpers.tiny(n_steps=40, period=40, batch_size=32, learning_rate=0.01), out=tmp_path)
    thresholds = run.model.thresholds
    assert set(thresholds) == set(song.labels)
    assert all(0 < value < 1 for value in thresholds.values())
    assert Model.load(tmp_path / "replicate-1" / BEST).thresholds == thresholds
    assert Model.load(run.models()[40]).thresholds == {}


def test_too_few_examples(song, tmp_path, helpers):
    with pytest.raises(InputError, match=r"fewer training examples than a batch.*found \d+; allowed: 5000 or more"):
        train(song, helpers.tiny(batch_size=5000, sampling="centred"), out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_recordings_that_differ(song_folder, tmp_path, helpers):
    sound, truth = fly_song(30, seed=2, sample_rate=5000, name="fast.wav")
    soundfile.write(tmp_path / "fast.wav", sound[0], 5000, subtype="FLOAT")
    slow = Annotations.load(song_folder / "song_annotations.csv")
    mixed = Recordings([Recording(song_folder / "song.wav"), Recording(tmp_path / "fast.wav")])
    dataset = prepare(mixed, slow.concat(truth), PrepareParams(few=1))
    with pytest.raises(InputError, match=r"differ in sample rate; found '2500 Hz, 5000 Hz'.*--sample-rate 5000"):
        train(dataset, helpers.tiny(), out=tmp_path / "run")
    assert not (tmp_path / "run").exists()
    run = train(dataset, helpers.tiny(sample_rate=2500.0, n_steps=2), out=tmp_path / "run")
    assert run.model.sample_rate == 2500

    stereo = np.stack([sound[0], sound[0]], axis=1)
    soundfile.write(tmp_path / "fast.wav", stereo[::2], 2500, subtype="FLOAT")
    mixed = Recordings([Recording(song_folder / "song.wav"), Recording(tmp_path / "fast.wav")])
    with pytest.raises(InputError, match="channels"):
        train(prepare(mixed, slow.concat(truth), PrepareParams(few=1)), helpers.tiny(), out=tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_several_channels(tmp_path, helpers):
    sound, truth = fly_song(30, seed=1)
    two = np.concatenate([sound, 0.5 * sound[:, ::-1]])
    recordings = Recordings([Recording.from_sound(two, 2500, name="song.wav")])
    run = train(prepare(recordings, truth, PrepareParams(few=1)), helpers.tiny(n_steps=2), out=tmp_path / "run")
    assert run.model.n_channels == 2
    assert not (tmp_path / ".oscine").exists()


def test_a_folder_that_cannot_be_written_to(song, tmp_path, helpers):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="cannot be written") as error:
        train(song, helpers.tiny(), out=tmp_path / "file" / "run")
    assert "\n" not in str(error.value)
    assert (tmp_path / "file").read_text() == "mine"


FULL = """
import resource, sys
from pathlib import Path
import oscine
from oscine.core.errors import InputError
from oscine.networks.architectures.songexplorer import SongExplorer
dataset = oscine.Dataset.load(sys.argv[1])
params = oscine.TrainParams(loss="cross-entropy", smoothing={"name": "tmse", "weight": 0.0}, augmentations=(),
                            schedule="constant", optimizer="adam", learning_rate=1e-3,
                            weight_decay=0.0, clip=None, ema=None,
                            architecture=SongExplorer(features=(4, 4), context=0.0512), window=0.02, batch_size=8,
                            n_steps=90, period=4)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
try:
    oscine.train(dataset, params, out=Path(sys.argv[2]))
except InputError as error:
    print(error)
    sys.exit(2)
"""


@pytest.mark.parametrize("limit", [9000, 11000])  # a checkpoint, the metrics do not fit
def test_a_full_disk(song, tmp_path, environment, helpers, limit):
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(song.path), str(tmp_path / "run"), str(limit)],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (2, ""), done.stderr
    assert "may not grow any larger" in done.stdout
    assert done.stdout.count("\n") == 1
    left = [path.name for path in tmp_path.rglob("*") if path.is_file()]
    assert not [name for name in left if "partial" in name]
    if limit == 11000:  # with room again it goes on
        again = train(song, helpers.tiny(n_steps=90), out=tmp_path / "run")
        assert [line["step"] for line in again.metrics() if "loss" in line] == list(range(1, 91))


def test_a_device_that_is_not_here(song, tmp_path, helpers):
    import torch

    if torch.backends.mps.is_available():
        pytest.skip("it is here")
    with pytest.raises(InputError, match=r"this device cannot be used.*found 'mps'.*Choose --device auto or cpu"):
        train(song, helpers.tiny(device="mps"), out=tmp_path)


def test_stopping_between_replicates_keeps_what_is_done(song, tmp_path, helpers):
    class Second(helpers.Told):
        def opened(self, task):
            if task.title == "Training replicate-2":
                self.cancel()

    with pytest.raises(Cancelled):
        train(song, helpers.tiny(n_replicates=2), out=tmp_path / "a", monitor=Second())
    unfinished = Run.load(tmp_path / "a")
    assert (unfinished.finished, set(unfinished.best)) == (False, {"replicate-1"})
    assert train(song, helpers.tiny(n_replicates=2), out=tmp_path / "a").model.digest == (
        train(song, helpers.tiny(n_replicates=2), out=tmp_path / "b").model.digest
    )


NO_TORCH = """
import sys
import oscine.training.train, oscine.training.params, oscine.training.run, oscine.training.stale
import oscine.training.examples, oscine.training.optimizers, oscine.datasets.prepare, oscine.datasets.sampler
from oscine.training.params import TrainParams
TrainParams.model_json_schema()
assert "torch" not in sys.modules and "lightning_fabric" not in sys.modules
"""


def test_declarations_load_no_torch(environment):
    subprocess.run([sys.executable, "-c", NO_TORCH], env=environment, check=True)


def test_a_single_label_is_refused(song, tmp_path, helpers):
    alone = Dataset(song.recordings, LabelSet(["pulse"]), song.parts)
    with pytest.raises(InputError, match=r"nothing to tell the only label from.*Annotate background"):
        train(alone, helpers.tiny(), out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_few_annotations_are_warned_of_before_training(song, tmp_path, helpers):
    monitor = helpers.Told()
    rare = song.train.to_pandas()
    rare = song.train.with_rows(rare[(rare["label"] != "sine") | (rare.groupby("label").cumcount() < 2)])
    train(
        Dataset(song.recordings, song.labels, {**song.parts, "train": rare}),
        helpers.tiny(n_steps=0), out=tmp_path, monitor=monitor,
    )  # fmt: skip
    said = "label 'sine' has only 2 training annotations; 10 or more are better"
    assert monitor.warnings.count(said) == 1
