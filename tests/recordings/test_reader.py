"""The contract of every reader, and a stranger's."""

from __future__ import annotations

import pytest

from oscine.core.errors import InputError
from oscine.core.plugins import FOLDERS
from oscine.recordings.reader import READERS, OtherFormat, Reader, open_source, shape_of, suffixes
from oscine.recordings.recording import Recording

BARE = '''
from pathlib import Path
from oscine.core.params import Field, Hertz
from oscine.recordings.raw import RawSource
from oscine.recordings.reader import Reader

class Bare(Reader):
    """Bare 16-bit samples without a header."""

    suffixes = (".raw16",)
    sample_rate: Hertz = Field(100, gt=0)
    """Sample rate."""

    def open(self, path: Path):
        return RawSource(path, self.sample_rate, 1, path.stat().st_size // 2, offset=0, encoding="<i2")
'''


def test_all_are_there():
    assert READERS.names() == ["cbin", "hdf5", "numpy-array", "sound-file", "wav"]
    assert {".wav", ".flac", ".mp3", ".npz", ".h5", ".cbin"} <= set(suffixes())


@pytest.mark.parametrize("name", READERS.names())
def test_contract(name, tmp_path):
    member = READERS.get(name)
    assert all(suffix == suffix.lower() and suffix.startswith(".") for suffix in member.suffixes)
    assert member.suffixes
    reader = member()
    assert READERS.make(reader.to_dict()) == reader
    other = tmp_path / "a.txt"
    other.write_text("words, not sound")
    with pytest.raises(OtherFormat):
        reader.open(other)
    assert isinstance(reader, Reader)


def test_a_strangers_file(tmp_path, monkeypatch):
    plugin = tmp_path / "plugins" / "readers" / "bare.py"
    plugin.parent.mkdir(parents=True)
    plugin.write_text(BARE)
    monkeypatch.setenv(FOLDERS, str(tmp_path / "plugins"))
    READERS.rescan()
    try:
        (tmp_path / "a.raw16").write_bytes(b"\x00\x40" * 5)
        assert Recording(tmp_path / "a.raw16").read().tolist() == [[0.5] * 5]
        assert ".raw16" in suffixes()
    finally:
        monkeypatch.delenv(FOLDERS)
        READERS.rescan()
    assert ".raw16" not in suffixes()


def test_unknown_format(tmp_path):
    path = tmp_path / "a.xyz"
    path.write_bytes(b"abc")
    with pytest.raises(InputError, match=r"not a sound file.*b'abc'.*\.wav"):
        open_source(path)


def test_shape_of():
    assert shape_of("a", (5,), channels_first=False)[:2] == (5, 1)
    assert shape_of("a", (2, 5), channels_first=True) == (5, 2, ())
