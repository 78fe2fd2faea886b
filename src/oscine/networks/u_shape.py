"""The plan of a U-net: lengths, crops and the step, computed before any layer is made.

A U-net [1]_ halves the time resolution several times, convolving in between, doubles it again, and puts beside what it
has doubled what it had at that resolution on the way down:

    level 0   conv conv ─────────────────────────▶ beside, conv conv ──▶ output
    level 1      ╰ ½ ▶ conv conv ──▶ beside, conv conv ×2 ╯
    level 2            ╰ ½ ▶ conv conv ×2 ╯

Entry `j` of level `i` stands for ``2**i`` steps of the input. Convolutions without padding take entries away at either
end. All is laid out by position, not by length, as SongExplorer does it, so that what lies beside what does not depend
on how long the input is: what is kept on the way down is cut to the positions of what comes up. Inputs that begin
`step` outputs later then give the same outputs, and others do not, because they are halved at other places.

Worked example, one level, one convolution of size 3 per block, 12 steps::

    level 0   0 1 2 3 4 5 6 7 8 9 10 11   convolved  1 … 10, ten entries at positions 1 to 10, kept
    level 1   halved: five entries at positions 1, 3, 5, 7, 9; convolved: three, at 3, 5, 7
    level 0   doubled: six, at 3 … 8, beside those kept (crop 2); convolved: four, at 4 … 7

References
----------
.. [1] O. Ronneberger, P. Fischer & T. Brox (2015), U-Net: convolutional networks for biomedical image segmentation,
   MICCAI, 234-241.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class UShape:
    """The sizes of a U-net.

    Attributes
    ----------
    n_down, n_up
        How often resolution is halved, and doubled again; at most as often.
    n_conv
        Convolutions at each level, on the way down, at the bottom and on the way up.
    kernel
        Their size.
    pads
        Whether they are padded with zeros, so that only halving and doubling change lengths.
    """

    n_down: int
    n_up: int
    n_conv: int
    kernel: int
    pads: bool = False

    @property
    def step(self) -> int:
        """Outputs at whose multiples an input may begin to give the same outputs."""
        return 1 << self.n_up

    @property
    def spacing(self) -> int:
        """Steps from one output to the next.

        Examples
        --------
        >>> UShape(n_down=4, n_up=2, n_conv=2, kernel=3).spacing
        4
        """
        return 1 << (self.n_down - self.n_up)

    @property
    def offset(self) -> int:
        """Position of the first output: the step of the input that it is centred on.

        Examples
        --------
        >>> UShape(n_down=1, n_up=1, n_conv=1, kernel=3).offset
        4
        """
        return self._shift * (
            sum(1 << level for level in range(self.n_down + 1)) + self._way_up(self.n_down - self.n_up)
        )

    def crop(self, level: int) -> int:
        """Entries of what is kept at `level` that lie before what comes up to it.

        Examples
        --------
        >>> UShape(n_down=1, n_up=1, n_conv=1, kernel=3).crop(0)
        2
        """
        below = sum(1 << deeper for deeper in range(level + 1, self.n_down + 1)) + self._way_up(level + 1)
        return self._shift * below // (1 << level)

    def n_outputs(self, n_steps: int) -> int:
        """Outputs of an input of `n_steps` steps; one that is padded is first made whole with zeros.

        Examples
        --------
        >>> UShape(n_down=1, n_up=1, n_conv=1, kernel=3).n_outputs(12)
        4
        """
        length = -(-n_steps // (1 << self.n_down)) * (1 << self.n_down) if self.pads else n_steps
        for _ in range(self.n_down):
            length = max(0, length - self._loss) // 2
        length -= self._loss
        for _ in range(self.n_up):
            length = 2 * max(0, length) - self._loss
        return max(0, length)

    def n_steps(self, n_outputs: int) -> int:
        """Steps of the shortest input that has at least `n_outputs` outputs.

        Examples
        --------
        >>> UShape(n_down=1, n_up=1, n_conv=1, kernel=3).n_steps(3)
        12
        """
        length = n_outputs
        for _ in range(self.n_up):
            length = -(-(length + self._loss) // 2)
        length += self._loss
        for _ in range(self.n_down):
            length = 2 * length + self._loss
        return length - ((1 << self.n_down) - 1 if self.pads else 0)

    @property
    def _loss(self) -> int:
        """Entries that the convolutions of one level take away."""
        return 0 if self.pads else self.n_conv * (self.kernel - 1)

    @property
    def _shift(self) -> int:
        """Those of them that lie before the first one left."""
        return 0 if self.pads else self.n_conv * ((self.kernel - 1) // 2)

    def _way_up(self, last: int) -> int:
        """Steps of one entry of each level, on the way up from below the bottom to level `last`."""
        return sum(1 << level for level in range(last, self.n_down))
