"""The examples run as they stand, and do what they say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import soundfile

EXAMPLES = Path(__file__).parents[2] / "examples"


def run(name: str, *arguments: str, folder: Path) -> str:
    """Run an example in a process of its own, in `folder`; its output."""
    finished = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning:__main__", str(EXAMPLES / name), *arguments],
        cwd=folder, env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def test_train_and_predict(tmp_path):
    said = run("train_and_predict.py", "--duration", "30", "--steps", "60", folder=tmp_path)
    f1 = float(said.split("F1 ")[-1])
    assert f1 > 0.7
    assert (tmp_path / "flies" / "run" / "best_model.safetensors").is_file()
    table = pd.read_csv(tmp_path / "flies" / "fly3_predicted.csv")
    assert {"pulse", "ambient"} <= set(table["name"])


def test_detect_and_listen_order_of_a_synthetic_fly(tmp_path):
    run("detect_and_listen_order.py", "--n", "7", "--out", "heard", folder=tmp_path)
    table = pd.read_csv(tmp_path / "heard" / "listen.csv")
    assert len(table) == 7
    assert table["loudness"].is_monotonic_decreasing
    sound, rate = soundfile.read(tmp_path / "heard" / "listen.wav")
    starts = (table["listen_at"] * rate).round().astype(int)
    assert all(abs(sound[start - 10 : start]).max() == 0 for start in starts[1:]), "there is a pause before each"
    assert all(abs(sound[start : start + rate // 5]).max() > 0.1 for start in starts)


def test_detect_and_listen_order_of_a_file(tmp_path):
    run("convert_formats.py", folder=tmp_path)  # leaves a recording
    said = run("detect_and_listen_order.py", "formats/fly.wav", folder=tmp_path)
    assert "fly.wav" in said
    assert (tmp_path / "listen.wav").is_file()


def test_convert_formats(tmp_path):
    said = run("convert_formats.py", folder=tmp_path)
    assert "songexplorer cannot hold" in said
    assert "labels of one character" in said, "notmat says why it cannot"
    for name in ("das", "oscine", "raven", "songexplorer", "textgrid"):
        assert any((tmp_path / "formats" / name).iterdir()), name


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.glob("*.py")))
def test_examples_have_help(name, tmp_path):
    assert "python examples/" in run(name, "--help", folder=tmp_path)
    assert not list(tmp_path.iterdir())
