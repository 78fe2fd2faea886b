"""Files of results: there and back, those of DAS, and nothing that is pickled."""

from __future__ import annotations

import h5py
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from oscine.compat.das.flammkuchen import Rows, read, write
from oscine.compat.das.predictions import read_predictions
from oscine.core.errors import InputError


def test_there_and_back(tmp_path):
    values = {
        "a": {"b": 1.5, "n": 3, "t": "müde", "empty": "", "none": None, "list": [1, "x", [2]], "yes": True},
        "x": np.arange(6.0).reshape(2, 3),
        "text": np.array(["a", "bcd", "ü"]),
        "nothing": np.empty((0, 3)),
        "no/path": 1,
    }
    found = read(write(tmp_path / "x.h5", {**values, "r": {"sub/name": Rows((2, 3), np.float64, iter([values["x"]]))}}))
    assert found["a"] == {**values["a"], "yes": 1}
    assert_array_equal(found["x"], values["x"])
    assert_array_equal(found["r"]["sub|name"], values["x"])
    assert found["text"].tolist() == ["a", "bcd", "ü"]
    assert found["nothing"].shape == (0, 3)


def test_a_failure_leaves_nothing(tmp_path):
    with pytest.raises(TypeError, match="strange is of object"):
        write(tmp_path / "x.h5", {"a": 1, "strange": object()})
    assert list(tmp_path.iterdir()) == []


def test_defect_08_and_20_pickles_are_passed_over_and_lists_read(tmp_path):
    """As in DAS's files of today: tables that can be read beside arrays that are gone."""
    path = tmp_path / "rec_das.h5"
    write(path, {
        "events": {"samplerate_Hz": 1000, "names": ["pulse"], "seconds": [0.5, 0.7], "sequence": ["pulse", "pulse"]},
        "segments": {"names": ["noise", "a", "b"], "onsets_seconds": np.array([1.0, 2.0, 3.0]),
                     "offsets_seconds": np.array([1.5, 2.5, 3.5]), "sequence": np.array([2, 0, 1])},
    })  # fmt: skip
    with h5py.File(path, "a") as file:
        pickled = file.create_dataset("class_probabilities", (1,), h5py.vlen_dtype(np.uint8))
        pickled[0] = np.frombuffer(b"cos\nsystem\n(S'exit 1'\ntR.", np.uint8)
    assert "class_probabilities" not in read(path)
    rows = read_predictions(path).to_pandas()
    assert rows["recording"].unique().tolist() == ["rec.wav"]
    assert rows[["onset", "offset", "label"]].to_numpy().tolist() == [
        [0.5, 0.5, "pulse"], [0.7, 0.7, "pulse"], [1.0, 1.5, "b"], [3.0, 3.5, "a"],
    ]  # fmt: skip


def test_the_older_form(tmp_path):
    values = {
        "event_names": ["pulse"], "event_indices": np.array([500, 700]), "event_sequence": ["pulse", "pulse"],
        "segment_names": ["noise", "a"], "segment_onsets_seconds": np.array([1.0]),
        "segment_offsets_seconds": np.array([1.5]), "segment_sequence": ["a"], "samplerate_Hz": 1000.0,
    }  # fmt: skip
    rows = read_predictions(write(tmp_path / "rec_dss.h5", values)).to_pandas()
    assert rows[["onset", "label"]].to_numpy().tolist() == [[0.5, "pulse"], [0.7, "pulse"], [1.0, "a"]]


def test_what_is_none(tmp_path):
    (tmp_path / "x.h5").write_text("no")
    for name, message in (("x.h5", "not an HDF5 file"), ("y.h5", "there is no such file")):
        with pytest.raises(InputError, match=message):
            read(tmp_path / name)
    with pytest.raises(InputError, match="no predictions of DAS"):
        read_predictions(write(tmp_path / "z.h5", {"a": 1}))
