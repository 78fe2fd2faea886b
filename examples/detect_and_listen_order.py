"""Hear what a detector found, the loudest first: one WAV of excerpts, and a table that says which is which.

    python examples/detect_and_listen_order.py song.wav             # of your own
    python examples/detect_and_listen_order.py                      # of a synthetic fly
    python examples/detect_and_listen_order.py song.wav --n 50 --out listening/

Writes `listen.wav`, the excerpts with half a second of silence between, and `listen.csv`, where each stands in it
and where it comes from. Slowing down playback (in Audacity, say) does no harm to either.
"""
# ruff: noqa: T201 - a script speaks to who runs it

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import soundfile

import oscine
from oscine.testing import fly_song

MARGIN = 0.05
"""Seconds before and after a sound that are played with it."""
PAUSE = 0.5
"""Seconds of silence between two."""


def loudness(recording: oscine.Recording, onset: float, offset: float) -> float:
    """Root mean square of a stretch, over all channels."""
    start, stop = round(onset * recording.sample_rate), round(offset * recording.sample_rate) + 1
    return float(np.sqrt(np.mean(recording.read(start, min(stop, recording.n_samples)) ** 2)))


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recording", type=Path, nargs="?")
    parser.add_argument("--n", type=int, default=20, help="excerpts at most")
    parser.add_argument("--out", type=Path, default=Path())
    arguments = parser.parse_args()
    if arguments.recording is not None:
        recording = oscine.Recording(arguments.recording)
    else:
        recording = oscine.Recording.from_sound(fly_song(30, seed=1)[0], 2500, name="synthetic")

    found = oscine.detect(recording).to_pandas()
    found = found[found["label"] != "neither"]  # the detector's word for stretches without any sound
    found["loudness"] = [loudness(recording, row.onset, row.offset) for row in found.itertuples()]
    found = found.sort_values("loudness", ascending=False).head(arguments.n)
    if found.empty:
        raise SystemExit(
            f"{recording.name}: nothing was detected; see `oscine detect --help` for a lower --detector.time-sigma"
        )

    rate = recording.sample_rate
    pause = np.zeros((recording.n_channels, round(PAUSE * rate)), np.float32)
    pieces, at, position = [], [], 0
    for row in found.itertuples():
        start = max(0, round((row.onset - MARGIN) * rate))
        stop = min(recording.n_samples, round((row.offset + MARGIN) * rate))
        at.append(position / rate)
        pieces += [recording.read(start, stop), pause]
        position += stop - start + pause.shape[1]
    sound = np.concatenate(pieces, axis=1)
    arguments.out.mkdir(parents=True, exist_ok=True)
    soundfile.write(arguments.out / "listen.wav", (sound / np.abs(sound).max() * 0.9).T, round(rate), "PCM_16")
    table = found.assign(listen_at=at)[["listen_at", "recording", "onset", "offset", "label", "loudness"]]
    table.to_csv(arguments.out / "listen.csv", index=False)
    print(table.head(5).to_string(index=False))
    print(f"{len(table)} excerpts in {arguments.out / 'listen.wav'}")


if __name__ == "__main__":
    main()
