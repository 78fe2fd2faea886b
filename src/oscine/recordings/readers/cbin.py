"""CBIN, of the evsonganaly programs for Matlab: big-endian 16-bit samples, their description in a `.rec` beside them.

`x.rec` is text; the lines that count are `ADFREQ = 32000` (Hz), `Chans = 2` and `Samples = 64000`, as whole numbers or
in scientific notation (`3.200000e+04`): both occur. Channels alternate in `x.cbin`; song is usually on channel 0.
"""

from __future__ import annotations

import re
from pathlib import Path

from oscine.core.errors import InputError
from oscine.recordings.raw import RawSource
from oscine.recordings.reader import OtherFormat, Reader
from oscine.recordings.source import Source

_LINE = re.compile(r"\s*(ADFREQ|Chans|Samples)\s*=\s*([-+.\deE]+)")


class Cbin(Reader):
    """Recordings of evsonganaly: `.cbin` with a `.rec` beside it."""

    suffixes = (".cbin",)

    def open(self, path: Path) -> Source:
        """Read the `.rec`."""
        description = path.with_suffix(".rec")
        if not description.is_file():
            if path.suffix.lower() != ".cbin":
                raise OtherFormat
            raise InputError("its .rec is missing", path=path, cure=f"Put {description.name} beside it")
        values = read_rec(description)
        n_channels = round(values["Chans"])
        n_samples = path.stat().st_size // (2 * n_channels)
        warnings: tuple[str, ...] = ()
        if "Samples" in values and round(values["Samples"]) != n_samples:
            said = round(values["Samples"])
            warnings = (f"{description.name} says {said} samples per channel, {n_samples} are there",)
        return RawSource(path, values["ADFREQ"], n_channels, n_samples, offset=0, encoding=">i2", warnings=warnings)


def read_rec(path: Path) -> dict[str, float]:
    """The numbers ADFREQ, Chans and Samples (this one may be absent) of a `.rec` file.

    Raises
    ------
    InputError
        Where the first two are absent or impossible.
    """
    values: dict[str, float] = {}
    for number, line in enumerate(path.read_text(encoding="latin-1").splitlines(), 1):
        match = _LINE.match(line)
        if match:
            try:
                values[match[1]] = float(match[2])
            except ValueError:
                raise InputError(f"{match[1]} is not a number", path=path, line=number, found=match[2]) from None
    for name in ("ADFREQ", "Chans"):
        if not values.get(name, 0) > 0:
            cure = f"Write a line such as: {'ADFREQ = 32000' if name == 'ADFREQ' else 'Chans = 1'}"
            raise InputError(f"does not say {name}", path=path, found=values.get(name), allowed="> 0", cure=cure)
    return values
