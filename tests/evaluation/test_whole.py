"""A bare folder of recordings is judged as a whole, by partial coverage too."""

from __future__ import annotations

import json

import pytest
import soundfile

from oscine import cli
from oscine.core.errors import InputError
from oscine.core.monitor import Monitor
from oscine.datasets.dataset import Dataset
from oscine.evaluation.evaluate import EvaluateParams, evaluate
from oscine.evaluation.whole import Whole, count_learnt, is_whole
from oscine.testing import fly_song
from oscine.training.run import Run


class Told(Monitor):
    def __init__(self):
        super().__init__()
        self.warnings = []

    def warning(self, text):
        self.warnings.append(text)


@pytest.fixture
def folder(tmp_path):
    """Two new recordings with their annotations beside them."""
    place = tmp_path / "new"
    place.mkdir()
    for number in (11, 12):
        sound, truth = fly_song(12.0, seed=number, name=f"fly{number}.wav")
        soundfile.write(place / f"fly{number}.wav", sound.T, 2500, "PCM_16")
        truth.save(place / f"fly{number}_annotations.csv")
    return place


def test_all_that_is_annotated_is_one_part(folder):
    whole, told = Whole.load(folder), Dataset.load(folder)
    assert is_whole(whole)
    assert not is_whole(told)
    n_told = sum(len(part) for part in told.parts.values())
    assert len(whole.part("whole")) >= n_told > len(told.part("validation"))
    assert count_learnt(whole, told) == 2


def test_a_bare_folder_is_judged_as_a_whole(folder, run_folder, tmp_path, capsys):
    out = tmp_path / "evalx"
    which = ["--dataset", str(folder), "--checkpoints", "last"]
    with pytest.raises(SystemExit, match="0"):
        cli.main(["evaluate", str(run_folder), *which, "--out", str(out)])
    card = json.loads((out / "evaluation.json").read_text())
    assert (card["part"], card["n_recordings"]) == ("whole", 2)
    assert "was not prepared, so all of it is judged" in capsys.readouterr().err


def test_that_a_model_learnt_from_it_is_warned_of(run_folder, pristine_run):
    told = Told()
    whole = Whole.load(run_folder / "dataset")
    assert not is_whole(whole), "a prepared one stays as it is"
    own = Run.load(run_folder).dataset
    bare = type(whole)(own.recordings, own.labels, {"whole": own.train}, path=pristine_run.parent)
    result = evaluate(Run.load(run_folder), bare, EvaluateParams(checkpoints="last"), monitor=told)
    assert result.part == "whole"
    assert any("learnt from" in text for text in told.warnings)


def test_a_part_that_it_does_not_have_is_refused(folder, run_folder):
    with pytest.raises(InputError, match="no such part"):
        evaluate(Run.load(run_folder), Whole.load(folder), EvaluateParams(part="test"))
