"""What every decoder must do; a new file in `decoders/` is tested without further ado."""

from __future__ import annotations

import json

import numpy as np
import pytest

from oscine.prediction import scores as module
from oscine.prediction.decoder import DECODERS
from oscine.prediction.scores import Scores

LABELS = ("pulse", "sine", "ambient")
THRESHOLDS = {"pulse": 0.5, "sine": 0.4, "ambient": 0.6}


@pytest.fixture(params=DECODERS.names())
def decoder(request):
    return DECODERS.get(request.param)()


def random_scores(n_frames=2000, seed=0):
    """Probabilities that change slowly enough to make runs."""
    noise = np.random.default_rng(seed).normal(size=(len(LABELS), n_frames)).cumsum(axis=1)
    powers = np.exp(noise - noise.max(axis=0))
    return Scores.from_array(powers / powers.sum(axis=0), LABELS, 10.0, recording="a.wav")


def as_lists(runs):
    return {label: (one.start.tolist(), one.stop.tolist(), one.peak.tolist()) for label, one in runs.items()}


def test_every_label_in_order(decoder):
    scores = random_scores()
    runs = decoder.runs(scores, THRESHOLDS)
    assert tuple(runs) == LABELS
    assert sum(map(len, runs.values())) > 3
    for label, one in runs.items():
        assert (one.start < one.stop).all()
        assert (one.start[1:] > one.stop[:-1]).all(), "runs are disjoint and do not touch"
        values = scores.values[LABELS.index(label)]
        assert one.peak.tolist() == [values[a:b].max() for a, b in zip(one.start, one.stop, strict=True)]
        assert (one.start.dtype, one.stop.dtype, one.peak.dtype) == (np.int64, np.int64, np.float32)


@pytest.mark.parametrize("block", [1, 3, 97, 1999])
def test_do_not_depend_on_the_block(decoder, block, monkeypatch):
    whole = as_lists(decoder.runs(random_scores(), THRESHOLDS))
    monkeypatch.setattr(module.Scores.blocks, "__defaults__", (block,))
    assert as_lists(decoder.runs(random_scores(), THRESHOLDS)) == whole


def test_a_sound_that_is_there_from_the_first_frame_to_the_last_is_kept(decoder):
    """SongExplorer drops one that is there at the first."""
    scores = Scores.from_array([[0.9] * 7, [0.1] * 7, [0.0] * 7], LABELS, 10.0)
    assert as_lists(decoder.runs(scores, THRESHOLDS))["pulse"] == ([0], [7], [pytest.approx(0.9)])


def test_no_frames(decoder):
    runs = decoder.runs(Scores.from_array(np.empty((3, 0)), LABELS, 10.0), THRESHOLDS)
    assert [len(one) for one in runs.values()] == [0, 0, 0]


def test_frames_that_nobody_computed_belong_to_none(decoder):
    values = np.full((3, 10), -np.inf)
    values[:, 3:5] = [[0.9, 0.8], [0.1, 0.2], [0, 0]]
    runs = as_lists(decoder.runs(Scores.from_array(values, LABELS, 10.0), THRESHOLDS))
    assert runs == {"pulse": ([3], [5], [pytest.approx(0.9)]), "sine": ([], [], []), "ambient": ([], [], [])}


def test_options_survive_json(decoder):
    assert DECODERS.make(json.loads(json.dumps(decoder.to_dict()))) == decoder
