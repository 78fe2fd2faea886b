"""An oracle that says what the sound says (see tests/prediction/oracle.py), and datasets to evaluate it on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from oscine.annotations.annotations import Annotations
from oscine.annotations.coverage import Coverage
from oscine.annotations.labels import LabelSet
from oscine.datasets.dataset import Dataset
from oscine.networks.architecture import ARCHITECTURES
from oscine.networks.model import Model
from oscine.networks.specification import Specification
from oscine.networks.targets.exclusive import Exclusive
from oscine.recordings.recordings import Recordings

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
