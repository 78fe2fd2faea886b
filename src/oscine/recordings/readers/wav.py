"""WAV: whole numbers of 8, 16, 24 and 32 bit and floats of 32 and 64, extensible or not, of any length.

A WAV file is a list of chunks, each four letters, a 32-bit size, and that many bytes; the sound is in `data`. The
size cannot say more than 4 GiB. RF64 and BW64 say it in a chunk `ds64` instead (EBU Tech 3306); but many field
recorders just go on, and leave `data` with a size of 0xFFFFFFFF, of 0, or modulo 2³². libsndfile believes such
sizes and loses most of the sound, hence this reader. It mends the size as follows and says so in `warnings`:

| file | size of the sound |
|---|---|
| beyond 4 GiB, size declared modulo 2³² | declared + the largest multiple of 2³² that fits |
| size is a placeholder (0, 0x7FFFF000-0x7FFFFFFF, 0xFFFFFF00-0xFFFFFFFF) | all to the end of the file |
| less than a sample shorter than declared (a byte of padding counted) | all to the end of the file |

One that is shorter than declared in any other way was cut off on its way or by a full disk. It is refused, since half
of a night may be missing, unless `truncated = true` stands for it in the project's `oscine.toml`.

Compressed WAVs (A-law, µ-law, ADPCM, MP3) are left to `sound_file`.

References: Microsoft & IBM, Multimedia Programming Interface and Data Specifications 1.0 (1991);
EBU Tech 3306 v2 (2018).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from oscine.core.errors import InputError
from oscine.recordings.raw import INT24, RawSource, item_size
from oscine.recordings.reader import OtherFormat, Reader
from oscine.recordings.source import Source

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_ENCODINGS = {
    (_PCM, 1): "u1",
    (_PCM, 2): "<i2",
    (_PCM, 3): INT24,
    (_PCM, 4): "<i4",
    (_FLOAT, 4): "<f4",
    (_FLOAT, 8): "<f8",
}
_GIB4 = 2**32


@dataclass(frozen=True)
class _Header:
    form: bytes  # RIFF, RF64 or BW64
    fmt: bytes | None
    data_start: int  # byte
    declared: int  # bytes of sound, as the header has it
    ds64: bytes | None


_CUT_OFF = "the file is shorter than its header says"


class Wav(Reader):
    """WAV, RF64 and BW64, also longer than 4 GiB, or with a size that is wrong."""

    suffixes = (".wav", ".wave", ".rf64", ".bwf")

    truncated: bool = False
    """Read what is there of a file that was cut off, with a warning; otherwise it is refused."""

    def open(self, path: Path) -> Source:
        """Read the header."""
        size = path.stat().st_size
        with path.open("rb") as stream:
            header = _header(stream, path)
            following = _is_chunk(stream, header.data_start + header.declared, size)
        if header.fmt is None or len(header.fmt) < 16:
            raise InputError("its header is damaged: it does not say the format of its samples", path=path)
        code, n_channels, sample_rate, _, block, _ = struct.unpack("<HHIIHH", header.fmt[:16])
        if code == _EXTENSIBLE and len(header.fmt) >= 26:
            code = struct.unpack("<H", header.fmt[24:26])[0]
        encoding = _ENCODINGS.get((code, block // n_channels)) if n_channels and block % n_channels == 0 else None
        if encoding is None:
            raise OtherFormat
        n_bytes, declared, warning = _length(header, size - header.data_start, following)
        n_samples = n_bytes // (item_size(encoding) * n_channels)
        seconds = n_samples / sample_rate if sample_rate else 0
        missing = declared - n_bytes
        if warning == _CUT_OFF and missing >= block and not self.truncated:
            raise InputError(
                "the file is cut off",
                path=path,
                found=f"{seconds:.3f} s",
                allowed=f"{seconds + missing / block / max(sample_rate, 1):.3f} s, as its header says",
                cure=f'Copy it again; or put [recordings."{path.name}"] and truncated = true into oscine.toml',
            )
        return RawSource(
            path,
            sample_rate,
            n_channels,
            n_samples,
            offset=header.data_start,
            encoding=encoding,
            warnings=(f"{warning}; {seconds:.3f} s are there",) if warning else (),
        )


def _header(stream: BinaryIO, path: Path) -> _Header:
    """Walk through the chunks up to `data`."""
    form, kind = stream.read(4), stream.read(8)[4:]
    if form not in {b"RIFF", b"RF64", b"BW64"} or kind != b"WAVE":
        raise OtherFormat
    chunks: dict[bytes, bytes] = {}
    while len(head := stream.read(8)) == 8:
        name, size = head[:4], int.from_bytes(head[4:], "little")
        if name == b"data":
            return _Header(form, chunks.get(b"fmt "), stream.tell(), size, chunks.get(b"ds64"))
        start = stream.tell()
        if name in {b"fmt ", b"ds64"}:
            chunks[name] = stream.read(min(size, 256))
        stream.seek(start + size + size % 2)  # chunks begin at even bytes
    raise InputError("its header is damaged or cut off: there is no sound in it", path=path, cure="Copy it again")


def _length(header: _Header, available: int, followed: bool) -> tuple[int, int, str | None]:
    """Bytes of sound, bytes that there should be, and what was wrong with the header, if anything was."""
    declared = header.declared
    if header.form != b"RIFF" and header.ds64 and len(header.ds64) >= 16 and declared == _GIB4 - 1:
        declared = int.from_bytes(header.ds64[8:16], "little")
        if 0 < declared <= available:
            return declared, declared, None
    elif 0x7FFFF000 <= declared <= 0x7FFFFFFF or declared >= 0xFFFFFF00:
        return available, available, None if declared == available else "the header does not say how long it is"
    elif available >= _GIB4:
        wrapped = declared + (available - declared) // _GIB4 * _GIB4
        length = available if declared == 0 else wrapped
        return length, length, "the header says a wrong length, as the file exceeds 4 GiB"
    if declared == 0 and available > 0 and not followed:
        return available, available, "the header says a length of 0, as of a recorder that was not stopped properly"
    if declared > available:
        return available, declared, _CUT_OFF
    return declared, declared, None


def _is_chunk(stream: BinaryIO, position: int, size: int) -> bool:
    """Whether a proper chunk begins at a position of the file."""
    stream.seek(position)
    head = stream.read(8)
    return len(head) == 8 and head[:4].isascii() and position + 8 + int.from_bytes(head[4:], "little") <= size
