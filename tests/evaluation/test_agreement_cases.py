from __future__ import annotations

import numpy as np
import pytest

from oscine.evaluation.agreement_cases import Case


def case(people, **options):
    given = {"rate": 1000.0, "duration": 10.0, "portion": None, **options}
    return Case.of("a.wav", people, **given)


def test_tolerance_and_convolve_are_whole_tics():
    one = case({"ann": [(1.0, 1.0)]}, tolerance=0.0105, convolve=0.005)
    assert (one.reach, one.wider) == (10, 2)
    assert one.people["ann"].tolist() == [[998, 1002]]


def test_all_is_cut_to_the_portion():
    one = case({"ann": [(0.5, 1.5), (3.0, 3.0)], "ben": None}, portion=np.array([[1.0, 2.0]]))
    assert one.people["ann"].tolist() == [[1000, 1500]]
    assert one.tics([(1.9, 4.0)]).tolist() == [[1900, 2000]]
    assert one.present == {"ann"}
    assert len(one.people["ben"]) == 0


def test_nothing_counts_in_an_empty_portion():
    one = case({"ann": [(0.5, 1.5)]}, portion=np.empty((0, 2)))
    assert len(one.people["ann"]) == 0
    ((_, score),) = one.pairs({"model": one.tics([(1.0, 2.0)])}, frame=0.01)
    assert score.frames.counts.sum() == 0


def test_frames_are_those_whose_middle_counts():
    one = case({"ann": [(1.0, 1.1)], "ben": [(1.05, 1.1)]}, portion=np.array([[1.0, 2.0]]))
    ((pair, score),) = one.pairs({}, frame=0.01)
    assert pair == ("ann", "ben")
    assert score.frames.counts.sum() == 100
    assert score.kappa == pytest.approx(1 - (1 - 0.95) / (1 - (0.89 * 0.94 + 0.11 * 0.06)), abs=0.02)


def test_those_who_have_not_looked_are_not_compared_two_by_two():
    one = case({"ann": [(1.0, 1.1)], "ben": None})
    machines = {"model": one.tics([(1.0, 1.1)])}
    assert [pair for pair, _ in one.pairs(machines, 0.01)] == [("ann", "model")]
    assert one.votes(machines, 0.01) is None
    assert case({"ann": [(1.0, 1.1)], "ben": []}).votes({}, 0.01).n_frames == 1000
