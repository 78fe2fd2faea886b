from __future__ import annotations

import gc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oscine.core.errors import InputError
from oscine.datasets import sampler as module
from oscine.datasets.sampler import Example, FrameGrid, Sampler
from oscine.recordings.padding import mirrored
from oscine.recordings.recording import Recording

RATE = 100.0


def sound(n_channels, n_samples, seed=0):
    return np.random.default_rng(seed).normal(0, 0.1, (n_channels, n_samples)).astype(np.float32)


def truth(name, first, n_frames):
    """Something that depends on the recording and the frame."""
    return (np.arange(first, first + n_frames) * 7 + len(name)) % 5 - 1


def naive(recordings, example, instant, grid, n_frames):
    """One window, sample by sample."""
    recording = recordings[example.recording]
    data = recording.read()
    begin = round(instant * grid.frame_rate) - n_frames // 2
    positions = np.arange(begin * grid.hop - grid.context[0], (begin + n_frames - 1) * grid.hop + grid.context[1] + 1)
    return data[:, mirrored(positions, recording.n_samples)], truth(example.recording, begin, n_frames)


cases = st.fixed_dictionaries(
    {
        "hop": st.integers(1, 5),
        "context": st.tuples(st.integers(0, 40), st.integers(0, 40)),
        "n_frames": st.integers(1, 12),
        "n_channels": st.integers(1, 3),
        "lengths": st.lists(st.integers(1, 300), min_size=1, max_size=3),
        "spans": st.lists(
            st.tuples(st.integers(0, 2), st.floats(0, 1), st.sampled_from([0.0, 0.013, 0.5]), st.sampled_from("abc")),
            min_size=1,
            max_size=8,
        ),
        "balance": st.booleans(),
    }
)


@settings(max_examples=60, deadline=None)
@given(cases)
def test_windows_equal_those_made_one_by_one(case):
    recordings = {
        f"{'r' * (i + 1)}": Recording.from_sound(sound(case["n_channels"], n, i), RATE)
        for i, n in enumerate(case["lengths"])
    }
    examples = []
    for which, where, length, group in case["spans"]:
        name = "r" * (which % len(recordings) + 1)
        onset = where * recordings[name].duration
        examples.append(Example(name, onset, onset + length, group))
    grid = FrameGrid(case["hop"], case["context"], RATE)
    sampler = Sampler(examples, recordings, truth, grid, n_frames=case["n_frames"], seed=1, balance=case["balance"])
    assert len(sampler) == len(examples)
    in_order = sorted(examples, key=lambda example: example.group)
    windows = [(s, t) for batch in sampler.centred(3) for s, t in zip(*batch, strict=True)]
    assert len(windows) == len(examples)
    for example, (got, known) in zip(in_order, windows, strict=True):
        middle = example.onset + (example.offset - example.onset) / 2
        expected, expected_truth = naive(recordings, example, middle, grid, case["n_frames"])
        assert np.array_equal(got, expected)
        assert np.array_equal(known, expected_truth)
    got, known = sampler.batch(5, 4)
    assert got.shape == (4, case["n_channels"], grid.n_samples(case["n_frames"]))
    assert (got.dtype, known.dtype) == (np.float32, np.int64)
    for one, true in zip(got, known, strict=True):  # each is a window around an instant of some example
        starts = {
            frame
            for e in examples
            for frame in range(round(e.onset * grid.frame_rate), round(e.offset * grid.frame_rate) + 1)
        }
        assert any(
            np.array_equal(one, candidate) and np.array_equal(true, candidate_truth)
            for e in examples
            for frame in starts
            if round(e.onset * grid.frame_rate) <= frame <= round(e.offset * grid.frame_rate)
            for candidate, candidate_truth in [naive(recordings, e, frame / grid.frame_rate, grid, case["n_frames"])]
        )


@settings(max_examples=40, deadline=None)
@given(cases, st.integers(0, 9))
def test_a_margin_lies_around_the_same_windows(case, margin):
    recordings = {"r": Recording.from_sound(sound(case["n_channels"], case["lengths"][0], 1), RATE)}
    onsets = [where * recordings["r"].duration for _, where, _, _ in case["spans"]]
    examples = [
        Example("r", onset, onset + length, "x") for onset, (_, _, length, _) in zip(onsets, case["spans"], strict=True)
    ]
    grid = FrameGrid(case["hop"], case["context"], RATE)
    n_frames = case["n_frames"]
    plain = Sampler(examples, recordings, truth, grid, n_frames=n_frames, seed=1).batch(3, 5)
    sampler = Sampler(examples, recordings, truth, grid, n_frames=n_frames, seed=1, margin=margin)
    wide, wide_truth = sampler.batch(3, 5, margin=margin)
    assert wide.shape[-1] == grid.n_samples(n_frames + 2 * margin)
    inside = slice(margin * grid.hop, margin * grid.hop + grid.n_samples(n_frames))
    for got, known in (sampler.batch(3, 5), (wide[..., inside], wide_truth[:, margin : margin + n_frames])):
        assert np.array_equal(got, plain[0])
        assert np.array_equal(known, plain[1])
    instants = np.arange(recordings["r"].n_samples + 100) / grid.frame_rate
    for one in wide:  # the margin is of the recording itself
        assert any(
            np.array_equal(one, naive(recordings, examples[0], instant, grid, n_frames + 2 * margin)[0])
            for instant in [-1.0, *instants]
        )
    with pytest.raises(ValueError, match="was not decoded"):
        sampler.batch(3, 5, margin=margin + 1)


def ramp(n_samples=2000):
    """Sound whose value says where it is."""
    return Recording.from_sound((np.arange(n_samples) / n_samples)[None], RATE)


def drawn(sampler, n=4000):
    """Centres of drawn windows of one frame without context, in seconds."""
    got, _ = sampler.batch(0, n)
    return np.rint(got[:, 0, 0] * 2000) / RATE


def one_frame(examples, **options):
    grid = FrameGrid(1, (0, 0), RATE)
    return Sampler(examples, {"a": ramp()}, truth, grid, n_frames=1, **{"seed": 0, **options})


def test_jitter_is_uniform_inside_the_annotation():
    times = drawn(one_frame([Example("a", 3.0, 5.0, "x")]))
    assert (times.min(), times.max()) == (3.0, 5.0)
    assert np.abs(np.histogram(times, bins=4, range=(3, 5))[0] - 1000).max() < 120
    assert set(drawn(one_frame([Example("a", 7.0, 7.0, "x")]))) == {7.0}


def test_groups_are_balanced_or_examples_are():
    examples = [Example("a", 0.1 * i, 0.1 * i, "common") for i in range(90)] + [
        Example("a", 10 + 0.1 * i, 10 + 0.1 * i, "rare") for i in range(10)
    ]
    assert np.mean(drawn(one_frame(examples)) >= 10) == pytest.approx(0.5, abs=0.03)
    assert np.mean(drawn(one_frame(examples, balance=False)) >= 10) == pytest.approx(0.1, abs=0.02)
    rare = drawn(one_frame(examples))
    values, counts = np.unique(rare[rare >= 10], return_counts=True)
    assert len(values) == 10
    assert counts.min() > 130


def test_a_batch_is_a_function_of_seed_and_step():
    examples = [Example("a", i, i + 0.5, "xy"[i % 2]) for i in range(15)]
    first, second = one_frame(examples, seed=3), one_frame(examples, seed=3)
    backward = [second.batch(step, 16) for step in reversed(range(5))][::-1]
    for step, batch in enumerate(backward):
        for mine, theirs in zip(first.batch(step, 16), batch, strict=True):
            assert np.array_equal(mine, theirs)
    assert not np.array_equal(first.batch(0, 16)[0], first.batch(1, 16)[0])
    other = first.with_seed(4)
    assert np.array_equal(other.batch(0, 16)[0], one_frame(examples, seed=4).batch(0, 16)[0])
    assert not np.array_equal(other.batch(0, 16)[0], first.batch(0, 16)[0])


def test_ends_are_mirrored():
    grid = FrameGrid(2, (4, 4), RATE)
    sampler = Sampler(
        [Example("a", 0.0, 0.0, "x"), Example("a", 20.0, 20.0, "y")], {"a": ramp()}, truth, grid, n_frames=1, seed=0
    )
    ((got, _),) = sampler.centred(2)
    values = np.rint(got[:, 0] * 2000).astype(int)
    assert values[0].tolist() == [4, 3, 2, 1, 0, 1, 2, 3, 4]
    assert values[1].tolist() == [
        1996,
        1997,
        1998,
        1999,
        1998,
        1997,
        1996,
        1995,
        1994,
    ]  # of sample 2000, which is not there


def test_a_temporary_file_gives_the_same(monkeypatch):
    recordings = {"a": Recording.from_sound(sound(2, 3000), RATE)}
    examples = [Example("a", i, i + 0.3, "x") for i in range(0, 29, 3)]
    grid = FrameGrid(4, (30, 20), RATE)

    def batch():
        return Sampler(examples, recordings, truth, grid, n_frames=3, seed=0).batch(0, 32)

    in_memory = batch()
    monkeypatch.setattr(module, "_IN_MEMORY", 100)
    mapped = Sampler(examples, recordings, truth, grid, n_frames=3, seed=0)
    assert isinstance(mapped._sound, np.memmap)
    for mine, theirs in zip(in_memory, mapped.batch(0, 32), strict=True):
        assert np.array_equal(mine, theirs)
    del mapped
    gc.collect()  # a file that is not closed would be a warning


def test_no_room_for_the_temporary_file_is_told(monkeypatch):
    monkeypatch.setattr(module, "_IN_MEMORY", 0)
    with pytest.raises(InputError, match=r"the disk is full|any larger"):
        module._array((1, 2**58))


def test_sounds_that_overlap_are_decoded_once():
    examples = [Example("a", 5 + i / 100, 6 + i / 100, "x") for i in range(50)]
    sampler = one_frame(examples)
    assert sampler._sound.shape == (1, 150)
