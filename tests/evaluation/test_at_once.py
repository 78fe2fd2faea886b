"""Checkpoints judged at once: when it pays, and the same result."""

from __future__ import annotations

import time

import pytest

from oscine.core.errors import Cancelled
from oscine.core.monitor import Monitor
from oscine.evaluation.at_once import n_at_once, run_jobs
from oscine.evaluation.evaluate import EvaluateParams, evaluate
from oscine.training.runs import Runs


def test_when_it_pays(monkeypatch):
    monkeypatch.setattr("oscine.evaluation.at_once.available_cores", lambda: 8)
    monkeypatch.setattr("oscine.evaluation.at_once.available_memory", lambda: 6.5 * 2**30)
    assert n_at_once(20, 1.0, None, "cpu") == 1, "20 s of work"
    assert n_at_once(20, 10.0, None, "cpu") == 6, "as many as memory holds"
    assert n_at_once(3, 100.0, None, "cpu") == 3
    assert n_at_once(20, 10.0, None, "cuda") == 1
    assert n_at_once(20, 10.0, 1, "cpu") == 1


@pytest.mark.slow
def test_the_same_as_one_by_one(run_folder, tmp_path):
    params = EvaluateParams(at_once=2, device="cpu")
    several = evaluate(Runs.load(run_folder), None, params, out=tmp_path / "several")
    one = evaluate(Runs.load(run_folder), None, EvaluateParams(at_once=1, device="cpu"), out=tmp_path / "one")
    for first, second in zip(several.models, one.models, strict=True):
        assert first.name == second.name
        for step in first.by_step:
            assert first.by_step[step].summary() == second.by_step[step].summary()
    assert several.best == one.best


def test_stopped():
    class Impatient(Monitor):
        def updated(self, task):
            self.cancel()

    with pytest.raises(Cancelled):
        run_jobs(time.sleep, [(0.01,)] * 40, 2, Impatient())
