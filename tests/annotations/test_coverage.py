from __future__ import annotations

import numpy as np

from oscine.annotations.coverage import Coverage, exhaustive


def test_whole_and_parts():
    coverage = Coverage({"a.wav": None, "b.wav": [(4, 6), (1, 2), (5, 9)]}, whole=False)
    assert coverage.intervals("a.wav", 3).tolist() == [[0, 3]]
    assert coverage.intervals("b.wav", 8).tolist() == [[1, 2], [4, 8]]
    assert coverage.intervals("c.wav", 8).tolist() == []
    assert Coverage().intervals("c.wav", 8).tolist() == [[0, 8]]


def test_known_frames():
    coverage = Coverage({"a.wav": [(0.10, 0.20), (0.5, 0.5)]}, whole=False)
    centres = np.arange(100) / 100
    known = coverage.known("a.wav", centres, 0.005)
    assert np.flatnonzero(known).tolist() == [*range(10, 20), 50]
    assert coverage.known("b.wav", centres, 0.005).sum() == 0
    assert Coverage().known("b.wav", centres, 0.005).all()


def test_no_annotation_falls_between_frames():
    rate, hop = 2500.0, 2
    centres = np.arange(5000) * hop / rate
    for tic in range(1, 9999, 7):
        coverage = Coverage({"a.wav": [(tic / rate, tic / rate)]}, whole=False)
        assert 1 <= coverage.known("a.wav", centres, hop / rate / 2).sum() <= 2
    short = Coverage({"a.wav": [(0.0101, 0.0102)]}, whole=False)  # shorter than a frame, holds no centre
    assert short.known("a.wav", np.arange(10) / 100, 0.005).sum() == 1


def test_union():
    first = Coverage({"a.wav": [(0, 1)], "b.wav": None}, whole=False)
    second = Coverage({"a.wav": [(1, 2)], "b.wav": [(0, 1)], "c.wav": []}, whole=False)
    both = first | second
    assert both.intervals("a.wav", 9).tolist() == [[0, 2]]
    assert both.is_whole("b.wav")
    assert both.recordings == ["a.wav", "b.wav", "c.wav"]
    assert (first | Coverage()).is_whole("a.wav")
    assert Coverage.union([]).whole is False


def test_select_and_rename():
    coverage = Coverage({"a.wav": [(0, 1)]})
    assert coverage.select(["a.wav"]) != coverage
    assert coverage.select(["a.wav"])["z.wav"].tolist() == []
    assert coverage.rename({"a.wav": "b.wav"}).intervals("b.wav", 5).tolist() == [[0, 1]]


def test_equality():
    assert Coverage({"a.wav": None}) == Coverage()
    assert Coverage({"a.wav": [(0, 1), (1, 2)]}) == Coverage({"a.wav": [(0, 2)]})
    assert Coverage({"a.wav": [(0, 1)]}) != Coverage({"a.wav": [(0, 2)]})


def test_exhaustive_is_what_holds_more_than_rows():
    covered = np.array([(0, 2), (3, 4), (5, 5), (6, 8)], float)
    assert exhaustive(covered, [(0, 1), (1, 2), (3, 3.5), (5, 5), (6, 8)], 10).tolist() == [[3, 4]]
    assert exhaustive(covered, [], 10).tolist() == [[0, 2], [3, 4], [6, 8]]
    assert exhaustive(np.empty((0, 2)), [(0, 1)], 10).tolist() == []


def test_a_whole_recording_is_exhaustive_though_it_is_full():
    assert exhaustive(np.array([(0.0, 10.0)]), [(0, 4), (4, 10)], 10).tolist() == [[0, 10]]
