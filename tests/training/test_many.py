"""Several trainings at once: the same models as one after the other, whatever interrupts them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from oscine.core.errors import Cancelled, InputError
from oscine.core.monitor import Monitor
from oscine.training import many
from oscine.training.many import Training, train_many
from oscine.training.run import BEST, Run
from oscine.training.train import alone, train


@pytest.fixture(autouse=True)
def _threads(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


def some(song, helpers, folder: Path, n: int = 3, **options) -> list[Training]:
    return [Training(f"run-{i}", song, helpers.tiny(seed=i, **options), folder / f"run-{i}") for i in range(1, n + 1)]


@pytest.fixture(scope="module")
def one_by_one(song, helpers, tmp_path_factory) -> Path:
    torch.set_num_threads(1)  # as the others
    folder = tmp_path_factory.mktemp("one")
    train_many(some(song, helpers, folder), at_once=1)
    return folder


class Bar(Monitor):
    """Remembers the bars, what it is told, and stops once so many steps are done."""

    def __init__(self, stop_after: float = float("inf")) -> None:
        super().__init__()
        self.stop_after, self.bars, self.told, self.warned = stop_after, [], [], []

    def opened(self, task):
        self.bars.append((task.title, task.unit))

    def updated(self, task):
        self.last = (task.done, task.total)
        if task.done >= self.stop_after:
            self.cancel()

    def message(self, text):
        self.told.append(text)

    def warning(self, text):
        self.warned.append(text)


def test_several_at_once_make_the_same_models(song, helpers, one_by_one, tmp_path):
    bar = Bar()
    runs = train_many(some(song, helpers, tmp_path), at_once=2, monitor=bar)
    assert list(runs) == ["run-1", "run-2", "run-3"]
    assert all(run.finished and run.path == tmp_path / name for name, run in runs.items())
    for name in runs:
        assert helpers.same(tmp_path / name / BEST, one_by_one / name / BEST)
    assert bar.bars == [("Training 3 models", "steps")]
    assert bar.last == (36, 36)
    said = [text.partition(": ")[2] for text in bar.told]
    assert len(said) == len(set(said))
    assert all(text.startswith("run-") for text in bar.told)


def test_one_at_a_time_needs_no_process(song, helpers, tmp_path, monkeypatch):
    monkeypatch.setattr(many, "_run_apart", None)
    bar = Bar()
    train_many(some(song, helpers, tmp_path, 2), at_once=1, monitor=bar)
    assert bar.bars == [("Training 2 models", "steps")]
    assert bar.last == (24, 24)


def test_what_is_trained_is_not_trained_again(song, helpers, one_by_one, monkeypatch):
    monkeypatch.setattr(many, "run_here", None)
    bar = Bar()
    before = {file: file.stat().st_mtime_ns for file in one_by_one.rglob("*") if file.is_file()}
    runs = train_many(some(song, helpers, one_by_one), monitor=bar)
    assert list(runs) == ["run-1", "run-2", "run-3"]
    assert bar.bars == []
    assert before == {file: file.stat().st_mtime_ns for file in one_by_one.rglob("*") if file.is_file()}


def test_stopped_on_request_it_goes_on_to_the_same_models(song, helpers, one_by_one, tmp_path):
    bar = Bar(stop_after=15)
    with pytest.raises(Cancelled):
        train_many(some(song, helpers, tmp_path), at_once=1, monitor=bar)
    assert [Run.load(folder).finished for folder in sorted(tmp_path.iterdir())] == [True, False]
    assert bar.warned[-1] == "not all is trained; the same command goes on with it"
    train_many(some(song, helpers, tmp_path), at_once=1)
    assert all(helpers.same(tmp_path / f"run-{i}" / BEST, one_by_one / f"run-{i}" / BEST) for i in (1, 2, 3))


KILLED = """
import json
import sys
from pathlib import Path
from oscine.datasets.dataset import Dataset
from oscine.training.many import Training, train_many
from oscine.training.params import TrainParams
params = TrainParams.parse(json.loads(Path(sys.argv[1]).read_text()))
dataset, out = Dataset.load(sys.argv[2]), Path(sys.argv[3])
seeded = {name: params.model_copy(update={"seed": seed}) for seed, name in enumerate("ab")}
train_many([Training(name, dataset, one, out / name) for name, one in seeded.items()], at_once=2)
"""


def test_killed_it_takes_its_processes_along_and_goes_on_to_the_same_models(song, helpers, environment, tmp_path):
    """And a script needs no `if __name__ == "__main__"`."""
    params = helpers.tiny(n_steps=200, period=20)
    (tmp_path / "params.json").write_text(json.dumps(params.to_dict()))
    (tmp_path / "script.py").write_text(KILLED)
    command = [sys.executable, tmp_path / "script.py", tmp_path / "params.json", song.path, tmp_path / "runs"]
    process = subprocess.Popen(command, env=environment)
    checkpoints = [tmp_path / "runs" / name / "replicate-1" / "checkpoint.safetensors" for name in "ab"]
    deadline = time.monotonic() + 120
    while not all(file.exists() for file in checkpoints):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    for name in "ab":
        with alone(tmp_path / "runs" / name, patience=20):  # its workers have ended
            assert not Run.load(tmp_path / "runs" / name).finished
    subprocess.run(command, env=environment, check=True)
    for seed, name in enumerate("ab"):
        whole = train(song, params.model_copy(update={"seed": seed}), out=tmp_path / f"whole-{name}")
        assert helpers.same(whole.path / BEST, tmp_path / "runs" / name / BEST)
        assert helpers.timeless(whole.path / "replicate-1/metrics.jsonl") == helpers.timeless(
            tmp_path / "runs" / name / "replicate-1/metrics.jsonl"
        )


def test_a_failed_one_does_not_stop_the_others(song, helpers, tmp_path):
    first, second = some(song, helpers, tmp_path, 2)
    broken = replace(second, params=second.params.model_copy(update={"learning_rate": 1e30, "clip": None}))
    bar = Bar()
    runs = train_many([broken, first], at_once=1, monitor=bar)
    assert list(runs) == ["run-1"]
    assert any(text.startswith("run-2 failed: ") for text in bar.warned)
    with pytest.raises(InputError, match="every training failed; run-2: "):
        train_many([broken], at_once=1)


def test_a_process_that_dies_is_a_failure(song, helpers, tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    first, second = some(song, helpers, tmp_path, 2)
    start = many.Workers.start

    def dying(self, *arguments, **options):
        worker = start(self, *arguments, **options)
        if "run-1" in str(arguments[2]):
            worker.process.kill()
        return worker

    monkeypatch.setattr(many.Workers, "start", dying)
    bar = Bar()
    assert list(train_many([first, second], at_once=2, monitor=bar)) == ["run-2"]
    assert "run-1 failed: its process was killed; was memory short?" in bar.warned


def test_what_would_be_in_vain_is_refused_before_anything_is_trained(song, helpers, tmp_path):
    good, other = some(song, helpers, tmp_path, 2)
    bare = replace(song, parts={"train": song.train})
    with pytest.raises(InputError, match="run-2: the dataset has no validation part"):
        train_many([good, replace(other, dataset=bare)], at_once=1)
    assert not list(tmp_path.iterdir())
    train_many([good], at_once=1)
    with pytest.raises(InputError, match=r"run-1: this folder holds another run; found '.*learning-rate"):
        train_many([replace(good, params=helpers.tiny(learning_rate=0.5)), other], at_once=1)
    assert not other.out.exists()


def test_memory_decides_how_many_begin(song, helpers, tmp_path, monkeypatch):
    monkeypatch.setattr(many, "available_memory", lambda: 0.0)
    most = 0
    start = many.Workers.start

    def counting(self, *arguments, **options):
        nonlocal most
        worker = start(self, *arguments, **options)
        most = max(most, len(self._running))
        return worker

    monkeypatch.setattr(many.Workers, "start", counting)
    assert len(train_many(some(song, helpers, tmp_path, 2), at_once=2)) == 2
    assert most == 1


def test_replicates_at_once_are_those_of_one_after_the_other(song, helpers, tmp_path):
    one = train(song, helpers.tiny(n_replicates=2), out=tmp_path / "one")
    both = train(song, helpers.tiny(n_replicates=2, at_once=2), out=tmp_path / "both")
    assert both.finished
    assert one.best == both.best
    for name in ("replicate-1/" + BEST, "replicate-2/" + BEST, BEST):
        assert helpers.same(one.path / name, both.path / name)
    assert train(song, helpers.tiny(n_replicates=2), out=tmp_path / "both").finished  # may be continued either way
