"""`oscine das tune`: a space, trials, and a network that is trained."""

from __future__ import annotations

import json

import numpy as np
import pytest
import yaml

from oscine.compat.das.grammar import parse
from oscine.compat.das.options import TuneOptions
from oscine.compat.das.tune import SPACE, space_of, tune
from oscine.core.errors import Cancelled, InputError
from oscine.core.monitor import Monitor
from oscine.networks.model import Model

pytest.importorskip("optuna")

SMALL = "--nb-hist 128 --nb-filters 2 --kernel-size 4 --nb-conv 1 --nb-epoch 2 --batch-size 16 --dilations 1 2"


def options(dataset, folder, more=""):
    line = f"--data-dir {dataset} --save-dir {folder} --save-name x {SMALL} {more}"
    return parse(line.split(), TuneOptions)[0]


def config(folder, **values):
    file = folder / "tune.yaml"
    file.write_text(yaml.safe_dump(values))
    return file


def test_the_space_of_das(dataset, tmp_path):
    assert space_of(options(dataset, tmp_path)) == {name: list(values) for name, values in SPACE.items()}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"nb_filter": [1]}, "unknown option to tune; found 'nb_filter'.*Did you mean 'nb_filters'"),
        ({"save_dir": ["x"]}, "unknown option to tune; found 'save_dir'"),
        ({"nb_filters": 3}, "nb_filters has no list of values"),
        ({"nb_filters": [3, 0]}, "out of range"),
        ({}, "no mapping of options"),
    ],
)
def test_spaces_that_cannot_be(dataset, tmp_path, values, message):
    with pytest.raises(InputError, match=message):
        space_of(options(dataset, tmp_path, f"--tune-config {config(tmp_path, **values)}"))


def test_defect_09_the_best_network_is_written_trained(dataset, tmp_path, told, das):
    """A search through all there is, of which some cannot be; what is written is what had the lowest loss."""
    file = config(tmp_path, learning_rate=[0.00001, 0.02], kernel_size=[4, 70], use_separable=[[False], [True]])
    path, report = tune(options(dataset, tmp_path, f"--nb-tune-trials 60 --tune-config {file}"), told)
    assert path == tmp_path / "x_model.h5"
    assert report.rates()["accuracy"] > 0.75
    lines = [json.loads(line) for line in (tmp_path / "x_trials.jsonl").read_text().splitlines()]
    ended = [line for line in lines[1:] if "loss" in line]
    distinct = {json.dumps(line["values"], sort_keys=True): line["loss"] for line in ended}
    assert len(distinct) == 8
    assert all((loss is None) == ('"kernel_size": 70' in values) for values, loss in distinct.items())
    best = min((line for line in ended if line["loss"] is not None), key=lambda line: line["loss"])
    params = yaml.safe_load((tmp_path / "x_params.yaml").read_text())
    assert {name: params[name] for name in ("learning_rate", "kernel_size")} == {
        name: best["values"][name] for name in ("learning_rate", "kernel_size")
    }
    assert best["values"]["learning_rate"] == 0.02
    assert any("nothing is left of a window but its boundaries" in text for text in told.warnings)
    assert not (tmp_path / "x_tuning").exists()
    loss = _loss(Model.load(path), dataset)
    assert loss == pytest.approx(best["loss"], rel=0.05)  # of the network that is written, not of a new one
    with pytest.raises(InputError, match="one that is finished"):
        tune(options(dataset, tmp_path, f"--tune-config {file}"))


def _loss(model, dataset):
    """Cross-entropy of the validation part with what is most there."""
    x, y = (np.load(dataset / "val" / f"{name}.npy").astype(np.float32) for name in "xy")
    length = model.tile + sum(model.context)
    starts = range(0, len(x) - length, model.tile)
    scores = np.concatenate([model.scores(x[start : start + length].T) for start in starts], axis=1)
    truth = y.argmax(axis=1)[model.context[0] :][: scores.shape[1]]
    return -np.log(scores[truth, np.arange(scores.shape[1])]).mean()


def test_a_search_goes_on(dataset, tmp_path):
    class Impatient(Monitor):
        n_trials = 0

        def opened(self, task):
            if task.title.startswith("Training"):
                self.n_trials += 1

        def metric(self, step, **values):
            if self.n_trials == 2 and step > 1:
                self.cancel()

    chosen = options(dataset, tmp_path, f"--tune-config {config(tmp_path, nb_filters=[1, 2, 3])} --nb-tune-trials 9")
    with pytest.raises(Cancelled):
        tune(chosen, Impatient())
    before = (tmp_path / "x_trials.jsonl").read_text().splitlines()
    assert len(before) == 4  # the space, one trial from begin to end, the beginning of another
    tune(chosen)
    after = (tmp_path / "x_trials.jsonl").read_text().splitlines()
    assert after[:4] == before
    assert json.loads(after[4])["places"] == json.loads(after[3])["places"]


def test_a_search_without_hope_ends(dataset, tmp_path, told):
    file = config(tmp_path, nb_hist=[2], kernel_size=list(range(4, 40)))
    with pytest.raises(InputError, match="no trial could be trained"):
        tune(options(dataset, tmp_path, f"--tune-config {file}"), told)
    assert len(told.warnings) == 20
    assert not (tmp_path / "x_model.h5").exists()
