"""The dataset that a model learnt from: it lies in the folder of its run.

run/best_model.safetensors                  run/dataset/
run/replicate-1/best_model.safetensors      run/dataset/
"""

from __future__ import annotations

from oscine.core.errors import InputError
from oscine.datasets.dataset import Dataset
from oscine.networks.model import Model


def dataset_of(model: Model) -> Dataset:
    """The dataset in the folder of the model's run.

    Raises
    ------
    InputError
        Where the model is in no such folder, or in no file.
    """
    for folder in (model.path.parent, model.path.parent.parent) if model.path else ():
        if (folder / "dataset").is_dir():
            return Dataset.load(folder / "dataset")
    raise InputError(
        "which dataset? The model lies in no run that has one", path=model.path, cure="Give one: --dataset FOLDER"
    )
