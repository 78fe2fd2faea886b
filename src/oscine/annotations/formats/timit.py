"""TIMIT's transcriptions: first sample, last sample and label, separated by blanks, one file for each recording.

    0 3050 h#
    3050 4559 sh

`.phn` holds phones and `.wrd` words. Seconds need the recording's sample rate. Read here, not by crowsetta, for the
reasons in `simple_seq`.

Reference: J. S. Garofolo et al. (1993) TIMIT Acoustic-Phonetic Continuous Speech Corpus, LDC93S1.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from oscine.annotations.annotations import Annotations
from oscine.annotations.delimited import check_spans, number, read_text, write_lines
from oscine.annotations.formats import Format, Sniff
from oscine.annotations.sources import Sources, between_samples
from oscine.core.errors import InputError

_SUFFIXES = (".phn", ".wrd")


class Timit(Format):
    """TIMIT's transcriptions of phones and words, in samples."""

    suffixes = _SUFFIXES

    sample_rate: float | None = None
    """Sample rate in Hz, for a recording that is not there to tell it."""

    def matches(self, file: Sniff) -> float:
        """By the name."""
        return 0.9 if file.name.lower().endswith(_SUFFIXES) else 0.0

    def read(self, path: Path, sources: Sources) -> Annotations:
        """Read rows."""
        own = sources.name_for(path)
        rate = self.sample_rate or sources.sample_rate(own, path)
        rows, lines = [], []
        for line, text in enumerate(read_text(path).splitlines(), 1):
            fields = text.split(maxsplit=2)
            if not fields:
                continue
            if len(fields) != 3 or not (fields[0].isdecimal() and fields[1].isdecimal()):
                allowed = "first sample, last sample and label, such as 0 3050 h#"
                raise InputError("is no transcription", path=path, line=line, found=text, allowed=allowed)
            start, stop = (number(field, "a sample", path, line) for field in fields[:2])
            rows.append({"onset": start / rate, "offset": stop / rate, "label": fields[2].strip()})
            lines.append(line)
        frame = pd.DataFrame(rows, columns=["onset", "offset", "label"])
        check_spans(frame["onset"].to_numpy(np.float64), frame["offset"].to_numpy(np.float64), path, lines)
        return Annotations.of_recording(own, frame)

    def write(self, annotations: Annotations, path: Path, sources: Sources) -> list[Path]:
        """Write rows, their times to the nearest sample."""
        name = annotations.recordings[0] if annotations.recordings else sources.name_for(path)
        rate = self.sample_rate or sources.sample_rate(name, path)
        rows = [[str(round(row.onset * rate)), str(round(row.offset * rate)), row.label] for row in annotations]
        return [write_lines(path, rows, " ")]

    def losses(self, annotations: Annotations, sources: Sources) -> list[str]:
        """Also times between samples."""
        return super().losses(annotations, sources) + between_samples(annotations, sources, self.sample_rate)
