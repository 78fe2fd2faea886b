"""Scores as SongExplorer's probability WAVs: `X.wav-<label>.wav` beside `X.wav`, one mono 16-bit file a label.

A sample is the probability times 32767, truncated towards zero; sample `i` is centred on time `i / rate`, here as
there. Two things differ: the first samples are scores, not a padding of zeros, and the file lasts as long as its
recording. WAV files hold whole rates only, so a frame rate that is none is an error here rather than a slow drift.
"""

from __future__ import annotations

import wave
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from oscine.annotations import naming
from oscine.core.artifacts import Provenance, atomic
from oscine.core.errors import InputError
from oscine.prediction.scores import Scores

SCALE = 32767
"""A probability of one."""


def wav_path(folder: str | Path, recording: str, label: str) -> Path:
    """Where the probability WAV of a label stands.

    Examples
    --------
    >>> wav_path(".", "may01.wav", "mel-pulse").name
    'may01.wav-mel-pulse.wav'
    """
    return Path(folder) / f"{recording}-{label}.wav"


def save_probability_wavs(scores: Scores, folder: str | Path, stem: str | None = None) -> list[Path]:
    """Write `<stem>-<label>.wav` for every label: all of them, or none.

    Parameters
    ----------
    scores
        Probabilities in [0, 1].
    folder
        Where to write.
    stem
        Name of the recording by default.

    Raises
    ------
    InputError
        Where the frame rate is not a whole number of hertz, or a label cannot be in a file's name.
    """
    if scores.frame_rate != round(scores.frame_rate):
        raise InputError(
            "a WAV file cannot hold this frame rate",
            found=f"{scores.frame_rate:g} Hz",
            allowed="whole numbers",
            cure="Save the scores as HDF5 instead: --save-scores h5",
        )
    for label in scores.labels:
        if "/" in label or "\\" in label:
            raise InputError("this label cannot be in a file's name", found=label, cure="Rename it, or save HDF5")
    paths = [wav_path(folder, stem or scores.recording, label) for label in scores.labels]
    with ExitStack() as stack:
        places = [stack.enter_context(atomic(path)) for path in paths]
        with ExitStack() as files:
            writers = [files.enter_context(_open(place, round(scores.frame_rate))) for place in places]
            for _, block in scores.blocks():
                for writer, values in zip(writers, block, strict=True):
                    writer.writeframesraw((values * SCALE).astype("<i2").tobytes())
    return paths


def _open(path: Path, rate: int) -> wave.Wave_write:
    """A mono 16-bit WAV file, written by Python itself, whose errors are the system's own."""
    file = wave.open(str(path), "wb")  # noqa: SIM115 - the caller does
    file.setparams((1, 2, rate, 0, "NONE", "not compressed"))
    return file


def find_probability_wavs(recording: str | Path) -> dict[str, Path]:
    """The probability WAVs beside a recording, which itself need not be there, by label."""
    recording = Path(recording)
    if not recording.name or not recording.parent.is_dir():
        return {}
    start = f"{recording.name}-"
    return {
        path.name.removeprefix(start).removesuffix(".wav"): path
        for path in sorted(recording.parent.iterdir())
        if path.name.startswith(start) and path.name.endswith(".wav")
    }


def load_probability_wavs(paths: Mapping[str, Path], recording: str) -> Scores:
    """Read the WAVs of a recording, by label, as scores.

    Raises
    ------
    InputError
        Where there are none, one is no such file, or they differ in rate or length.
    """
    if not paths:
        raise InputError("there are no probability WAVs", found=recording)
    values, rates = [], set()
    for path in paths.values():
        try:
            samples, rate = soundfile.read(path, dtype="int16")
        except soundfile.LibsndfileError as error:
            raise InputError(f"not a probability WAV ({error.error_string})", path=path) from None
        if samples.ndim != 1:
            raise InputError("a probability WAV has one channel", path=path, found=f"{samples.shape[1]} channels")
        values.append(samples.astype(np.float32) / np.float32(SCALE))
        rates.add(rate)
    if len(rates) != 1 or len({len(value) for value in values}) != 1:
        names = ", ".join(path.name for path in paths.values())
        folder = next(iter(paths.values())).parent
        raise InputError("probability WAVs of one recording differ in rate or length", path=folder, found=names)
    told = _told_by_model(next(iter(paths.values())).parent, recording, list(paths))
    return Scores.from_array(np.stack(values), list(paths), float(rates.pop()), recording=recording, **told)


def _told_by_model(folder: Path, recording: str, labels: list[str]) -> dict[str, Any]:
    """What the WAVs cannot hold, events and thresholds, of the model that the story beside them names."""
    names = (naming.ours(naming.stem(recording), "predicted"), naming.songexplorer(recording, "predicted"))
    beside = [naming.provenance_path(folder / name) for name in names]
    beside.append(folder / f"{naming.stem(recording)}_scores.provenance.json")
    for place in beside:
        try:
            story = Provenance.load(place)
            made_by = story.inputs.get("model") if story is not None else None
            if not isinstance(made_by, dict) or not made_by.get("path") or not Path(made_by["path"]).exists():
                continue
            from oscine.networks.model import Model

            model = Model.load(made_by["path"])
        except InputError:
            continue
        if model.digest == made_by.get("digest"):
            own = made_by.get("thresholds") or model.thresholds
            thresholds = {label: float(value) for label, value in own.items() if label in labels}
            return {
                "events": tuple(label for label in model.events if label in labels),
                "thresholds": thresholds,
                "aside": tuple(label for label in model.aside if label in labels),
            }
    text = (
        "no model is known that made these probability WAVs: all labels are taken for segments, with thresholds of 0.5"
    )
    return {"warnings": (text,)}
