from __future__ import annotations

import json

import numpy as np
import pytest
import soundfile

from oscine.annotations.annotations import Annotations
from oscine.annotations.convert import AnnotationFiles, ConvertParams, convert, write_as
from oscine.annotations.formats import FORMATS
from oscine.cli import main
from oscine.core.errors import InputError
from oscine.core.monitor import Monitor


@pytest.fixture
def folder(tmp_path, monkeypatch):
    soundfile.write(tmp_path / "a.wav", np.zeros(4000), 1000)
    (tmp_path / "a_annotations.csv").write_text(
        "name,start_seconds,stop_seconds,low_hz,high_hz\nx,0.5,0.75,100.5,200.25\nyy,1.25,1.25,,\n"
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as done:
        main(["convert", *arguments])
    return int(done.value.code or 0)


@pytest.mark.parametrize("name", [name for name in FORMATS.names() if FORMATS.get(name).writable])
def test_from_the_command_line_and_back(folder, name):
    out = folder / "out"
    out.mkdir()
    soundfile.write(out / "a.wav", np.zeros(4000), 1000)
    target = out / FORMATS.get(name)().file_name("a.wav")
    assert run("a_annotations.csv", "--to", name, "--out", str(target), "--relabel", "yy=y") == 0
    assert run(str(target), "--from-format", name, "--to", "oscine", "--out", "back.csv") == 0
    back, first = Annotations.load(folder / "back.csv"), Annotations.load(folder / "a_annotations.csv")
    assert sorted(back.onsets) == [0.5, 1.25]
    assert sorted(back.offsets) == [0.75, 1.25]
    if "low" in FORMATS.get(name).holds:
        assert np.array_equal(back.to_pandas()["low"], first.to_pandas()["low"], equal_nan=True)


def test_default_name_is_the_formats_own(folder):
    assert run("a_annotations.csv", "--to", "raven") == 0
    assert (folder / "a.Table.1.selections.txt").is_file()
    assert run("a.Table.1.selections.txt", "--to", "songexplorer") == 0
    assert (folder / "a.wav-annotated.csv").read_text() == "a.wav,500,750,annotated,x\na.wav,1250,1250,annotated,yy\n"


def test_nothing_is_overwritten_unasked(folder, capsys):
    before = (folder / "a_annotations.csv").read_text()
    assert run("a_annotations.csv") == 2
    assert "exists already" in capsys.readouterr().err
    assert run("a_annotations.csv", "--out", "a_annotations.csv") == 2
    assert "is what is read" in capsys.readouterr().err
    assert (folder / "a_annotations.csv").read_text() == before
    assert run("a_annotations.csv", "--to", "textgrid", "--out", "x.TextGrid") == 0
    assert run("a_annotations.csv", "--to", "textgrid", "--out", "x.TextGrid") == 0  # asked for


def test_a_derived_name_that_ends_as_a_file_overwrites_nothing(folder, capsys):
    (folder / "a.txt").write_text("mine")
    (folder / "a.txt.csv").write_text((folder / "a_annotations.csv").read_text())
    run("a.txt.csv", "--from-format", "oscine", "--to", "aud-seq")
    assert (folder / "a.txt").read_text() == "mine"
    assert run("a_annotations.csv", "--to", "aud-seq") == 2
    assert "a.txt: exists already" in capsys.readouterr().err
    assert (folder / "a.txt").read_text() == "mine"
    assert run("a_annotations.csv", "--to", "aud-seq", "--out", "a.txt") == 0  # named outright
    assert (folder / "a.txt").read_text() != "mine"


def test_files_in_a_folder_are_kept_once_edited(folder, capsys):
    (folder / "src").mkdir()
    for name in ("a.wav", "a_annotations.csv"):
        (folder / name).rename(folder / "src" / name)
    arguments = ("src/", "--to", "aud-seq", "--out", "dst/")
    assert run(*arguments) == 0
    assert run(*arguments) == 0  # the same again
    (grid,) = (folder / "dst").rglob("*.txt")
    grid.write_text("edited")
    assert run(*arguments) == 2
    assert f"{grid.name}: exists already" in capsys.readouterr().err
    assert grid.read_text() == "edited"


def test_a_folder_needs_a_place(folder, capsys):
    assert run(".") == 2
    assert "--out" in capsys.readouterr().err
    assert run(".", "--to", "textgrid", "--out", "grids") == 0
    assert (folder / "grids/a.TextGrid").is_file()


def test_what_is_lost_is_said(folder):
    said = []
    monitor = Monitor()
    monitor.warning = said.append  # type: ignore[method-assign]
    convert(Annotations.load("a_annotations.csv"), ConvertParams(to="textgrid"), monitor=monitor)
    assert said == ["textgrid cannot hold low frequencies", "textgrid cannot hold high frequencies"]
    said.clear()
    convert(Annotations.load("a_annotations.csv"), ConvertParams(to="aud-bbox"), monitor=monitor)
    assert said == []


def test_some_of_it(folder):
    params = ConvertParams(labels=("x",), kinds=("annotated",))
    assert convert(AnnotationFiles.load("a_annotations.csv"), params).label_names == ["x"]
    assert len(convert(AnnotationFiles.load("a_annotations.csv"), ConvertParams(kinds=("missed",)))) == 0


def test_provenance_keeps_the_story_of_the_input(folder):
    (folder / "p_predicted.csv").write_text("name,start_seconds,stop_seconds\nx,0,1\n")
    (folder / "p_predicted.provenance.json").write_text(json.dumps({"operation": "predict"}))
    found = convert(AnnotationFiles.load("p_predicted.csv"))
    assert found.provenance is not None
    assert found.provenance.operation == "convert"
    assert found.provenance.inputs["annotations"]["provenance"]["operation"] == "predict"
    written = write_as(found, folder / "q_predicted.csv", ConvertParams())
    assert [path.name for path in written] == ["q_predicted.csv", "q_predicted.provenance.json"]


def test_milliseconds(folder, data):
    path = data / "formats/bl26lb16_190412_0721.20144_annotations.csv"
    assert run(str(path), "--unit", "ms", "--out", "right.csv") == 0
    assert Annotations.load("right.csv").onsets[0] == 23.331875


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["none.csv"], "no such annotation file"),
        (["a_annotations.csv", "--to", "yarden"], "can only be read"),
        (["a_annotations.csv", "--to", "rave"], "Did you mean 'raven'"),
        (["a_annotations.csv", "--to", "notmat"], "labels of one character"),
        (["a_annotations.csv", "--labels", "xx"], "Did you mean 'x'"),
        (["a_annotations.csv", "--from-format", "raven"], "lacks the columns Begin Time"),
    ],
)
def test_mistakes_are_one_line(folder, capsys, arguments, text):
    assert run(*arguments) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert text in error
    assert len([path for path in folder.iterdir() if path.suffix != ".wav"]) == 1


def test_reading_only_formats_are_refused_in_python_too():
    with pytest.raises(InputError, match="only be read"):
        convert(Annotations(), ConvertParams(to="yarden"))
