"""The figures of a result, drawn into its folder."""

from __future__ import annotations

from dataclasses import replace

from oscine.core.artifacts import Provenance
from oscine.core.monitor import Monitor
from oscine.figures.draw import draw, figures_of
from oscine.training.metrics_file import METRICS, MetricsFile
from oscine.training.run import Run


def test_a_model_has_two_and_a_report(tmp_path, evaluation):
    paths = draw(evaluation("ab", 1.0), tmp_path)
    assert [path.name for path in paths] == ["confusion_matrix.pdf", "precision_recall.pdf", "report.html"]
    assert all(path.read_bytes().startswith(b"%PDF") for path in paths[:2])


OF_ALL = ("train-validation-loss", "confusion-matrix", "precision-recall", "P-R-F1-label", "P-R-F1-model",
          "P-R-F1-average", "PvR")  # fmt: skip
OF_CHECKPOINT = ("confusion-matrix", "precision-recall", "sensitivity-specificity", "probability-density")


class Told(Monitor):
    """What was said of progress."""

    def __init__(self):
        super().__init__()
        self.done = {}

    def updated(self, task):
        self.done[task.title] = (task.done, task.total)


def test_a_run_has_songexplorers_figures_under_its_names(tmp_path, one_model):
    monitor = Told()
    paths = draw(one_model, tmp_path, monitor=monitor)
    assert monitor.done["Drawing figures"] == (12, 12)
    names = [path.relative_to(tmp_path).as_posix() for path in paths]
    assert names == [
        *(f"{name}.pdf" for name in OF_ALL),
        *(f"replicate-1/{name}.ckpt-30.pdf" for name in OF_CHECKPOINT),
        "replicate-1/reliability.pdf",
        "report.html",
    ]
    assert all(path.read_bytes().startswith(b"%PDF") for path in paths[:-1])


def test_all_checkpoints_are_drawn_where_that_is_asked_for(one_model):
    told = Provenance(operation="evaluate", params={"figures": "all"})
    names = [name for name, _ in figures_of(one_model.with_provenance(told))]
    assert [name for name in names if "sensitivity" in name] == [
        f"replicate-1/sensitivity-specificity.ckpt-{step}" for step in (0, 30, 60)
    ]


def test_figures_are_drawn_only_when_they_are_asked_for(one_model, monkeypatch):
    def never(*_, **__):
        raise AssertionError("drawn too early")

    monkeypatch.setattr("oscine.figures.draw.plot_precision_versus_recall", never)
    figures = figures_of(one_model)
    assert next(figures)[0] == "train-validation-loss"


def test_a_model_that_says_nothing_of_labels_has_its_losses(one_model, tmp_path):
    (model,) = one_model.models
    silent = replace(one_model, models=(replace(model, by_step={}),))
    assert [path.name for path in draw(silent, tmp_path)] == ["train-validation-loss.pdf", "report.html"]


def test_a_run_has_its_learning_curves(tmp_path):
    (tmp_path / "replicate-1").mkdir()
    with MetricsFile(tmp_path / "replicate-1" / METRICS) as metrics:
        for step in (1, 2, 3):
            metrics.write({"step": step, "loss": 1 / step, "accuracy": 0.5})
    run = Run(tmp_path, {}, ("a", "b"), {"replicate-1": {"step": 3.0}})
    assert [name for name, _ in figures_of(run)] == ["learning_curves"]


def test_other_results_have_none(tmp_path):
    assert draw("anything", tmp_path) == []
