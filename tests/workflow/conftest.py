"""A small project of synthetic fly song, a model that learnt from it, and the command line to work with them."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
import soundfile

from oscine import cli
from oscine.testing import fly_song

TINY = [
    "--architecture=songexplorer",
    "--architecture.context=0.0512",
    "--architecture.n-conv-layers=1",
    "--architecture.features=4,4",
    "--n-steps=4",
    "--period=4",
    "--batch-size=8",
    "--device=cpu",
]
"""Options of a training that takes no time, and learns as little."""


@dataclass(frozen=True)
class Said:
    """What a command left behind: its exit code, and what it wrote to standard output and standard error."""

    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The last line on standard error."""
        return self.err.splitlines()[-1]


@pytest.fixture
def oscine(capsys):
    """Run a command line in this process."""

    def run(*arguments) -> Said:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Said(ended.value.code or 0, captured.out, captured.err)

    return run


@pytest.fixture(scope="session")
def pristine(tmp_path_factory):
    """The project as it was made: two annotated recordings, one without annotations, a dataset and a run."""
    place = tmp_path_factory.mktemp("pristine")
    songs = place / "songs"
    songs.mkdir()
    for number in (1, 2, 3):
        sound, truth = fly_song(20.0, seed=number, name=f"fly{number}.wav")
        soundfile.write(songs / f"fly{number}.wav", sound.T, 2500, "PCM_16")
        if number < 3:
            truth.save(songs / f"fly{number}_annotations.csv")
    for arguments in (
        ["prepare", songs, "--out", place / "fly.dataset", "--quiet"],
        ["train", place / "fly.dataset", "--out", place / "run", "--quiet", *TINY],
    ):
        with pytest.raises(SystemExit) as ended:
            cli.main([str(argument) for argument in arguments])
        assert not ended.value.code
    return place


@pytest.fixture
def project(pristine, tmp_path, monkeypatch):
    """A copy of the project to spoil; the current folder."""
    place = tmp_path / "project"
    shutil.copytree(pristine, place)
    shutil.rmtree(place / "songs" / ".oscine", ignore_errors=True)
    monkeypatch.chdir(place)
    return Path()


def listing(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file and folder below a folder, hidden ones too, with size and time of change."""
    found = {}
    for place, _, names in os.walk(folder):
        found[place] = (0, 0)
        for name in names:
            facts = Path(place, name).stat()
            found[str(Path(place, name))] = (facts.st_size, facts.st_mtime_ns)
    return found


@pytest.fixture
def refused(oscine):
    """Run a command that must fail: exit code 2, one line that names what is wrong, and nothing left behind."""

    def run(*arguments, names=(), folder: Path = Path()) -> str:
        before = listing(folder)
        said = oscine(*arguments)
        lines = said.err.splitlines()
        problems = [line for line in lines if line.startswith("oscine: error: ")]
        assert said.code == 2, said.err
        assert len(problems) == 1, said.err
        assert lines[-1] == problems[0], "it comes last"
        assert "Traceback" not in said.err
        for name in names:
            assert str(name) in said.error
        assert listing(folder) == before, "something was written"
        return said.error

    return run
