"""The sound itself: a network learns to give back what it was given, one output per channel.

Nothing that anybody annotated is learnt from. The truth is the input at the centres of the frames, as augmentation
has left it; for frames that are one sample apart it is the input without its context::

    sample       0    1    2    3    4    5    6        context (2, 1), hop 1: seven samples give four frames
    sound      0.1  0.2  0.3  0.4  0.5  0.6  0.7
    truth                0.3  0.4  0.5  0.6

A network that has to squeeze the sound through few numbers, an `autoencoder`, thereby learns what the sounds consist
of, and its hidden layers can be clustered without any label [1]_.

References
----------
.. [1] G.E. Hinton & R.R. Salakhutdinov (2006), Reducing the dimensionality of data with neural networks,
   Science 313: 504-507.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from oscine.networks.target import Target

if TYPE_CHECKING:
    from torch import Tensor


class Reconstruction(Target):
    """The sound itself, sample by sample: for learning from recordings that nobody has annotated."""

    loss: ClassVar[str] = "mean-squared-error"
    encodes: ClassVar[str] = "values"

    def outputs(self, labels: Sequence[str], n_channels: int = 1) -> tuple[str, ...]:
        """Names of the channels, whatever the labels are.

        Examples
        --------
        >>> Reconstruction().outputs(["pulse", "sine", "background"], n_channels=2)
        ('channel-0', 'channel-1')
        """
        return tuple(f"channel-{channel}" for channel in range(n_channels))

    def rivals(self, labels: Sequence[str]) -> tuple[str, ...]:
        """None: samples are no labels."""
        return ()

    def encode(
        self,
        onsets: NDArray[np.float64],
        offsets: NDArray[np.float64],
        indices: NDArray[np.int64],
        coverage: NDArray[np.float64],
        n_frames: int,
        frame_rate: float,
        *,
        labels: Sequence[str],
        start: float = 0.0,
    ) -> NDArray[np.float32]:
        """Nothing: (1, frame), not a number everywhere, because annotations do not say what the sound is."""
        return np.full((1, n_frames), np.nan, dtype=np.float32)

    def decode(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """The sound (…, channel, frame): the outputs as they are."""
        return np.asarray(logits, dtype=np.float32)

    def is_present(self, scores: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Nothing is present anywhere, for outputs are no labels.

        Examples
        --------
        >>> Reconstruction().is_present(np.array([[0.2, 0.6]], np.float32)).tolist()
        [[False, False]]
        """
        return np.zeros(np.shape(scores), dtype=bool)

    def of_sound(self, sound: Tensor, hop: int, context: tuple[int, int]) -> Tensor:
        """The input at the centres of its frames.

        Parameters
        ----------
        sound
            (batch, channel, sample).
        hop, context
            Of the network: samples from frame to frame, and before and after a frame's centre.

        Returns
        -------
        Tensor
            (batch, channel, frame).

        Examples
        --------
        >>> sound = np.arange(1.0, 8.0).reshape(1, 1, 7) / 10
        >>> Reconstruction().of_sound(sound, hop=1, context=(2, 1)).tolist()
        [[[0.3, 0.4, 0.5, 0.6]]]
        """
        left, right = context
        return sound[..., left : max(left, sound.shape[-1] - right) : hop]
