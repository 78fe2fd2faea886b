"""The truth of a reconstruction is the sound at the centres of the frames."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from oscine.networks.frames import n_valid_frames
from oscine.networks.losses.mean_squared_error import MeanSquaredError
from oscine.networks.targets.reconstruction import Reconstruction

TARGET = Reconstruction()


@pytest.mark.parametrize("hop", [1, 3, 4])
@pytest.mark.parametrize("context", [(0, 0), (5, 2), (2, 9)])
@pytest.mark.parametrize("n_samples", [12, 13, 40])
def test_truth_is_the_sound_at_the_centres(hop, context, n_samples):
    sound = torch.arange(2.0 * 3 * n_samples).reshape(2, 3, n_samples)
    truth = TARGET.of_sound(sound, hop, context)
    assert truth.shape == (2, 3, n_valid_frames(n_samples, hop, context))
    for frame in range(truth.shape[-1]):
        assert torch.equal(truth[..., frame], sound[..., context[0] + frame * hop])


def test_sound_shorter_than_the_context_has_no_frames():
    assert TARGET.of_sound(torch.zeros((1, 1, 5)), 1, (3, 9)).shape == (1, 1, 0)


def test_the_loop_closes():
    """A network that gives the sound back is right, and decoding says the same sound."""
    sound = torch.randn((1, 2, 50), generator=torch.Generator().manual_seed(0))
    truth = TARGET.of_sound(sound, 1, (4, 4))
    assert MeanSquaredError()(truth, truth) == 0
    assert np.array_equal(TARGET.decode(truth.numpy()), sound[..., 4:-4].numpy())


def test_annotations_say_nothing():
    encoded = TARGET.encode(
        np.array([0.1]), np.array([0.2]), np.array([0]), np.array([[0.0, 1.0]]), 10, 10.0, labels=["song"]
    )
    assert encoded.shape == (1, 10)
    assert encoded.dtype == np.float32
    assert np.isnan(encoded).all()
    present, known = TARGET.judge(encoded, 1)
    assert not present.any()
    assert not known.any()


def test_nothing_is_present_in_a_sound():
    scores = np.random.default_rng(0).normal(size=(3, 2, 7)).astype(np.float32)
    assert not TARGET.is_present(scores).any()
    assert TARGET.is_present(scores).shape == scores.shape
