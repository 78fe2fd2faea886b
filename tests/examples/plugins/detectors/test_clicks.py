"""The plug-in of CONTRIBUTING.md enters by every door that a stranger has, and passes the contract test."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from oscine.core.errors import InputError
from oscine.detection.detect import DetectParams, detect
from oscine.detection.detector import DETECTORS
from oscine.recordings.recording import Recording
from oscine.testing import fly_song

ROOT = Path(__file__).parents[4]
PLUGINS = ROOT / "examples" / "plugins"
FILE = PLUGINS / "detectors" / "clicks.py"


@pytest.fixture
def clicks():
    return DETECTORS.get(str(FILE))


def test_by_the_path_of_its_file(clicks):
    found = detect(Recording.from_sound(fly_song(10, seed=1)[0], 2500), DetectParams(detector=str(FILE)))
    assert found.label_names == ["click"]
    assert len(found) > 20
    assert found.provenance.params["detector"]["name"].endswith("clicks.py")


def test_it_finds_what_it_says(clicks):
    sound = np.zeros(2500, np.float32)
    sound[[0, 1000, 1003, 2000]] = 0.5
    (found,) = clicks().detect(Recording.from_sound(sound, 2500.0))
    np.testing.assert_allclose(found.onsets, [1 / 2500, 0.4, 0.8])  # no change before the first sample
    np.testing.assert_allclose(found.offsets, [2 / 2500, 1005 / 2500, 2002 / 2500])


def test_its_options_are_checked(clicks):
    with pytest.raises(InputError, match="steepness is out of range"):
        clicks(steepness=0)


def test_by_name_from_a_folder_on_the_command_line(tmp_path):
    import soundfile

    soundfile.write(tmp_path / "song.wav", fly_song(10, seed=1)[0].T, 2500)
    command = [sys.executable, "-m", "oscine", "detect", str(tmp_path / "song.wav"), "--detector", "clicks"]
    environment = {**os.environ, "OSCINE_PLUGINS": str(PLUGINS)}
    subprocess.run(command, env=environment, check=True, capture_output=True)
    assert (tmp_path / "song_detected.csv").read_text().count("click,") > 20
    without = subprocess.run(command, check=False, capture_output=True, text=True)
    assert without.returncode == 2
    assert "envelope, time-frequency" in without.stderr


def test_it_passes_the_contract_test():
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "clicks",
               "tests/contracts/test_detectors.py"]  # fmt: skip
    environment = {**os.environ, "OSCINE_PLUGINS": str(PLUGINS)}
    finished = subprocess.run(command, env=environment, cwd=ROOT, check=False, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stdout
    assert " passed" in finished.stdout
