"""What only long recordings and whole trainings show: memory that does not grow, accuracy on real song; minutes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from oscine.testing import fly_song

pytestmark = pytest.mark.slow

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def ten_hours(tmp_path_factory):
    """Ten hours at 2500 Hz: a minute of synthetic song over and over."""
    path = tmp_path_factory.mktemp("long") / "ten.wav"
    minute = (fly_song(60.0, seed=1)[0][0] * 32767).astype(np.int16)
    with soundfile.SoundFile(path, "w", 2500, 1, "PCM_16") as file:
        for _ in range(600):
            file.write(minute)
    return path


def peak_megabytes(*arguments: object) -> float:
    """Largest resident memory of the command line, in MB, in a process of its own."""
    script = (
        "import resource, subprocess, sys\n"
        "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n"
    )
    command = [sys.executable, "-m", "oscine", *map(str, arguments), "--quiet"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", script, *command], check=True, capture_output=True, text=True, env=environment
    )
    return float(done.stdout.split()[-1]) * 1024 / 1e6  # Linux counts in KiB


def test_ten_hours_are_searched_in_300_megabytes(ten_hours):
    assert peak_megabytes("detect", ten_hours) < 300
    assert ten_hours.with_name("ten_detected.csv").stat().st_size > 1e6


def test_predicting_ten_hours_takes_hardly_more_memory_than_one(ten_hours, tmp_path):
    project = tmp_path / "demo"
    subprocess.run([sys.executable, "-m", "oscine", "demo", "--out", project, "--n-steps", "20", "--quiet"], check=True)
    one_hour = tmp_path / "one.wav"
    sound, rate = soundfile.read(ten_hours, frames=3600 * 2500, dtype="int16")
    soundfile.write(one_hour, sound, rate)
    short, long = (peak_megabytes("predict", project / "run1", path, "--scores-only") for path in (one_hour, ten_hours))
    assert long < short + 150  # scores of ten hours alone would be 360 MB
    assert ten_hours.with_name("ten_scores.h5").stat().st_size > 2e8


def test_pulses_of_real_flies(fly):
    """The figure of the README: 0.93 or better against each of two people on a-7, mean over three seeds."""
    done = subprocess.run(
        [sys.executable, BENCHMARKS / "fly.py", "--data", fly, "--seeds", "3"],
        check=True,
        capture_output=True,
        text=True,
    )
    means = {
        tuple(line.split()[:2]): float(line.split("F1")[1].split()[0])
        for line in done.stdout.splitlines()
        if "over 3 seeds" in line and "threshold 0.5:" not in line
    }
    for person in ("person2", "person3"):
        assert means["20190122T093303a-7.wav", person] >= 0.93
