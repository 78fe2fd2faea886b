"""Misses: detected time less predicted time."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from oscine.annotations.annotations import Annotations
from oscine.core.artifacts import Provenance
from oscine.core.errors import InputError
from oscine.core.monitor import SILENT, Monitor
from oscine.core.running import run
from oscine.evaluation.misses import MissesParams, misses


def table(kind, *rows, recording="a.wav"):
    """Annotations of one kind from (onset, offset, label)."""
    return Annotations(
        [{"recording": recording, "onset": a, "offset": b, "label": label, "kind": kind} for a, b, label in rows]
    )


def detected(*rows, **more):
    return table("detected", *rows, **more)


def predicted(*rows, **more):
    return table("predicted", *rows, **more)


def spans(annotations):
    return [(round(row.onset, 6), round(row.offset, 6)) for row in annotations]


def test_what_is_detected_and_not_predicted():
    heard = detected((1, 4, "time"), (6, 7, "frequency"), (8, 9, "time"))
    found = misses(heard, predicted((2, 3, "song"), (5, 8.5, "song")))
    assert spans(found) == [(1, 2), (3, 4), (8.5, 9)]
    assert found.kinds == ["missed"]
    assert found.label_names == ["other"]


def test_quiet_intervals_do_not_count():
    """In SongExplorer they do."""
    heard = detected((1, 2, "time"), (2, 9, "neither"))
    assert spans(misses(heard, predicted((5, 6, "song")))) == [(1, 2)]
    assert spans(misses(heard, predicted((5, 6, "song")), MissesParams(background=()))) == [(1, 5), (6, 9)]


def test_detections_of_both_kinds_are_one_sound():
    heard = detected((1, 3, "time"), (2, 4, "frequency"))
    assert spans(misses(heard, predicted((9, 10, "song")))) == [(1, 4)]


def test_runs_that_reach_the_very_beginning_are_kept():
    """SongExplorer drops one that begins at the first sample, and one that is open at the last."""
    assert spans(misses(detected((0, 1, "time"), (2, 3, "time")), predicted((0.5, 2.5, "song")))) == [
        (0, 0.5),
        (2.5, 3),
    ]


def test_events_are_widened():
    found = misses(detected((1, 2, "time")), predicted((1.5, 1.5, "pulse")), MissesParams(reach=0.1))
    assert spans(found) == [(1, 1.4), (1.6, 2)]


def test_a_detected_event_is_a_miss_unless_something_is_predicted_there():
    assert spans(misses(detected((1, 1, "event"), (5, 5, "event")), predicted((5, 5, "pulse")))) == [(1, 1)]


def test_short_remainders_are_dropped():
    heard = detected((1, 2, "time"), (5, 7, "time"))
    params = MissesParams(min_duration=0.5, label="missing")
    found = misses(heard, predicted((1.2, 6, "song")), params)
    assert spans(found) == [(6, 7)]
    assert found.label_names == ["missing"]


def test_labels_that_count():
    heard, known = detected((1, 2, "time")), predicted((1, 2, "ambient"), (8, 9, "song"))
    assert spans(misses(heard, known)) == []
    assert spans(misses(heard, known, MissesParams(labels=("song",)))) == [(1, 2)]
    with pytest.raises(InputError, match=r"has it; found 'sung'; allowed: ambient, song. Did you mean 'song'"):
        misses(heard, known, MissesParams(labels=("sung",)))


times = st.integers(0, 30).map(lambda k: k / 4)
pairs = st.lists(
    st.tuples(times, times).map(lambda pair: tuple(sorted(pair))).filter(lambda p: p[0] < p[1]), max_size=6
)


@settings(max_examples=40)
@given(pairs.filter(bool), pairs.filter(bool))
def test_instant_by_instant(heard, known):
    found = misses(detected(*((a, b, "time") for a, b in heard)), predicted(*((a, b, "song") for a, b in known)))
    for instant in np.arange(0, 8, 0.125):
        expected = any(a <= instant < b for a, b in heard) and not any(a <= instant < b for a, b in known)
        assert any(a <= instant < b for a, b in spans(found)) == expected


# -- several recordings ----------------------------------------------------------------------------------------------


class Heard(Monitor):
    def __init__(self):
        super().__init__()
        self.warnings = []

    def warning(self, text):
        self.warnings.append(text)


def test_recording_by_recording():
    heard = detected((1, 2, "time")).concat(detected((1, 2, "time"), recording="b.wav"))
    monitor = Heard()
    found = misses(heard, predicted((1, 2, "song")), monitor=monitor)
    assert [(row.recording, row.onset) for row in found] == [("b.wav", 1)]
    assert found.recordings == ["a.wav", "b.wav"], "nothing was missed in the first"
    assert monitor.warnings == ["b.wav: nothing is predicted, so all that was detected is missed"]


def test_nothing_detected():
    monitor = Heard()
    known = predicted((1, 2, "song")).concat(predicted((1, 2, "song"), recording="b.wav"))
    assert misses(detected((1, 2, "time")), known, monitor=monitor).recordings == ["a.wav"]
    assert monitor.warnings == ["b.wav: nothing is detected, so nothing can be missed"]


def test_nothing_predicted():
    """A model that finds nothing misses everything."""
    assert spans(misses(detected((1, 2, "time")), Annotations())) == [(1, 2)]


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (detected((1, 2, "time")), None, "there are no predicted sounds; found 'kinds detected'"),
        (predicted((1, 2, "time")), None, "there are no detected sounds; found 'kinds predicted'"),
        (detected((1, 2, "time")), detected((1, 2, "time")), "no predicted sounds.*--predicted X_predicted.csv"),
        (predicted((1, 2, "song")), predicted((1, 2, "song")), "no detected sounds"),
    ],
)
def test_the_wrong_files(first, second, message):
    with pytest.raises(InputError, match=message):
        misses(first, second)


# -- files -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    """Two recordings, one of them in a folder below, with detections and predictions."""
    place = tmp_path / "songs"
    (place / "below").mkdir(parents=True)
    for path in (place / "a.wav", place / "below" / "b.wav"):
        soundfile.write(path, np.zeros(1000), 100)
        detected((1, 4, "time"), recording=path.name).save(path.with_name(f"{path.stem}_detected.csv"))
        made = Provenance.now("predict", {}, {"model": {"digest": "abc"}})
        found = predicted((2, 3, "song"), recording=path.name).with_provenance(made)
        found.save(path.with_name(f"{path.stem}_predicted.csv"))
    return place


def written(texts, out=None):
    return [path for report in run(misses, texts, MissesParams(), out=out, monitor=SILENT) for path in report.outputs]


def test_a_folder_gets_a_file_beside_each_recording(folder):
    paths = written({"detected": str(folder)})
    assert paths == [folder / "a_missed.csv", folder / "below" / "b_missed.csv"]
    assert pd.read_csv(paths[1])["start_seconds"].tolist() == [1, 3]
    story = Provenance.load(folder / "below" / "b_missed.provenance.json")
    assert story.operation == "misses"
    assert story.inputs["beside"]["provenance"]["inputs"]["model"]["digest"] == "abc"


def test_two_files(folder, tmp_path):
    texts = {"detected": str(folder / "a_detected.csv"), "predicted": str(folder / "a_predicted.csv")}
    assert written(texts) == [folder / "a_missed.csv"]
    assert written(texts, out=str(tmp_path / "x_missed.csv")) == [tmp_path / "x_missed.csv"]
    assert spans(Annotations.load(tmp_path / "x_missed.csv")) == [(1, 2), (3, 4)]


def test_songexplorer_s_names(folder):
    (folder / "oscine.toml").write_text('annotation_format = "songexplorer"\n')
    paths = written({"detected": str(folder)})
    assert [path.name for path in paths] == ["a.wav-missed.csv", "b.wav-missed.csv"]
    assert paths[0].read_text() == "a.wav,100,200,missed,other\na.wav,300,400,missed,other\n"


def test_a_recording_that_is_gone_or_broken(folder):
    (folder / "a.wav").unlink()
    (folder / "below" / "b.wav").write_text("no")
    assert written({"detected": str(folder)}) == [folder / "a_missed.csv", folder / "b_missed.csv"]


@pytest.mark.parametrize("places", [("day1", "day2"), (".", "day2")])
def test_namesakes_are_told_apart(tmp_path, places):
    for place, stop in zip(places, (2, 3), strict=True):
        path = tmp_path / "songs" / place / "ch1.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, np.zeros(1000), 100)
        detected((1, 4, "time"), recording=path.name).save(path.with_name("ch1_detected.csv"))
        predicted((1, stop, "song"), recording=path.name).save(path.with_name("ch1_predicted.csv"))
    paths = written({"detected": str(tmp_path / "songs")})
    assert sorted(paths) == sorted(tmp_path / "songs" / place / "ch1_missed.csv" for place in places)
    for place, onset in zip(places, (2, 3), strict=True):
        found = Annotations.load(tmp_path / "songs" / place / "ch1_missed.csv")
        assert (found.recordings, spans(found)) == (["ch1.wav"], [(onset, 4)])


def test_many_recordings_and_rows_do_not_take_their_product():
    n = 500
    rows = pd.DataFrame({"recording": [f"{i % n}.wav" for i in range(100 * n)], "onset": np.arange(100 * n) / n})
    rows = rows.assign(offset=rows["onset"] + 0.5, label="time", kind="detected")
    rows = pd.concat([rows, rows.iloc[::2].assign(kind="predicted")])
    table, start = Annotations(rows), time.process_time()
    found = misses(table)
    assert time.process_time() - start < 3
    assert len(found.recordings) == n
