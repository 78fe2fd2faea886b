"""An oracle that says what the sound says (see tests/prediction/oracle.py), and datasets to evaluate it on."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from oscine.annotations.annotations import Annotations
from oscine.annotations.coverage import Coverage
from oscine.annotations.labels import LabelSet
from oscine.datasets.dataset import Dataset
from oscine.datasets.prepare import PrepareParams, prepare
from oscine.networks.architecture import ARCHITECTURES
from oscine.networks.model import Model
from oscine.networks.specification import Specification
from oscine.networks.targets.exclusive import Exclusive
from oscine.recordings.recordings import Recordings
from oscine.testing import fly_song
from oscine.training.params import TrainParams
from oscine.training.train import train

ORACLE = Path(__file__).parents[1] / "prediction" / "oracle.py"


@pytest.fixture
def oracle():
    """Make a model whose scores are the channels of the sound, at 10 frames a second."""

    def make(labels=("pulse", "sine"), **more):
        architecture = ARCHITECTURES.make(str(ORACLE))
        task = Specification(labels=labels, sample_rate=10.0, n_channels=len(labels))
        return Model(architecture.build(task), architecture, Exclusive(), **more)

    return make


@pytest.fixture
def dataset(tmp_path):
    """Make a dataset of one part: for each recording its scores, its annotations, and the stretches they cover."""

    def make(part="validation", **recordings):
        rows, coverage = [], {}
        for stem, (scores, sounds, covered) in recordings.items():
            name = f"{stem}.wav"
            soundfile.write(tmp_path / name, np.float32(scores).T, 10, "FLOAT")
            rows += [{"recording": name, "onset": a, "offset": b, "label": label} for a, b, label in sounds]
            coverage[name] = covered
        looked_at = Annotations(rows, coverage=Coverage(coverage, whole=False))
        labels = LabelSet(sorted({row["label"] for row in rows}))
        return Dataset(Recordings(tmp_path), labels, {"train": Annotations(), part: looked_at})

    return make


@pytest.fixture(scope="session")
def pristine_run(tmp_path_factory) -> Path:
    """A run of two replicates, three checkpoints each, that has learnt a little of synthetic fly song."""
    place = tmp_path_factory.mktemp("run")
    rows = []
    for number in (1, 2, 3):
        sound, truth = fly_song(20.0, seed=number, name=f"fly{number}.wav")
        soundfile.write(place / f"fly{number}.wav", sound.T, 2500, "PCM_16")
        rows.append(truth)
    dataset = prepare(Recordings(place), rows[0].concat(*rows[1:]), PrepareParams(few=1))
    architecture = {"name": "songexplorer", "context": 0.0512, "n_conv_layers": 1, "features": (4, 4)}
    params = {
        "n_steps": 8,
        "period": 4,
        "batch_size": 8,
        "n_replicates": 2,
        "device": "cpu",
        "architecture": architecture,
    }
    train(dataset, TrainParams.parse(params), out=place / "run")
    return place / "run"


@pytest.fixture
def run_folder(pristine_run, tmp_path) -> Path:
    """A copy of it to spoil, and to move: its dataset finds the recordings wherever it is."""
    copy = Path(shutil.copytree(pristine_run, tmp_path / "run"))
    card = copy / "dataset" / "dataset.json"
    card.write_text(card.read_text().replace('"../../fly', f'"{pristine_run.parent.as_posix()}/fly'))
    return copy
