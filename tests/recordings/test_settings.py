"""What a project says of its files: readers, rates, logical recordings."""

from __future__ import annotations

import numpy as np
import pytest

from oscine.core.errors import InputError
from oscine.recordings.recording import Recording
from oscine.recordings.recordings import Recordings

SPLIT = """
[recordings."ephys/*.wav"]
split = { recA = [0], recBC = [1, 2] }
"""


@pytest.fixture
def project(write, tmp_path):
    sound = np.random.default_rng(0).uniform(-1, 1, (3, 500))
    write("ephys/a-b.wav", sound, subtype="FLOAT")
    write("plain.wav", sound)
    (tmp_path / "oscine.toml").write_text(SPLIT)
    return tmp_path


def test_logical_recordings(project):
    recordings = Recordings(project)
    assert recordings.names == ["a-b.wav-recA", "a-b.wav-recBC", "plain.wav"]
    whole = Recording(project / "ephys" / "a-b.wav")
    assert (whole.n_channels, whole.parts) == (3, ("recA", "recBC"))
    part = Recording(project / "ephys" / "a-b.wav-recBC")
    assert (part.name, part.n_channels, part.path) == ("a-b.wav-recBC", 2, whole.path)
    np.testing.assert_array_equal(part.read(7, 90), whole.read(7, 90)[1:])
    np.testing.assert_array_equal(recordings.by_name("a-b.wav-recA").read(), whole.read()[:1])
    chosen = Recording(project / "ephys" / "a-b.wav-recBC", channels=[1])
    np.testing.assert_array_equal(chosen.read(), whole.read()[2:])


def test_unknown_parts(project):
    with pytest.raises(InputError, match=r"unknown part.*recA, recBC"):
        Recording(project / "ephys" / "a-b.wav-recX")
    with pytest.raises(InputError, match="no such recording"):
        Recording(project / "plain.wav-recA")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[recordings."*.wav"]\nsplit = { recA = [3] }', "no such channels for its part 'recA'.*0 to 2"),
        ('[recordings."*.wav"]\nsplti = { recA = [0] }', r"oscine\.toml.*unknown option.*'splti'"),
        ('[recordings."*.wav"]\nreader = "hdf"', "unknown reader.*hdf5"),
        ("recordings = 3", r"oscine\.toml.*table per pattern"),
        ("[recordings", r"oscine\.toml.*not a TOML"),
    ],
)
def test_mistakes_in_the_project_file(project, text, message):
    (project / "oscine.toml").write_text(text)
    with pytest.raises(InputError, match=message):
        Recording(project / "plain.wav")


def test_changes_of_the_project_file_are_seen(project):
    assert Recording(project / "plain.wav").parts == ()
    (project / "oscine.toml").write_text('[recordings."plain.wav"]\nsplit = { left = [0] }')
    assert Recording(project / "plain.wav").parts == ("left",)


def test_reader_by_name(project):
    (project / "raw.dat").write_bytes(np.arange(10, dtype=">i2").tobytes())
    (project / "raw.rec").write_text("ADFREQ = 100\nChans = 1\n")
    (project / "oscine.toml").write_text('[recordings."*.dat"]\nreader = "cbin"\n')
    assert Recording(project / "raw.dat").sample_rate == 100
