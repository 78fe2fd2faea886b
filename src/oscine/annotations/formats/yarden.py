"""SongAnnotationGUI's Matlab file ("yarden"): annotations of many recordings in one `.mat`.

`keys` holds the names of the recordings and `elements` a structure for each, with `segType` (numbers, the labels),
`segFileStartTimes` and `segFileEndTimes` (seconds). Matlab stores a single one of anything without its dimension, also
a single recording, at which crowsetta fails; so it is read here.

Reference: github.com/yardencsGitHub/BirdSongBout, helpers/GUI.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oscine.annotations.annotations import Annotations
from oscine.annotations.coverage import Coverage
from oscine.annotations.delimited import check_spans
from oscine.annotations.formats import Format, Sniff
from oscine.annotations.sources import Sources
from oscine.core.errors import InputError


class Yarden(Format):
    """SongAnnotationGUI's .mat files."""

    suffixes = (".mat",)
    writable = False
    many = True

    def matches(self, file: Sniff) -> float:
        """By the variables in it."""
        if not file.name.lower().endswith(".mat") or file.name.lower().endswith(".not.mat"):
            return 0.0
        from scipy.io import whosmat

        try:
            names = {name for name, _, _ in whosmat(file.path)}
        except Exception:  # noqa: BLE001 - scipy raises whatever a damaged Matlab file leads it to
            return 0.1
        return 0.9 if names >= {"keys", "elements"} else 0.0

    def read(self, path: Path, sources: Sources) -> Annotations:
        """Read the segments of all recordings."""
        from scipy.io import loadmat

        try:
            content = loadmat(path, squeeze_me=True)
            names = [Path(str(name).replace("\\", "/")).name for name in np.atleast_1d(content["keys"])]
            parts = [_segments(element) for element in np.atleast_1d(content["elements"])]
        except Exception as error:  # scipy raises whatever a damaged Matlab file leads it to
            problem = f"is no file of SongAnnotationGUI ({type(error).__name__}: {error})"
            raise InputError(problem, path=path, cure="Save it anew") from error
        if len(names) != len(parts):
            raise InputError("is damaged", path=path, found=f"{len(names)} keys, {len(parts)} elements")
        tables = [part.assign(recording=name) for name, part in zip(names, parts, strict=True) if len(part)]
        frame = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=["onset", "offset", "label"])
        check_spans(frame["onset"].to_numpy(float), frame["offset"].to_numpy(float), path)
        return Annotations(frame, coverage=Coverage(dict.fromkeys(names), whole=False))


def _segments(element: Any) -> pd.DataFrame:
    labels = [_label(value) for value in _values(element["segType"])]
    onset, offset = _values(element["segFileStartTimes"]), _values(element["segFileEndTimes"])
    return pd.DataFrame({"onset": onset.astype(np.float64), "offset": offset.astype(np.float64), "label": labels})


def _values(field: Any) -> NDArray[Any]:
    """A field as an array (n,); Matlab hides it in another array, and drops the dimension where n is 1."""
    return np.atleast_1d(np.asarray(field).tolist())


def _label(value: Any) -> str:
    return str(int(value)) if isinstance(value, (float, np.floating)) and float(value).is_integer() else str(value)
