from __future__ import annotations

import math

import numpy as np
import pytest

from oscine.annotations.annotations import Annotations
from oscine.recordings.recording import Recording
from oscine.training.traits import find_traits

RATE = 20000.0


def song(low=None, high=None):
    """Noise throughout, and a sweep from 2 to 5 kHz every half second."""
    random = np.random.default_rng(0)
    sound = 0.01 * random.standard_normal(20 * int(RATE))
    times = np.arange(int(0.2 * RATE)) / RATE
    sweep = np.sin(2 * np.pi * (2000 * times + 7500 * times**2)) * np.hanning(len(times))
    rows = []
    for onset in np.arange(0.25, 19.5, 0.5):
        first = int(onset * RATE)
        sound[first : first + len(sweep)] += 0.3 * sweep
        rows.append({"recording": "a", "onset": onset, "offset": onset + 0.2, "label": "sweep"})
        if low is not None:
            rows[-1] |= {"low": low, "high": high}
    return Annotations(rows), {"a": Recording.from_sound(sound[None], RATE, name="a")}


def test_durations_gaps_and_frequencies():
    traits = find_traits(*song())
    assert np.allclose(traits.durations, 0.2)
    assert np.allclose(traits.gaps, 0.3)
    assert 1800 < traits.low < 2600
    assert 4400 < traits.high < 5200
    assert not traits.has_events


def test_frequencies_that_somebody_has_noted_are_believed():
    traits = find_traits(*song(low=1234.0, high=5678.0))
    assert (traits.low, traits.high) == (1234, 5678)


def test_single_sounds_have_no_gaps_and_are_compared_with_what_is_between_them():
    annotations, recordings = song()
    traits = find_traits(annotations.with_coverage("rows"), recordings)
    assert len(traits.gaps) == 0
    assert 1800 < traits.low < 2600
    assert 4400 < traits.high < 5200


def test_without_listening_and_without_sound():
    annotations, recordings = song()
    assert math.isnan(find_traits(annotations, recordings, listen=False).low)
    silent = {"a": Recording.from_sound(np.zeros((1, 400000)), RATE, name="a")}
    assert math.isnan(find_traits(annotations, silent).low)


def test_the_bengalese_finch(data):
    from oscine.recordings.recordings import Recordings

    folder = data / "bengalese_finch" / "val"
    recordings = Recordings(folder)
    traits = find_traits(Annotations.load(folder), {item.name: item for item in recordings})
    assert traits.shortest() == pytest.approx(0.045, abs=0.005)
    assert 200 < traits.low < 2500
    assert 5000 < traits.high < 13000
