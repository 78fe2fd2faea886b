"""The plan of a decoder that mirrors an encoder: every size, computed before any layer is made.

An encoder takes a kernel of time steps to one, and moves on by its stride; its mirror lays one step out over a kernel
of them, in the same places, and adds up what overlaps. Over a long sound each place is reached by all steps that saw
it. At the ends of a block some of them are missing, so what only those would complete is cut off:

    encoder, kernel 4, stride 2   steps 0 1 2 3 │ 2 3 4 5 │ 4 5 6 7      ->  entries a b c
    mirror                        a a a+b a+b b+c b+c c c                ->  complete are steps 2 to 5

Cut are ``kernel - stride`` steps on either side of each layer, which the context of a network has to make good.

The layers of the encoder are, in order: the front end (one step is `window` samples, every `stride`), convolutions,
pooling, and a dense layer over what is left of the context window. The dense layer does not slide: it takes one window
after the other, so that its few numbers are all that is known of a window, a bottleneck. (SongExplorer's slides in
training, where its `parallelize` is above 1, and in prediction does not.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from oscine.networks.frontend import Geometry
from oscine.networks.stack import Stack


@dataclass(frozen=True)
class Stage:
    """What one layer of an encoder does to time.

    Attributes
    ----------
    kernel
        Entries that one entry behind it sees, dilation included.
    stride
        Entries from one to the next.
    """

    kernel: int
    stride: int

    @property
    def cut(self) -> int:
        """Entries that its mirror leaves incomplete, on either side.

        Examples
        --------
        >>> Stage(kernel=4, stride=2).cut
        2
        """
        return max(0, self.kernel - self.stride)

    def n_seen(self, n: int) -> int:
        """Entries before the layer of which it makes `n`."""
        return (n - 1) * self.stride + self.kernel

    def n_made(self, n: int) -> int:
        """Complete entries that its mirror makes of `n`.

        Examples
        --------
        >>> Stage(kernel=4, stride=2).n_made(3)
        4
        """
        return self.n_seen(n) - 2 * self.cut

    def n_needed(self, n_made: int) -> int:
        """Fewest entries of which its mirror makes at least `n_made` complete ones.

        Examples
        --------
        >>> Stage(kernel=4, stride=2).n_needed(4)
        3
        """
        return max(1, -(-(n_made + 2 * self.cut - self.kernel) // self.stride) + 1)


@dataclass(frozen=True)
class Mirror:
    """An encoder and its mirror image.

    Attributes
    ----------
    stages
        What the layers of the encoder do to time, the front end first.
    """

    stages: tuple[Stage, ...]

    @property
    def step(self) -> int:
        """Samples at whose multiples a block may begin to be encoded and decoded alike."""
        product = 1
        for stage in self.stages:
            product *= stage.stride
        return product

    @property
    def offset(self) -> int:
        """Samples before the first one that is complete.

        Examples
        --------
        >>> Mirror((Stage(1, 1), Stage(4, 2))).offset
        2
        """
        total, spacing = 0, 1
        for stage in self.stages:
            total += stage.cut * spacing
            spacing *= stage.stride
        return total

    def n_samples(self, n_frames: int) -> int:
        """Samples of which at least `n_frames` are complete.

        Examples
        --------
        >>> Mirror((Stage(1, 1), Stage(4, 2))).n_samples(4)
        8
        """
        n = n_frames
        for stage in self.stages:
            n = stage.n_needed(n)
        for stage in reversed(self.stages):
            n = stage.n_seen(n)
        return n

    @property
    def context(self) -> tuple[int, int]:
        """Samples needed before and after a frame, so that any number of frames is complete.

        Examples
        --------
        >>> Mirror((Stage(1, 1), Stage(4, 2))).context
        (2, 3)
        """
        total = max(self.n_samples(n) - n for n in range(1, self.step + 1)) + 1
        return self.offset, total - 1 - self.offset


def mirrored(geometry: Geometry, stack: Stack, *, dense: Sequence[int] = ()) -> Mirror:
    """The plan for a front end, a stack of convolutions with its pooling, and dense layers of so many units."""
    convolutions = [Stage((c.kernel[0] - 1) * c.dilation[0] + 1, c.stride[0]) for c in stack.convolutions]
    window = stack.extent[0] if dense else 1
    return Mirror(
        (
            Stage(geometry.window, geometry.stride),
            *convolutions,
            Stage(stack.pool[0], stack.pool[0]),
            Stage(window, window),
        )
    )
