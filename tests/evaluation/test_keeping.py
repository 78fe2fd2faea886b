"""Kept evaluations: the same when they are read back, and not taken for those of anything else."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from oscine.evaluation import keeping
from oscine.evaluation.evaluate import EvaluateParams, evaluate
from oscine.evaluation.keeping import KeptEvaluations, find_kept, keep, read_kept

SCORES = np.float32([[0.1, 0.9, 0.2, 0.7, 0.6, 0.5], [0.9, 0.1, 0.8, 0.3, 0.4, 0.5]])
SOUNDS = [(0.0, 0.14, "pulse"), (0.15, 0.3, "sine"), (0.35, 0.44, "pulse")]
KEY = {"model": "abc", "ratios": [0.5, 1.0]}


@pytest.fixture
def evaluation(oracle, dataset):
    data = dataset(a=(SCORES, SOUNDS, [(0.0, 0.5)]), b=(SCORES[::-1], SOUNDS, [(0.0, 0.5)]))
    return evaluate(oracle(), data, EvaluateParams(ratios=(0.5, 2.0), tolerance=0.05))


def test_the_same_when_read_back(evaluation, tmp_path):
    found = read_kept(keep(evaluation, tmp_path / "counts.npz", KEY))
    assert found.summary() == evaluation.summary()
    assert list(found.by_recording) == ["a.wav", "b.wav"]
    assert found.thresholds_at == evaluation.thresholds_at
    assert list(found.thresholds_at) == [0.5, 1.0, 2.0]
    assert (found.densities.counts == evaluation.densities.counts).all()
    assert found.segmentation.pooled.boundaries.keys() == evaluation.segmentation.pooled.boundaries.keys()
    pd.testing.assert_frame_equal(found.judged, evaluation.judged, check_dtype=False)
    assert str(found) == str(evaluation)


def test_known_by_its_key(evaluation, tmp_path, monkeypatch):
    path = keep(evaluation, tmp_path / "counts.npz", KEY)
    assert find_kept(path, KEY)
    assert not find_kept(path, {**KEY, "model": "abd"})
    assert not find_kept(tmp_path / "absent.npz", KEY)
    monkeypatch.setattr(keeping, "VERSION", 99)
    assert not find_kept(path, KEY), "of another version"


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_one_that_is_cut_off_is_not_there(evaluation, tmp_path, share):
    path = keep(evaluation, tmp_path / "counts.npz", KEY)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    assert not find_kept(path, KEY)


def test_nothing_is_executed(tmp_path):
    path = tmp_path / "counts.npz"
    np.savez(path, card=np.array([print], dtype=object))
    assert not find_kept(path, KEY)


def test_curves_are_thinned(evaluation, tmp_path, monkeypatch):
    monkeypatch.setattr(keeping, "MOST_POINTS", 4)
    found = read_kept(keep(evaluation, tmp_path / "counts.npz", KEY))
    assert all(len(curve.thresholds) <= 4 for curve in found.curves.values())
    assert found.thresholds == evaluation.thresholds, "which were chosen before"


def test_by_step(evaluation, tmp_path):
    files = {step: keep(evaluation, tmp_path / f"{step}.npz", KEY) for step in (10, 20)}
    kept = KeptEvaluations(files)
    assert list(kept) == [10, 20]
    assert len(kept) == 2
    assert kept[20].overall == evaluation.overall
    assert kept[20] is kept[20], "the latest one stays"
    with pytest.raises(KeyError):
        kept[30]
