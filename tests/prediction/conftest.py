"""Models for tests: an oracle that says what the sound says, and small networks with random weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from oscine.networks.architecture import ARCHITECTURES
from oscine.networks.architectures.songexplorer import SongExplorer
from oscine.networks.model import Model
from oscine.networks.specification import Specification
from oscine.networks.targets.exclusive import Exclusive
from oscine.prediction.scores import Scores
from oscine.recordings.recording import Recording

LABELS = ("pulse", "sine", "ambient")


@pytest.fixture
def oracle():
    """Make a model whose scores are the channels of the sound, at 100 frames a second by default."""

    def make(labels=LABELS, *, sample_rate=100.0, hop=1, n_channels=None, **more):
        architecture = ARCHITECTURES.make({"name": str(Path(__file__).parent / "oracle.py"), "hop": hop})
        task = Specification(labels=labels, sample_rate=sample_rate, n_channels=n_channels or len(labels))
        return Model(architecture.build(task), architecture, Exclusive(), **more)

    return make


@pytest.fixture
def told():
    """Make a recording that tells an oracle its scores, (label, frame)."""

    def make(scores, *, sample_rate=100.0, name="told.wav"):
        return Recording.from_sound(np.asarray(scores, np.float32), sample_rate, name=name)

    return make


@pytest.fixture
def network():
    """Make a model with random weights, by default a small one; loud enough that its scores go from 0 to 1."""

    def make(seed=0, *, labels=LABELS, sample_rate=2500.0, normalise=True, loudness=10.0, **options):
        options = {"n_conv_layers": 1, "features": (4, 4), "context": 0.0512, **options}
        architecture = SongExplorer(**options)
        task = Specification(labels=labels, sample_rate=sample_rate, normalise=normalise)
        built = architecture.build(task).initialise(seed)
        with torch.no_grad():
            for weights in built.parameters():
                weights *= loudness
        return Model(built, architecture, Exclusive())

    return make


@pytest.fixture
def scores():
    """Make scores at 10 frames a second."""

    def make(values, labels=("pulse", "sine"), *, frame_rate=10.0, recording="a.wav", **more):
        return Scores.from_array(values, labels[: len(values)], frame_rate, recording=recording, **more)

    return make
