"""`oscine das predict`: what a model finds in a recording, or in the WAV files of a folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oscine.annotations.labels import BACKGROUND
from oscine.compat.das.options import PredictOptions
from oscine.compat.das.song import Classes, Song
from oscine.compat.das.windows import Windows, predict_windows
from oscine.core.errors import InputError, OscineError
from oscine.core.monitor import SILENT, Monitor
from oscine.networks.keras_files.das import NOISE
from oscine.networks.model import Model
from oscine.prediction.predict import PredictParams
from oscine.prediction.predict import predict as predict_scores
from oscine.recordings.recording import Recording

_ORDER = 5
"""Of DAS's band-pass filter."""


def predict(options: PredictOptions, monitor: Monitor = SILENT) -> list[Path]:
    """Apply a model to recordings, and write what it finds beside them.

    A recording that cannot be used is told and passed over.

    Parameters
    ----------
    options
        What to apply to what, and how.
    monitor
        Is told how far it has come.

    Returns
    -------
    list
        Files that were written.

    Raises
    ------
    InputError
        Where there is no such model or recording, or none of the recordings could be used.
    """
    recordings = list(_recordings(options, monitor))
    model = load_model(options.model_save_name)
    classes = classes_of(model)
    written, n_failed = [], 0
    for path in recordings:
        try:
            song = find_song(model, classes, path, options, monitor)
            target = _target(path, options, single=options.path.is_file())
            _keep(target, monitor)
            written.append(song.write_csv(target) if options.save_format == "csv" else song.write_h5(target))
        except InputError as error:
            if len(recordings) == 1:
                raise
            monitor.warning(str(error))
            n_failed += 1
            continue
        rows = song.rows()
        counts = {name: sum(row[0] == name for row in rows) for name in classes.names[1:]}
        monitor.message(f"{path.name}: {', '.join(f'{n} {name}' for name, n in counts.items())}; wrote {target}")
    if n_failed:
        raise InputError(f"{n_failed} of {len(recordings)} recordings could not be used; the others are done")
    return written


def _keep(path: Path, monitor: Monitor) -> None:
    """Keep a copy of a file that is there, numbered: `X_annotations.csv` is also where people write their own."""
    if not path.exists():
        return
    number = 1
    while (aside := path.with_name(f"{path.name}.{number}~")).exists():
        number += 1
    shutil.copy2(path, aside)
    monitor.warning(f"{path} was there already; what it held is in {aside.name} now")


def load_model(path: Path) -> Model:
    """A model of DAS by its stem or file, or one of Oscine."""
    if str(path).startswith(("http:", "https:")):
        raise InputError("models are not fetched from the network", found=str(path), cure="Download both files first")
    try:
        return Model.load(path)
    except OscineError:
        for suffix in ("_model.safetensors", ".safetensors"):
            if (ours := path.with_name(path.name + suffix)).is_file():
                return Model.load(ours)
        raise


def classes_of(model: Model) -> Classes:
    """The classes of a model, as DAS calls them.

    Raises
    ------
    InputError
        For a model whose labels do not exclude each other, or that has no class for what is not song.
    """
    labels = model.labels
    if model.target.plugin_name != "exclusive" or labels[0] not in (BACKGROUND, NOISE):
        raise InputError(
            "this model does not have DAS's classes: one for what is not song, and others that exclude each other",
            path=model.path,
            found=f"target {model.target.plugin_name}, labels {', '.join(labels)}",
            cure="Use oscine predict",
        )
    return Classes((NOISE, *labels[1:]), tuple(label in model.events for label in labels))


def find_song(model: Model, classes: Classes, path: Path, options: PredictOptions, monitor: Monitor) -> Song:
    """What a model finds in one recording."""
    recording = Recording(path)
    found = model.training.get("das", {}).get("post_opt")
    optimised = found if isinstance(found, dict) else None
    if options.das_compat:
        sound, rate = _sound_as_das(recording, model, options)
        windows = Windows.of_model(model.to(options.device), options.batch_size)
        return Song.of(predict_windows(model, sound, windows, monitor), classes, rate, options, optimised)
    if options.bandpass_low_freq is not None or options.bandpass_up_freq is not None:
        highest = options.bandpass_up_freq
        if highest is not None and highest >= recording.sample_rate / 2:
            highest = None  # nothing is higher
        if options.bandpass_low_freq is not None or highest is not None:
            recording = recording.filter(low=options.bandpass_low_freq, high=highest, order=_ORDER)
    values, frame_rate = score(model, recording, options.device, options.resample, monitor)
    return Song.of(values, classes, frame_rate, options, optimised)


def score(
    model: Model, recording: Recording, device: Any = "auto", resample: bool = True, monitor: Monitor = SILENT
) -> tuple[Any, float]:
    """Probabilities (class, frame) of a recording, from its first sample to its last, and their rate."""
    scores = predict_scores(model, recording, PredictParams(resample=resample, device=device), monitor=monitor)
    n_samples = round(recording.n_samples * model.sample_rate / recording.sample_rate)
    return _First(scores.data, min(scores.n_frames, -(-n_samples // model.hop))), model.frame_rate


class _First:
    """The first frames of something that slices like an array (class, frame)."""

    def __init__(self, data: Any, n_frames: int) -> None:
        self.data, self.shape = data, (data.shape[0], n_frames)

    def __getitem__(self, place: tuple[slice, slice]) -> NDArray[np.float32]:
        labels, frames = place
        start, stop, _ = frames.indices(self.shape[1])
        return np.asarray(self.data[labels, start:stop], np.float32)


def _sound_as_das(recording: Recording, model: Model, options: PredictOptions) -> tuple[NDArray[np.floating], float]:
    """Sound (channel, sample) filtered and resampled as DAS does, and the rate that DAS takes it to have."""
    from scipy.signal import butter, resample_poly, sosfiltfilt

    sound: NDArray[np.floating] = recording.read(0, recording.n_samples)
    rate = recording.sample_rate
    if options.bandpass_low_freq is not None or options.bandpass_up_freq is not None:
        highest = min(options.bandpass_up_freq or rate, rate / 2 - 1)
        sections = butter(_ORDER, [options.bandpass_low_freq or 1.0, highest], "bandpass", output="sos", fs=rate)
        sound = sosfiltfilt(sections, sound, axis=1)
    if options.resample and rate != model.sample_rate:
        new, old = (int(value // 2) * 2 for value in (model.sample_rate, rate))
        common = int(np.gcd(new, old))
        return resample_poly(sound, new // common, old // common, axis=1), model.sample_rate
    return sound, rate


def _recordings(options: PredictOptions, monitor: Monitor) -> Iterator[Path]:
    path = options.path
    if path.is_dir():
        if options.save_filename is not None:
            monitor.warning(f"{path} is a folder: --save-filename is ignored, each recording has a file of its own")
        found = sorted(file for file in path.iterdir() if file.suffix.lower() == ".wav" and file.is_file())
        if not found:
            raise InputError("there are no WAV files in this folder", path=path)
        yield from found
    elif path.is_file():
        yield path
    else:
        raise InputError("there is no such recording or folder", path=path)


def _target(path: Path, options: PredictOptions, *, single: bool) -> Path:
    ending = "_annotations.csv" if options.save_format == "csv" else "_das.h5"
    if options.save_filename is not None and single:
        return options.save_filename
    return path.with_name(path.stem + ending)
