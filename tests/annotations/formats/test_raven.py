from __future__ import annotations

import numpy as np
import pytest

from oscine.annotations.annotations import Annotations
from oscine.annotations.formats.raven import Raven
from oscine.core.errors import InputError

HEADER = "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)"


@pytest.fixture
def load(tmp_path):
    def read(text: str, **options) -> Annotations:
        path = tmp_path / "a.Table.1.selections.txt"
        path.write_text(text)
        return Annotations.load(path, format=Raven(**options))

    return read


def test_channels_count_from_one_and_other_columns_are_kept(load):
    found = load(f"{HEADER}\tSpecies\tMood\tConfidence\n1\tSpectrogram 1\t2\t0.5\t1\t100\t200\tBTNW\tgood\t0.5\n")
    (row,) = found
    assert (row.recording, row.channel, row.low, row.high, row.label) == ("a.wav", 1, 100, 200, "BTNW")
    assert (row.Mood, row.score) == ("good", 0.5)


def test_a_selection_of_two_views_is_one_sound(load):
    views = [f"1\t{view} 1\t1\t0.5\t1\t100\t200\tx\n" for view in ("Waveform", "Spectrogram")]
    found = load(f"{HEADER}\tAnnotation\n{''.join(views)}2\tWaveform 1\t1\t2\t3\t0\t500\ty\n")
    table = found.to_pandas()
    assert table["label"].tolist() == ["x", "y"]
    assert np.array_equal(table["low"], [100, np.nan], equal_nan=True)
    assert "1 selections of several views" in found.report[1]


def test_which_column_holds_the_labels(load):
    row = "1\tSpectrogram 1\t1\t0.5\t1\t100\t200"
    assert load(f"{HEADER}\tCall\n{row}\tx\n").label_names == ["x"]
    assert load(f"{HEADER}\tDelta Time (s)\n{row}\t0.5\n").label_names == ["-"]
    with pytest.raises(InputError, match="several columns could hold the labels; allowed: Call, Bird"):
        load(f"{HEADER}\tCall\tBird\n{row}\tx\ty\n")
    assert load(f"{HEADER}\tCall\tBird\n{row}\tx\ty\n", label_column="Bird").label_names == ["y"]
    with pytest.raises(InputError, match="has no such column"):
        load(f"{HEADER}\tCall\n{row}\tx\n", label_column="Bird")


def test_the_recording_may_stand_in_the_table(load):
    found = load(f"{HEADER}\tBegin File\tAnnotation\n1\tSpectrogram 1\t1\t0.5\t1\t100\t200\tC:\\x\\bird.wav\tx\n")
    assert found.recordings == ["bird.wav"]


def test_real_table_is_kept(data, tmp_path):
    found = Annotations.load(data / "formats/Recording_1_Segment_15.Table.1.selections.txt")
    found.save(tmp_path / "Recording_1_Segment_15.selections.txt")
    assert Annotations.load(tmp_path / "Recording_1_Segment_15.selections.txt") == found


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("1\tSpectrogram 1\t1\t2\t1\t100\t200\tx", "line 2: starts after it stops"),
        ("1\tSpectrogram 1\t1\t2\t3\tlow\t200\tx", r"line 2: Low Freq \(Hz\) is not a number"),
        ("1\tSpectrogram 1\t1\t2", "line 2: has 4 columns where the header has 8"),
    ],
)
def test_mistakes_are_named_with_their_line(load, row, message):
    with pytest.raises(InputError, match=message):
        load(f"{HEADER}\tAnnotation\n{row}\n")
