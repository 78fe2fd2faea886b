"""crowsetta's `generic-seq`: one CSV for many recordings.

    label,onset_s,offset_s,notated_path,annot_path,sequence,annotation

Times stand in seconds, or in samples (`onset_sample`, `offset_sample`), or in both, of which seconds count. It cannot
say that a recording was looked at and holds nothing. Read here, not by crowsetta, for the reasons in `simple_seq`.
"""

from __future__ import annotations

from pathlib import Path, PureWindowsPath
from typing import Any

import numpy as np
import pandas as pd

from oscine.annotations.annotations import Annotations
from oscine.annotations.coverage import Coverage
from oscine.annotations.delimited import Table, check_spans, write_table
from oscine.annotations.formats import Format, Sniff
from oscine.annotations.sources import Sources
from oscine.core.errors import InputError

_REQUIRED = ("label", "notated_path", "annot_path", "sequence", "annotation")


class GenericSeq(Format):
    """crowsetta's generic-seq: rows of many recordings in one CSV."""

    suffixes = ("_generic.csv", ".csv")
    many = True
    gathers = True

    sample_rate: float | None = None
    """Sample rate in Hz, for times in samples of recordings that are not there to tell it."""

    def matches(self, file: Sniff) -> float:
        """By the header."""
        return 0.9 if file.header() >= {"label", "notated_path"} else 0.0

    def read(self, path: Path, sources: Sources) -> Annotations:
        """Read rows; the recording is the file's name of `notated_path`."""
        table = Table.read(path, _REQUIRED)
        own = sources.name_for(path)
        places = [PureWindowsPath(place).name for place in table.text("notated_path")]  # knows both separators
        recordings = [name if name and name != "None" else own for name in places]
        if "onset_s" in table and "offset_s" in table:
            onset, offset = table.spans("onset_s", "offset_s")
        elif "onset_sample" in table and "offset_sample" in table:
            begin, end = table.numbers("onset_sample"), table.numbers("offset_sample")
            rates = {name: self.sample_rate or sources.sample_rate(name, path) for name in set(recordings)}
            rate = np.array([rates[name] for name in recordings])
            onset, offset = begin / rate, end / rate
            check_spans(onset, offset, path, table.lines)
        else:
            raise InputError(
                "has no times", path=path, found=table.header, allowed="onset_s and offset_s, or onset_sample and …"
            )
        frame = pd.DataFrame(
            {"recording": recordings, "onset": onset, "offset": offset, "label": table.text("label", "-")}
        )
        return Annotations(frame, coverage=Coverage(dict.fromkeys(recordings), whole=False))

    def write(self, annotations: Annotations, path: Path, sources: Sources) -> list[Path]:
        """Write rows, numbered by recording."""
        table = annotations.to_pandas()
        recording = table["recording"].replace("", sources.name_for(path))
        columns: dict[str, Any] = {
            "label": table["label"],
            "onset_s": table["onset"],
            "offset_s": table["offset"],
            "notated_path": recording,
            "annot_path": [path.name] * len(table),
            "sequence": [0] * len(table),
            "annotation": pd.factorize(recording)[0],
        }
        return [write_table(path, columns)]

    def losses(self, annotations: Annotations, sources: Sources) -> list[str]:
        """Also that recordings were looked at and hold nothing."""
        silent = sorted(set(annotations.recordings) - set(annotations.to_pandas()["recording"]))
        empty = [f"recordings without a row ({', '.join(silent)})"] if silent else []
        return super().losses(annotations, sources) + empty
