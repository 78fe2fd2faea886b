"""SongExplorer's own test of congruence, number by number, through the real command.

Four silent recordings, seven labels, Person1, Person2 and a machine; both measures, union, convolve 0. Intervals are
tics, both ends inclusive, in files under SongExplorer's names, written here from what `reference/songexplorer.md` §9.3
says of them. Where SongExplorer's "not" depends on an arbitrary reference, nothing is checked but that ours is one of
the possible numbers.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import wave
from pathlib import Path

import pytest

from oscine import cli
from oscine.evaluation.agreement import AgreementParams, agreement
from oscine.evaluation.opinions import Opinions

PARTIES = ("Person1", "Person2", "model")
RATE = 2500


def points(*tics):
    return [(tic, tic) for tic in tics]


def between(first, last):
    return points(*range(first, last + 1))


INTERVALS = {
    ("rec1", "1"): {
        "Person1": points(1, 11, 12) + between(51, 56) + between(61, 67),
        "Person2": points(1) + between(21, 23) + between(41, 45) + between(61, 67),
        "model": points(1) + between(31, 34) + between(41, 45) + between(51, 56),
    },
    ("rec2", "2"): {"Person1": points(1, 11, 12), "Person2": points(1, 21, 22, 23), "model": [(1, 23)]},
    ("rec3", "3"): {"Person1": [(13, 17)], "model": [(13, 17)]},
    ("rec3", "4"): {"Person1": [(23, 27)], "model": [(24, 28)]},
    ("rec3", "5"): {"Person1": [(33, 37)], "model": [(31, 35)]},
    ("rec3", "6"): {"Person1": [(43, 47)], "model": [(45, 46)]},
    ("rec3", "7"): {"Person1": [(53, 57)], "model": [(52, 58)]},
    ("rec4", "3"): {"Person1": [(13, 17), (23, 27)], "model": [(1, 38)]},
    ("rec4", "4"): {"Person1": [(14, 18), (24, 28)], "model": [(1, 38)]},
    ("rec4", "5"): {"Person1": [(11, 15), (21, 25)], "model": [(1, 38)]},
    ("rec4", "6"): {"Person1": [(15, 16), (25, 26)], "model": [(1, 38)]},
    ("rec4", "7"): {"Person1": [(12, 18), (22, 28)], "model": [(1, 38)]},
}

COLUMNS = ("Everyone", *(f"only {name}" for name in PARTIES), *(f"not {name}" for name in PARTIES))
TABLE = {
    ("1", "tic"): (1, 2, 3, 4, 5, 6, 7),
    ("1", "label"): (1, 2, 3, 4, 5, 6, 7),
    ("2", "label"): (1, 2, 3, 0, None, None, 0),  # not P1 and not P2: 0 or 1 there, by chance
    ("2", "tic"): (1, 0, 0, 17, 3, 2, 0),
    **{(str(label), "label"): (0, 1, 0, 0, 0, 2, 0) for label in range(3, 8)},
    ("3", "tic"): (0, 0, 0, 5, 0, 15, 0),
    ("4", "tic"): (0, 1, 0, 5, 0, 14, 0),
    ("5", "tic"): (0, 2, 0, 5, 0, 13, 0),
    ("6", "tic"): (0, 3, 0, 8, 0, 6, 0),
    ("7", "tic"): (0, 0, 0, 3, 0, 19, 0),
}
"""Sizes of everyone; only P1, P2, M; not P1, P2, M."""

SETS = [f"{measure}-{word}{who}" for measure in ("tic", "label") for word in ("not", "only")
        for who in ("model", "Person1", "Person2")]  # fmt: skip
ROWS = {
    "rec1": (1, [7, 5, 6, 4, 2, 3, 7, 5, 6, 4, 2, 3]),
    "rec2": (1, [0, 3, 2, 2, 0, 0, 0, None, None, 0, 2, 3]),
    "rec3": (0, [0, 0, 5, 0, 4, 0, 0, 0, 5, 0, 0, 0]),
    "rec4": (0, [0, 0, 10, 5, 0, 0, 0, 0, 5, 0, 5, 0]),
}
"""Rows of the disjoint files: everyone, then those of `SETS`."""


def write(folder: Path, old_names: bool = False) -> Path:
    files: dict[str, list[str]] = {}
    for (recording, label), said in INTERVALS.items():
        for party, spans in said.items():
            kind = "predicted" if party == "model" else "annotated"
            stem = recording if old_names else f"{recording}.wav"
            ending = kind if party == "model" else f"{kind}-{party}"
            ending += "-1.0pr" * (old_names and party == "model")
            rows = [f"{recording}.wav,{first},{last},{kind},{label}\n" for first, last in spans]
            files.setdefault(f"{stem}-{ending}.csv", []).extend(rows)
    for name, rows in files.items():
        (folder / name).write_text("".join(rows))
    for recording in ROWS:
        with wave.open(str(folder / f"{recording}.wav"), "wb") as file:
            file.setparams((1, 2, RATE, 0, "NONE", "not compressed"))
            file.writeframes(bytes(2 * RATE))
    return folder


def run(*words: object) -> dict:
    """What the command prints as JSON."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), pytest.raises(SystemExit) as ended:
        cli.main([*map(str, words), "--json", "--quiet"])
    assert ended.value.code == 0
    return json.loads(printed.getvalue())["result"]


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """The folder that the command wrote, without figures, which take their time."""
    folder = write(tmp_path_factory.mktemp("congruence"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cli, "_figures", lambda *_: [])
        result = run("congruence", folder, "--measure", "both", "--portion", "union", "--convolve", 0)
    assert result["recordings"] == [f"{name}.wav" for name in ROWS]
    return folder.with_name(f"{folder.name}.agreement")


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(("label", "measure"), TABLE)
def test_the_table(compared, label, measure):
    (row,) = rows_of(compared / f"agreement.{measure}.{label}.csv")
    assert row[""] == "model"
    for column, size in zip(COLUMNS, TABLE[label, measure], strict=True):
        assert int(row[column]) in ((0, 1) if size is None else (size,)), column


@pytest.mark.parametrize("recording", ROWS)
def test_rows_of_disjoint_files(compared, recording):
    n_everyone, sizes = ROWS[recording]
    for kind in ("everyone", "label-everyone"):
        assert len(rows_of(compared / f"{recording}.wav-disjoint-{kind}.csv")) == n_everyone
    for kind, size in zip(SETS, sizes, strict=True):
        rows = rows_of(compared / f"{recording}.wav-disjoint-{kind}.csv")
        assert len(rows) in ((0, 1) if size is None else (size,)), kind
        assert {row["kind"] for row in rows} <= {kind}


def test_disjoint_files_hold_the_stretches_in_seconds(compared):
    rows = rows_of(compared / "rec2.wav-disjoint-tic-onlymodel.csv")
    tics = [(float(row["start_seconds"]) * RATE, float(row["stop_seconds"]) * RATE) for row in rows]
    assert tics == [pytest.approx((2, 10)), pytest.approx((13, 20))]
    (row,) = rows_of(compared / "rec1.wav-disjoint-everyone.csv")
    assert row["start_seconds"] == row["stop_seconds"] == str(1 / RATE)
    assert {row["name"] for row in rows_of(compared / "rec4.wav-disjoint-tic-notPerson2.csv")} == set("34567")


def test_precision_and_recall_of_the_machine(compared):
    (row,) = rows_of(compared / "agreement.tic.1.csv")
    assert (float(row["Precision"]), float(row["Recall"])) == (1 / 5, 1 / 8)


def test_older_names_give_the_same(compared, tmp_path):
    result = agreement(Opinions.load(write(tmp_path, old_names=True)), params=AgreementParams(convolve=0))
    expected = json.loads((compared / "agreement.json").read_text())
    assert json.loads(json.dumps(result.summary()["labels"])) == expected["labels"]


def test_figures_do_not_overwrite_each_other(tmp_path):
    run("agreement", write(tmp_path), "--convolve", 0, "--labels", 2, "--out", tmp_path / "result")
    stems = [f"agreement.{measure}.2.{what}.pdf" for measure in ("tic", "label") for what in ("venn", "bars")]
    assert {path.name for path in (tmp_path / "result").glob("*.pdf")} == {"agreement.pairs.pdf", *stems}
    assert len({path.read_bytes() for path in (tmp_path / "result").glob("*.pdf")}) == 5
    assert "<svg" in (tmp_path / "result" / "agreement.html").read_text()
