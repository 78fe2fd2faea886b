"""Python and the command line are faces of one thing: the same result, to the last byte."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

import oscine
from oscine import cli


@pytest.fixture
def recording(tmp_path):
    """Two seconds with three clicks."""
    sound = np.random.default_rng(1).normal(0, 0.001, 5000)
    for start in (1000, 2500, 4000):
        sound[start : start + 10] = 0.8
    path = tmp_path / "song.wav"
    soundfile.write(path, sound, 2500, subtype="FLOAT")
    return path


def _command(*arguments: str | Path) -> None:
    with pytest.raises(SystemExit) as done:
        cli.main([str(argument) for argument in arguments])
    assert done.value.code == 0


def _story(path: Path) -> dict:
    """The provenance beside a result, but for the moment when it was made."""
    story = json.loads(path.with_name(f"{path.stem}.provenance.json").read_text(encoding="utf-8"))
    return {**story, "created": ""}


def test_detect(recording, tmp_path):
    params = oscine.DetectParams(detector={"name": "envelope", "min_distance": 0.1}, seed=3)
    ours = tmp_path / "python" / "song_detected.csv"
    oscine.detect(oscine.Recording(recording), params).save(ours)

    flags = ["--detector", "envelope", "--detector.min-distance", "0.1", "--seed", "3"]
    _command("detect", recording, *flags, "--out", tmp_path / "flags" / "song_detected.csv")

    file = tmp_path / "detect.toml"
    file.write_text('seed = 3\n[detector]\nname = "envelope"\nmin_distance = 0.1\n')
    _command("detect", recording, "--params", file, "--out", tmp_path / "file" / "song_detected.csv")

    (tmp_path / "process").mkdir()
    arguments = ["detect", recording, *flags, "--out", tmp_path / "process"]
    subprocess.run([sys.executable, "-m", "oscine", *map(str, arguments)], check=True, capture_output=True)

    assert len(oscine.Annotations.load(ours)) >= 3
    for way in ("flags", "file", "process"):
        theirs = tmp_path / way / "song_detected.csv"
        assert theirs.read_bytes() == ours.read_bytes()
        assert _story(theirs) == _story(ours)


def test_the_story_of_a_result_makes_it_again(recording, tmp_path):
    _command("detect", recording, "--detector.time-sigma", "7")
    first = recording.with_name("song_detected.csv")
    story = _story(first)
    assert story["operation"] == "detect"
    assert story["inputs"]["recording"]["name"] == "song.wav"
    again = getattr(oscine, story["operation"])(
        oscine.Recording(story["inputs"]["recording"]["path"]), oscine.DetectParams.parse(story["params"])
    ).save(tmp_path / "again" / "song_detected.csv")
    again = again[0] if isinstance(again, list) else again
    assert again.read_bytes() == first.read_bytes()
    assert _story(again) == story


def test_convert_there_and_back(recording, tmp_path):
    _command("detect", recording)
    first = recording.with_name("song_detected.csv")
    _command("convert", first, "--to", "songexplorer", "--out", tmp_path / "song.wav-detected.csv")
    back = oscine.Annotations.load(tmp_path / "song.wav-detected.csv")
    there = oscine.Annotations.load(first)
    assert np.array_equal(back.onsets, there.onsets)
    assert np.array_equal(back.offsets, there.offsets)
    assert list(back.to_pandas()["label"]) == list(there.to_pandas()["label"])
