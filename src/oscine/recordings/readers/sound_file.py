"""FLAC, OGG (Vorbis, Opus), MP3, AIFF, W64, AU, CAF and whatever else libsndfile opens, through `soundfile`.

Slices are found by seeking in the compressed stream; they are identical to those of the whole file decoded at once.
Where the stream is damaged, the slices before the damage can be read; one that needs a damaged stretch is an error
that says where it begins.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oscine.core.errors import InputError
from oscine.recordings.reader import OtherFormat, Reader
from oscine.recordings.source import Source

_UNKNOWN_LENGTH = 2**62
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
            return _SoundFileSource(path, file.samplerate, file.channels, n_samples)


class _SoundFileSource(Source):
    def _open(self) -> Any:
        return _opened(self.path)

    def _read(self, handle: Any, start: int, stop: int) -> NDArray[np.float32]:
        import soundfile

        sound = np.empty((stop - start, self.n_channels), np.float32)
        done = 0
        try:
            handle.seek(start)
            done = len(handle.read(out=sound)) if len(sound) else 0
        except soundfile.LibsndfileError:
            self._close()  # a decoder that has stumbled may not find its feet again
        if done < len(sound):
            raise InputError(
                f"is damaged or cut off: cannot be decoded beyond {(start + done) / self.sample_rate:.3f} s",
                path=self.path,
                cure="Copy it again, or cut it before the damage",
            )
        return np.ascontiguousarray(sound.T)


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
