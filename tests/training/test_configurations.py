"""Parameter files that go by their names: all can be read, and make the networks that the peers published."""

from __future__ import annotations

import pytest

from oscine.core.errors import InputError
from oscine.networks.specification import Specification
from oscine.training.params import TrainParams

NAMES = TrainParams.configuration_names()

PUBLISHED = {
    # name: labels, sample rate, channels, parameters
    "das": (2, 10000, 1, 65826),
    "das-gui": (2, 10000, 1, 267458),
    "das-fly": (3, 10000, 1, 508003),
    "das-fly-multi": (2, 10000, 9, 431746),
    "das-mouse": (2, 300000, 1, 180098),
    "das-bengalese": (49, 32000, 1, 2715505),
    "das-zebra": (7, 32000, 1, 2712775),
    "tweetynet": (12, 32000, 1, 1110924),
    "conv-tcn": (12, 32000, 1, 202444),
    "tcn": (12, 32000, 1, 150412),
    "ed-tcn": (12, 32000, 1, 999616 + 65 * 12),
    "songexplorer": (3, 2500, 1, 61443),
}


@pytest.mark.parametrize("name", NAMES)
def test_it_can_be_read_and_leaves_nothing_to_chance(name):
    params = TrainParams.named(name)
    assert params.window is not None
    assert params.sampling is not None
    assert TrainParams.parse(params.to_dict()) == params
    text = TrainParams.find(name).read_text()
    assert text.startswith("# ")
    assert f"--params {name}`" in text


@pytest.mark.parametrize("name", PUBLISHED)
def test_its_network_has_as_many_weights_as_the_published_one(name):
    n_labels, rate, n_channels, n_parameters = PUBLISHED[name]
    task = Specification([f"l{i}" for i in range(n_labels)], rate, n_channels)
    assert TrainParams.named(name).architecture.build(task).n_parameters == n_parameters


def test_every_published_one_is_here():
    assert set(PUBLISHED) <= set(NAMES)
    assert "das-marmoset" in NAMES


def test_the_marmosets_rate_gives_frames():
    params = TrainParams.named("das-marmoset")
    assert params.architecture.build(Specification(["noise", "phee"], 44100)).hop == 1


def test_an_unknown_name_lists_those_there_are():
    with pytest.raises(InputError, match=r"found 'tweetynt'. Did you mean 'tweetynet'. Allowed: .*das-fly"):
        TrainParams.named("tweetynt")


def test_a_path_is_a_path(tmp_path):
    with pytest.raises(InputError, match="no such parameter file"):
        TrainParams.named(str(tmp_path / "tweetynet"))
    (tmp_path / "mine.toml").write_text("n_steps = 7\n")
    assert TrainParams.named(str(tmp_path / "mine.toml")).n_steps == 7
