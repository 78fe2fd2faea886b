"""evsonganaly's `.not.mat`: a Matlab file beside `X.cbin`, called `X.cbin.not.mat`, read and written by crowsetta.

Times stand in milliseconds, labels as one text with one character for each segment. A time that was read is written
back to the same bit; of others one in forty moves by its last bit (1e-16 of itself), because not every number of
seconds is the thousandth of a number of milliseconds.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oscine.annotations.annotations import Annotations
from oscine.annotations.delimited import check_spans
from oscine.annotations.formats import Format, Sniff
from oscine.annotations.sources import Sources
from oscine.core.artifacts import atomic
from oscine.core.errors import InputError
from oscine.core.params import Field, Seconds

_ENDING = ".not.mat"


class Notmat(Format):
    """evsonganaly's .not.mat files."""

    suffixes = (_ENDING,)

    sample_rate: float | None = None
    """Sample rate in Hz to write, for a recording that is not there to tell it."""

    threshold: float = 5000.0
    """Threshold of segmentation to write; evsonganaly shows it."""

    min_duration: Seconds = Field(0.020, ge=0)
    """Shortest segment to write; evsonganaly shows it."""

    min_gap: Seconds = Field(0.002, ge=0)
    """Shortest gap to write; evsonganaly shows it."""

    def matches(self, file: Sniff) -> float:
        """By the name."""
        return 1.0 if file.name.lower().endswith(_ENDING) else 0.0

    def file_name(self, recording: str, kind: str = "annotated", annotator: str = "") -> str:
        """`X.cbin.not.mat`, whoever annotated it: evsonganaly knows no other."""
        return f"{recording}{_ENDING}"

    def read(self, path: Path, sources: Sources) -> Annotations:
        """Read segments, also where there is only one or none."""
        from crowsetta.formats.seq import NotMat

        try:
            found = NotMat.from_file(path)
            onset, offset = np.atleast_1d(found.onsets), np.atleast_1d(found.offsets)
            labels = [str(label) for label in found.labels]
        except Exception as error:  # scipy raises whatever a damaged Matlab file leads it to
            problem = f"is no .not.mat file of evsonganaly ({type(error).__name__}: {error})"
            raise InputError(problem, path=path, cure="Save it anew in evsonganaly") from error
        if not len(onset) == len(offset) == len(labels):
            found_text = f"{len(onset)} onsets, {len(offset)} offsets, {len(labels)} labels"
            raise InputError("is damaged", path=path, found=found_text, allowed="as many of each")
        onset, offset = onset.astype(np.float64), offset.astype(np.float64)
        check_spans(onset, offset, path)
        own = sources.name_for(path)
        frame = pd.DataFrame({"onset": onset, "offset": offset, "label": labels})
        return Annotations.of_recording(own, frame)

    def write(self, annotations: Annotations, path: Path, sources: Sources) -> list[Path]:
        """Write segments.

        Raises
        ------
        InputError
            For a label of more than one character, or a file of another name.
        """
        from crowsetta.formats.seq import NotMat

        if not path.name.endswith(_ENDING):
            raise InputError("evsonganaly wants another name", path=path, allowed=f"…{_ENDING}")
        for label in annotations.labels:
            if len(label) != 1:
                allowed = "labels of one character"
                raise InputError(
                    "evsonganaly cannot hold a label", path=path, found=label, allowed=allowed, cure="Relabel"
                )
        own = annotations.recordings[0] if annotations.recordings else sources.name_for(path)
        rate = self.sample_rate or sources.sample_rate(own, path)
        table = annotations.to_pandas()
        segments = NotMat(
            onsets=table["onset"].to_numpy(),
            offsets=table["offset"].to_numpy(),
            labels=np.array(list(table["label"]), dtype="<U1"),
            annot_path=path,
            audio_path=path.with_name(path.name.removesuffix(_ENDING)),
        )
        exact = {"onsets": milliseconds(segments.onsets), "offsets": milliseconds(segments.offsets)}
        with tempfile.TemporaryDirectory() as folder, atomic(path) as temporary:
            segments.to_file(rate, self.threshold, self.min_duration, self.min_gap, dst=folder, other_vars=exact)
            temporary.write_bytes((Path(folder) / path.name).read_bytes())
        return [path]


def milliseconds(seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Milliseconds that give back the same seconds when divided by 1000, where there are such.

    Examples
    --------
    >>> float(milliseconds(np.array([0.57]))[0])
    570.0
    """
    best = seconds * 1000.0
    for other in (np.nextafter(best, 0.0), np.nextafter(best, np.inf)):
        better = (other / 1000.0 == seconds) & (best / 1000.0 != seconds)
        best = np.where(better, other, best)
    return best
