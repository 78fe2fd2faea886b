"""The parameter file for those who want SongExplorer's own network and training."""

from __future__ import annotations

from oscine.networks.architectures.songexplorer import SongExplorer
from oscine.networks.targets.exclusive import Exclusive
from oscine.training.params import TrainParams


def test_it_holds_songexplorers_defaults():
    params = TrainParams.named("songexplorer")
    assert params.architecture == SongExplorer()
    assert params.target == Exclusive()
    assert (params.learning_rate, params.normalise) == (0.0002, False)
