"""Evaluations of runs: the best step by SongExplorer's rule, models pooled, files."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from oscine.evaluation.evaluate import EvaluateParams, evaluate
from oscine.evaluation.run_evaluation import ModelEvaluation, RunEvaluation, best_step

GOOD = np.float32([0.9, 0.8, 0.9, 0.1, 0.2, 0.1, 0.9, 0.8, 0.1, 0.2])
POOR = np.float32([0.9, 0.2, 0.9, 0.1, 0.8, 0.1, 0.4, 0.8, 0.1, 0.2])
SOUNDS = [(0.0, 0.25, "pulse"), (0.25, 0.55, "sine"), (0.55, 0.75, "pulse"), (0.75, 1.0, "sine")]


@pytest.fixture
def result(oracle, dataset):
    def of(pulse):
        data = dataset(a=(np.stack([pulse, 1 - pulse]), SOUNDS, [(0.0, 1.0)]))
        return evaluate(oracle(), data, EvaluateParams())

    models = (
        ModelEvaluation("replicate-1", {10: of(POOR), 20: of(GOOD)}, 20, [], chosen=10),
        ModelEvaluation("replicate-2", {10: of(GOOD), 20: of(GOOD)}, 10, [], chosen=None),
    )
    return RunEvaluation(
        Path("runs/x"), ("pulse", "sine"), models, "validation", (0.5, 1.0, 2.0), ("x (not finished)",)
    )


def test_the_best_step():
    assert best_step({0: math.nan, 10: 0.4, 20: 0.6, 30: 0.5}) == 20
    assert best_step({0: 0.6, 10: 0.6, 20: 0.6}, chosen=20) == 20, "of equals that which training chose"
    assert best_step({0: 0.6, 10: 0.7, 20: 0.6}, chosen=20) == 10
    assert best_step({0: math.nan, 10: math.nan}) == 0


def test_pooled_at_the_best_steps(result):
    assert result.best == {"replicate-1": 20, "replicate-2": 10}
    assert (result.pooled.confusion_matrix.counts == 2 * result.models[0].by_step[20].confusion_matrix.counts).all()
    assert result.is_judged


def test_as_text(result):
    first, *lines = str(result).splitlines()
    assert first.startswith("Unfinished training: x (not finished); these figures are of the models that it has kept")
    assert lines[0] == "2 models of runs/x, 4 checkpoints judged; incomplete: x (not finished)"
    assert lines[2].split()[:2] == ["replicate-1", "20"]
    assert lines[2].split()[5] == "0.00%"
    assert lines[2].endswith("10 (F1 0.704)"), "what training chose, where it differs"
    assert lines[3].endswith("–")
    assert lines[4] == "precision, recall and F1 are means over labels, as if these were equally common"


def test_training_may_have_chosen_the_untrained_model(result):
    by_step = {0: result.models[0].by_step[10], 20: result.models[0].by_step[20]}
    told = str(replace(result, models=(ModelEvaluation("replicate-1", by_step, 20, [], chosen=0),)))
    assert told.splitlines()[3].endswith("0 (F1 0.704)")


def test_files(result, tmp_path):
    folder = result.save(tmp_path / "x.evaluation")
    names = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    ours = {f"{stem}.csv" for stem in ("confusion-matrix", "thresholds", "curves")} | {"evaluation.json"}
    assert {name for name in names if "/" not in name} == ours
    for model in ("replicate-1", "replicate-2"):
        for step in (10, 20):
            for stem in ("confusion-matrix", "thresholds", "curves"):
                assert f"{model}/{stem}.ckpt-{step}.csv" in names
            assert f"{model}/predictions.ckpt-{step}/a.wav-mistakes.csv" in names
    table = pd.read_csv(folder / "replicate-1" / "thresholds.ckpt-20.csv")
    assert table.columns.tolist() == ["precision/recall", "0.5", "1.0", "2.0"]
    assert table.iloc[:, 1:].to_numpy().min() >= 0
    assert table.iloc[:, 1:].to_numpy().max() <= 1
    card = json.loads((folder / "evaluation.json").read_text())
    assert card["best"] == {"replicate-1": 20, "replicate-2": 10}
    assert card["models"]["replicate-1"]["chosen"] == 10
    assert set(card["models"]["replicate-1"]["by_step"]) == {"10", "20"}
    assert card["missing"] == ["x (not finished)"]
    assert card["frames"]["labels"] == ["pulse", "sine"]


def test_without_labels_there_are_losses_only(tmp_path):
    models = (ModelEvaluation("replicate-1", {}, 30, [{"step": 30, "validation_loss": 0.5}]),)
    result = RunEvaluation(Path("runs/x"), (), models, "validation", (1.0,))
    assert not result.is_judged
    assert "of which only losses are" in str(result)
    folder = result.save(tmp_path / "x.evaluation")
    assert [path.name for path in folder.iterdir()] == ["evaluation.json"]
    with pytest.raises(ValueError, match="nothing to pool"):
        result.pooled  # noqa: B018
