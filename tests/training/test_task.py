"""What is filled in and what is refused before a training begins; nothing is written in the latter case."""

from __future__ import annotations

import numpy as np
import pytest

from oscine.annotations.annotations import Annotations
from oscine.annotations.labels import LabelSet
from oscine.core.errors import InputError
from oscine.core.monitor import SILENT
from oscine.datasets.dataset import Dataset
from oscine.networks.architectures.das import Das
from oscine.networks.architectures.songexplorer import SongExplorer
from oscine.networks.architectures.tcn import Tcn
from oscine.networks.frames import TILE
from oscine.networks.model import Model
from oscine.networks.smoothings.tmse import Tmse
from oscine.recordings.recording import Recording
from oscine.recordings.recordings import Recordings
from oscine.training.params import TrainParams
from oscine.training.task import prepare_task
from oscine.training.train import train


@pytest.fixture
def refused(song, tmp_path, helpers):
    """A training of song, or of another dataset, that is refused in one line and leaves nothing."""

    def check(match, dataset=None, **options):
        with pytest.raises(InputError, match=match) as error:
            train(dataset or song, helpers.tiny(**options), out=tmp_path / "refused")
        assert "\n" not in str(error.value)
        assert not (tmp_path / "refused").exists()

    return check


# -- filled in -----------------------------------------------------------------------------------------------------


def test_what_is_left_open_is_said_and_stored_with_the_model(song, tmp_path, helpers):
    monitor = helpers.Told()
    left = dict.fromkeys(("window", "period", "loss", "batch_size"))
    params = helpers.tiny(architecture=Tcn(n_filters=4, n_layers=2), n_steps=1, **left)
    run = train(song, params, out=tmp_path, monitor=monitor)
    said = next(message for message in monitor.messages if message.startswith("from the data: "))
    assert "window 2," in said
    assert "loss cross-entropy" in said
    assert "batch-size 8" in said
    assert "sampling uniform" in said
    assert "period 30" in said
    assert "architecture.representation spectrogram" in said
    assert run.params["window"] is None  # what the user gave, to compare with when the run is continued
    stored = run.model.training["params"]
    assert (stored["window"], stored["loss"]["name"]) == (2.0, "cross-entropy")
    assert run.model.architecture.representation is not None
    assert Model.load(tmp_path).architecture == run.model.architecture
    assert train(song, params, out=tmp_path).model.digest == run.model.digest


def test_windows_around_single_sounds_are_short(song, helpers):
    rows = {name: part.with_coverage("rows") for name, part in song.parts.items()}
    sparse = Dataset(song.recordings, LabelSet([label for label in song.labels if label != "background"]), rows)
    task = prepare_task(sparse, helpers.tiny(window=None), SILENT)
    assert (task.params.window, task.params.sampling) == (0.05, "centred")


def test_a_network_that_pads_gets_windows_as_long_as_it_sees(song, helpers, tmp_path):
    monitor = helpers.Told()
    padded = Tcn(n_filters=4, n_layers=8, padding="zeros")
    task = prepare_task(song, helpers.tiny(architecture=padded, window=None), monitor)
    assert task.params.window > 1
    assert not [text for text in monitor.warnings if "shorter than what a frame could see" in text]
    run = train(song, helpers.tiny(architecture=padded, window=0.5, n_steps=1), out=tmp_path, monitor=monitor)
    assert any(
        "the window (0.5 s) is shorter than what a frame could see" in text and "padding context" in text
        for text in monitor.warnings
    )
    assert run.model.network.tile == round(0.5 * run.model.network.frame_rate)


def test_das_says_how_far_it_sees(song, helpers):
    monitor = helpers.Told()
    prepare_task(song, helpers.tiny(architecture=Das(n_filters=4, padding="zeros"), window=0.2), monitor)
    assert any("(0.2 s) is shorter than what a frame could see (0.55" in text for text in monitor.warnings)


@pytest.mark.parametrize(("n_epochs", "n_steps", "period"), [(1, 11, 11), (2.5, 28, 11), (0.01, 1, 11)])
def test_an_epoch_is_as_many_windows_as_fit_into_the_training_sound(song, helpers, n_epochs, n_steps, period):
    seconds = sum(
        float(np.diff(song.train.coverage.intervals(name, 30.0)).sum()) for name in song.train.recordings
    )  # 24 s less a guard
    window = seconds / 88
    params = helpers.tiny(window=window, n_epochs=n_epochs, period=None)
    task = prepare_task(song, params, SILENT)
    assert (task.params.n_steps, task.params.period) == (n_steps, period)
    assert task.steps_per_epoch == 11  # batches of 8


def test_a_fraction_is_trained_on_and_said(song, tmp_path, helpers):
    monitor = helpers.Told()
    train(song, helpers.tiny(seconds=10.0, n_steps=2), out=tmp_path, monitor=monitor)
    assert any("10 of" in text and "s are used" in text for text in monitor.messages)


# -- refused -------------------------------------------------------------------------------------------------------


def test_no_validation_part(song, refused):
    alone = Dataset(song.recordings, song.labels, {"train": song.train})
    empty = Dataset(
        song.recordings,
        song.labels,
        {"train": song.train, "validation": song.train.with_rows(song.train.to_pandas()[:0])},
    )
    refused("has no validation part.*--unvalidated", alone)
    refused("has no validation part.*--unvalidated", empty)
    refused("no validation part for early stopping or the schedule", alone, unvalidated=True, patience=3)
    refused("no validation part for early stopping or the schedule", alone, unvalidated=True, schedule="plateau")


def test_labels_that_differ_between_parts(song, refused, helpers):
    rows = song.train.to_pandas()
    without = song.train.with_rows(rows[rows["label"] != "sine"])
    refused("a label has no training example; found 'sine'",
            Dataset(song.recordings, song.labels, {**song.parts, "train": without}))  # fmt: skip
    sparse = {name: part.with_coverage("rows") for name, part in song.parts.items()}
    labels = LabelSet([label for label in song.labels if label != "background"])
    refused("the validation part has labels that the training part has not.*more of the training part",
            Dataset(song.recordings, labels, sparse), fraction=0.001)  # fmt: skip
    rows = song.parts["validation"].to_pandas()
    unjudged = song.parts["validation"].with_rows(rows[rows["label"] != "sine"])
    monitor = helpers.Told()
    prepare_task(Dataset(song.recordings, song.labels, {**song.parts, "validation": unjudged}), helpers.tiny(), monitor)
    assert "labels without a validation annotation cannot be judged: sine" in monitor.warnings


def test_windows_longer_than_the_sound(song, refused):
    refused("longer than the longest covered stretch.*found '60 s'; allowed: up to .* s. Lower --window", window=60.0)


def test_windows_longer_than_the_recordings(refused):
    rows = [{"recording": "a", "onset": t, "offset": t, "label": label} for t in (0.2, 0.4) for label in ("x", "y")]
    part = Annotations(rows).with_coverage("rows")
    recordings = Recordings([Recording.from_sound(np.zeros((1, 2500)), 2500.0, name="a")])
    refused("longer than the longest recording.*found '2 s'; allowed: up to 1 s",
            Dataset(recordings, LabelSet(["x", "y"]), {"train": part, "validation": part}), window=2.0)  # fmt: skip


def test_hops_that_do_not_divide(refused):
    refused(
        r"stride", architecture={"name": "songexplorer", "representation": {"name": "spectrogram", "stride": 0.0017}}
    )


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"fraction": 0.0}, "fraction is out of range; found 0.0; allowed: > 0"),
        ({"fraction": 1.5}, "fraction is out of range; found 1.5; allowed: ≤ 1"),
        ({"fraction": 0.5, "seconds": 3.0}, "said twice"),
        ({"learning_rate": -1.0}, "learning_rate is out of range; found -1.0; allowed: > 0"),
        ({"learning_rate": 0.0}, "learning_rate is out of range"),
        ({"ema": 1.0}, "ema is out of range; found 1.0; allowed: < 1"),
        ({"clip": 0.0}, "clip is out of range"),
        ({"n_epochs": 0.0}, "n_epochs is out of range"),
        ({"window": 0.0}, "window is out of range"),
        ({"optimizer": "ftrl"}, "ftrl makes weights anew.*found 'schedule cosine'.*Add --schedule constant"),
        ({"devices": 3, "batch_size": 8}, "cannot be shared evenly.*batch_size such as 9"),
        ({"schedule": "cosin"}, "Did you mean 'cosine'"),
    ],
)
def test_values_out_of_range(options, match):
    with pytest.raises(InputError, match=match):
        TrainParams(**options)


def test_more_seconds_than_there_are(refused):
    refused("not as much sound to learn from; found '100 s'", seconds=100.0)


def test_parts_to_freeze(refused):
    refused("unknown part of the network; found 'bodi'.*Did you mean 'body'", freeze=("bodi",))
    refused("cannot learn", freeze=("body", "front-end"))


def test_models_to_start_from(song, refused, tmp_path, helpers):
    refused("there is no such model", start_from=tmp_path / "nothing")
    other = train(
        song, helpers.tiny(n_steps=0, architecture=SongExplorer(features=(5, 4), context=0.0512)), out=tmp_path / "a"
    )
    refused(r"has another architecture; found 'features \[4, 4\] \(not \[5, 4\]\)'", start_from=other.path)
    other = train(song, helpers.tiny(n_steps=0, architecture=Tcn(n_filters=4, n_layers=2)), out=tmp_path / "b")
    refused("has another architecture; found 'name songexplorer .not tcn.", start_from=other.path)


def test_what_is_left_open_is_as_in_the_model_to_start_from(song, tmp_path, helpers):
    open_ended = Tcn(n_filters=4, n_layers=2)
    chosen = Tcn(n_filters=4, n_layers=2, representation={"name": "spectrogram", "window": 0.0128, "stride": 0.004})
    first = train(song, helpers.tiny(n_steps=0, architecture=chosen), out=tmp_path / "a")
    task = prepare_task(song, helpers.tiny(architecture=open_ended, start_from=first.path), SILENT)
    assert task.params.architecture == chosen


def test_a_loss_that_cannot_judge_mixed_labels(refused):
    refused(
        "augmentation 'mix-up' mixes labels, which the loss 'dice' cannot judge", augmentations=("mix-up",), loss="dice"
    )


def test_sound_is_not_smoothed(song, refused, helpers):
    """The default is left out for a target without probabilities; what was asked for is refused."""
    sound = {"architecture": {"name": "autoencoder"}, "target": "reconstruction"}
    task = prepare_task(song, helpers.tiny(**sound, smoothing=Tmse(weight=0.15)), SILENT)
    assert task.params.smoothing.weight == 0
    assert prepare_task(song, helpers.tiny(smoothing=Tmse(weight=0.15)), SILENT).params.smoothing.weight == 0.15
    refused("'reconstruction' are no probabilities.*--smoothing.weight 0", **sound, smoothing=Tmse(weight=0.2))


@pytest.mark.parametrize(("normalise", "tile"), [("window", 20), ("none", TILE)])
def test_a_level_that_is_counted_from_the_window_needs_windows_as_long(song, helpers, normalise, tile):
    stft = {"name": "trainable-stft", "normalise": normalise}
    architecture = {"name": "tcn", "n_filters": 4, "n_layers": 1, "representation": stft}
    network = prepare_task(song, helpers.tiny(architecture=architecture, window=0.032), SILENT).build()
    assert network.is_exact == (normalise == "none")
    assert network.tile == tile


def test_a_length_that_is_said_twice(song, helpers, tmp_path):
    with pytest.raises(InputError, match=r"said twice; found '?n-steps 8, n-epochs 2.*--n-epochs none"):
        train(song, helpers.tiny(n_epochs=2, n_steps=8), out=tmp_path / "run")
    assert not (tmp_path / "run").exists()
