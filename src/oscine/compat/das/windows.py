"""Probabilities as DAS computes them, with its faults, for ``--das-compat``.

Sound is laid out in windows of T samples, T - 2p apart, the first at sample 0, and only whole batches of windows are
computed. Of each window the p samples at either end are left out; in their place the whole begins, and mostly ends,
with p rows that are zero for all classes, even noise. In prediction the recording is first lengthened to a multiple of
(batch + 1) · T samples by repeating its last one, and afterwards as many rows at the end are overwritten with noise.
The rows that were computed are fewer than that, so that song at the end of a recording is lost, and all song of one
that needed no lengthening. `oscine.prediction` gives every sample its own score.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oscine.core.errors import InputError
from oscine.core.monitor import SILENT, Monitor
from oscine.networks.model import Model


@dataclass(frozen=True)
class Windows:
    """How DAS lays windows.

    Attributes
    ----------
    length
        Samples of a window, DAS's nb_hist.
    boundary
        Samples at either end of it without scores, data_padding.
    batch_size
        Windows of a batch.
    """

    length: int
    boundary: int
    batch_size: int

    @property
    def stride(self) -> int:
        """Samples from one window to the next."""
        return self.length - 2 * self.boundary

    def n_batches(self, n_samples: int) -> int:
        """Batches of windows that DAS makes of so much sound.

        Examples
        --------
        >>> Windows(1024, 48, 32).n_batches(33792), Windows(1024, 48, 32).n_batches(1000)
        (1, 0)
        """
        span = self.stride * self.batch_size
        return max(0, (n_samples - (span - self.stride) - self.length) // span + 1)

    @classmethod
    def of_model(cls, model: Model, batch_size: int | None = None) -> Windows:
        """The windows of a model.

        Raises
        ------
        InputError
            For a model that is none of DAS's, or does not give a score for each sample.
        """
        n_samples = model.tile + sum(model.context)
        if model.architecture.plugin_name != "das" or not model.network.is_windowed or model.hop != 1:
            raise InputError(
                "only a model of DAS with a score for each sample can be applied as DAS does",
                path=model.path,
                found=f"{model.architecture.plugin_name}, a score every {model.hop} samples",
                cure="Leave out --das-compat",
            )
        known = model.training.get("das", {})
        return cls(n_samples, model.context[0], batch_size or int(known.get("batch_size") or 32))


def score_windows(
    model: Model, sound: NDArray[np.floating], windows: Windows, monitor: Monitor = SILENT
) -> NDArray[np.float64]:
    """Probabilities (class, sample) of sound (channel, sample), with rows of zeros at the ends.

    The first is that of sample 0; there are p at the beginning for which nothing was computed, and p at the end where
    there is more than one batch. Whole batches only.
    """
    n_batches, size = windows.n_batches(sound.shape[1]), windows.batch_size
    span = windows.stride * size
    zeros = np.zeros((len(model.outputs), windows.boundary))
    pieces = [zeros] if n_batches else [zeros[:, :0]]
    with monitor.task("Predicting", total=n_batches * span / model.sample_rate, unit="s") as task:
        for batch in range(n_batches):
            starts = (batch * size + np.arange(size)) * windows.stride
            stretch = np.stack([sound[:, start : start + windows.length] for start in starts.tolist()])
            scores = model.scores(stretch.astype(np.float32))
            pieces.append(scores.transpose(1, 0, 2).reshape(len(zeros), -1).astype(np.float64))
            task.advance(span / model.sample_rate)
    if n_batches > 1:
        pieces.append(zeros)
    return np.concatenate(pieces, axis=1)


def predict_windows(
    model: Model, sound: NDArray[np.floating], windows: Windows, monitor: Monitor = SILENT
) -> NDArray[np.float64]:
    """Probabilities (class, sample) of a recording (channel, sample) as `das predict` has them: the end is lost."""
    n_samples = sound.shape[1]
    whole = (windows.batch_size + 1) * windows.length
    n_added = -n_samples % whole
    scores = score_windows(model, np.pad(sound, ((0, 0), (0, n_added)), mode="edge"), windows, monitor)
    lost = slice(-n_added, None)  # where nothing was added that is everything
    scores[1:, lost] = 0
    scores[0, lost] = 1
    return scores[:, :n_samples]
