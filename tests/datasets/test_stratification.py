from __future__ import annotations

import numpy as np

from oscine.datasets.stratification import choose_parts, imbalance

SHARES = {"train": 0.6, "validation": 0.2, "test": 0.2}


def held(weights, parts, part):
    mine = np.array([one == part for one in parts])
    return weights[mine].sum(0) / weights.sum(0)


def test_rare_labels_reach_every_part():
    """Three of forty units hold a rare label; by lot alone it is together in one part nearly half the time."""
    for seed in range(5):
        random = np.random.default_rng(seed)
        weights = np.column_stack([random.uniform(1, 5, 40), np.zeros(40), random.poisson(3, 40)]).astype(float)
        weights[random.choice(40, 3, replace=False), 1] = 1
        parts, _ = choose_parts(weights, SHARES, seed=seed)
        for part in SHARES:
            assert held(weights, parts, part)[1] > 0
            assert np.abs(held(weights, parts, part)[[0, 2]] - SHARES[part]).max() < 0.06


def test_the_best_of_many_is_better_than_the_best_of_few_and_than_a_shuffle():
    """DAS scores the assignment before it permutes it, so that more permutations never helped (das.md 10.3, 5)."""
    random = np.random.default_rng(3)
    weights = random.exponential(1, (30, 6)) * (random.random((30, 6)) < 0.3)
    scores = []
    for seed in range(20):
        _, few = choose_parts(weights, SHARES, seed=seed, n_draws=1)
        _, many = choose_parts(weights, SHARES, seed=seed, n_draws=200)
        shuffled = np.random.default_rng(seed).choice(3, size=30, p=[0.6, 0.2, 0.2])
        relative = weights / weights.sum(0)
        by_lot = imbalance([relative[shuffled == part].sum(0) for part in range(3)], [0.6, 0.2, 0.2])
        scores.append((few, many, by_lot))
    few, many, by_lot = np.mean(scores, axis=0)
    assert many < 0.9 * few
    assert many < 0.3 * by_lot


def test_few_units_serve_the_first_parts():
    assert sorted(choose_parts([[1.0], [1.0]], SHARES, seed=1)[0]) == ["train", "validation"]
    assert sorted(choose_parts([[1.0]] * 3, SHARES, seed=1)[0]) == ["test", "train", "validation"]
    assert choose_parts([[1.0]], SHARES, seed=1)[0] == ["train"]
    assert sorted(choose_parts([[0.0]] * 3, SHARES, seed=1)[0]) == ["test", "train", "validation"]


def test_it_is_a_function_of_the_seed():
    weights = np.random.default_rng(0).random((50, 4))
    drawn = [choose_parts(weights, SHARES, seed=seed)[0] for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1]
    assert drawn[0] != drawn[2]
