"""A model judged once: what was kept of it is read again, where model, sounds and parameters are the same."""

from __future__ import annotations

from pathlib import Path

from oscine.core.artifacts import digest
from oscine.core.monitor import SILENT, Monitor
from oscine.datasets.dataset import Dataset
from oscine.evaluation.checkpoints import Material, describe
from oscine.evaluation.evaluate import EvaluateParams, evaluate
from oscine.evaluation.evaluation import Evaluation
from oscine.evaluation.keeping import find_kept, keep, lighten, read_kept
from oscine.networks.model import Model

FOLDER = "judged"
"""Where they are, in a folder of runs: `judged/<run>.<part>.npz`."""


def judge_once(
    model: Model, dataset: Dataset, params: EvaluateParams, folder: Path, name: str, monitor: Monitor = SILENT
) -> Evaluation:
    """What `evaluate` says of a model of a run, judged only if that is not there.

    Parameters
    ----------
    model
        From a file.
    folder
        Of the runs.
    name
        Of the run.
    """
    assert model.path is not None
    key = {**describe(Material.of(dataset, params.part), params.matters()), "model": digest(model.path)}
    path = folder / FOLDER / f"{name}.{params.part}.npz"
    if find_kept(path, key):
        return read_kept(path)
    result = lighten(evaluate(model, dataset, params, monitor=monitor))
    keep(result, path, key)
    return result
