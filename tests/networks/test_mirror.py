"""The plan of a decoder that mirrors an encoder, against counting who reaches what."""

from __future__ import annotations

import pytest

from oscine.networks.frontend import Geometry
from oscine.networks.mirror import Mirror, Stage, mirrored
from oscine.networks.stack import plan_stack

# kernels smaller than their stride, between whose entries there is nothing, are tested with the network
MIRRORS = [
    Mirror(tuple(Stage(*stage) for stage in stages))
    for stages in (
        [(1, 1)],
        [(1, 1), (3, 1), (3, 1)],
        [(1, 1), (4, 2)],
        [(1, 1), (5, 2), (3, 1), (3, 2)],
        [(16, 4), (5, 2), (2, 2)],
        [(1, 1), (3, 2), (7, 7)],
    )
]


def _complete(mirror: Mirror, n_samples: int) -> list[int]:
    """Samples that are complete, by following every entry through the layers."""
    lengths = [n_samples]
    for stage in mirror.stages:
        lengths.append(max(0, (lengths[-1] - stage.kernel) // stage.stride + 1))
    complete = set(range(lengths[-1]))
    for stage, length in zip(reversed(mirror.stages), reversed(lengths[:-1]), strict=True):
        # complete is what only complete entries see, among all those that a longer sound would have
        complete = {
            entry
            for entry in range(length)
            if all(
                code in complete
                for code in range(-length, length)
                if code * stage.stride <= entry < code * stage.stride + stage.kernel
            )
        }
    return sorted(complete)


@pytest.mark.parametrize("mirror", MIRRORS, ids=str)
def test_what_is_complete(mirror):
    left, right = mirror.context
    for n_frames in range(1, 2 * mirror.step + 2):
        n_samples = left + 1 + right + n_frames - 1
        complete = _complete(mirror, n_samples)
        assert complete[0] == mirror.offset == left
        assert complete == list(range(left, left + len(complete))), "without gaps"
        assert len(complete) >= n_frames


@pytest.mark.parametrize("mirror", MIRRORS, ids=str)
def test_no_context_is_wasted(mirror):
    """For one of the numbers of frames, one sample less would be too little."""
    left, right = mirror.context
    counts = range(1, mirror.step + 1)
    assert any(mirror.n_samples(n) == left + 1 + right + n - 1 for n in counts)
    for n in counts:
        assert len(_complete(mirror, mirror.n_samples(n))) >= n > len(_complete(mirror, mirror.n_samples(n) - 1))


def test_stages_of_a_stack():
    stack = plan_stack(
        (125, 7), 1, n_layers=2, kernel_2d=(5, 5), kernel_1d=3, features=(8, 8), strided=((1,), ()), pool=(4, 1)
    )
    geometry = Geometry(window=16, stride=4, n_maps=1, n_bins=7)
    stages = [(stage.kernel, stage.stride) for stage in mirrored(geometry, stack, dense=(3,)).stages]
    # 125 steps leave 61, then 59; pooled by 4 they leave 14 for the dense layer
    assert stages == [(16, 4), (5, 2), (3, 1), (4, 4), (14, 14)]
    assert mirrored(geometry, stack).step == 4 * 2 * 4
    assert mirrored(geometry, stack, dense=(3,)).step == 4 * 2 * 4 * 14
