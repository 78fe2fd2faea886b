"""Scores as SongExplorer's probability WAVs: one mono 16-bit file a label.

A sample is the probability times 32767, truncated towards zero; sample `i` is centred on time `i / rate`. WAV
files hold whole rates only, so a frame rate that is none is an error here rather than a slow drift.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from oscine.core.artifacts import atomic
from oscine.core.errors import InputError
from oscine.prediction.scores import Scores

_SCALE = 32767


def save_probability_wavs(scores: Scores, folder: str | Path, stem: str) -> list[Path]:
    """Write `<stem>-<label>.wav` for every label.

    Raises
    ------
    InputError
        Where the frame rate is not a whole number of hertz.
    """
    if scores.frame_rate != round(scores.frame_rate):
        raise InputError(
            "a WAV file cannot hold this frame rate",
            found=f"{scores.frame_rate:g} Hz",
            allowed="whole numbers",
            cure="Save the scores as HDF5 instead: --save-scores h5",
        )
    paths = []
    for index, label in enumerate(scores.labels):
        path = Path(folder) / f"{stem}-{label}.wav"
        with (
            atomic(path) as temporary,
            soundfile.SoundFile(temporary, "w", round(scores.frame_rate), 1, "PCM_16") as file,
        ):
            for _, block in scores.blocks():
                file.write((block[index] * _SCALE).astype(np.int16))
        paths.append(path)
    return paths


def load_probability_wavs(paths: dict[str, Path], recording: str) -> Scores:
    """Read the WAVs of a recording, by label, as scores."""
    values, rates = [], set()
    for path in paths.values():
        samples, rate = soundfile.read(path, dtype="int16")
        values.append(samples.astype(np.float32) / _SCALE)
        rates.add(rate)
    if len(rates) != 1 or len({len(value) for value in values}) != 1:
        raise InputError(
            "probability WAVs of one recording differ in rate or length", found=sorted(map(str, paths.values()))
        )
    return Scores.from_array(np.stack(values), list(paths), float(rates.pop()), recording=recording)
