"""Mistakes: what the model calls each annotated row, and the files that say so."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from oscine import cli
from oscine.annotations.annotations import Annotations
from oscine.core.errors import InputError
from oscine.core.monitor import SILENT
from oscine.core.running import run
from oscine.evaluation import mistakes as module
from oscine.evaluation.mistakes import MistakesParams, mistakes, score_near
from oscine.networks.network import Network
from oscine.prediction.predict import predict
from oscine.recordings.recording import Recording

PULSE = np.float32([0.1, 0.9, 0.2, 0.1, 0.4, 0.8, 0.1, 0.3, 0.2, 0.6])
SCORES = np.stack([PULSE, 1 - PULSE])
TRUTH = [(0.1, 0.1, "pulse"), (0.4, 0.4, "pulse"), (0.2, 0.38, "sine"), (0.5, 0.6, "sine")]
"""Of which the pulse at 0.4 s scores 0.4, and the sine from 0.5 s on 0.2."""


@pytest.fixture
def data(dataset):
    return dataset(a=(SCORES, TRUTH, [(0.0, 1.0)]), b=(SCORES, [(0.1, 0.1, "pulse")], [(0.0, 1.0)]))


@pytest.fixture
def model(oracle, tmp_path):
    made = oracle(events=("pulse",))
    made.save(tmp_path / "run" / "oracle_model.safetensors")
    return made


def test_by_hand(oracle, data):
    found = mistakes(oracle(), data)
    rows = [(row.recording, row.annotated_label, row.label, row.kind) for row in found.annotations]
    assert rows == [
        ("a.wav", "pulse", "pulse", "correct"),
        ("a.wav", "sine", "sine", "correct"),
        ("a.wav", "pulse", "sine", "mistaken"),
        ("a.wav", "sine", "pulse", "mistaken"),
        ("b.wav", "pulse", "pulse", "correct"),
    ]
    assert found.summary() == {
        "part": "validation",
        "n_rows": 5,
        "n_mistaken": 2,
        "called": {"pulse": {"pulse": 2, "sine": 1}, "sine": {"sine": 1, "pulse": 1}},
    }
    assert str(found).splitlines() == [
        "2 of 5 annotated sounds of the validation part are mistaken (40.0%), by the model or by whoever annotated:",
        "  pulse      1 of     3: 1 sine",
        "  sine       1 of     2: 1 pulse",
    ]


def test_events_have_a_reach(oracle, data):
    """A tenth of a second beside the pulse at 0.4 s the model is sure of one."""
    assert mistakes(oracle(), data, MistakesParams(reach=0.1)).summary()["n_mistaken"] == 1


def test_only_what_the_rows_touch_is_computed_and_it_is_what_prediction_says(oracle, dataset, monkeypatch):
    monkeypatch.setattr(Network, "tile", 16)
    monkeypatch.setattr(module, "_TILES", 2)
    scores = np.random.default_rng(0).dirichlet([1, 1], 1000).T
    data = dataset(a=(scores, [(20.0, 25.0, "pulse"), (90.0, 90.0, "sine")], [(0.0, 100.0)]))
    model, recording = oracle(), data.recordings[0]
    pieces = list(score_near(model, recording, np.array([(20.0, 25.0), (90.0, 90.0)])))
    whole = predict(model, recording)
    assert sum(values.shape[1] for _, values in pieces) == 5 * 16
    for begin, values in pieces:
        assert np.array_equal(values, whole.read(begin, begin + values.shape[1]))


def test_what_lies_beyond_the_end_is_judged_by_the_last_tile(oracle, monkeypatch):
    monkeypatch.setattr(Network, "tile", 16)
    for n in (320, 325):
        recording = Recording.from_sound(np.full((2, n), 0.5, np.float32), 10.0, name="a.wav")
        ((begin, values),) = score_near(oracle(), recording, np.array([(99.0, 100.0)]))
        assert begin % 16 == 0
        assert begin + values.shape[1] >= n


def test_labels_and_parts_that_are_not_there(oracle, dataset, data):
    with pytest.raises(InputError, match="does not know a label of the dataset; found 'hum'"):
        mistakes(oracle(), dataset(a=(SCORES, [(0.1, 0.3, "hum")], [(0.0, 1.0)])))
    with pytest.raises(InputError, match="the train part has no annotated sound"):
        mistakes(oracle(), data, MistakesParams(part="train"))
    with pytest.raises(InputError, match="no such part; found 'tset'; allowed: train, validation"):
        mistakes(oracle(), data, MistakesParams(part="tset"))
    with pytest.raises(InputError, match=r"which dataset\?.*--dataset FOLDER"):
        mistakes(oracle())


# -- files -----------------------------------------------------------------------------------------------------------


def written(model, data, tmp_path, out=None, **params):
    data.save(tmp_path / "a.dataset")
    texts = {"model": str(model.path), "dataset": str(tmp_path / "a.dataset")}
    (report,) = run(mistakes, texts, MistakesParams(**params), out=out, monitor=SILENT)
    return [path.resolve() for path in report.outputs]


@pytest.fixture(autouse=True)
def _known(monkeypatch, oracle):
    """Loading gives the oracle, whose architecture is a file of the tests."""
    monkeypatch.setattr("oscine.networks.model.Model.load", classmethod(lambda cls, path: oracle()))


def test_a_file_beside_each_recording(model, data, tmp_path):
    paths = written(model, data, tmp_path)
    assert paths == [tmp_path / "a_mistakes.csv", tmp_path / "b_mistakes.csv"]
    found = pd.read_csv(paths[0])
    assert found["annotated_label"].tolist() == ["pulse", "sine", "pulse", "sine"]
    assert found["name"].tolist() == ["pulse", "sine", "sine", "pulse"]
    assert found["kind"].tolist() == ["correct", "correct", "mistaken", "mistaken"]
    again = Annotations.load(paths[0])
    assert set(again.kinds) == {"correct", "mistaken"}
    assert again.to_pandas()["annotated_label"].tolist() == ["pulse", "sine", "pulse", "sine"]
    assert json.loads((tmp_path / "a_mistakes.provenance.json").read_text())["operation"] == "mistakes"


def test_songexplorer_s_six_columns(model, data, tmp_path):
    (tmp_path / "oscine.toml").write_text('annotation_format = "songexplorer"\n')
    paths = written(model, data, tmp_path)
    assert [path.name for path in paths] == ["a.wav-mistakes.csv", "b.wav-mistakes.csv"]
    assert paths[0].read_text().splitlines() == [
        "a.wav,1,1,correct,pulse,pulse",
        "a.wav,2,4,correct,sine,sine",
        "a.wav,4,4,mistaken,sine,pulse",
        "a.wav,5,6,mistaken,pulse,sine",
    ]


def test_elsewhere(model, data, tmp_path):
    assert written(model, data, tmp_path, out=str(tmp_path / "x")) == [
        tmp_path / "x" / "a_mistakes.csv",
        tmp_path / "x" / "b_mistakes.csv",
    ]
    (path,) = written(model, data, tmp_path, out=str(tmp_path / "all.csv"))
    assert len(Annotations.load(path)) == 5


def test_a_file_is_no_folder(model, data, tmp_path):
    content = (tmp_path / "a.wav").read_bytes()
    with pytest.raises(InputError, match=r"a\.wav: this is a file, .*allowed: a folder, or a name that ends in \.csv"):
        written(model, data, tmp_path, out=str(tmp_path / "a.wav"))
    assert (tmp_path / "a.wav").read_bytes() == content


def test_mistakes_are_no_annotations_of_the_project(model, data, tmp_path):
    written(model, data, tmp_path)
    pulse = {"recording": "a.wav", "onset": 0.1, "offset": 0.1, "label": "pulse"}
    Annotations([pulse]).with_coverage("rows").save(tmp_path / "a_annotations.csv")
    found = Annotations.load(tmp_path)
    assert found.coverage["b.wav"] is not None
    assert len(found.coverage["b.wav"]) == 0, "nobody has looked there"


def test_bad_input_through_the_command_line(model, data, tmp_path, capsys):
    data.save(tmp_path / "a.dataset")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(SystemExit) as exited:
        cli.main(["mistakes", str(model.path), "--dataset", str(tmp_path / "a.dataset"), "--part", "tset"])
    assert exited.value.code == 2
    error = capsys.readouterr().err.strip().splitlines()
    assert len(error) == 1
    assert "no such part; found 'tset'; allowed: train, validation" in error[0]
    assert sorted(tmp_path.iterdir()) == before
