"""Scores to annotations: events, segments, cleaning, thresholds, labels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from oscine.core.artifacts import Provenance
from oscine.core.errors import InputError
from oscine.prediction import peaks
from oscine.prediction import scores as scores_module
from oscine.prediction.decoders.maximum import Maximum
from oscine.prediction.decoders.threshold import Threshold
from oscine.prediction.scores import Scores
from oscine.prediction.segment import SegmentParams, segment


def rows(annotations, digits=6):
    return [(row.label, round(row.onset, digits), round(row.offset, digits)) for row in annotations]


def test_segments_are_half_a_frame_longer_on_either_side(scores):
    found = segment(scores([[0.1, 0.9, 0.8, 0.2]]))
    assert rows(found) == [("pulse", 0.05, 0.25)]
    assert found.to_pandas()["score"].tolist() == [pytest.approx(0.9)]
    assert found.kinds == ["predicted"]
    assert found.recordings == ["a.wav"]


def test_there_from_the_start_to_the_end(scores):
    """SongExplorer drops the first and lets the other begin before the recording."""
    assert rows(segment(scores([[0.9, 0.1, 0.1, 0.9]], duration=0.33))) == [("pulse", 0.0, 0.05), ("pulse", 0.25, 0.33)]
    assert rows(segment(scores([[0.9] * 4], duration=0.33))) == [("pulse", 0.0, 0.33)]


def test_events_are_at_the_peaks(scores):
    values = [[0.1, 0.6, 0.9, 0.6, 0.1, 0.7, 0.1]]
    found = segment(scores(values, events=("pulse",)), SegmentParams(event_distance=0.2))
    assert rows(found) == [("pulse", 0.2, 0.2), ("pulse", 0.5, 0.5)]
    assert found.to_pandas()["score"].round(6).tolist() == [0.9, 0.7]
    assert found.category("pulse") == "event"


def test_events_at_the_ends_are_within_the_recording(scores):
    found = segment(scores([[0.9, 0.1, 0.9]], events=("pulse",), duration=0.16))
    assert rows(found) == [("pulse", 0.0, 0.0), ("pulse", 0.16, 0.16)]


@pytest.mark.parametrize(("distance", "expected"), [(0.0, [0.0, 0.3]), (0.3, [0.0, 0.3]), (0.31, [0.0])])
def test_two_events_are_at_least_so_far_apart(scores, distance, expected):
    """0.3 s at 10 Hz, which binary numbers miss, is just far enough."""
    one = scores([[0.9, 0.1, 0.1, 0.7, 0.1]], events=("pulse",))
    found = segment(one, SegmentParams(event_distance=distance))
    assert found.onsets.round(6).tolist() == expected


@pytest.mark.parametrize(("max_gap", "n"), [(0.0, 3), (0.1, 2), (0.3, 1)])
def test_gaps_up_to_this_long_are_filled(scores, max_gap, n):
    found = segment(scores([[0.9, 0.1, 0.9, 0.1, 0.1, 0.1, 0.9]]), SegmentParams(max_gap=max_gap))
    assert len(found) == n


@pytest.mark.parametrize(("min_duration", "n"), [(0.0, 3), (0.1, 3), (0.3, 1), (0.31, 0)])
def test_segments_shorter_than_this_are_dropped(scores, min_duration, n):
    values = [[0.1, 0.9, 0.1, 0.9, 0.9, 0.9, 0.1, 0.9, 0.1]]
    assert len(segment(scores(values), SegmentParams(min_duration=min_duration))) == n


def test_gaps_are_filled_before_short_ones_are_dropped(scores):
    values = [[0.1, 0.9, 0.1, 0.9, 0.1, 0.1, 0.9, 0.1]]
    assert rows(segment(scores(values), SegmentParams(max_gap=0.1, min_duration=0.25))) == [("pulse", 0.05, 0.35)]


def test_what_is_cut_by_the_recording_s_end_is_measured_as_it_is_written(scores):
    assert len(segment(scores([[0.9, 0.1, 0.9]]), SegmentParams(min_duration=0.1))) == 1


@pytest.mark.parametrize(
    ("given", "stored", "table", "n"),
    [({}, {}, None, 2), ({}, {"pulse": 0.6}, None, 1), ({}, {"pulse": 0.6}, 0.2, 3), ({"pulse": 0.9}, {}, 0.2, 0)],
)
def test_thresholds_of_the_user_the_table_the_model(scores, tmp_path, given, stored, table, n):
    if table is not None:
        (tmp_path / "t.csv").write_text(f"pulse,{table}\n")
    one = scores([[0.3, 0.1, 0.55, 0.1, 0.7, 0.1]], thresholds=stored)
    params = SegmentParams(thresholds=given, thresholds_file=tmp_path / "t.csv" if table else None)
    assert len(segment(one, params)) == n


def test_all_labels_but_the_background(scores):
    one = scores([[0.9], [0.9], [0.9]], ["pulse", "background", "sine"])
    assert segment(one).label_names == ["pulse", "sine"]
    assert segment(one, SegmentParams(labels=("background", "sine"))).label_names == ["background", "sine"]


@pytest.mark.parametrize("params", [{"labels": ("pulze",)}, {"thresholds": {"pulze": 0.5}}])
def test_unknown_labels(scores, params):
    with pytest.raises(InputError, match=r"unknown label; found 'pulze'; allowed: pulse, sine. Did you mean 'pulse'\?"):
        segment(scores([[0.9], [0.9]]), SegmentParams(**params))


def test_unknown_labels_in_a_table(scores, tmp_path):
    (tmp_path / "t.csv").write_text("pulze,0.5\n")
    with pytest.raises(InputError, match=r"t.csv: unknown label; found 'pulze'"):
        segment(scores([[0.9], [0.9]]), SegmentParams(thresholds_file=tmp_path / "t.csv"))


def test_thresholds_are_within_0_and_1():
    with pytest.raises(InputError, match="out of range"):
        SegmentParams(thresholds={"pulse": 1.5})


def test_in_order_of_onset(scores):
    found = segment(scores([[0.1, 0.1, 0.9, 0.1], [0.9, 0.1, 0.9, 0.9]]))
    assert rows(found) == [("sine", 0.0, 0.05), ("pulse", 0.15, 0.25), ("sine", 0.15, 0.4)]


def test_maximum_heeds_no_thresholds(scores):
    one = scores([[0.4, 0.4, 0.1], [0.1, 0.1, 0.2]], duration=0.3)
    assert rows(segment(one, SegmentParams(decoder=Maximum()))) == [("pulse", 0.0, 0.15), ("sine", 0.15, 0.3)]


def test_maximum_gives_events_where_they_are_the_most_probable(scores):
    one = scores([[0.4, 0.1, 0.3, 0.1], [0.3, 0.2, 0.4, 0.2]], events=("pulse",))
    found = segment(one, SegmentParams(decoder=Maximum(), event_distance=0.0, labels=("pulse",)))
    assert rows(found) == [("pulse", 0.0, 0.0)]


def test_hysteresis_changes_no_events(scores):
    one = scores([[0.3, 0.2, 0.6, 0.2]], events=("pulse",))
    params = SegmentParams(decoder=Threshold(hysteresis=0.1), event_distance=0.0)
    assert rows(segment(one, params)) == [("pulse", 0.2, 0.2)]


def test_nothing_is_found(scores, tmp_path):
    for one in (scores([[0.1, 0.1]]), scores(np.empty((1, 0))), scores([[0.9]], ["background"])):
        found = segment(one)
        assert len(found) == 0
        assert found.recordings == ["a.wav"], "somebody looked"
        found.save(tmp_path / "a_predicted.csv")
        assert pd.read_csv(tmp_path / "a_predicted.csv").columns[:3].tolist() == [
            "name",
            "start_seconds",
            "stop_seconds",
        ]


@pytest.mark.parametrize("block", [1, 13, 100])
@pytest.mark.parametrize("decoder", [Threshold(), Threshold(hysteresis=0.5), Maximum()])
def test_does_not_depend_on_the_block(scores, decoder, block, monkeypatch):
    values = np.random.default_rng(0).random((2, 400))
    one = scores(values, events=("pulse",))
    params = SegmentParams(decoder=decoder, max_gap=0.1, min_duration=0.2, event_distance=0.3)
    whole = segment(one, params)
    assert len(whole) > 20
    monkeypatch.setattr(scores_module.Scores.blocks, "__defaults__", (block,))
    monkeypatch.setattr(peaks, "_BLOCK", block)
    assert segment(one, params) == whole


def test_says_how_it_came_to_be(scores, tmp_path):
    made = Provenance.now("predict", {}, {"model": {"digest": "abc"}, "recording": {"path": "songs/a.wav"}})
    path = scores([[0.9]], provenance=made).save(tmp_path / "a_scores.h5")
    found = segment(Scores.load(path))
    assert found.provenance.operation == "segment"
    assert found.provenance.inputs["scores"]["made_by"]["inputs"]["model"]["digest"] == "abc"
    assert found.source.as_posix() == "songs/a.wav"
