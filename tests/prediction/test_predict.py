"""Prediction: every sample has a frame, no score depends on a block, memory does not grow."""

from __future__ import annotations

import subprocess
import sys
import tempfile

import numpy as np
import pytest
import soundfile

from oscine.core.errors import Cancelled, InputError
from oscine.core.monitor import Monitor
from oscine.networks.network import Network
from oscine.prediction import predict as module
from oscine.prediction.predict import PredictParams, predict, prior_weights, weigh
from oscine.prediction.probability_wav import save_probability_wavs
from oscine.recordings.recording import Recording

PS = "PS_20130625111709_ch3.wav"
RATES = {("waveform", ""): 2500, ("waveform", "2"): 1250, ("other", ""): 1250, ("other", "2"): 625}
"""Frames per second in SongExplorer's test of blocks (`freeze-classify.py`)."""


def in_blocks(model, recording, block):
    return predict(model, recording, PredictParams(block=block, device="cpu"))


def front_end(representation):
    options = {} if representation == "waveform" else {"window": 0.0032, "stride": 0.0008}
    more = {"n_mel": 3, "n_coefficients": 3} if representation == "mel-cepstrum" else {}
    return {"name": representation, **options, **more}


@pytest.mark.parametrize("stride_time", ["2", ""])
@pytest.mark.parametrize("representation", ["waveform", "spectrogram", "mel-cepstrum"])
def test_scores_of_fly_song_do_not_depend_on_the_block(
    fly, network, tmp_path, representation, stride_time, monkeypatch
):
    """SongExplorer's own test, for every sample of the recording, and for floats to the last bit."""
    model = network(
        representation=front_end(representation),
        context=0.2048,
        n_conv_layers=2,
        kernel_2d=(3, 3),
        kernel_1d=32,
        features=(16, 16),
        stride_time=stride_time,
        loudness=1.0,
    )
    recording = Recording(fly / PS)
    model.network.standardise([recording.normalise().read(0, 100_000)])
    expected_rate = RATES[representation if representation == "waveform" else "other", stride_time]
    hop = 2500 // expected_rate
    whole = in_blocks(model, recording, 60.0)
    assert whole.frame_rate == expected_rate
    assert whole.n_frames == (recording.n_samples - 1 + hop // 2) // hop + 1
    assert whole.edges(np.array([0, whole.n_frames])).tolist() == [0.0, recording.duration]
    assert whole.values.std(axis=1).min() > 1e-3, "a test of constants would be none"
    files = [path.read_bytes() for path in save_probability_wavs(whole, tmp_path)]
    for block in (0.05, 1.0):
        other = in_blocks(model, recording, block)
        assert np.array_equal(other.values, whole.values), block
        assert [path.read_bytes() for path in save_probability_wavs(other, tmp_path)] == files, block
    assert {soundfile.info(path).samplerate for path in tmp_path.iterdir()} == {expected_rate}
    for tile in (1000, 8192):
        monkeypatch.setattr(Network, "tile", tile)
        np.testing.assert_allclose(in_blocks(model, recording, 60.0).values, whole.values, rtol=0, atol=1e-6)


def test_an_oracle_tells_what_the_sound_says(oracle, told):
    values = np.random.default_rng(0).dirichlet([1, 1, 1], 5000).T
    scores = predict(oracle(), told(values))
    np.testing.assert_allclose(scores.values, values, atol=1e-6)
    assert (scores.labels, scores.frame_rate, scores.duration) == (("pulse", "sine", "ambient"), 100.0, 50.0)
    assert scores.recording == "told.wav"
    assert scores.provenance.operation == "predict"
    assert scores.provenance.inputs["model"]["digest"] == oracle().digest


@pytest.mark.parametrize("n_samples", [1, 2, 3, 10, 100, 511, 512, 513, 8193])
def test_every_sample_has_a_frame(network, n_samples):
    """However short the recording: each sample lies between the edges of some frame, to the last."""
    model = network()
    recording = Recording.from_sound(np.random.default_rng(0).normal(0, 0.01, n_samples), 2500.0)
    scores = predict(model, recording)
    assert scores.n_frames == model.n_frames(n_samples)
    assert np.isfinite(scores.values).all()
    np.testing.assert_allclose(scores.values.sum(axis=0), 1, atol=1e-5)
    edges = scores.edges(np.arange(scores.n_frames + 1))
    assert (edges[0], edges[-1]) == (0.0, n_samples / 2500)
    samples = (np.arange(n_samples) + 0.5) / 2500
    frame = np.searchsorted(edges, samples, side="right") - 1
    assert ((frame >= 0) & (frame < scores.n_frames)).all()


@pytest.mark.parametrize("hop", [2, 4, 7])
def test_frames_are_centred_on_every_hop_th_sample(oracle, told, hop):
    sound = np.random.default_rng(0).dirichlet([1, 1], 1000).T
    scores = predict(oracle(("a", "b"), hop=hop), told(sound))
    inside = scores.times * 100 < 1000
    np.testing.assert_allclose(scores.values[:, inside], sound[:, ::hop], atol=1e-6)


def test_events_and_finite_thresholds_of_the_model(oracle, told):
    model = oracle(events=("pulse",), thresholds={"pulse": 0.7, "sine": float("nan")})
    scores = predict(model, told(np.ones((3, 10))))
    assert (scores.events, scores.thresholds) == (("pulse",), {"pulse": 0.7})


# -- recordings that do not fit --------------------------------------------------------------------------------------


def test_another_sample_rate_is_refused_or_resampled(network):
    times = np.arange(8000) / 8000
    model = network()
    recording = Recording.from_sound(0.1 * np.sin(2 * np.pi * 200 * times), 8000.0, name="fast.wav")
    with pytest.raises(InputError, match=r"fast.wav: .*found '8000 Hz'; allowed: 2500 Hz. Add --resample"):
        predict(model, recording)
    scores = predict(model, recording, PredictParams(resample=True))
    assert (scores.frame_rate, scores.duration, scores.n_frames) == (625.0, 1.0, 626)
    slow = Recording.from_sound(recording.resample(2500.0).read(), 2500.0)
    np.testing.assert_allclose(scores.values, predict(model, slow).values, atol=1e-4)


def test_channels(oracle, told):
    values = np.random.default_rng(0).dirichlet([1, 1], 100).T
    model = oracle(("a", "b"))
    four = told(np.stack([values[1], values[0], values[0], values[1]]))
    with pytest.raises(InputError, match="not as many channels as the model; found 4; allowed: 2"):
        predict(model, four)
    chosen = predict(model, four, PredictParams(channels=(1, 3)))
    np.testing.assert_allclose(chosen.values, values, atol=1e-6)
    with pytest.raises(InputError, match="there is no such channel"):
        predict(model, four, PredictParams(channels=(1, 9)))


# -- prevalences -----------------------------------------------------------------------------------------------------


def test_prevalences_follow_the_formula(oracle, told):
    values = np.random.default_rng(0).dirichlet([1, 1, 1], 300).T
    prevalences = {"ambient": 20, "pulse": 1, "sine": 3}
    scores = predict(oracle(), told(values), PredictParams(prevalences=prevalences))
    weighted = values * np.array([[1], [3], [20]])
    np.testing.assert_allclose(scores.values, weighted / weighted.sum(axis=0), atol=1e-5)


def test_equal_prevalences_change_nothing(oracle, told):
    values = np.random.default_rng(0).dirichlet([1, 1, 1], 300).T
    equal = predict(oracle(), told(values), PredictParams(prevalences=dict.fromkeys(("pulse", "sine", "ambient"), 7)))
    np.testing.assert_allclose(equal.values, values, atol=1e-6)


def test_a_label_that_never_occurs():
    """Where the network is sure of it, nothing is left to go by but the prevalences."""
    weights = prior_weights(("a", "b", "c"), {"a": 0, "b": 1, "c": 3})
    weighed = weigh(np.float32([[1, 0.5], [0, 0.5], [0, 0]]), weights)
    assert weighed.tolist() == [[0, 0], [0.25, 1], [0.75, 0]]


@pytest.mark.parametrize(
    ("prevalences", "message"),
    [
        ({"puls": 1}, "unknown label; found 'puls'; allowed: ambient, pulse, sine. Did you mean 'pulse'"),
        ({"pulse": 1}, "for every label, none negative; .*allowed: pulse=1,sine=1,ambient=1"),
        ({"pulse": -1, "sine": 1, "ambient": 1}, "none negative"),
        ({"pulse": 0, "sine": 0, "ambient": 0}, "for every label"),
    ],
)
def test_prevalences_that_cannot_be(oracle, told, prevalences, message):
    with pytest.raises(InputError, match=message):
        predict(oracle(), told(np.ones((3, 10))), PredictParams(prevalences=prevalences))


# -- long recordings -------------------------------------------------------------------------------------------------


def test_many_scores_go_to_a_temporary_file(oracle, told, tmp_path, monkeypatch):
    values = np.random.default_rng(0).dirichlet([1, 1, 1], 9000).T
    whole = predict(oracle(), told(values)).values
    monkeypatch.setattr(module, "IN_MEMORY", 1000)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    scores = predict(oracle(), told(values), PredictParams(block=20.0))
    assert not isinstance(scores.data, np.ndarray)
    assert np.array_equal(scores.values, whole)
    assert np.array_equal(scores.read(100, 200), whole[:, 100:200])
    assert list(tmp_path.iterdir()) == [], "it has no name, so that nothing is left behind"


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of files")
def test_no_room_for_the_temporary_file(oracle, told, monkeypatch):
    import resource
    import signal

    monkeypatch.setattr(module, "IN_MEMORY", 1000)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
        with pytest.raises(InputError, match=r"no room for the scores .*File too large.* TMPDIR"):
            predict(oracle(), told(np.ones((3, 200_000))))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_stopped_on_request(oracle, told):
    monitor = Monitor()
    monitor.cancel()
    with pytest.raises(Cancelled):
        predict(oracle(), told(np.ones((3, 5000))), monitor=monitor)


def test_progress_is_told_in_seconds_of_sound(oracle, told):
    class Heard(Monitor):
        def closed(self, task):
            self.task_at_end = (task.title, task.total, round(task.done))

    monitor = Heard()
    predict(oracle(), told(np.ones((3, 5000))), PredictParams(block=20.48), monitor=monitor)
    assert monitor.task_at_end == ("Predicting told.wav", 50.0, 50)


MEMORY = """
import resource, sys
import numpy as np, soundfile
from oscine.networks.model import Model
from oscine.prediction import predict as module
from oscine.recordings.recording import Recording
module.IN_MEMORY = 2**20
model, recording = Model.load(sys.argv[1]), Recording(sys.argv[2])
short = Recording.from_sound(recording.read(0, 250_000), recording.sample_rate)
module.predict(model, short, module.PredictParams(block=10.0))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
scores = module.predict(model, recording, module.PredictParams(block=10.0))
scores.save(sys.argv[3])
sys.stdout.write(str((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no resource module")
def test_memory_does_not_grow_with_the_recording(network, tmp_path):
    """Two hours in a process of its own: the sound alone would be 72 MB, the scores 54 MB."""
    with soundfile.SoundFile(tmp_path / "long.wav", "w", 2500, 1, "PCM_16") as file:
        noise = (np.random.default_rng(0).normal(0, 1000, 250_000)).astype(np.int16)
        for _ in range(72):
            file.write(noise)
    model = network(context=0.0128, features=(2, 2)).save(tmp_path / "tiny_model.safetensors")
    grown = subprocess.run(
        [sys.executable, "-c", MEMORY, model, tmp_path / "long.wav", tmp_path / "long_scores.h5"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert float(grown) < 40, "MB"
