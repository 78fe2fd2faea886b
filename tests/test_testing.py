"""Synthetic song: what the truth says is what one hears."""

from __future__ import annotations

import numpy as np
import pytest

from oscine.core.errors import InputError
from oscine.testing import LABELS, fly_song


@pytest.fixture(scope="module")
def song():
    return fly_song(60.0, seed=1)


def band(sound, low, high, rate=2500.0):
    """Power of a sound between two frequencies."""
    power = np.abs(np.fft.rfft(sound)) ** 2
    frequencies = np.fft.rfftfreq(len(sound), 1 / rate)
    return power[(frequencies >= low) & (frequencies < high)].sum() / max(len(sound), 1) ** 2


def test_shape(song):
    sound, truth = song
    assert sound.shape == (1, 150_000)
    assert sound.dtype == np.float32
    assert np.abs(sound).max() <= 1
    assert truth.recordings == ["song.wav"]
    assert list(truth.labels) == list(LABELS)


def test_the_same_seed_gives_the_same_song(song):
    sound, truth = fly_song(60.0, seed=1)
    assert np.array_equal(sound, song[0])
    assert truth == song[1]
    assert not np.array_equal(fly_song(60.0, seed=2)[0], sound)


def test_plenty_of_each(song):
    counts = song[1].count()
    assert counts["pulse"] > 50
    assert counts["sine"] >= 5
    assert counts["ambient"] >= 5


def test_pulses_are_events_a_few_centiseconds_apart(song):
    onsets = song[1].select(labels=["pulse"]).onsets
    assert song[1].category("pulse") == "event"
    intervals = np.diff(onsets)
    assert intervals.min() >= 0.02
    assert 0.025 < np.median(intervals) < 0.05


def test_pulses_are_loudest_where_they_are_annotated(song):
    sound, truth = song
    for onset in truth.select(labels=["pulse"]).onsets:
        near = np.abs(sound[0, round(onset * 2500) - 25 : round(onset * 2500) + 26])
        assert near.max() > 0.012
        assert abs(int(near.argmax()) - 25) <= 8, "within 3 ms"


def test_sines_hum_near_150_hz(song):
    sound, truth = song
    for row in truth.select(labels=["sine"]):
        part = sound[0, round(row.onset * 2500) : round(row.offset * 2500)]
        assert band(part, 110, 190) > 3 * band(part, 200, 1250)
        assert row.offset - row.onset >= 0.1


def test_ambient_stretches_hold_no_song(song):
    truth = song[1]
    rows = truth.to_pandas()
    sounds = rows[rows["label"] != "ambient"]
    for row in truth.select(labels=["ambient"]):
        near = (sounds["onset"] < row.offset + 0.04) & (sounds["offset"] > row.onset - 0.04)
        assert not near.any()


def test_everything_is_within_the_recording(song):
    for duration, seed in ((10.0, 3), (3.0, 4), (60.0, 1)):
        sound, truth = fly_song(duration, seed=seed)
        assert (truth.onsets >= 0).all()
        assert (truth.offsets <= duration).all()
        assert (np.diff(truth.onsets) >= 0).all()
        assert sound.shape[1] == round(duration * 2500)


@pytest.mark.parametrize("duration", [0.001, 0.5, 1.0, 1.6])
def test_short_ones(duration):
    sound, truth = fly_song(duration, seed=2)
    assert sound.shape == (1, round(duration * 2500))
    assert (truth.offsets <= duration).all()


@pytest.mark.parametrize(("duration", "rate"), [(0.0, 2500.0), (-1.0, 2500.0), (1.0, 500.0)])
def test_no_song(duration, rate):
    with pytest.raises(InputError, match="there can be no song"):
        fly_song(duration, rate)


@pytest.mark.parametrize("sample_rate", [1000.0, 8000.0, 44100.0])
def test_any_sample_rate(sample_rate):
    sound, truth = fly_song(5.0, sample_rate, seed=2, name="x.wav")
    assert sound.shape == (1, round(5 * sample_rate))
    assert set(truth.to_pandas()["recording"]) <= {"x.wav"}
    assert np.isfinite(sound).all()


def test_the_noise_is_as_loud_as_it_is_said():
    quiet, loud = (fly_song(20.0, seed=5, noise=noise)[0] for noise in (0.001, 0.01))
    assert np.median(np.abs(loud)) > 5 * np.median(np.abs(quiet))
