from __future__ import annotations

import numpy as np
import pytest
import soundfile

from oscine.core.errors import InputError
from oscine.datasets.groups import group_recordings
from oscine.recordings.recordings import Recordings


def test_by_day():
    names = ["PS_20130625111709_ch3.wav", "20161207T102314_ch1.wav", "b-2016-12-07.wav", "x_2016_12_08_a.wav"]
    groups = group_recordings("day", names)
    assert list(groups.values()) == ["2013-06-25", "2016-12-07", "2016-12-07", "2016-12-08"]
    with pytest.raises(InputError, match=r"there is no date in its name; found '9912.wav'; allowed: day, folder"):
        group_recordings("day", ["9912.wav"])


def test_by_folder(tmp_path):
    for place in ("bird1/may", "bird1/june", "bird2/may"):
        (tmp_path / place).mkdir(parents=True)
        soundfile.write(tmp_path / place / f"{place.replace('/', '')}.wav", np.zeros(10), 100)
    recordings = Recordings(tmp_path)
    assert len(set(group_recordings("folder", recordings.names, recordings).values())) == 3
    birds = group_recordings("folder:2", recordings.names, recordings)
    assert birds["bird1may.wav"] == birds["bird1june.wav"] != birds["bird2may.wav"]


def test_by_table(tmp_path):
    table = tmp_path / "birds.csv"
    table.write_text("group,recording\nann,a.wav\nbob,b.wav\n")
    assert group_recordings(str(table), ["b.wav", "a.wav"]) == {"b.wav": "bob", "a.wav": "ann"}
    with pytest.raises(InputError, match=r"birds.csv: a recording is missing from the table of groups; found 'c.wav'"):
        group_recordings(str(table), ["c.wav"])
    table.write_text("file,bird\na.wav,ann\n")
    with pytest.raises(InputError, match=r"lacks a column; found \['file', 'bird'\]; allowed: recording, group"):
        group_recordings(str(table), ["a.wav"])
    with pytest.raises(InputError, match=r"cannot be read \(no such file"):
        group_recordings("gone.csv", ["a.wav"])


def test_by_expression():
    assert group_recordings("", ["a.wav"]) == {"a.wav": "a.wav"}
    assert group_recordings("^[a-z]+", ["ab1.wav", "ab2.wav"]) == {"ab1.wav": "ab", "ab2.wav": "ab"}
    with pytest.raises(InputError, match=r"does not fit the regular expression; found '1.wav'"):
        group_recordings("^[a-z]+", ["1.wav"])
    with pytest.raises(InputError, match="not a regular expression"):
        group_recordings("(", ["1.wav"])
