"""Files: whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest

from oscine.core.artifacts import (
    Provenance,
    atomic,
    atomic_folder,
    describe,
    digest,
    timestamp,
    unwritable,
    write_json,
    write_text,
)
from oscine.core.errors import InputError

ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


def _left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())  # with hidden ones


def test_writes_and_replaces(tmp_path):
    path = tmp_path / "deep" / "a.txt"
    assert write_text(path, "old\n") == path
    write_text(path, "new α\n")
    assert path.read_bytes() == "new α\n".encode()
    assert _left(path.parent) == ["a.txt"]


def test_the_temporary_file_lies_beside_it_hidden_with_its_suffix(tmp_path):
    with atomic(tmp_path / "a.wav") as temporary:
        assert temporary.parent == tmp_path
        assert temporary.suffix == ".wav"
        assert temporary.name.startswith(".a-")
        assert not (tmp_path / "a.wav").exists()


@pytest.mark.parametrize("raised", [ValueError, KeyboardInterrupt, OSError])
def test_an_exception_leaves_the_old_file_and_nothing_else(tmp_path, raised):
    path = write_text(tmp_path / "a.txt", "old")

    def write_half():
        with atomic(path) as temporary:
            temporary.write_text("half")
            raise raised

    with pytest.raises(raised):
        write_half()
    assert path.read_text() == "old"
    assert _left(tmp_path) == ["a.txt"]


def test_an_input_error_inside_stays_what_it_is(tmp_path):
    with pytest.raises(InputError, match="mine"), atomic(tmp_path / "a.txt"):
        raise InputError("mine")


def test_an_error_of_another_file_stays_what_it_is(tmp_path):
    with pytest.raises(PermissionError), atomic(tmp_path / "out" / "a.txt"):
        raise PermissionError(errno.EACCES, "closed", "/somewhere/else.wav")


def test_keeps_permissions_and_links(tmp_path):
    path = write_text(tmp_path / "real.txt", "old")
    path.chmod(0o640)
    link = tmp_path / "link.txt"
    link.symlink_to(path)
    write_text(link, "new")
    assert link.is_symlink()
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o640


def test_new_files_follow_the_umask(tmp_path):
    mask = os.umask(0o027)
    try:
        path = write_text(tmp_path / "a.txt", "")
    finally:
        os.umask(mask)
    assert path.stat().st_mode & 0o777 == 0o640


KILLED = """
import sys
from pathlib import Path
from oscine.core.artifacts import (
    Provenance,
    atomic,
    atomic_folder,
    describe,
    digest,
    timestamp,
    unwritable,
    write_json,
    write_text,
)
path = Path(sys.argv[1])
print("ready", flush=True)
while True:
    for letter in b"ab":
        with atomic(path) as temporary, open(temporary, "wb") as stream:
            for _ in range(64):
                stream.write(bytes([letter]) * 65536)
"""


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL")
def test_a_killed_process_leaves_the_old_file_or_the_new(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"b" * 64 * 65536)
    for delay in (0.0, 0.007, 0.013, 0.029):
        process = subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        content = path.read_bytes()
        assert len(content) == 64 * 65536
        assert len(set(content)) == 1
    assert all(name.startswith(".") for name in _left(tmp_path) if name != "a.bin")


def test_a_folder_that_is_a_file_is_said(tmp_path):
    write_text(tmp_path / "a", "")
    with pytest.raises(InputError, match=r"a/b.txt: cannot be written \(.*\). Choose another place with --out"):
        write_text(tmp_path / "a" / "b.txt", "")


def test_a_folder_in_the_way_is_said(tmp_path):
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(InputError, match=r"cannot be written \(is a directory\)"):
        write_text(tmp_path / "a.txt", "")
    assert _left(tmp_path) == ["a.txt"]


def test_a_name_that_is_too_long_is_said(tmp_path):
    with pytest.raises(InputError, match=r"cannot be written \(file name too long\)"):
        write_text(tmp_path / ("a" * 300), "")
    assert _left(tmp_path) == []


CLOSED = """
import os, sys
from oscine.core.artifacts import (
    Provenance,
    atomic,
    atomic_folder,
    describe,
    digest,
    timestamp,
    unwritable,
    write_json,
    write_text,
)
from oscine.core.errors import InputError
if os.geteuid() == 0:  # whom no permission stops
    os.setgid(65534)
    os.setuid(65534)
try:
    write_text(sys.argv[1], "text")
except InputError as error:
    print(error)
"""


@pytest.mark.skipif(os.name == "nt", reason="no permissions of this kind")
def test_a_closed_folder_is_said():
    with tempfile.TemporaryDirectory() as folder:  # nobody may enter pytest's own
        Path(folder).chmod(0o555)
        done = subprocess.run(
            [sys.executable, "-c", CLOSED, f"{folder}/a.txt"], capture_output=True, text=True, check=False
        )
        Path(folder).chmod(0o755)
        assert done.stdout == (
            f"{folder}/a.txt: cannot be written (permission denied). Choose another place with --out.\n"
        ), done.stderr
        assert _left(Path(folder)) == []


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 256 KiB."""
    place = tmp_path / "disk"
    place.mkdir()
    if not ROOT or sys.platform != "linux":
        pytest.skip("only the superuser can mount a small disk")
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", place]
    mounted = subprocess.run(command, capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("mounting is not allowed here")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def test_a_full_disk_is_said_and_leaves_the_old_file(small_disk):
    path = write_text(small_disk / "a.txt", "old")
    with pytest.raises(InputError, match=r"a.txt: the disk is full; nothing was written. Free some space"):
        write_text(path, "x" * 2**20)
    assert path.read_text() == "old"
    assert _left(small_disk) == ["a.txt"]


def test_a_full_disk_is_said_whatever_a_library_calls_it(small_disk):
    import h5py

    with (
        pytest.raises(InputError, match="the disk is full"),
        atomic(small_disk / "a.h5") as temporary,
        h5py.File(temporary, "w") as file,
    ):
        file["x"] = np.ones(2**18)
    assert _left(small_disk) == []


LIMITED = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))
from oscine.core.artifacts import (
    Provenance,
    atomic,
    atomic_folder,
    describe,
    digest,
    timestamp,
    unwritable,
    write_json,
    write_text,
)
from oscine.core.errors import InputError
try:
    write_text(sys.argv[1], "x" * 2**20)
except InputError as error:
    print(error)
"""


@pytest.mark.skipif(os.name == "nt", reason="no limits of this kind")
def test_a_limit_on_the_size_of_files_is_said(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, tmp_path / "a.txt"], capture_output=True, text=True, check=True
    )
    assert "a.txt: the file may not grow any larger; nothing was written" in done.stdout
    assert _left(tmp_path) == []


def test_other_errors_stay_what_they_are():
    error = OSError(errno.EIO, "input/output error")
    assert unwritable("a.txt", error) is error


def test_json_is_plain(tmp_path):
    path = write_json(tmp_path / "a.json", {"α": [1.5, None]})
    assert path.read_text(encoding="utf-8") == '{\n  "α": [\n    1.5,\n    null\n  ]\n}\n'
    with pytest.raises(ValueError, match="JSON"):
        write_json(path, float("nan"))
    assert json.loads(path.read_text(encoding="utf-8")) == {"α": [1.5, None]}


def test_digest_tells_files_apart(tmp_path):
    contents = [b"", b"a", b"b", b"aa"]
    paths = [tmp_path / str(number) for number in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    digests = {digest(path) for path in paths}
    assert len(digests) == len(contents)
    assert all(len(text) == 16 and int(text, 16) >= 0 for text in digests)


def test_digest_of_a_long_file_looks_at_samples_of_it(tmp_path):
    path = tmp_path / "long"
    size = 2**26
    with path.open("wb") as stream:
        stream.truncate(size)
    before = digest(path)

    def changed_at(position: int) -> bool:
        with path.open("rb+") as stream:
            stream.seek(position)
            stream.write(b"x")
        after = digest(path)
        with path.open("rb+") as stream:
            stream.seek(position)
            stream.write(b"\0")
        assert digest(path) == before
        return after != before

    assert changed_at(0)
    assert changed_at(size - 1)
    assert not changed_at(2**17)  # between two samples: the price of being quick
    with path.open("ab") as stream:
        stream.write(b"\0")
    assert digest(path) != before


def test_timestamps_sort_and_fit_into_file_names():
    assert len(timestamp()) == 15
    assert timestamp()[8] == "T"


def test_provenance_goes_through_a_file(tmp_path):
    provenance = Provenance.now("detect", {"seed": 3, "level": None}, {"recording": {"name": "a.wav"}})
    assert provenance.seed == 3
    assert provenance.version
    assert Provenance.load(provenance.save(tmp_path / "p.json")) == provenance
    assert Provenance.load(tmp_path / "none.json") is None
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(InputError, match=r"bad.json: not a provenance file"):
        Provenance.load(tmp_path / "bad.json")


def test_describes_inputs(tmp_path):
    class Known:
        def identity(self):
            return {"name": "x"}

    path = write_text(tmp_path / "a.txt", "a")
    assert describe(Known()) == {"name": "x"}
    assert describe([Known(), None, 3]) == [{"name": "x"}, None, 3]
    assert describe(path) == {"path": str(path), "digest": digest(path)}
    assert describe(tmp_path) == {"path": str(tmp_path)}
    assert describe("text") == "text"


# -- folders ---------------------------------------------------------------------------------------------------------


def test_a_folder_is_written_whole(tmp_path):
    with atomic_folder(tmp_path / "made" / "a") as folder:
        write_text(folder / "x.txt", "x")
        write_text(folder / "below" / "y.txt", "y")
        assert not (tmp_path / "made" / "a").exists()
    assert (tmp_path / "made" / "a" / "below" / "y.txt").read_text() == "y"
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["a"]


def test_a_folder_that_is_there_keeps_its_other_files(tmp_path):
    write_text(tmp_path / "a" / "old.txt", "old")
    write_text(tmp_path / "a" / "x.txt", "old")
    with atomic_folder(tmp_path / "a") as folder:
        write_text(folder / "x.txt", "new")
    assert (tmp_path / "a" / "old.txt").read_text() == "old"
    assert (tmp_path / "a" / "x.txt").read_text() == "new"


def test_a_folder_that_fails_leaves_nothing(tmp_path):
    write_text(tmp_path / "old" / "x.txt", "old")
    for name in ("new/below", "old"):

        def fill(name=name):
            with atomic_folder(tmp_path / name) as folder:
                write_text(folder / "x.txt", "new")
                raise KeyError("no")

        with pytest.raises(KeyError):
            fill()
    assert [path.name for path in tmp_path.iterdir()] == ["old"]
    assert (tmp_path / "old" / "x.txt").read_text() == "old"


def test_errors_name_the_folder_that_was_meant(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(InputError, match=r"file/a: cannot be written \(not a directory\)"),
        atomic_folder(tmp_path / "file" / "a"),
    ):
        pass

    def fill():
        with atomic_folder(tmp_path / "a") as folder:
            (folder / "x").mkdir()
            write_text(folder / "x", "text")

    with pytest.raises(InputError, match=r"^\S*/a/x: cannot be written"):
        fill()


def test_folders_made_for_a_file_that_fails_go_with_it(tmp_path):
    def fill():
        with atomic(tmp_path / "new" / "below" / "x.txt"):
            raise KeyError("no")

    with pytest.raises(KeyError):
        fill()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="a process cannot be asked there whether it lives")
def test_what_a_killed_process_left_is_swept_and_nothing_else(tmp_path):
    code = (
        "import sys, time\nfrom oscine.core.artifacts import atomic_folder\n"
        "with atomic_folder(sys.argv[1]):\n    print('begun', flush=True)\n    time.sleep(60)\n"
    )
    for name in ("result", "result-other"):
        with subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / name)], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout.readline() == "begun\n"
            process.kill()
    dead, other = sorted(_left(tmp_path))
    with atomic_folder(tmp_path / "result") as first, atomic_folder(tmp_path / "result") as second:
        assert first.is_dir(), "that of a process that lives stays"
        assert second.is_dir()
        names = set(_left(tmp_path))
    assert len(names & {dead, other}) == 1, "that of another result stays"
