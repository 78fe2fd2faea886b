"""Running an operation as a driver does."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from oscine.core.errors import Cancelled, InputError
from oscine.core.monitor import SILENT, Monitor
from oscine.core.operations import operation
from oscine.core.params import OperationParams
from oscine.core.running import Report, gather, load, plain, run, target


class Text:
    """An input and a result."""

    def __init__(self, text):
        self.text = text

    @classmethod
    def load(cls, path):
        try:
            return cls(Path(path).read_text())
        except (FileNotFoundError, IsADirectoryError):
            raise InputError("there is no such text", path=path) from None

    def save(self, path):
        path.parent.mkdir(exist_ok=True)
        path.write_text(self.text)
        return path

    def summary(self):
        return {"length": len(self.text), "mean": float("nan")}


class Chapter(Text):
    """Each line of a file is one."""

    @classmethod
    def gather(cls, text):
        if not Path(text).exists():
            raise InputError("there is no such book", path=text)
        for line in Path(text).read_text().splitlines():
            path = Path(f"{text}-{line}")
            yield path, InputError("is blank", path=path) if line == "blank" else cls(line)


class Params(OperationParams):
    pass


@operation(each="text", out="{folder}/{stem}_loud.txt")
def shout(text: Text, params: Params = Params(), *, monitor: Monitor = SILENT) -> Text:  # noqa: B008
    return Text(text.text.upper())


@operation(each="chapter", out="{folder}/{stem}_loud.txt")
def recite(other: Text, chapter: Chapter, params: Params = Params(), *, monitor: Monitor = SILENT) -> Text:  # noqa: B008
    return Text(other.text + chapter.text)


@operation(out="{folder}/{stem}.words")
def collect(folder: Path, params: Params = Params(), *, monitor: Monitor = SILENT) -> Text:  # noqa: B008
    return Text("collected")


@operation(out="runs/{time}")
def work(params: Params = Params(), *, out: Path | None = None, monitor: Monitor = SILENT) -> int:  # noqa: B008
    assert out is not None
    out.mkdir(parents=True)
    return 3


@operation(each="text", out="{folder}/{stem}.x", save=lambda result, path, params: [path, path.with_suffix(".y")])
def both(text: Text, params: Params = Params(), *, monitor: Monitor = SILENT) -> Text:  # noqa: B008
    return text


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Where every test runs: a.txt, b.txt and deep/a.txt."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "deep").mkdir()
    for name in ("a.txt", "b.txt", "deep/a.txt"):
        (tmp_path / name).write_text(name)
    return tmp_path


def _run(function, out=None, monitor=SILENT, **texts):
    return list(run(function, texts, Params(), out=out, monitor=monitor))


def test_one_input(folder):
    (report,) = _run(shout, text=["a.txt"])
    assert report.outputs == [Path("a_loud.txt")]
    assert (folder / "a_loud.txt").read_text() == "A.TXT"
    assert report.to_dict() == {
        "operation": "shout",
        "input": "a.txt",
        "outputs": ["a_loud.txt"],
        "result": {"length": 5, "mean": None},
    }


def test_one_input_that_cannot_be_used_is_an_error():
    with pytest.raises(InputError, match=r"c\.txt: there is no such text"):
        _run(shout, text=["c.txt"])


def test_one_of_many_that_cannot_be_used_is_reported_and_the_others_are_done(folder):
    reports = _run(shout, text=["a.txt", "c.txt", "b.txt"])
    assert [bool(report.error) for report in reports] == [False, True, False]
    assert reports[1].to_dict() == {"operation": "shout", "input": "c.txt", "error": "c.txt: there is no such text."}
    assert (folder / "b_loud.txt").exists()


def test_patterns_mean_what_fits_them():
    assert [report.input for report in _run(shout, text=["?.txt"])] == [Path("a.txt"), Path("b.txt")]
    (item,) = shout.operation.inputs
    ((path, error),) = gather(item, ["*.wav"])
    assert path == Path("*.wav")
    assert str(error) == "no file fits this pattern; found '*.wav'."


def test_a_type_may_gather_by_itself(folder):
    (folder / "book").write_text("one\nblank\ntwo\n")
    reports = _run(recite, other="a.txt", chapter=["book", "nothing"])
    names = [str(report.input) for report in reports]
    assert names == ["book-one", "book-blank", "book-two", "nothing"]
    assert [report.error is None for report in reports] == [True, False, True, False]
    assert (folder / "book-two_loud.txt").read_text() == "a.txttwo"


def test_results_never_overwrite_each_other(folder):
    reports = _run(shout, out="out/", text=["a.txt", "deep/a.txt", "b.txt"])
    assert "its result would overwrite that of a.txt" in str(reports[1].error)
    assert (folder / "out" / "a_loud.txt").read_text() == "A.TXT"
    assert sorted(path.name for path in (folder / "out").iterdir()) == ["a_loud.txt", "b_loud.txt"]


def test_a_result_does_not_take_the_place_of_an_input(folder):
    for function, out, texts in (
        (shout, "deep/../a.txt", {"text": ["a.txt"]}),
        (recite, "a.txt", {"other": "a.txt", "chapter": ["book"]}),  # not the one that it is named after
        (collect, "deep/..", {"folder": "."}),
    ):
        (folder / "book").write_text("one\n")
        with pytest.raises(InputError, match="would be written over it"):
            _run(function, out=out, **texts)
    assert (folder / "a.txt").read_text() == "a.txt"


def test_out_is_a_file_for_one_and_a_folder_for_many(folder):
    assert _run(shout, out="x.txt", text=["a.txt"])[0].outputs == [Path("x.txt")]
    assert _run(shout, out="deep", text=["a.txt"])[0].outputs == [Path("deep/a_loud.txt")]
    assert _run(shout, out="new", text=["a.txt", "b.txt"])[1].outputs == [Path("new/b_loud.txt")]
    for out in ("new.txt", "x.txt"):
        with pytest.raises(InputError, match=r"several results do not go into one file\. Give a folder"):
            _run(shout, out=out, text=["a.txt", "b.txt"])
    assert not (folder / "new.txt").exists()


def test_other_ways_to_save(folder):
    assert _run(both, text=["a.txt"])[0].outputs == [Path("a.x"), Path("a.y")]
    (report,) = _run(work, out="here")
    assert (report.input, report.outputs, report.result) == (None, [Path("here")], 3)
    (report,) = _run(work)
    assert report.outputs[0].parent == Path("runs")
    assert report.outputs[0].is_dir()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("deep", "deep.words"),
        ("deep/", "deep.words"),
        ("v1.2", "v1.2.words"),
        ("deep/*.txt", "deep.words"),
        ("deep/a.txt", "deep/a.words"),
        ("deep/a.wav-part", "deep/a.wav-part.words"),
        ("gone_scores", "gone.words"),
    ],
)
def test_results_are_named_after_their_input(folder, text, place):
    (folder / "v1.2").mkdir()
    assert target(collect.operation, Path(text)) == Path(place)


def test_the_folder_one_is_in_has_a_name(folder):
    assert target(collect.operation, Path()) == folder.parent / f"{folder.name}.words"


def test_cancelling_stops_between_inputs(folder):
    monitor = Monitor()
    reports = run(shout, {"text": ["a.txt", "b.txt"]}, Params(), monitor=monitor)
    next(reports)
    monitor.cancel()
    with pytest.raises(Cancelled):
        next(reports)
    assert (folder / "a_loud.txt").exists()
    assert not (folder / "b_loud.txt").exists()


def test_types_without_load_are_called():
    (item,) = collect.operation.inputs
    assert load(item, "deep") == Path("deep")


def test_plain_values_are_json():
    value = {1: (np.float32(0.5), np.arange(2), float("inf"), None, True), "path": Path("a")}
    assert json.dumps(plain(value), allow_nan=False) == '{"1": [0.5, [0, 1], null, null, true], "path": "a"}'


def test_a_report_of_a_result_without_summary():
    assert Report("count", None, [], 3).to_dict() == {"operation": "count", "input": None, "outputs": [], "result": 3}


class Several:
    """Made of several paths at once."""

    def __init__(self, texts):
        self.texts = texts

    @classmethod
    def load_all(cls, texts):
        return cls(list(texts))


class JoinParams(OperationParams):
    """None."""


@operation(out="{folder}/{stem}.joined")
def join(items: Several, params: JoinParams = JoinParams(), *, monitor: Monitor = SILENT) -> str:  # noqa: B008
    """Join."""
    return "+".join(items.texts)


def test_a_type_may_be_made_of_several_paths_at_once(tmp_path):
    assert join.operation.inputs[0].takes_several
    (report,) = run(join, {"items": (str(tmp_path / "a"), str(tmp_path / "b"))}, JoinParams(), monitor=SILENT)
    assert report.result == f"{tmp_path / 'a'}+{tmp_path / 'b'}"
    assert report.input == tmp_path / "a"  # the result is named after the first
