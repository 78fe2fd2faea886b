"""Some frequencies taken away, as rooms, wind screens and other microphones do.

A window is extended by its mirror image at both ends and multiplied in the frequency domain, which is one cosine
transform: its k-th coefficient has frequency ``k × sample_rate / (2 n_samples)``. The filter has no delay (zero phase),
so that truth stays where it is. Its gain is that of a Butterworth filter of order n run forwards and backwards,

    1 / (1 + x^(2n)),  with x = f / f0            low-pass
                            x = f0 / f            high-pass
                            x = (f² − f0²) / f b  band-pass of width b = f0 / quality
                            x = f b / (f² − f0²)  band-stop; of order 1 it is the usual notch.

References: A. V. Oppenheim & R. W. Schafer, Discrete-Time Signal Processing; S. A. Martucci (1994), Symmetric
convolution and the discrete sine and cosine transforms, IEEE Trans. Signal Processing 42(5), 1038-1051.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from oscine.core.params import Field, Unit
from oscine.datasets.augmentation import Augmentation, Batch
from oscine.datasets.draw import Draw, Limits


class Filter(Augmentation):
    """Take frequencies away from windows, in all channels."""

    kind: Literal["band-stop", "band-pass", "low-pass", "high-pass"] = "band-stop"
    """What is taken away: a band, all but a band, what is above a frequency, or what is below."""

    frequency: Annotated[Draw, Limits(gt=0), Unit("Hz")] = Draw(100.0, 4000.0)
    """Middle of the band, or the frequency at which half of the power of each run is left."""

    quality: Annotated[Draw, Limits(gt=0)] = Draw(1.0, 30.0)
    """Frequency of a band divided by its width."""

    order: int = Field(1, ge=1, le=20)
    """How steep it is; a band-stop of order 1 is a notch."""

    def change(self, batch: Batch, random: np.random.Generator) -> Batch:
        """Each window filtered with frequencies of its own."""
        from scipy.fft import dct, idct

        n_windows, _, n_samples = batch.sound.shape
        frequencies = np.arange(n_samples) * (batch.grid.sample_rate / (2 * n_samples))
        middles = self.frequency(random, n_windows).clip(1e-6)
        qualities = self.quality(random, n_windows).clip(1e-6)
        gains = np.stack([self.gain(frequencies, *each) for each in zip(middles, qualities, strict=True)])
        sound = idct(dct(batch.sound, axis=-1) * gains[:, None].astype(np.float32), axis=-1)
        return batch.with_sound(sound.astype(np.float32, copy=False))

    def gain(self, frequencies: NDArray[np.float64], middle: float, quality: float) -> NDArray[np.float64]:
        """What each frequency (Hz) is multiplied with.

        Parameters
        ----------
        frequencies
            Hz, any shape.
        middle
            Cut-off, or middle of the band, Hz.
        quality
            Middle of the band divided by its width.

        Examples
        --------
        >>> Filter(kind="low-pass", order=2).gain(np.array([0.0, 100.0, 300.0]), 100.0, 1.0).round(3).tolist()
        [1.0, 0.5, 0.012]
        """
        ratio = frequencies / middle
        with np.errstate(divide="ignore"):
            if self.kind == "low-pass":
                x = ratio
            elif self.kind == "high-pass":
                x = 1 / ratio
            elif self.kind == "band-pass":
                x = np.abs(ratio - 1 / ratio) * quality
            else:
                x = 1 / (np.abs(ratio - 1 / ratio) * quality)
            gains: NDArray[np.float64] = 1 / (1 + np.minimum(x, 1e12) ** (2 * self.order))
        return gains
