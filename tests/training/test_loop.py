"""Interrupted trainings end as those that were not, bit for bit."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
import torch

from oscine.core.errors import Cancelled, InputError
from oscine.core.monitor import SILENT
from oscine.training.train import train

FILES = ("step-000012_model.safetensors", "best_model.safetensors", "checkpoint.safetensors")


@pytest.fixture(scope="module")
def whole(song, tmp_path_factory, helpers):
    """A training that nobody interrupted."""
    torch.set_num_threads(1)
    return train(song, helpers.tiny(), out=tmp_path_factory.mktemp("whole") / "run").path


def assert_same(helpers, path, whole):
    for file in FILES:
        assert helpers.same(path / "replicate-1" / file, whole / "replicate-1" / file), file
    metrics = (helpers.timeless(folder / "replicate-1" / "metrics.jsonl") for folder in (path, whole))
    assert next(metrics) == next(metrics)


@pytest.mark.parametrize("steps", [[1], [4], [5], [11], [12], [2, 3, 9]])
def test_stopped_and_resumed(song, whole, tmp_path, helpers, steps):
    for step in steps:
        with pytest.raises(Cancelled):
            train(song, helpers.tiny(), out=tmp_path, monitor=helpers.Told(stop_after=step))
    run = train(song, helpers.tiny(), out=tmp_path)
    assert run.finished
    assert_same(helpers, tmp_path, whole)


TRAIN = """
import sys, time, torch
from pathlib import Path
import oscine
from oscine.core.errors import Cancelled
from oscine.core.monitor import Monitor
from oscine.networks.architectures.songexplorer import SongExplorer

class Slow(Monitor):
    def metric(self, step, **values):
        print(step, flush=True)
        if step == int(sys.argv[3]):
            time.sleep(60 if sys.argv[4] == "hang" else 0.5)

torch.set_num_threads(1)
params = oscine.TrainParams(loss="cross-entropy", smoothing={"name": "tmse", "weight": 0.0}, augmentations=(),
                            schedule="constant", optimizer="adam", learning_rate=1e-3,
                            weight_decay=0.0, clip=None, ema=None,
                            architecture=SongExplorer(features=(4, 4), context=0.0512), n_steps=12, period=4,
                            batch_size=8, window=0.02)
try:
    oscine.train(oscine.Dataset.load(sys.argv[1]), params, out=Path(sys.argv[2]), monitor=Slow())
except Cancelled as error:
    print(error)
    sys.exit(2)
"""


def started(song, out, step, environment, how="hang"):
    """A process that trains, at that step."""
    process = subprocess.Popen(
        [sys.executable, "-c", TRAIN, str(song.path), str(out), str(step), how],
        env=environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    for line in process.stdout:
        if line.strip() == str(step):
            return process
    raise AssertionError(process.wait())


@pytest.mark.parametrize("step", [2, 7])
def test_killed_and_resumed(song, whole, tmp_path, helpers, environment, step):
    with started(song, tmp_path, step, environment) as process:
        process.kill()
        assert process.wait() == -signal.SIGKILL
    checkpoint = tmp_path / "replicate-1" / "checkpoint.safetensors"
    assert checkpoint.exists() == (step > 4)
    train(song, helpers.tiny(), out=tmp_path)
    assert_same(helpers, tmp_path, whole)


def test_killed_while_a_line_was_written(song, whole, tmp_path, helpers):
    with pytest.raises(Cancelled):
        train(song, helpers.tiny(), out=tmp_path, monitor=helpers.Told(stop_after=6))
    metrics = tmp_path / "replicate-1" / "metrics.jsonl"
    metrics.write_text(metrics.read_text() + '{"step": 7, "lo')
    train(song, helpers.tiny(), out=tmp_path)
    assert_same(helpers, tmp_path, whole)


def test_the_system_asks_to_stop(song, whole, tmp_path, helpers, environment):
    with started(song, tmp_path, 6, environment, "wait") as process:
        process.send_signal(signal.SIGTERM)
        told = process.stdout.read()
        assert process.wait() == 2
    assert "stopped on request" in told
    assert helpers.timeless(tmp_path / "replicate-1" / "metrics.jsonl")[-1]["step"] == 6
    train(song, helpers.tiny(), out=tmp_path)
    assert_same(helpers, tmp_path, whole)


def test_being_asked_leaves_no_trace(song, tmp_path, helpers):
    """The monitor that says nothing is everybody's: it must not be stopped, nor the handler stay."""

    class Terminating(helpers.Told):
        def metric(self, step, **values):
            if step == 3:
                os.kill(os.getpid(), signal.SIGTERM)

    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    with pytest.raises(Cancelled):
        train(song, helpers.tiny(), out=tmp_path, monitor=Terminating())
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    SILENT.check()


def test_a_driver_that_listens_itself_is_left_alone(song, tmp_path, helpers):
    heard = []
    before = signal.signal(signal.SIGTERM, lambda *_: heard.append(1))
    try:

        class Terminating(helpers.Told):
            def metric(self, step, **values):
                if step == 3:
                    os.kill(os.getpid(), signal.SIGTERM)

        assert train(song, helpers.tiny(n_steps=5), out=tmp_path, monitor=Terminating()).finished
        assert heard
    finally:
        signal.signal(signal.SIGTERM, before)


def test_in_a_thread(song, whole, tmp_path, helpers):
    thread = threading.Thread(target=train, args=(song, helpers.tiny()), kwargs={"out": tmp_path})
    thread.start()
    thread.join()
    assert_same(helpers, tmp_path, whole)


def test_the_random_state_of_the_caller_stays(song, tmp_path, helpers):
    torch.manual_seed(3)
    before = torch.get_rng_state()
    train(song, helpers.tiny(n_steps=2), out=tmp_path)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("optimizer", ["adadelta", "adagrad", "adamax", "ftrl", "nadam", "rmsprop", "sgd"])
def test_every_optimiser_resumes_exactly(song, tmp_path, helpers, optimizer):
    params = helpers.tiny(optimizer=optimizer, n_steps=6, period=3)
    train(song, params, out=tmp_path / "a")
    with pytest.raises(Cancelled):
        train(song, params, out=tmp_path / "b", monitor=helpers.Told(stop_after=4))
    train(song, params, out=tmp_path / "b")
    for file in ("step-000006_model.safetensors", "checkpoint.safetensors"):
        assert helpers.same(tmp_path / "a" / "replicate-1" / file, tmp_path / "b" / "replicate-1" / file)


# -- early stopping ------------------------------------------------------------------------------------------------


def test_early_stopping_is_off_by_default(song, tmp_path, helpers):
    assert helpers.tiny().patience is None
    run = train(song, helpers.tiny(learning_rate=1e-12, n_steps=20, period=2), out=tmp_path)
    assert run.training["step"][-1] == 20


def test_patience(song, tmp_path, helpers):
    params = helpers.tiny(learning_rate=1e-12, n_steps=40, period=2, patience=3)  # nothing is learnt
    monitor = helpers.Told()
    run = train(song, params, out=tmp_path, monitor=monitor)
    assert run.training["step"][-1] == 6
    assert "stopped early: no gain since step 0" in monitor.messages
    assert run.best["replicate-1"]["step"] == 6  # the last of equally good ones
    again = train(song, params, out=tmp_path)  # and it stays stopped
    assert again.training["step"][-1] == 6
    assert again.model.digest == run.model.digest


def test_patience_lasts_as_long_as_there_is_gain(song, tmp_path, helpers):
    run = train(song, helpers.tiny(n_steps=60, period=3, patience=3, learning_rate=0.01), out=tmp_path)
    lines = [line for line in run.metrics() if "validation_f1" in line]
    gains, best = [], -1.0
    for line in lines:
        if line["validation_f1"] > best:
            gains.append(line["step"])
            best = line["validation_f1"]
    assert gains[-1] > 0
    assert lines[-1]["step"] == min(60, gains[-1] + 9)


# -- what is measured ----------------------------------------------------------------------------------------------


def test_validation_does_not_depend_on_its_batches(song, tmp_path, helpers):
    """The loss weighs labels by what all windows hold, not by what happens to stand in a batch."""
    first = train(song, helpers.tiny(n_steps=0, batch_size=8), out=tmp_path / "first")
    lines = []
    for size in (2, 3, 50):
        params = helpers.tiny(n_steps=0, batch_size=size, start_from=first.path)
        run = train(song, params, out=tmp_path / str(size))
        lines.append({name: value for name, value in run.metrics()[0].items() if name != "seconds"})
    assert len(lines[0]) == 6
    for other in lines[1:]:
        assert other == pytest.approx(lines[0], rel=1e-5)


def test_a_training_that_diverges_is_stopped(song, tmp_path, helpers):
    params = helpers.tiny(optimizer="sgd", learning_rate=1e30, n_steps=30)
    with pytest.raises(InputError, match=r"the loss of step \d+ is no number.*lower --learning-rate or set --clip"):
        train(song, params, out=tmp_path)


def test_clipping_bounds_the_step(song, tmp_path, helpers):
    common = {"optimizer": "sgd", "learning_rate": 1.0, "n_steps": 1, "period": 1}
    moved = []
    for clip in (None, 1e-3):
        run = train(song, helpers.tiny(**common, clip=clip), out=tmp_path / str(clip))
        first, last = (helpers.weights(run.models()[step]) for step in (0, 1))
        moved.append(np.sqrt(sum(np.sum((first[name] - last[name]) ** 2) for name in first)))
    assert moved[0] > 2e-3
    assert moved[1] == pytest.approx(1e-3, rel=1e-2)


def test_seconds_go_on_after_an_interruption(song, tmp_path, helpers):
    with pytest.raises(Cancelled):
        train(song, helpers.tiny(), out=tmp_path, monitor=helpers.Told(stop_after=6))
    time.sleep(1.2)
    run = train(song, helpers.tiny(), out=tmp_path)
    seconds = [line["seconds"] for line in run.metrics()]
    assert seconds == sorted(seconds)
    assert seconds[-1] < 5


# -- averages, schedules, frozen parts, other starts ---------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {"ema": 0.9},
        {"schedule": {"name": "cosine", "warm_up": 3}},
        {"schedule": {"name": "plateau", "patience": 1, "cut": 0.5}},
        {"ema": 0.9, "schedule": "one-cycle", "optimizer": "adamw", "freeze": ("convolutions",)},
        {"precision": "bf16-mixed"},
        {"n_epochs": 0.5, "period": 4, "window": 0.1},
        {"augmentations": ("gain", "noise", "shift", "mix-up", "spectrogram-mask"), "window": 0.1},
        {"augmentations": ("reverse",), "target": "boundaries", "smoothing": {"name": "gaussian-tmse"}},
    ],
    ids=str,
)
def test_everything_resumes_exactly(song, tmp_path, helpers, options):
    params = helpers.tiny(**options)
    whole = train(song, params, out=tmp_path / "a")
    for step in (5, 9):
        with pytest.raises(Cancelled):
            train(song, params, out=tmp_path / "b", monitor=helpers.Told(stop_after=step))
    train(song, params, out=tmp_path / "b")
    last = max(whole.models())
    assert last >= 12
    for file in (f"step-{last:06d}_model.safetensors", "best_model.safetensors", "checkpoint.safetensors"):
        assert helpers.same(tmp_path / "a" / "replicate-1" / file, tmp_path / "b" / "replicate-1" / file), file
    metrics = (helpers.timeless(tmp_path / name / "replicate-1" / "metrics.jsonl") for name in "ab")
    assert next(metrics) == next(metrics)


def test_the_average_is_what_is_validated_and_kept(song, tmp_path, helpers):
    run = train(song, helpers.tiny(ema=0.5), out=tmp_path)
    kept = helpers.weights(run.models()[12])
    state = helpers.weights(tmp_path / "replicate-1" / "checkpoint.safetensors")
    assert all(np.array_equal(kept[name], state[f"average/{name}"]) for name in kept if f"average/{name}" in state)
    assert any(not np.array_equal(kept[name], state[f"network/{name}"]) for name in kept)
    again = train(song, helpers.tiny(n_steps=0, start_from=run.models()[12]), out=tmp_path / "again")
    assert again.metrics()[0]["validation_f1"] == run.metrics()[-1]["validation_f1"]


def test_a_schedule_scales_the_steps(song, tmp_path, helpers):
    """With plain gradient descent the first step is as long as the rate says."""
    moved = []
    for warm_up in (0, 10):
        params = helpers.tiny(optimizer="sgd", n_steps=1, period=1, schedule={"name": "constant", "warm_up": warm_up})
        run = train(song, params, out=tmp_path / str(warm_up))
        first, last = (helpers.weights(run.models()[step]) for step in (0, 1))
        moved.append(np.sqrt(sum(np.sum((first[name] - last[name]) ** 2) for name in first)))
    assert moved[1] == pytest.approx(moved[0] / 10, rel=1e-3)


def test_a_training_whose_schedule_sees_the_end_does_not_go_on_beyond_it(song, tmp_path, helpers):
    train(song, helpers.tiny(schedule="cosine"), out=tmp_path)
    with pytest.raises(InputError, match=r"holds another run; found 'n-steps 12 .not 24.'"):
        train(song, helpers.tiny(schedule="cosine", n_steps=24), out=tmp_path)


def test_frozen_parts_stay_and_others_learn(song, tmp_path, helpers):
    first = train(song, helpers.tiny(n_steps=4), out=tmp_path / "first")
    monitor = helpers.Told()
    params = helpers.tiny(start_from=first.path, freeze=("all-but-head",), learning_rate=0.1)
    run = train(song, params, out=tmp_path / "second", monitor=monitor)
    before, after = helpers.weights(first.path / "best_model.safetensors"), helpers.weights(run.models()[12])
    changed = {name for name in before if not np.array_equal(before[name], after[name])}
    assert changed == {"dense.2.weight", "dense.2.bias"} or len(changed) == 2, changed
    assert any("weights are taken from" in text for text in monitor.messages)


def test_a_start_from_another_model_begins_where_that_ended(song, tmp_path, helpers):
    first = train(song, helpers.tiny(n_steps=30, period=30, learning_rate=0.01), out=tmp_path / "first")
    again = train(song, helpers.tiny(start_from=first.path), out=tmp_path / "again")
    assert again.metrics()[0]["validation_f1"] == first.best["replicate-1"]["f1"]
    assert again.model.provenance.inputs["start_from"]["digest"] == first.model.digest


@pytest.mark.parametrize("criterion", ["loss", "frame-error"])
def test_other_criteria(song, tmp_path, helpers, criterion):
    run = train(song, helpers.tiny(criterion=criterion, n_steps=30, learning_rate=0.03, n_replicates=2), out=tmp_path)
    name = criterion.replace("-", "_")
    bests = []
    for number in (1, 2):
        best = run.best[f"replicate-{number}"]
        values = {
            line["step"]: line[f"validation_{name}"] for line in run.metrics(number) if f"validation_{name}" in line
        }
        assert values[best["step"]] == min(values.values()) == best[name]
        bests.append(best[name])
    assert run.winner == int(np.argmin(bests)) + 1


def test_speed_is_measured(song, tmp_path, helpers):
    run = train(song, helpers.tiny(), out=tmp_path)
    speeds = [line["speed"] for line in run.metrics() if "speed" in line]
    assert len(speeds) == 3
    assert all(speed > 0.1 for speed in speeds)


@pytest.mark.parametrize(
    ("target", "rates"), [("overlapped", True), ("events", True), ("boundaries", True)], ids=lambda item: str(item)
)
def test_other_targets_are_trained_validated_and_resumed(song, tmp_path, helpers, target, rates):
    params = helpers.tiny(target=target, n_steps=6, period=3)
    run = train(song, params, out=tmp_path / "a")
    assert 0 <= run.best["replicate-1"]["frame_error"] <= 1
    with pytest.raises(Cancelled):
        train(song, params, out=tmp_path / "b", monitor=helpers.Told(stop_after=4))
    train(song, params, out=tmp_path / "b")
    for file in ("step-000006_model.safetensors", "best_model.safetensors"):
        assert helpers.same(tmp_path / "a" / "replicate-1" / file, tmp_path / "b" / "replicate-1" / file)


def test_the_sound_itself_is_learnt_by_its_loss(song, tmp_path, helpers):
    architecture = {"name": "autoencoder", "features": [4, 4], "context": 0.0512}
    params = helpers.tiny(architecture=architecture, target="reconstruction", n_steps=6, period=3)
    run = train(song, params, out=tmp_path)
    assert set(run.best["replicate-1"]) == {"step", "loss"}
    losses = {line["step"]: line["validation_loss"] for line in run.metrics() if "validation_loss" in line}
    assert run.best["replicate-1"]["loss"] == min(losses.values())
    assert run.model.thresholds == {}
    assert "accuracy" not in run.training
    assert "loss" in str(run)


def test_augmentations_change_what_is_learnt_but_not_what_is_validated(song, tmp_path, helpers):
    plain = train(song, helpers.tiny(n_steps=2), out=tmp_path / "a")
    moved = train(song, helpers.tiny(n_steps=2, augmentations=({"name": "gain", "factor": 3.0},)), out=tmp_path / "b")
    (first, *mine), (same, *theirs) = plain.metrics(), moved.metrics()
    assert {name: first[name] for name in first if name != "seconds"} == {
        name: same[name] for name in same if name != "seconds"
    }
    assert mine[0]["loss"] != theirs[0]["loss"]
