from __future__ import annotations

import importlib.util
import warnings

import pytest

from oscine.core.errors import Cancelled, InputError
from oscine.training.loggers import open_logger
from oscine.training.train import train


def scalars(folder):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

        events = EventAccumulator(str(folder))
        events.Reload()
    return {tag: [(item.step, item.value) for item in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


def test_tensorboard_gets_what_the_metrics_file_gets(song, tmp_path, helpers):
    pytest.importorskip("tensorboard", exc_type=ImportError)
    params = helpers.tiny(logger="tensorboard")
    with pytest.raises(Cancelled):
        train(song, params, out=tmp_path, monitor=helpers.Told(stop_after=6))
    run = train(song, params, out=tmp_path)
    found = scalars(tmp_path / "replicate-1" / "tensorboard")
    for tag, name in (("training/loss", "loss"), ("validation/f1", "validation_f1")):
        expected = [(line["step"], line[name]) for line in run.metrics() if name in line]
        assert [step for step, _ in found[tag]] == [step for step, _ in expected]
        assert [value for _, value in found[tag]] == pytest.approx([value for _, value in expected])


@pytest.mark.parametrize("name", ["tensorboard", "wandb"])
def test_a_package_that_is_not_here_is_named_before_anything_is_written(song, tmp_path, helpers, monkeypatch, name):
    there = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda package: None if package == name else there(package))
    with pytest.raises(
        InputError, match=rf"package {name} is not installed; found '--logger {name}'. Install it .pip in"
    ):
        train(song, helpers.tiny(logger=name), out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_wandb_is_offline_unless_told(tmp_path, monkeypatch):
    import sys
    import types

    told = []
    run = types.SimpleNamespace(log=lambda values, step: told.append((step, values)), finish=lambda: told.append("end"))
    fake = types.SimpleNamespace(init=lambda **options: told.append(options) or run)
    monkeypatch.setitem(sys.modules, "wandb", fake)
    monkeypatch.setattr(importlib.util, "find_spec", lambda package: object())
    monkeypatch.delenv("WANDB_MODE", raising=False)
    logger = open_logger("wandb", tmp_path, 0, {"seed": 1})
    logger.write(3, {"loss": 0.5})
    logger.close()
    assert told[0]["mode"] == "offline"
    assert told[0]["config"] == {"seed": 1}
    assert told[1:] == [(3, {"loss": 0.5}), "end"]
