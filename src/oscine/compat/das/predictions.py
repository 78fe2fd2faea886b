"""DAS's files of predictions, ``X_das.h5`` and the older ``X_dss.h5``, as annotations.

There are two forms: today's, with the groups ``events`` and ``segments``, and an older one in which the same names
stand side by side with ``event_`` and ``segment_`` before them. DAS stores probabilities as handles of files that are
gone by then, pickled; those are passed over, and nothing is unpickled. DAS itself cannot read its files of today.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from oscine.annotations.annotations import Annotations
from oscine.compat.das.flammkuchen import read
from oscine.core.errors import InputError
from oscine.networks.keras_files.das import NOISE


def read_predictions(path: str | Path, recording: str | None = None) -> Annotations:
    """What DAS found in a recording.

    Parameters
    ----------
    path
        ``X_das.h5`` or ``X_dss.h5``.
    recording
        What it is called; ``X.wav`` where nothing is given.

    Raises
    ------
    InputError
        Where there is no such file, or it holds neither events nor segments.
    """
    path = Path(path)
    values = read(path)
    if not any(key in values for key in ("events", "segments", "event_names", "segment_names")):
        raise InputError("these are no predictions of DAS", path=path, found=sorted(values)[:6])
    stem = path.stem.removesuffix("_das").removesuffix("_dss")
    rows = [*_events(values), *_segments(values)]
    return Annotations.of_recording(recording or f"{stem}.wav", [{**row, "kind": "predicted"} for row in rows])


def _part(values: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Events or segments, whatever the form."""
    nested = values.get(f"{kind}s")
    if isinstance(nested, Mapping):
        return dict(nested)
    flat = {name.removeprefix(f"{kind}_"): value for name, value in values.items() if name.startswith(f"{kind}_")}
    return {"samplerate_Hz": values.get("samplerate_Hz"), **flat}


def _names(part: Mapping[str, Any]) -> list[str]:
    """The name of each one."""
    names = [_text(name) for name in _listed(part.get("names"))]
    sequence = _listed(part.get("sequence"))
    return [names[int(item)] if isinstance(item, (int, float, np.number)) else _text(item) for item in sequence]


def _events(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    part = _part(values, "event")
    times = _listed(part.get("seconds"))
    if not times and part.get("samplerate_Hz"):
        times = [float(sample) / float(part["samplerate_Hz"]) for sample in _listed(part.get("indices"))]
    names = _names(part)
    return [
        {"onset": float(time), "offset": float(time), "label": name} for time, name in zip(times, names, strict=False)
    ]


def _segments(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    part = _part(values, "segment")
    onsets, offsets = _listed(part.get("onsets_seconds")), _listed(part.get("offsets_seconds"))
    return [
        {"onset": float(onset), "offset": float(offset), "label": name}
        for onset, offset, name in zip(onsets, offsets, _names(part), strict=False)
        if name != NOISE
    ]


def _listed(value: Any) -> list[Any]:
    if value is None or isinstance(value, Mapping):
        return []
    return list(value.tolist() if isinstance(value, np.ndarray) else value)


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
