from __future__ import annotations

import json

import pytest

from oscine.core.errors import InputError
from oscine.training.metrics_file import MetricsFile, read_metrics


def test_lines_are_there_at_once_and_later_ones_go(tmp_path):
    path = tmp_path / "metrics.jsonl"
    with MetricsFile(path) as metrics:
        for step in range(5):
            metrics.write({"step": step, "loss": 1 / 3})
            assert read_metrics(path)[-1] == {"step": step, "loss": 1 / 3}
    path.write_text(path.read_text() + '{"step": 5, "lo')
    assert len(read_metrics(path)) == 5
    with MetricsFile(path, step=2) as metrics:
        metrics.write({"step": 3, "loss": 0.0})
    assert [json.loads(line)["step"] for line in path.read_text().splitlines()] == [0, 1, 2, 3]
    with MetricsFile(path):
        assert read_metrics(path) == []


def test_none_yet(tmp_path):
    assert read_metrics(tmp_path / "metrics.jsonl") == []


def test_a_folder_that_cannot_be_written_to(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        MetricsFile(tmp_path / "file" / "metrics.jsonl")


def test_what_is_no_number_is_not_written(tmp_path):
    with MetricsFile(tmp_path / "m") as metrics, pytest.raises(ValueError):
        metrics.write({"step": 1, "loss": float("nan")})
