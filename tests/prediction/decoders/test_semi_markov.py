"""The most probable song, against all songs that there are, and against what it is for."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from oscine.prediction.decoders import semi_markov as module
from oscine.prediction.decoders.maximum import Maximum
from oscine.prediction.decoders.semi_markov import Chain, SemiMarkov
from oscine.prediction.scores import Scores

SONG = {
    "durations": {"a": (0.3, 0.3), "b": (0.2, 0.2), "background": (0.2, 0.5)},
    "transitions": {"a": {"b": 9, "a": 1}, "b": {"a": 5}},
    "gaps": {"a": 0.9, "b": 0.5},
}


def probabilities(n_labels, n_frames, seed, sharpness=2.0):
    powers = np.exp(np.random.default_rng(seed).normal(size=(n_labels, n_frames)) * sharpness)
    return powers / powers.sum(axis=0)


def price(chain, path, n_frames):
    """Weighted log-prior of segments (state, n frames) in order."""
    total, n_durations = 0.0, chain.durations.shape[1]
    for place, (state, length) in enumerate(path):
        beyond = max(0, length - n_durations)
        if place in (0, len(path) - 1):
            total += chain.survivals[state, min(length, n_durations) - 1] + beyond * chain.stay
        elif beyond:
            total += chain.survivals[state, -1] + beyond * chain.stay + chain.leave[state]
        else:
            total += chain.durations[state, length - 1]
    return total + sum(chain.transitions[first, second] for (first, _), (second, _) in itertools.pairwise(path))


def best_of_all(values, labels, options, rate):
    """The labels of all frames in the best of all series of segments."""
    chain, n_frames = Chain.build(options, labels, rate), values.shape[1]
    logs = np.log(values)[chain.labels]
    n_states, n_sounds = len(chain.labels), sum(label != "background" for label in labels)
    found, best = None, -math.inf
    for n_segments in range(1, n_frames + 1):
        for cuts in itertools.combinations(range(1, n_frames), n_segments - 1):
            edges = (0, *cuts, n_frames)
            for states in itertools.product(range(n_states), repeat=n_segments):
                if n_sounds < len(labels) and n_sounds <= states[0] < n_states - 1:
                    continue  # a gap after a sound that nobody heard
                if any(np.isinf(chain.transitions[pair]) for pair in itertools.pairwise(states)):
                    continue
                path = [(state, b - a) for state, (a, b) in zip(states, itertools.pairwise(edges), strict=True)]
                heard = sum(logs[s, a:b].sum() for s, (a, b) in zip(states, itertools.pairwise(edges), strict=True))
                if (value := heard + price(chain, path, n_frames)) > best:
                    best = value
                    found = [label for s, n in path for label in [int(chain.labels[s])] * n]
    return found


def decoded(values, labels, options, rate):
    """The label of each frame; −1 where there is none."""
    runs = options.runs(Scores.from_array(values, labels, rate), {})
    frames = np.full(np.shape(values)[1], -1)
    for index, label in enumerate(labels):
        for start, stop in zip(runs[label].start, runs[label].stop, strict=True):
            frames[start:stop] = index
    return frames.tolist()


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("labels", [("background", "a", "b"), ("a", "b"), ("a", "b", "unheard")])
def test_is_the_best_of_all_series(labels, seed):
    """Durations up to 3 frames and beyond; weights that change what is best."""
    random = np.random.default_rng(seed)
    n_frames = 5 if "background" in labels else 6
    options = SemiMarkov(
        **SONG,
        duration_weight=random.choice([0.5, 1, 3]),
        transition_weight=random.choice([0, 1, 4]),
        outliers=random.choice([0.01, 0.4]),
        max_duration=0.3,
        slack=random.choice([0, 1]),
    )
    values = probabilities(len(labels), n_frames, seed)
    assert decoded(values, labels, options, 10.0) == best_of_all(values, labels, options, 10.0)


def test_without_weights_each_frame_has_its_most_probable_label():
    values = probabilities(3, 500, 0)
    scores = Scores.from_array(values, ("background", "a", "b"), 10.0)
    for options in (SemiMarkov(), SemiMarkov(**SONG, duration_weight=0, transition_weight=0)):
        assert decoded(values, scores.labels, options, 10.0) == values.argmax(axis=0).tolist()
        found, known = options.runs(scores, {}), Maximum().runs(scores, {})
        assert all(found[name].start.tolist() == known[name].start.tolist() for name in scores.labels)


@pytest.mark.parametrize("settle", [1, 7, 10**9])
def test_what_is_given_out_early_is_what_is_found_at_the_end(settle, monkeypatch):
    values = probabilities(3, 700, 3, sharpness=1.5)
    values[:, 300:310] = -np.inf
    options = SemiMarkov(**SONG)
    monkeypatch.setattr(module, "_SETTLE", 10**9)
    whole = decoded(values, ("background", "a", "b"), options, 10.0)
    monkeypatch.setattr(module, "_SETTLE", settle)
    assert decoded(values, ("background", "a", "b"), options, 10.0) == whole
    assert set(whole[300:310]) == {-1}


def test_memory_is_bounded(monkeypatch):
    """A song that goes on and on: nothing is kept for longer than it is in doubt."""
    longest = 0

    class Watched(module.Search):
        def settle(self):
            nonlocal longest
            done = super().settle()
            longest = max(longest, len(self._begins))
            return done

    monkeypatch.setattr(module, "Search", Watched)
    monkeypatch.setattr(module, "_SETTLE", 50)
    song = np.tile(np.repeat([0, 1, 0, 2], [2, 3, 2, 2]), 300)
    values = np.where(np.arange(3)[:, None] == song, 0.9, 0.05)
    assert decoded(values, ("background", "a", "b"), SemiMarkov(**SONG), 10.0) == song.tolist()
    assert longest < 60


def test_mends_a_flicker_and_an_impossible_order():
    """Two frames of another label amid a sound; and a doubtful b after b, which never was."""
    truth = np.repeat([0, 1, 0, 2, 0, 1, 0], [20, 30, 20, 20, 20, 30, 20])
    values = np.where(np.arange(3)[:, None] == truth, 0.9, 0.05)
    flickering = values.copy()
    flickering[:, 34:36] = [[0.1], [0.2], [0.7]]
    flickering[:, 60] = [0.2, 0.1, 0.7]
    song = {**SONG, "durations": {**SONG["durations"], "a": (0.3, 0.1), "b": (0.2, 0.1)}}
    labels = ("background", "a", "b")
    assert decoded(flickering, labels, SemiMarkov(), 100.0) == flickering.argmax(axis=0).tolist() != truth.tolist()
    assert decoded(flickering, labels, SemiMarkov(**song), 100.0) == truth.tolist()
    doubtful = values.copy()
    doubtful[:, 110:140] = [[0.04], [0.44], [0.52]]
    assert set(decoded(doubtful, labels, SemiMarkov(), 100.0)[110:140]) == {2}
    assert decoded(doubtful, labels, SemiMarkov(**song), 100.0) == truth.tolist()


def test_no_duration_is_impossible():
    """A sound ten times as long as any in training is found whole, at the price of an outlier."""
    truth = np.repeat([0, 1, 0], [20, 300, 20])
    values = np.where(np.arange(3)[:, None] == truth, 0.9, 0.05)
    found = decoded(values, ("background", "a", "b"), SemiMarkov(**SONG, max_duration=0.5), 100.0)
    assert found == truth.tolist()


def test_probabilities_of_durations_add_up():
    """Relative to the most usual one."""
    chain = Chain.build(SemiMarkov(**SONG, slack=0), ("background", "a", "b"), 100.0)
    n_durations = chain.durations.shape[1]
    assert n_durations == math.ceil(0.3 * math.exp(4 * 0.3) * 100), "of sounds, not of gaps"
    density, leave = np.exp(chain.durations), np.exp(chain.leave)
    whole = (1 - np.exp(chain.stay)) / leave  # what they are relative to
    assert density.max(axis=1).tolist() == [1] * 5
    assert np.allclose(density[:, :-1].sum(axis=1) * whole + np.exp(chain.survivals[:, -1]), 1)
    assert np.allclose(np.exp(chain.survivals[:, 0]), 1)
    assert density[0].argmax() == pytest.approx(30 * math.exp(-(0.3**2)), abs=2)  # the mode of a log-normal


def test_usual_durations_cost_nothing():
    """Between e^(-2 · 0.3) and e^(2 · 0.3) times the median, 0.3 s, for two spreads."""
    free = np.flatnonzero(Chain.build(SemiMarkov(**SONG), ("background", "a", "b"), 100.0).durations[0] == 0) + 1
    mode = 30 * math.exp(-(0.3**2))
    assert (free[0], free[-1]) == pytest.approx((mode * math.exp(-0.6), mode * math.exp(0.6)), abs=1)


def test_transitions_of_a_gap_remember_the_sound_before():
    """Relative to the most usual step."""
    chain = Chain.build(SemiMarkov(**SONG), ("background", "a", "b"), 100.0)
    steps = np.exp(chain.transitions)
    a, b, gap_a, gap_b, start = range(5)
    assert chain.labels.tolist() == [1, 2, 0, 0, 0]
    assert steps[gap_a, [a, b]] == pytest.approx([1.5 / 9.5, 1])
    assert steps[gap_b, [a, b]] == pytest.approx([1, 0.5 / 5.5])
    assert steps[a, [a, b, gap_a, gap_b]] == pytest.approx([0, 0.1 / 0.9, 1, 0])
    assert steps[start, [a, b]].tolist() == [1, 1]
    assert not steps[:, start].any()


def test_takes_what_a_model_has_learnt_unless_it_is_told_otherwise():
    stored = SemiMarkov(**SONG, duration_weight=7)
    assert SemiMarkov(transition_weight=3).informed(stored) == SemiMarkov(**SONG, transition_weight=3)
    own = SemiMarkov(durations={"a": (1, 1)})
    assert own.informed(stored) == own
    assert SemiMarkov().informed(Maximum()) == SemiMarkov()
