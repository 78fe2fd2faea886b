"""Tiles: the same arithmetic however a recording is cut."""

from __future__ import annotations

import numpy as np
import pytest

from oscine.networks.network import Network
from oscine.prediction import tiles
from oscine.prediction.tiles import read_tiles, score_tiles, tile_count
from oscine.recordings.recording import Recording


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(Network, "tile", 32)


@pytest.fixture
def recording():
    return Recording.from_sound(np.random.default_rng(0).normal(0, 0.01, 1001), 2500.0)


def test_count(network):
    assert [tile_count(network(), n) for n in (0, 1, 32, 33, 64)] == [0, 1, 1, 2, 2]


def test_one_by_one_as_all_at_once(network, recording):
    model = network()
    n_tiles = tile_count(model, model.n_frames(recording.n_samples))
    assert n_tiles == 8
    whole = score_tiles(model, read_tiles(model, recording, 0, n_tiles))
    assert whole.shape == (3, model.n_frames(recording.n_samples)) == (3, 251)
    single = [score_tiles(model, read_tiles(model, recording, i, i + 1)) for i in range(n_tiles)]
    assert np.array_equal(np.concatenate(single, axis=1), whole)
    assert np.array_equal(score_tiles(model, read_tiles(model, recording, 3, 6)), whole[:, 96:192])


def test_as_the_model_itself(network, recording):
    model = network()
    left, right = model.context
    n_frames = model.n_frames(recording.n_samples)
    sound = tiles.read_padded(recording, -left, (n_frames - 1) * model.hop + 1 + right)
    ours = score_tiles(model, read_tiles(model, recording, 0, tile_count(model, n_frames)))
    np.testing.assert_allclose(ours, model.scores(sound), atol=1e-6)


def test_reads_no_more_than_the_last_frame_sees(network):
    short = Recording.from_sound(np.zeros(9), 2500.0)
    model = network()
    assert read_tiles(model, short, 0, 1).shape == (1, 2 * model.hop + 1 + sum(model.context))
