"""What every augmentation promises: a pure function of batch and seed, and truth that stays with its sound."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import find_peaks

from oscine.datasets.augmentation import AUGMENTATIONS, UNKNOWN, Batch, augment, find_margin, mask_features
from oscine.datasets.sampler import Example, FrameGrid, Sampler
from oscine.recordings.recording import Recording

RATE, HOP, N_FRAMES, SIZE = 8000.0, 8, 300, 6
GRIDS = {"centred": FrameGrid(HOP, (20, 20), RATE), "lopsided": FrameGrid(HOP, (75, 3), RATE)}
N_SAMPLES = 40_000
FAR = [
    {"name": "shift", "amount": [-0.04, 0.04]},
    {"name": "shift", "amount": {"normal": [50, 40]}, "unit": "samples", "share": 0.5},
    {"name": "stretch", "factor": [0.6, 0.8]},
    {"name": "stretch", "factor": [1.2, 2.5]},
    {"name": "stretch", "factor": [0.5, 1.6], "share": 0.4},
    {"name": "reverse", "share": 1},
    {"name": "mask", "duration": 0.05, "fill": "noise"},
    {"name": "noise", "duration": [0, 0.1], "deviation": 0.02},
    {"name": "filter", "kind": "low-pass", "frequency": [2000, 3000], "order": 4},
    {"name": "mix-up", "alpha": 1.0, "share": 1},
]
ALL = [*AUGMENTATIONS.names(), *FAR]
BOTH = [{"name": "shift", "amount": 0.03}, {"name": "stretch", "factor": [0.7, 1.3]}, {"name": "reverse"}, "shift"]


def clicks(seed=0):
    """Instants of clicks, in samples, some 40 ms apart."""
    random = np.random.default_rng(seed)
    return 100 + np.cumsum(random.integers(250, 450, N_SAMPLES // 500))


def recording():
    times = np.arange(N_SAMPLES)
    sound = sum(np.exp(-0.5 * ((times - click) / 1.5) ** 2) for click in clicks())
    sound += np.random.default_rng(0).normal(0, 1e-3, N_SAMPLES)
    return Recording.from_sound(sound[None].repeat(2, axis=0).astype(np.float32), RATE)


RECORDING = recording()


def truth_around(reach, value, background=0):
    """Labels with `value` in the frames that are at most `reach` from a click."""
    labels = np.full(N_SAMPLES // HOP + 2000, background)
    for click in np.rint(clicks() / HOP).astype(int):
        labels[1000 + click - reach : 1000 + click + reach + 1] = value
    return lambda name, first, n_frames: labels[1000 + first : 1000 + first + n_frames]


def sample(augmentations, grid, truth=None, *, margin=None, step=0):
    """A wide batch of real windows."""
    margin = find_margin(augmentations, grid, N_FRAMES) if margin is None else margin
    examples = [Example("a", 1.5, 3.0, "x")]
    truth = truth or truth_around(0, 1)
    sampler = Sampler(examples, {"a": RECORDING}, truth, grid, n_frames=N_FRAMES, seed=0, margin=margin)
    return Batch(*sampler.batch(step, SIZE, margin=margin), grid, margin=margin, n_outputs=2)


def made(values):
    return [AUGMENTATIONS.make(value) for value in values]


def is_unknown(truth):
    return np.isnan(truth).any(axis=-2) if truth.ndim == 3 else truth == UNKNOWN


def heard(sound, grid):
    """Where clicks are in a window (channel, sample), in frames; of mixtures the louder ones."""
    wave = np.abs(sound[0] - np.median(sound[0]))
    places, _ = find_peaks(wave, height=0.45 * wave.max(), distance=12)
    return (places - grid.context[0]) / grid.hop


def present(truth):
    """Where a click is labelled, for one window."""
    return np.flatnonzero(truth[1] > 0.05) if truth.ndim == 2 else np.flatnonzero(truth == 1)


def tolerance(augmentations):
    """Frames between a click and its label at most: half a frame, and half a frame for every time it is rounded."""
    farthest = 0.5
    for member in augmentations:
        factor = max(1, member.factor.ends[1]) if member.plugin_name == "stretch" else 1
        farthest = factor * (farthest + 0.5 * (member.plugin_name in {"shift", "stretch"}))
    return farthest + 0.2  # of the peak in noise


@pytest.fixture(params=GRIDS, ids=str)
def grid(request):
    return GRIDS[request.param]


@pytest.fixture(params=[[value] for value in ALL] + [BOTH], ids=str)
def augmentations(request):
    return made(request.param)


def test_shapes_stay_and_nothing_is_changed_in_place(augmentations, grid):
    for member in augmentations:
        for truth in (truth_around(0, 1), lambda *a: np.stack([truth_around(2, 0.5, 0.1)(*a)] * 2).astype(np.float32)):
            batch = sample(augmentations, grid, truth)
            sound, known = batch.sound.copy(), batch.truth.copy()
            batch.sound.flags.writeable = batch.truth.flags.writeable = False
            changed = member(batch, np.random.default_rng(0))
            assert np.array_equal(batch.sound, sound)
            assert np.array_equal(batch.truth, known)
            assert (changed.sound.shape, changed.sound.dtype) == (sound.shape, np.float32)
            assert np.isfinite(changed.sound).all()
            if member.softens and known.ndim == 2:
                assert (changed.truth.shape, changed.truth.dtype) == ((SIZE, 2, known.shape[-1]), np.float32)
            else:
                assert (changed.truth.shape, changed.truth.dtype) == (known.shape, known.dtype)


def test_is_a_function_of_seed_and_step(augmentations, grid):
    batch = sample(augmentations, grid)
    once, again = (augment(batch, augmentations, 3, 5) for _ in range(2))
    assert once.sound.tobytes() == again.sound.tobytes()
    assert once.truth.tobytes() == again.truth.tobytes()
    assert once.sound.shape[-1] == grid.n_samples(N_FRAMES)
    assert once.truth.shape[-1] == N_FRAMES
    deterministic = {"normalise", "spectrogram-mask"}
    if augmentations[0].plugin_name not in deterministic and augmentations[0] != AUGMENTATIONS.make(
        {"name": "reverse", "share": 1}
    ):
        for seed, step in ((3, 6), (4, 5)):
            assert not np.array_equal(once.sound, augment(batch, augmentations, seed, step).sound)


def test_a_share_of_zero_changes_nothing(augmentations, grid):
    batch = sample(augmentations, grid, margin=0)
    off = [member.model_copy(update={"share": 0.0}) for member in augmentations]
    changed = augment(batch, off, 0, 0)
    assert np.array_equal(changed.sound, batch.sound)
    if changed.truth.ndim == batch.truth.ndim:
        assert np.array_equal(changed.truth, batch.truth)


def test_windows_are_chosen_one_by_one(augmentations, grid):
    member = augmentations[0].model_copy(update={"share": 0.5})
    batch = sample([member], grid)
    n_changed = 0
    for step in range(20):
        changed = member(batch, np.random.default_rng(step))
        n_changed += int((changed.sound != batch.sound).any(axis=(1, 2)).sum())
    if member.plugin_name not in {"spectrogram-mask", "normalise"}:
        assert 20 * SIZE * 0.2 < n_changed < 20 * SIZE * 0.75


@pytest.mark.parametrize("margin", [None, 0, 7])
def test_a_click_stays_at_its_frame(augmentations, grid, margin):
    n_heard, reach = 0, tolerance(augmentations)
    for step in range(4):
        batch = sample(augmentations, grid, margin=margin, step=step)
        changed = augment(batch, augmentations, 1, step)
        n_frames = changed.n_frames
        for sound, truth, unknown in zip(changed.sound, changed.truth, is_unknown(changed.truth), strict=True):
            labelled = present(truth)
            places = heard(sound, grid)
            inside = places[(places > reach) & (places < n_frames - 1 - reach)]
            for place in inside:
                near = np.arange(np.ceil(place - reach), np.floor(place + reach) + 1).astype(int)
                assert np.isin(near, labelled).any() or unknown[near].any(), "a click without its label"
            n_heard += len(inside)
            if any(member.softens for member in augmentations):
                continue  # the fainter click of a mixture is not heard
            for frame in labelled[(labelled > reach) & (labelled < n_frames - 1 - reach)]:
                assert np.abs(places - frame).min() < reach, "a label without its click"
        if margin is None and not any(member.plugin_name == "mask" for member in augmentations):
            assert not is_unknown(changed.truth).any(), "with its margin nothing becomes unknown"
    assert n_heard > 10


def test_what_is_unknown_stays_so(augmentations, grid):
    for step in range(3):
        batch = sample(augmentations, grid, truth_around(3, UNKNOWN), step=step)
        changed = augment(batch, augmentations, 1, step)
        for sound, unknown in zip(changed.sound, is_unknown(changed.truth), strict=True):
            places = np.rint(heard(sound, grid)).astype(int)
            assert unknown[places[(places >= 1) & (places < N_FRAMES - 1)]].all()
        nothing = Batch(
            batch.sound, np.full((SIZE, 2, batch.n_frames), np.nan, np.float32), grid, batch.margin, n_outputs=2
        )
        assert np.isnan(augment(nothing, augmentations, 1, step).truth).all()


def test_features_are_masked_as_a_function_of_seed_and_step(augmentations):
    import torch

    edit = mask_features(augmentations, 0, 3)
    if edit is None:
        assert all(member.plugin_name != "spectrogram-mask" for member in augmentations)
        return
    features = torch.ones(4, 2, 40, 500)
    changed = edit(features)
    assert (features == 1).all()
    assert changed.shape == features.shape
    assert torch.equal(changed, mask_features(augmentations, 0, 3)(features))
    assert not torch.equal(changed, mask_features(augmentations, 0, 4)(features))
    assert set(changed.unique().tolist()) == {0.0, 1.0}
    assert torch.equal(changed[:, 0], changed[:, 1])
