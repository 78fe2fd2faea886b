"""A recording as a network wants it."""

from __future__ import annotations

import numpy as np
import pytest

from oscine.core.errors import InputError
from oscine.networks.fitting import fit_recording
from oscine.networks.specification import Specification
from oscine.recordings.recording import Recording

TASK = Specification(("song",), 2500.0)


def recording(sample_rate=2500.0, n_channels=1):
    return Recording.from_sound(np.random.default_rng(0).normal(0, 0.1, (n_channels, 5000)), sample_rate)


def test_what_fits_is_left_alone():
    sound = recording()
    assert fit_recording(sound, TASK) is sound


def test_level_is_normalised_where_the_network_wants_it():
    task = Specification(("song",), 2500.0, normalise=True)
    fitted = fit_recording(recording(), task)
    assert np.median(np.abs(fitted.read())) == pytest.approx(0.01, rel=1e-3)


def test_another_rate_is_refused_with_the_cure_or_resampled():
    with pytest.raises(InputError, match=r"found '5000 Hz'; allowed: 2500 Hz. Add --resample"):
        fit_recording(recording(5000.0), TASK)
    assert fit_recording(recording(5000.0), TASK, resample=True).n_samples == 2500


def test_other_channels_are_refused_with_the_cure():
    with pytest.raises(InputError, match=r"found 2; allowed: 1. Choose channels, such as --channels 0"):
        fit_recording(recording(n_channels=2), TASK)
