from __future__ import annotations

import numpy as np
import torch

from oscine.datasets.augmentations.spectrogram_mask import SpectrogramMask


def masked(**options):
    return SpectrogramMask(**options).mask(torch.ones(300, 2, 50, 100), np.random.default_rng(0)) == 0


def test_stripes_have_their_widths():
    hidden = masked(n_times=1, time=0.1, n_frequencies=0)
    assert (hidden == hidden[:, :1, :1]).all()
    assert (hidden[:, 0, 0].sum(dim=1) == 10).all()
    starts = hidden[:, 0, 0].int().argmax(dim=1)
    assert (starts.min(), starts.max()) == (0, 90)
    hidden = masked(n_times=0, n_frequencies=2, frequency=(0, 0.2))
    assert (hidden == hidden[:, :1, :, :1]).all()
    widths = hidden[:, 0, :, 0].sum(dim=1)
    assert (widths.min() < 3) & (widths.max() > 15) & (widths.max() <= 20)


def test_a_share_of_the_windows():
    changed = masked(n_times=1, time=0.1, share=0.3).flatten(1).any(dim=1).float().mean()
    assert 0.2 < changed < 0.4
    assert not masked(share=0).any()


def test_gradients_pass_where_nothing_is_hidden():
    features = torch.ones(1, 1, 10, 10, requires_grad=True)
    changed = SpectrogramMask(time=0.5, frequency=0.5).mask(features, np.random.default_rng(0))
    changed.sum().backward()
    assert torch.equal(features.grad, changed.detach())
