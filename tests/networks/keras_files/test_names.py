"""Which files make up a model of DAS."""

from __future__ import annotations

from pathlib import Path

import pytest

from oscine.core.errors import InputError
from oscine.networks.keras_files.names import find_keras_model, find_params, stem_of


def test_find_keras_model(tmp_path):
    stem = tmp_path / "20200101_120000"
    assert find_keras_model(stem) is None
    (tmp_path / "20200101_120000_model.h5").touch()
    assert find_keras_model(stem).name == "20200101_120000_model.h5"
    (tmp_path / "20200101_120000_model.keras").touch()
    assert find_keras_model(stem).name == "20200101_120000_model.keras"
    assert find_keras_model(tmp_path) is None
    assert find_keras_model(tmp_path / "x_model.safetensors") is None
    assert find_keras_model("") is None


def test_a_stem_with_dots(tmp_path):
    (tmp_path / "bird.7_model.h5").touch()
    assert find_keras_model(tmp_path / "bird.7").name == "bird.7_model.h5"
    assert stem_of(tmp_path / "bird.7_model.h5") == tmp_path / "bird.7"


def test_find_params(tmp_path):
    (tmp_path / "x_params.yaml").touch()
    for name in ("x_model.h5", "x_model.keras", "x", "x.h5"):
        assert find_params(Path(tmp_path / name)) == tmp_path / "x_params.yaml"
    with pytest.raises(InputError, match=r"y_params.yaml. Put y_params.yaml beside it"):
        find_params(tmp_path / "y_model.h5")
