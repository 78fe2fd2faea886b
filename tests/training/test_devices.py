"""Several processes train one network, on CPUs; marked slow, since each process starts Python and PyTorch."""

from __future__ import annotations

import pytest

from oscine.core.errors import Cancelled, InputError
from oscine.networks.architectures.das import Das
from oscine.training.run import Run
from oscine.training.train import train

OPTIONS = {"devices": 2, "device": "cpu", "n_steps": 8, "period": 4, "batch_size": 8}


@pytest.mark.slow
def test_two_processes_train_and_one_writes(song, tmp_path, helpers):
    monitor = helpers.Told()
    run = train(song, helpers.tiny(**OPTIONS, learning_rate=0.01), out=tmp_path / "two", monitor=monitor)
    assert run.finished
    lines = run.metrics()
    assert [line["step"] for line in lines if "loss" in line] == list(range(1, 9))
    assert [line["step"] for line in lines if "validation_f1" in line] == [0, 4, 8]
    assert list(run.models()) == [0, 4, 8]
    assert [line["step"] for line in monitor.metrics if "loss" in line] == list(range(1, 9))
    assert any("validation: loss" in text for text in monitor.messages)
    assert run.best["replicate-1"]["step"] in {0, 4, 8}
    assert set(run.model.thresholds) == set(song.labels)

    # where labels need not be balanced and nothing is dropped, shares of a batch are as good as all of it
    plain = {**OPTIONS, "n_steps": 3, "loss": {"name": "cross-entropy", "balanced": False}, "optimizer": "sgd"}
    plain |= {"architecture": Das(n_filters=4, n_blocks=1), "learning_rate": 0.1}
    two = train(song, helpers.tiny(**plain), out=tmp_path / "a")
    one = train(song, helpers.tiny(**{**plain, "devices": 1}), out=tmp_path / "b")
    losses = [[line["loss"] for line in run.metrics() if "loss" in line] for run in (two, one)]
    assert losses[0] == pytest.approx(losses[1], abs=1e-4)
    assert losses[0][2] != pytest.approx(losses[0][0], abs=1e-2)


@pytest.mark.slow
def test_all_stop_together_and_resume(song, tmp_path, helpers):
    params = helpers.tiny(**{**OPTIONS, "n_steps": 400, "period": 400})
    with pytest.raises(Cancelled):
        train(song, params, out=tmp_path / "b", monitor=helpers.Told(stop_after=2))
    assert list(Run.load(tmp_path / "b").models()) == [0]
    checkpoint = tmp_path / "b" / "replicate-1" / "checkpoint.safetensors"
    assert checkpoint.exists()
    assert 2 <= Run.load(tmp_path / "b").metrics()[-1]["step"] < 400
    whole, again = (train(song, params, out=tmp_path / name) for name in "ab")
    assert again.model.digest == whole.model.digest


@pytest.mark.slow
def test_errors_of_a_process_are_ours(song, tmp_path, helpers):
    params = helpers.tiny(**{**OPTIONS, "optimizer": "sgd", "learning_rate": 1e30, "n_steps": 30})
    with pytest.raises(InputError, match=r"the loss of step \d+ is no number"):
        train(song, params, out=tmp_path)
