"""Every target from annotations to annotations: prepared, trained, predicted, decoded and evaluated."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import soundfile
import torch

from oscine.annotations.labels import BACKGROUND
from oscine.core.errors import InputError
from oscine.datasets.prepare import PrepareParams, prepare
from oscine.evaluation.evaluate import EvaluateParams, evaluate
from oscine.networks.architectures.songexplorer import SongExplorer
from oscine.networks.frontends.spectrogram import Spectrogram
from oscine.networks.model import Model
from oscine.networks.specification import Specification
from oscine.networks.targets.boundaries import Boundaries
from oscine.networks.targets.events import Events
from oscine.networks.targets.overlapped import Overlapped
from oscine.networks.targets.reconstruction import Reconstruction
from oscine.prediction.predict import PredictParams, predict
from oscine.prediction.scores import Scores
from oscine.prediction.segment import SegmentParams, segment
from oscine.recordings.recordings import Recordings
from oscine.testing import fly_song
from oscine.training.params import TrainParams
from oscine.training.train import train

SMALL = SongExplorer(context=0.0512, representation=Spectrogram(scale="log"), features=(16, 16))


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def sparse(fly, tmp_path_factory):
    """Real fly song, a few of whose sounds were annotated one by one, some as what they are not."""
    folder = tmp_path_factory.mktemp("fly")
    for name in ("PS_20130625111709_ch3", "20161207T102314_ch1"):
        for path in fly.glob(f"{name}*"):
            shutil.copy(path, folder)
    return prepare(Recordings(folder), params=PrepareParams(few=1, labels=LABELS))


LABELS = ("mel-pulse", "mel-sine", "not_mel-pulse", "not_mel-sine")


@pytest.fixture(scope="module")
def dense(tmp_path_factory):
    """A synthetic recording that is annotated from end to end."""
    folder = tmp_path_factory.mktemp("song")
    sound, truth = fly_song(60, seed=1)
    soundfile.write(folder / "song.wav", sound[0], 2500, subtype="FLOAT")
    truth.save(folder / "song_annotations.csv")
    return prepare(Recordings(folder), params=PrepareParams(few=1))


def _train(dataset, out, target, **more):
    plain = {
        "schedule": "constant",
        "learning_rate": 1e-3,
        "ema": None,
        "augmentations": (),
        "weight_decay": 0.0,
        "clip": None,
    }
    plain |= {"smoothing": {"name": "tmse", "weight": 0.0}, "optimizer": "adam"}
    sizes = {"architecture": SMALL, "n_steps": 150, "period": 75, "batch_size": 32}
    params = TrainParams.model_validate(plain | sizes | {"target": target} | more)
    return train(dataset, params, out=out)


def test_overlapped_learns_from_real_song(sparse, tmp_path):
    """Pulse and sine each by themselves; what is not one of them is not said to be the other."""
    run = _train(sparse, tmp_path / "run", Overlapped(event_width=0.0096), window=0.05)
    model = Model.load(tmp_path / "run")
    assert model.outputs == ("mel-pulse", "mel-sine")
    assert set(model.thresholds) == {"mel-pulse", "mel-sine"}
    assert run.labels == LABELS

    name = "PS_20130625111709_ch3.wav"
    scores = predict(model, sparse.recordings.by_name(name))
    assert scores.labels == ("mel-pulse", "mel-sine")
    assert scores.events == ("mel-pulse",)
    found = segment(scores).to_pandas()
    assert set(found["label"]) == {"mel-pulse", "mel-sine"}
    assert (found["onset"] == found["offset"])[found["label"] == "mel-pulse"].all()

    result = evaluate(model, sparse)
    assert result.confusion_matrix.labels == ("mel-pulse", "not_mel-pulse", "mel-sine", "not_mel-sine")
    blocks = np.kron(np.eye(2), np.ones((2, 2)))
    assert (result.confusion_matrix.counts[blocks == 0] == 0).all()
    assert result.confusion_matrix.balanced_accuracy > 0.8
    assert result.curves["mel-pulse"].auc > 0.9
    assert "mel-sine" in str(result)
    result.save(tmp_path / "it.evaluation")

    with pytest.raises(InputError, match="prevalences weigh labels against each other"):
        predict(model, sparse.recordings[0], PredictParams(prevalences={"mel-pulse": 1, "mel-sine": 1}))


def test_overlapped_scores_are_of_each_label_alone():
    """Sounds of two labels at once are both found, as no softmax could."""
    values = np.array([[0.1, 0.9, 0.9, 0.9, 0.1], [0.1, 0.1, 0.8, 0.9, 0.9]])
    scores = Scores.from_array(values, ["a", "b"], 10.0, recording="x.wav")
    assert [(row.label, row.onset, row.offset) for row in segment(scores)] == [("a", 0.05, 0.35), ("b", 0.15, 0.5)]


def test_events_are_found_at_their_peaks(dense, tmp_path):
    _train(dense, tmp_path / "run", Events(width=0.0032), window=0.3)
    model = Model.load(tmp_path / "run")
    assert model.outputs[0] == BACKGROUND
    assert model.aside == ()
    result = evaluate(model, dense, EvaluateParams(tolerance=0.01))
    pulse = result.events.by_label[model.events[0]]
    assert pulse.f1 > 0.8
    assert abs(pulse.bias) < 0.001


def test_boundaries_are_beside_the_labels(dense, tmp_path):
    _train(dense, tmp_path / "run", Boundaries(width=0.008, event_width=0.0096), window=0.3, learning_rate=4e-3)
    model = Model.load(tmp_path / "run")
    assert model.aside == ("onset", "offset")
    result = evaluate(model, dense)
    assert set(result.confusion_matrix.labels) == set(model.labels)
    assert result.confusion_matrix.balanced_accuracy > 0.8
    assert result.curves["onset"].auc > 0.7
    assert "onset" not in str(result).split()

    scores = predict(model, dense.recordings[0])
    place = scores.save(tmp_path / "song_scores.h5")
    assert Scores.load(place).aside == ("onset", "offset")
    plain = segment(scores).to_pandas()
    assert "onset" not in set(plain["label"])
    bounds = segment(scores, SegmentParams(labels=("onset",), thresholds={"onset": 0.2})).to_pandas()
    assert set(bounds["label"]) == {"onset"}
    assert (bounds["onset"] == bounds["offset"]).all()
    snapped = segment(scores, SegmentParams(snap=0.02, thresholds={"onset": 0.2, "offset": 0.2})).to_pandas()
    assert len(snapped) == len(plain)
    assert (snapped["offset"] >= snapped["onset"]).all()
    assert not snapped["onset"].equals(plain["onset"])
    weighed = predict(model, dense.recordings[0], PredictParams(prevalences=dict.fromkeys(model.labels, 1)))
    assert np.allclose(weighed.values, scores.values, atol=1e-5)


def test_a_model_of_the_sound_itself_says_nothing_of_labels(dense):
    task = Specification(labels=tuple(dense.labels), sample_rate=2500, n_outputs=1)
    model = Model(SMALL.build(task), SMALL, Reconstruction())
    scores = predict(model, dense.recordings[0])
    assert scores.labels == scores.aside == ("channel-0",)
    assert len(segment(scores)) == 0
    with pytest.raises(InputError, match="target 'reconstruction' says nothing of labels"):
        evaluate(model, dense)
