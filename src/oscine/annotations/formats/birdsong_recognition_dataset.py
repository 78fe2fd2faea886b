"""The XML of the BirdsongRecognition data set: sequences of notes in many recordings, read by crowsetta.

Positions and lengths are samples. A note's position counts from its sequence, a sequence's from the recording; so

    onset = (position of the sequence + position of the note) / sample rate

Recordings lie beside the file, or in a folder `Wave` there. Between the sequences nobody has annotated, so the coverage
is the sequences.

References: T. Koumura (2016) BirdsongRecognition, figshare 3470165; T. Koumura and K. Okanoya (2016) Automatic
Recognition of Element Classes and Boundaries in the Birdsong with Variable Sequences, PLoS ONE 11: e0159188.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import pandas as pd

from oscine.annotations.annotations import Annotations
from oscine.annotations.coverage import Coverage
from oscine.annotations.delimited import check_spans
from oscine.annotations.formats import Format, Sniff
from oscine.annotations.sources import Sources
from oscine.core.errors import InputError


class BirdsongRecognitionDataset(Format):
    """Annotation.xml of the BirdsongRecognition data set."""

    suffixes = (".xml",)
    writable = False
    many = True
    holds = frozenset({"coverage"})

    sample_rate: float | None = None
    """Sample rate in Hz, for recordings that are not there to tell it (the data set's is 32000)."""

    def matches(self, file: Sniff) -> float:
        """By the first element."""
        return 1.0 if "<Sequences" in file.head[:2000] else 0.0

    def read(self, path: Path, sources: Sources) -> Annotations:
        """Read the notes of all recordings."""
        from crowsetta.formats.seq import BirdsongRec

        try:
            sequences = BirdsongRec.from_file(path, concat_seqs_into_songs=False).sequences
        except ParseError as error:
            problem = f"is no well-formed XML ({error})"
            raise InputError(problem, path=path, line=error.position[0], cure="Fetch it anew") from None
        except (AttributeError, TypeError, ValueError) as error:
            allowed = "Sequence with WaveFileName, Position, Length, Note"
            raise InputError(f"lacks an element or a number ({error})", path=path, allowed=allowed) from None
        names = dict.fromkeys(sequence.wav_file for sequence in sequences)
        rates = {name: self.sample_rate or sources.sample_rate(name, path) for name in names}
        rows: list[dict[str, Any]] = []
        stretches: dict[str, Any] = {name: [] for name in names}
        for sequence in sequences:
            rate, start = rates[sequence.wav_file], sequence.position
            stretches[sequence.wav_file].append((start / rate, (start + sequence.length) / rate))
            for note in sequence.syls:
                onset = (start + note.position) / rate
                offset = (start + note.position + note.length) / rate
                label = str(note.label).strip()
                rows.append({"recording": sequence.wav_file, "onset": onset, "offset": offset, "label": label})
        frame = pd.DataFrame(rows, columns=["recording", "onset", "offset", "label"])
        check_spans(frame["onset"].to_numpy(float), frame["offset"].to_numpy(float), path)
        return Annotations(frame, coverage=Coverage(stretches, whole=False))
