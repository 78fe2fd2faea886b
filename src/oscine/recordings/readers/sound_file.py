"""FLAC, OGG (Vorbis, Opus), MP3, AIFF, W64, AU, CAF and whatever else libsndfile opens, through `soundfile`.

A slice is the same as if the whole file had been decoded at once. libsndfile's own seeking does not give that in lossy
formats (measured with 1.2.2: up to a thousand wrong samples after a seek in 5-60 % of the cases), for three reasons:

- the first frames after a seek lack what they overlap with or borrow bits from: decoding begins `_RUN_UP` earlier;
- a seek into the last page of an Ogg stream lands at a wrong place, as that page's position is that of its end, which
  the encoder has cut: decoding begins before that page;
- two reads that meet in the last Opus packet lose samples: run-up and slice are read at once.

MP3 decoders round in another order after a seek; slices then differ by 10⁻⁷.

Where the stream is damaged, the slices before the damage can be read; one that needs a damaged stretch is an error
that says where it begins.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oscine.core.errors import InputError
from oscine.recordings.reader import OtherFormat, Reader
from oscine.recordings.source import Source

_UNKNOWN_LENGTH = 2**62
_PROBE = 1024  # samples
_RUN_UP = 2**14  # samples: two of Vorbis's longest blocks, fourteen frames of MP3
_OGG = {"VORBIS", "OPUS"}
_OPUS_RATE = 48_000  # in which Opus counts, whatever the rate of the sound
_LONGEST_PAGE = 27 + 255 + 255 * 255  # bytes
_UNRECOGNISED = 1  # SF_ERR_UNRECOGNISED_FORMAT


class SoundFile(Reader):
    """Every format of libsndfile: FLAC, OGG, Opus, MP3, AIFF, W64, AU, CAF and more."""

    suffixes = (
        ".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc", ".w64", ".au", ".snd", ".caf",
    )  # fmt: skip

    def open(self, path: Path) -> Source:
        """Read the header."""
        import soundfile

        with _opened(path) as file:
            n_samples = file.frames
            if n_samples >= _UNKNOWN_LENGTH:
                try:
                    n_samples = file.seek(0, soundfile.SEEK_END)
                except soundfile.LibsndfileError:
                    raise InputError("is damaged: its length cannot be found", path=path) from None
            return _SoundFileSource(path, file.samplerate, file.channels, n_samples, file.subtype)


class _SoundFileSource(Source):
    def __init__(self, path: Path, sample_rate: float, n_channels: int, n_samples: int, subtype: str) -> None:
        super().__init__(path, sample_rate, n_channels, n_samples)
        self.run_up = _RUN_UP if subtype in _OGG or subtype.startswith("MPEG") else 0
        self.last_page = n_samples
        if subtype in _OGG:
            self.last_page = int(last_page(path) * (sample_rate / _OPUS_RATE if subtype == "OPUS" else 1))

    def _open(self) -> Any:
        return _opened(self.path)

    def _read(self, handle: Any, start: int, stop: int) -> NDArray[np.float32]:
        import soundfile

        begin = max(0, min(start, self.last_page) - self.run_up) if self.run_up else start
        sound = np.empty((stop - begin, self.n_channels), np.float32)
        try:
            if begin != handle.tell():
                handle.seek(begin)
            done = len(handle.read(out=sound))
        except soundfile.LibsndfileError:
            self._close()  # a decoder that has stumbled may not find its feet again
            done = self._decodable(begin, stop)
        if done < len(sound):
            raise InputError(
                f"is damaged or cut off: cannot be decoded beyond {(begin + done) / self.sample_rate:.3f} s",
                path=self.path,
                cure="Copy it again, or cut it before the damage",
            )
        return np.ascontiguousarray(sound[start - begin :].T)

    def _decodable(self, start: int, stop: int) -> int:
        """How many samples from `start` on can be decoded before the damage."""
        import soundfile

        done = 0
        with suppress(soundfile.LibsndfileError), _opened(self.path) as handle:
            handle.seek(start)
            while done < stop - start:
                n_read = len(handle.read(min(_PROBE, stop - start - done)))
                if not n_read:
                    break
                done += n_read
        return min(done, stop - start - 1)


def last_page(path: Path) -> int:
    """Where the last page of an Ogg stream begins, in the stream's units; 0 for a stream of one page (RFC 3533)."""
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - 4 * _LONGEST_PAGE))
        end = stream.read()
    positions = []
    place = end.find(b"OggS")
    while place >= 0:
        position = int.from_bytes(end[place + 6 : place + 14], "little", signed=True)
        if position >= 0:  # -1: no packet ends on this page
            positions.append(position)
        place = end.find(b"OggS", place + 4)
    return positions[-2] if len(positions) > 1 else 0


def _opened(path: Path) -> Any:
    """The handle of libsndfile; raises `OtherFormat` or an `InputError`."""
    import soundfile

    try:
        return soundfile.SoundFile(path)
    except soundfile.LibsndfileError as error:
        if error.code == _UNRECOGNISED:
            raise OtherFormat from None
        raise InputError(f"is damaged ({error.error_string.rstrip('. ')})", path=path, cure="Copy it again") from None
    except TypeError:  # headerless formats (.raw): soundfile asks for what they lack
        raise OtherFormat from None
