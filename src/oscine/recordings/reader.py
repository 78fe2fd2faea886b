"""How a sound file is opened: the plug-in kind `readers`.

A reader is one file in `readers/`: a class with the suffixes that it knows and an `open` that reads the header and
gives a `Source`. A file is offered first to the readers that know its suffix, then to the others, until one takes
it. `open` answers in one of three ways:

- a `Source`: the file is this reader's and can be read;
- `OtherFormat`: not this reader's, ask the next one;
- `InputError`: this reader's, but damaged or lacking something; the user is told.

Example of a whole reader, for files of bare 16-bit samples::

    class Bare(Reader):
        '''Bare 16-bit samples without a header.'''

        suffixes = (".raw16",)
        sample_rate: Hertz = Field(gt=0)

        def open(self, path: Path) -> Source:
            return RawSource(path, self.sample_rate, 1, path.stat().st_size // 2, offset=0, encoding="<i2")
"""

from __future__ import annotations

from abc import abstractmethod
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

from oscine.core.errors import InputError, nearest
from oscine.core.params import Field
from oscine.core.plugins import Plugin, PluginKind
from oscine.recordings.settings import ReaderSettings, reader_settings
from oscine.recordings.source import Source


class OtherFormat(Exception):
    """The file is not of this reader's format."""


class Reader(Plugin):
    """Opens one sort of sound file."""

    suffixes: ClassVar[tuple[str, ...]] = ()
    """Ends of file names, lower case, with the dot."""

    container: ClassVar[bool] = False
    """Whether such files often hold other things than sound (models, scores): in a folder, those are passed over."""

    split: dict[str, tuple[int, ...]] = Field({})
    """Logical recordings that each file holds, as names and channels (counted from 0), such as recA = [0]."""

    @abstractmethod
    def open(self, path: Path) -> Source:
        """Read the header of a file, not its sound."""
        raise NotImplementedError


_BASE: type[Reader] = Reader  # type: ignore[type-abstract]  # its members are concrete
READERS = PluginKind("readers", _BASE, "oscine.recordings.readers")
"""Every reader."""


@lru_cache(maxsize=1)
def _members(kind_state: tuple[str, ...]) -> dict[str, type[Reader]]:
    return READERS.members()


def readers() -> dict[str, type[Reader]]:
    """Every reader that can be imported, by name."""
    return _members(tuple(READERS.names()))


def suffixes() -> tuple[str, ...]:
    """Every suffix that some reader knows, sorted."""
    return tuple(sorted({suffix for member in readers().values() for suffix in member.suffixes}))


def is_container(path: Path) -> bool:
    """Whether only readers of general containers know this suffix."""
    known = [member for member in readers().values() if _knows(member, path)]
    return bool(known) and all(member.container for member in known)


def open_source(path: Path, reader: Reader | str | None = None) -> Source:
    """Open a sound file by its suffix, then by trying.

    Parameters
    ----------
    path
        An existing file.
    reader
        The reader to use, or its name, instead of what the project says, or finding out.

    Raises
    ------
    InputError
        For a file that is missing, closed, empty, damaged, without sound, or of no format that a reader knows.
    """
    check_readable(path)
    if isinstance(reader, Reader):
        candidates: list[Reader] = [reader]
    else:
        settings = reader_settings(path)
        name = settings.reader if reader is None else reader
        named = [READERS.get(name)] if name is not None else _candidates(path)
        candidates = _configured(named, settings)
    for candidate in candidates:
        try:
            source = candidate.open(path)
        except OtherFormat:
            continue
        except OSError as error:
            raise unreadable(path, error) from error
        return _checked(source, candidate)
    with path.open("rb") as stream:
        found = stream.read(12)
    raise InputError(
        "not a sound file of a known format",
        path=path,
        found=f"it begins with {found!r}",
        allowed=", ".join(suffixes()),
        cure="Convert it to WAV or FLAC",
    )


def check_readable(path: Path) -> None:
    """Raise an `InputError` that says why a file cannot be opened."""
    try:
        with path.open("rb") as stream:
            if not stream.read(1):
                raise InputError("the file is empty (0 bytes)", path=path, cure="Record or copy it again, or delete it")
    except OSError as error:
        raise unreadable(path, error) from error


def shape_of(path: Path, shape: tuple[int, ...], channels_first: bool) -> tuple[int, int, tuple[str, ...]]:
    """Samples, channels and warnings of an array of sound: axes (sample,), (sample, channel) or (channel, sample).

    >>> shape_of(Path("a.npy"), (1000, 2), channels_first=False)
    (1000, 2, ())
    """
    if len(shape) not in {1, 2}:
        raise InputError(
            "its array is not sound", path=path, found=f"axes {shape}", allowed="(sample,) or (sample, channel)"
        )
    n_samples, n_channels = (shape[0], 1) if len(shape) == 1 else shape[::-1] if channels_first else shape
    if n_channels > max(n_samples, 1):
        doubt = f"has {n_channels} channels of {n_samples} samples: are its axes (channel, sample)? Set channels_first"
        return n_samples, n_channels, (doubt,)
    return n_samples, n_channels, ()


def unreadable(path: Path, error: OSError) -> InputError:
    """The `InputError` for a file or folder that the system does not open."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        folder = path.parent
        guess = nearest(path.name, [item.name for item in folder.iterdir()]) if folder.is_dir() else None
        cure = f"Did you mean {guess!r}?" if guess else None
        return InputError("there is no such recording", path=path, cure=cure)
    if isinstance(error, IsADirectoryError):
        return InputError("is a folder, not a recording", path=path, cure="Give a file, or use Recordings")
    reason = (error.strerror or str(error)).lower()
    return InputError(f"cannot be read ({reason})", path=path, cure="Change its permissions or copy it")


def _knows(member: type[Reader], path: Path) -> bool:
    return path.name.lower().endswith(member.suffixes) if member.suffixes else False


def _candidates(path: Path) -> list[type[Reader]]:
    """Readers that know the suffix, special before general, then the others."""
    members = list(readers().values())
    return sorted(members, key=lambda member: (not _knows(member, path), len(member.suffixes)))


def _configured(members: list[type[Reader]], settings: ReaderSettings) -> list[Reader]:
    """The readers with options: those that do not know an option are left out, unless none does."""
    options = settings.options
    usable = [member for member in members if not set(options) - set(member.model_fields)]
    if not usable:
        usable = members[:1]
    return [member.parse(options, source=settings.origin) for member in usable]


def _checked(source: Source, reader: Reader) -> Source:
    """The same source, with the reader's split; an error where its shape cannot be."""
    path = source.path
    if not source.sample_rate > 0 or source.sample_rate == float("inf"):
        raise InputError("has an impossible sample rate", path=path, found=source.sample_rate, allowed="> 0 Hz")
    if source.n_channels < 1:
        raise InputError("has no channels", path=path, found=source.n_channels)
    if source.n_samples < 1:
        raise InputError("holds no samples", path=path, cure="Record or copy it again, or delete it")
    if reader.split:
        for name, channels in reader.split.items():
            wrong = [channel for channel in channels if not 0 <= channel < source.n_channels]
            if wrong or not channels:
                allowed = f"0 to {source.n_channels - 1}"
                problem = f"there are no such channels for its part {name!r}"
                raise InputError(problem, path=path, found=list(channels), allowed=allowed)
        source.parts = dict(reader.split)
    return source
