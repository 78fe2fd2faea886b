"""CBIN files: a real one, and every way to write numbers in a .rec."""

from __future__ import annotations

import numpy as np
import pytest

from oscine.core.errors import InputError
from oscine.recordings.recording import Recording


def test_real_file(data):
    path = data / "formats" / "or60yw70_300912_0725.437.cbin"
    recording = Recording(path)
    assert (recording.sample_rate, recording.n_channels, recording.n_samples) == (32_000, 2, 31_968)
    assert recording.warnings == ()
    expected = np.fromfile(path, ">i2").reshape(-1, 2).T / 32768
    np.testing.assert_array_equal(recording.read(20_000, 21_000), expected[:, 20_000:21_000].astype("float32"))


@pytest.mark.parametrize("numbers", [("32000", "1", "1000"), ("3.200000e+04", "1.0e0", "1e3")])
def test_numbers_of_both_kinds(tmp_path, numbers):
    np.arange(1000).astype(">i2").tofile(tmp_path / "x.1.cbin")
    (tmp_path / "x.1.rec").write_text("File\n\nADFREQ =  {}\r\nChans = {}\nSamples = {}\n".format(*numbers))
    recording = Recording(tmp_path / "x.1.cbin")
    assert (recording.sample_rate, recording.warnings) == (32_000, ())
    np.testing.assert_array_equal(recording.read(7, 10)[0] * 32768, [7, 8, 9])


def test_other_length_is_told(tmp_path):
    np.zeros(10, ">i2").tofile(tmp_path / "x.cbin")
    (tmp_path / "x.rec").write_text("ADFREQ = 10\nChans = 1\nSamples = 12\n")
    assert "says 12 samples per channel, 10 are there" in Recording(tmp_path / "x.cbin").warnings[0]


@pytest.mark.parametrize(
    ("rec", "message"),
    [(None, "its .rec is missing"), ("Chans = 1", "does not say ADFREQ"), ("ADFREQ = 1e\nChans = 1", "line 1.*number")],
)
def test_bad_rec(tmp_path, rec, message):
    np.zeros(10, ">i2").tofile(tmp_path / "x.cbin")
    if rec is not None:
        (tmp_path / "x.rec").write_text(rec)
    with pytest.raises(InputError, match=message):
        Recording(tmp_path / "x.cbin")
