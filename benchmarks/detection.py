"""How fast detection is, and how much memory it takes, on a recording of many hours.

    python benchmarks/detection.py                                  # 10 hours at 2500 Hz, each detector
    python benchmarks/detection.py --rate 48000 --detector envelope

A synthetic recording (noise, pulses, hums; 16-bit WAV, mono) is written to a temporary folder. Each detector runs in
a process of its own, on one core, as `oscine.detect` does it: all passes over the file, and the table of what was
found. Printed are the recording's duration divided by the time that took (by the clock, and by the processor's time,
which others on the same machine disturb less) and the largest resident memory of the whole process.

Wanted at 2500 Hz: time-frequency at least 2000 times faster than real time, under 300 MB.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

from machine import machine

MEGABYTE = 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=10.0)
    parser.add_argument("--rate", type=int, nargs="+", default=[2500], help="sample rates, Hz")
    parser.add_argument("--detector", nargs="+", default=["time-frequency", "envelope"])
    parser.add_argument("--measure", nargs=2, metavar=("WAV", "DETECTOR"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(*options.measure)))
        return
    print(f"machine: {machine()}")
    print(
        f"{'rate':>8} {'duration':>9} {'detector':<16} {'× real time':>12} {'× (CPU)':>9} {'peak MB':>8} {'found':>8}"
    )
    for rate in options.rate:
        with tempfile.TemporaryDirectory() as folder:
            wav = Path(folder, "synthetic.wav")
            write_recording(wav, rate, options.hours)
            for detector in options.detector:
                figures = in_own_process(wav, detector)
                print(
                    f"{rate:>5} Hz {options.hours:>7g} h {detector:<16} {figures['speed']:>12.0f} "
                    f"{figures['cpu_speed']:>9.0f} {figures['peak'] / MEGABYTE:>8.0f} {figures['found']:>8}"
                )


def write_recording(path: Path, rate: int, hours: float) -> None:
    """Noise, a pulse twice a second, and a hum of half a second every ten seconds, at changing levels."""
    import numpy as np
    import soundfile

    rng = np.random.default_rng(0)
    pulse = np.hanning(rate // 100) * np.sin(2 * np.pi * 250 / rate * np.arange(rate // 100))
    hum = np.sin(2 * np.pi * 160 / rate * np.arange(rate // 2))
    with soundfile.SoundFile(path, "w", rate, 1, "PCM_16") as file:
        for _ in range(round(hours * 360)):  # ten seconds at a time
            sound = rng.standard_normal(10 * rate, np.float32) * 0.003
            for start in rng.integers(0, len(sound) - len(pulse), 20):
                sound[start : start + len(pulse)] += rng.uniform(0.02, 0.3) * pulse
            start = rng.integers(0, len(sound) - len(hum))
            sound[start : start + len(hum)] += rng.uniform(0.01, 0.05) * hum
            file.write(sound)


def in_own_process(wav: Path, detector: str) -> dict[str, float]:
    """Measure in a fresh interpreter, on one core, so that one run's memory is not another's."""
    one_core = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    command = [sys.executable, __file__, "--measure", str(wav), detector]
    result = subprocess.run(command, env={**os.environ, **one_core}, check=True, capture_output=True, text=True)
    return json.loads(result.stdout)


def measure(wav: str, detector: str) -> dict[str, float]:
    """Detect, in this process."""
    import resource
    import time

    from oscine.detection.detect import DetectParams, detect
    from oscine.recordings.recording import Recording

    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    recording = Recording(wav)
    params = DetectParams.parse({"detector": detector})
    start, cpu = time.perf_counter(), time.process_time()
    found = detect(recording, params)
    elapsed, cpu = time.perf_counter() - start, time.process_time() - cpu
    unit = 1 if platform.system() == "Darwin" else 1024
    return {
        "speed": recording.duration / elapsed,
        "cpu_speed": recording.duration / cpu,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit,
        "found": len(found),
    }


if __name__ == "__main__":
    main()
