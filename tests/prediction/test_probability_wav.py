"""Probability WAVs: SongExplorer's numbers, names and rates."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from oscine.core.artifacts import Provenance
from oscine.core.errors import InputError
from oscine.prediction import scores as scores_module
from oscine.prediction.probability_wav import find_probability_wavs, load_probability_wavs, save_probability_wavs
from oscine.prediction.scores import Scores


def test_truncated_towards_zero_and_scaled_by_32767(scores, tmp_path):
    values = np.float32([[0.0, 0.5, 0.9999, 1.0, 1e-5]])
    (path,) = save_probability_wavs(scores(values, frame_rate=625.0), tmp_path)
    assert path.name == "a.wav-pulse.wav"
    samples, rate = soundfile.read(path, dtype="int16")
    assert rate == 625
    assert samples.tolist() == [0, 16383, 32763, 32767, 0]
    assert soundfile.info(path).subtype == "PCM_16"
    assert soundfile.info(path).channels == 1


def test_read_back(scores, tmp_path):
    one = scores(np.random.default_rng(0).random((2, 500)), frame_rate=100.0)
    save_probability_wavs(one, tmp_path)
    back = load_probability_wavs(find_probability_wavs(tmp_path / "a.wav"), "a.wav")
    assert (back.labels, back.frame_rate, back.recording) == (("pulse", "sine"), 100.0, "a.wav")
    assert np.all((back.values <= one.values) & (back.values > one.values - 1 / 32767))


def test_scores_load_takes_the_recording_s_name(scores, tmp_path):
    save_probability_wavs(scores([[0.2, 0.7]]), tmp_path)
    assert Scores.load(tmp_path / "a.wav").labels == ("pulse",)


@pytest.mark.parametrize("block", [1, 64])
def test_do_not_depend_on_the_block(scores, tmp_path, block, monkeypatch):
    one = scores(np.random.default_rng(0).random((2, 200)))
    whole = [path.read_bytes() for path in save_probability_wavs(one, tmp_path)]
    monkeypatch.setattr(scores_module.Scores.blocks, "__defaults__", (block,))
    assert [path.read_bytes() for path in save_probability_wavs(one, tmp_path)] == whole


def test_broken_rates_are_refused(scores, tmp_path):
    with pytest.raises(InputError, match=r"found '312.5 Hz'; allowed: whole numbers. .*--save-scores h5"):
        save_probability_wavs(scores([[0.1]], frame_rate=312.5), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_label_that_cannot_be_a_file(scores, tmp_path):
    with pytest.raises(InputError, match="cannot be in a file's name; found 'b/c'"):
        save_probability_wavs(scores([[0.1], [0.9]], ["a", "b/c"]), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_files_that_do_not_belong_together(scores, tmp_path):
    save_probability_wavs(scores([[0.1, 0.2]], ["a"]), tmp_path)
    save_probability_wavs(scores([[0.1]], ["b"]), tmp_path)
    with pytest.raises(InputError, match="differ in rate or length"):
        Scores.load(tmp_path / "a.wav")
    soundfile.write(tmp_path / "c.wav-a.wav", np.zeros((5, 2)), 10)
    with pytest.raises(InputError, match="has one channel; found '2 channels'"):
        Scores.load(tmp_path / "c.wav")
    (tmp_path / "d.wav-a.wav").write_text("no")
    with pytest.raises(InputError, match="not a probability WAV"):
        Scores.load(tmp_path / "d.wav")
    with pytest.raises(InputError, match="no probability WAVs"):
        load_probability_wavs({}, "e.wav")


def test_none_are_found_where_there_are_none(tmp_path):
    (tmp_path / "a.wav").touch()
    (tmp_path / "a-b.wav").touch()
    assert find_probability_wavs(tmp_path / "a.wav") == {}
    assert find_probability_wavs(tmp_path / "absent" / "a.wav") == {}


def test_events_and_thresholds_are_those_of_the_model(scores, oracle, tmp_path):
    model = oracle(("pulse", "sine"), events=("pulse",), thresholds={"pulse": 0.7, "sine": 0.6})
    path = tmp_path / "m.safetensors"
    model.save(path)
    save_probability_wavs(scores([[0.2, 0.7], [0.8, 0.3]]), tmp_path)
    assert "thresholds of 0.5" in Scores.load(tmp_path / "a.wav").warnings[0]
    made_by = {**model.identity(), "path": str(path)}
    Provenance.now("predict", {}, {"model": made_by}).save(tmp_path / "a_predicted.provenance.json")
    back = Scores.load(tmp_path / "a.wav")
    assert (back.events, dict(back.thresholds), back.warnings) == (("pulse",), {"pulse": 0.7, "sine": 0.6}, ())
