"""Judgements are kept, as long as nothing that they depend on changes."""

from __future__ import annotations

from oscine.evaluation import evaluate as module
from oscine.evaluation.evaluate import EvaluateParams
from oscine.evaluation.judged_once import judge_once
from oscine.evaluation.scoring import score_model
from oscine.training.run import Run


def test_another_model_part_or_tolerance_is_judged_anew(run_folder, tmp_path, monkeypatch):
    parts = []

    def score(*arguments, **options):
        parts.append(options["name"])
        return score_model(*arguments, **options)

    monkeypatch.setattr(module, "score_model", score)

    def judged(**options):
        run = Run.load(run_folder)
        return judge_once(run.model, run.dataset, EvaluateParams(**options), tmp_path, "a")

    first = judged()
    assert judged().summary() == first.summary()
    assert len(parts) == 1
    judged(tolerance=0.02)
    judged(part="train")
    assert parts == ["validation", "validation", "train"]
    model = Run.load(run_folder).model
    model.with_thresholds({"pulse": 0.123}).save(model.path)
    assert judged(part="train").in_use["pulse"] == 0.123
    assert len(parts) == 4
