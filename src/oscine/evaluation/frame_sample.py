"""Some frames of many, evenly spaced, for what has to be fitted to all of them at once.

A temperature is fitted to the frames of all recordings together, which may be more than memory holds. Every n-th frame
is kept, and whenever there are too many, every other of these is given up: what is left is evenly spread over all that
was added, and the same every time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


class FrameSample:
    """At most so many columns of arrays that are added piece by piece.

    Parameters
    ----------
    most
        Columns to keep at the most; never fewer than half of that, where there are as many.

    Examples
    --------
    >>> sample = FrameSample(most=4)
    >>> for piece in (np.arange(3), np.arange(3, 7)):
    ...     sample.add(piece[np.newaxis])
    >>> sample.columns(0).tolist()
    [[0, 2, 4, 6]]
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._stride = 1
        self._n_seen = 0
        self._n_kept = 0
        self._pieces: list[tuple[NDArray[Any], ...]] = []

    def add(self, *arrays: NDArray[Any]) -> None:
        """Add arrays (…, frame) of as many frames each."""
        n = arrays[0].shape[-1]
        first = -self._n_seen % self._stride
        self._n_seen += n
        self._keep(tuple(array[..., first :: self._stride].copy() for array in arrays))
        while self._n_kept > self.most:
            self._stride *= 2
            pieces, self._pieces, place, self._n_kept = self._pieces, [], 0, 0
            for piece in pieces:  # of those that are kept, the ones with even numbers stay
                self._keep(tuple(array[..., place % 2 :: 2] for array in piece))
                place += piece[0].shape[-1]

    def _keep(self, piece: tuple[NDArray[Any], ...]) -> None:
        self._pieces.append(piece)
        self._n_kept += piece[0].shape[-1]

    def columns(self, place: int) -> NDArray[Any]:
        """What is kept of the arrays in this place, (…, frame).

        Raises
        ------
        ValueError
            Where nothing was added.
        """
        if not self._pieces:
            raise ValueError("nothing was added")
        return np.concatenate([piece[place] for piece in self._pieces], axis=-1)
