"""What runs have kept: steps, names of models, what is missing."""

from __future__ import annotations

import json
import shutil

import pytest

from oscine.core.errors import InputError
from oscine.evaluation.checkpoints import find_checkpoints
from oscine.evaluation.evaluate import evaluate
from oscine.training.runs import Runs


def find(path, which="all", dataset=None, part="validation"):
    said = []
    kept, missing = find_checkpoints(Runs.load(path), dataset, part, which, said.append)
    return kept, missing, said


@pytest.mark.parametrize(("which", "steps"), [("all", [0, 4, 8]), ("last", [8])])
def test_steps(run_folder, which, steps):
    kept, missing, said = find(run_folder, which)
    assert [one.name for one in kept] == ["replicate-1", "replicate-2"]
    assert [[found.step for found in one.checkpoints] for one in kept] == [steps, steps]
    assert (missing, said) == ((), [])


def test_the_step_that_training_chose_is_that_with_thresholds(run_folder):
    card = json.loads((run_folder / "run.json").read_text())
    kept, _, _ = find(run_folder, "best")
    winner = Runs.load(run_folder).runs["run"].winner
    for number, one in enumerate(kept, 1):
        assert [found.step for found in one.checkpoints] == [card["best"][one.name]["step"]] == [one.chosen]
        assert one.foremost.file == one.chosen_files[0]
        own = run_folder / one.name / "best_model.safetensors"
        assert one.chosen_files == ((run_folder / "best_model.safetensors", own) if number == winner else (own,))


def test_folder_of_runs(run_folder, tmp_path):
    runs = tmp_path / "runs"
    shutil.move(run_folder, runs / "a")
    shutil.copytree(runs / "a", runs / "b")
    shutil.rmtree(runs / "b" / "replicate-2")
    kept, missing, _ = find(runs)
    assert [one.name for one in kept] == ["a/replicate-1", "a/replicate-2", "b"]
    assert missing == ()


def test_what_is_incomplete_is_named(run_folder, tmp_path):
    runs = tmp_path / "runs"
    for name in "abcd":
        shutil.copytree(run_folder, runs / name)
    card = json.loads((runs / "b" / "run.json").read_text())
    (runs / "b" / "run.json").write_text(json.dumps({**card, "finished": False, "best": {}}))
    for path in (runs / "c").glob("replicate-*"):
        shutil.rmtree(path)
    shutil.rmtree(runs / "d" / "dataset")
    kept, missing, said = find(runs)
    assert {one.name.partition("/")[0] for one in kept} == {"a", "b"}
    assert [one.chosen for one in kept if one.name.startswith("b")] == [None, None]
    assert missing[0] == "b (not finished: at step 8, 8 of 8)"
    assert "kept no model" in missing[1]
    assert "dataset of this training is gone" in missing[2]
    assert len(said) == 3


def test_a_damaged_file_is_named_and_the_others_are_judged(run_folder):
    file = min((run_folder / "replicate-1").glob("step-*_model.safetensors"))
    step = int(file.name.split("_")[0][5:])
    file.write_bytes(file.read_bytes()[:-100])
    kept, missing, said = find(run_folder)
    steps = {one.name: [found.step for found in one.checkpoints] for one in kept}
    assert steps == {"replicate-1": [one for one in (0, 4, 8) if one != step], "replicate-2": [0, 4, 8]}
    assert len(missing) == len(said) == 1
    assert missing[0].startswith(f"replicate-1/{file.name} (not a model, or cut off")
    assert str(file) in said[0]
    result = evaluate(Runs.load(run_folder))
    assert result.missing == missing
    for path in run_folder.rglob("*.safetensors"):
        path.write_bytes(b"{")
    with pytest.raises(InputError, match="not a model, or cut off"):
        find(run_folder)


def test_nothing_to_judge(run_folder):
    for path in run_folder.glob("replicate-*"):
        shutil.rmtree(path)
    with pytest.raises(InputError, match=r"has kept no model yet\. Give its train command again, with --out .*run"):
        find(run_folder)
    with pytest.raises(InputError, match="no such part; found 'test'"):
        find(run_folder, part="test")
