from __future__ import annotations

import numpy as np
import pytest

from oscine.annotations.annotations import Annotations
from oscine.core.errors import InputError


def test_frequencies_are_optional_line_by_line(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("0.5\t0.75\tx\n\\\t100.5\t-1.000000\n1\t1\n2\t3\t\n")
    found = Annotations.load(path)
    table = found.to_pandas()
    assert table["label"].tolist() == ["x", "-", "-"]
    assert np.array_equal(table["low"], [100.5, np.nan, np.nan], equal_nan=True)
    assert np.isnan(table["high"]).all()
    found.save(tmp_path / "b.txt", format="aud-bbox")
    assert (tmp_path / "b.txt").read_text() == "0.5\t0.75\tx\n\\\t100.5\t-1\n1.0\t1.0\t-\n2.0\t3.0\t-\n"
    found.save(tmp_path / "c.txt", format="aud-seq")
    assert (tmp_path / "c.txt").read_text() == "0.5\t0.75\tx\n1.0\t1.0\t-\n2.0\t3.0\t-\n"


def test_real_box_track_is_written_as_it_was(data, tmp_path):
    found = Annotations.load(data / "formats/spinetail.txt")
    found.save(tmp_path / "spinetail.txt", format="aud-bbox")
    assert Annotations.load(tmp_path / "spinetail.txt") == found
    assert len(found) == 18


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("0\t1\tx\n1\t0.5\ty\n", 2, "starts after it stops"),
        ("0\t1\tx\n1\n", 2, "has 1 columns where a label has three"),
        ("0\tone\tx\n", 1, "stop is not a number"),
        ("0,5\t1\tx\n", 1, "Write a point for the decimal comma"),
        ("\\\t1\t2\n", 1, "frequencies without their label"),
        ("0\t1\tx\n\\\t1\n", 2, "frequencies without their label"),
        ("0\t1\tx\n\\\tlow\t2\n", 2, "a frequency is not a number"),
    ],
)
def test_mistakes_are_named_with_their_line(tmp_path, text, line, message):
    (tmp_path / "a.txt").write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        Annotations.load(tmp_path / "a.txt", format="aud-seq")
    assert caught.value.line == line
