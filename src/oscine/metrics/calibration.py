"""Whether a probability means what it says: of all frames called "90 % sure", nine in ten should be right.

A model can be accurate and yet boast: trained networks mostly give probabilities too near 0 and 1 [1]_. Who sets
thresholds, sums up expected counts or sorts by doubt relies on them, so they are checked, and mended by one number.

Frames are put into bins by the probability that the model gives, and each bin is asked two things:

    bin         frames   mean probability   share that is right
    0.5–0.6        120               0.55                  0.41
    0.9–1.0       9000               0.98                  0.93       boasts by 5 %

- *expected calibration error* (ECE)  mean of |share − probability| over bins, each weighing as many frames as it holds
- *maximum calibration error* (MCE)   the largest of them, among bins that hold anything
- *Brier score* [2]_                  mean squared distance of the probabilities from the truth (0 or 1): it is small
                                      only where probabilities are honest *and* sure. With exclusive labels it is summed
                                      over labels, 0 to 2, as Brier did; with labels that overlap it is 0 to 1
- *log loss*                          mean of −log of the probability given to what is true, in nats

With exclusive labels the question is asked of the most probable label of each frame (`reliability`); with labels that
may overlap, of each label by itself (`reliability_of`).

*Temperature* [1]_: dividing the logits by one number T before the softmax makes probabilities duller (T > 1) or
sharper (T < 1), and never changes which label is the most probable. `fit_temperature` chooses the T of the least log
loss on frames that were not trained on; there is one minimum, since the loss is convex in 1/T. Log-probabilities will
do for logits, from which they differ by a number per frame that the softmax does not notice.

Everything is a sum over known frames, so recordings pool with `+`.

References
----------
.. [1] Guo, Pleiss, Sun, Weinberger (2017), On calibration of modern neural networks, ICML, 1321–1330.
.. [2] Brier (1950), Verification of forecasts expressed in terms of probability, Monthly Weather Review 78, 1–3.
.. [3] Niculescu-Mizil & Caruana (2005), Predicting good probabilities with supervised learning, ICML, 625–632, whose
       reliability diagrams these bins draw.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import expit, logit, logsumexp

from oscine.metrics.counts import plain, ratio

Array = NDArray[np.float64]

N_BINS = 15
"""Number of bins, as in [1]_."""

_SURE = 1e-7
"""Probability below which a logit grows out of all proportion: float32 knows 1 − 6e-8, and then 1."""

_HOTTEST = 100.0
"""Limit of temperatures, and of their inverse, where every frame is right, or none."""


@dataclass(frozen=True, eq=False)
class Calibration:
    """How often probabilities come true, in bins of equal width from 0 to 1.

    Attributes
    ----------
    n_frames, n_right
        Frames (with labels that overlap: decisions about a label in a frame) in each bin, and how many of them came
        true, (bin,), int64.
    probability
        Sum of their probabilities, (bin,).
    squared_error
        Sum of the Brier scores of all frames.
    log_loss_sum
        Sum of −log of the probability of what is true, in nats.
    """

    n_frames: NDArray[np.int64]
    n_right: NDArray[np.int64]
    probability: Array
    squared_error: float
    log_loss_sum: float

    def __add__(self, other: Calibration) -> Calibration:
        if len(self.n_frames) != len(other.n_frames):
            raise ValueError(f"cannot pool {len(self.n_frames)} and {len(other.n_frames)} bins")
        return Calibration(
            self.n_frames + other.n_frames,
            self.n_right + other.n_right,
            self.probability + other.probability,
            self.squared_error + other.squared_error,
            self.log_loss_sum + other.log_loss_sum,
        )

    @property
    def edges(self) -> Array:
        """Limits of the bins, (bin + 1,)."""
        return np.linspace(0, 1, len(self.n_frames) + 1)

    @property
    def share_right(self) -> Array:
        """Share of each bin that came true, (bin,); `nan` where it is empty."""
        return _divided(self.n_right, self.n_frames)

    @property
    def mean_probability(self) -> Array:
        """Mean probability of each bin, (bin,); `nan` where it is empty."""
        return _divided(self.probability, self.n_frames)

    @property
    def expected_error(self) -> float:
        """ECE: mean over frames of |share − probability| of their bin; `nan` without frames."""
        return ratio(float(np.abs(self.n_right - self.probability).sum()), float(self.n_frames.sum()))

    @property
    def largest_error(self) -> float:
        """MCE: the largest |share − probability| of a bin; `nan` without frames."""
        filled = self.n_frames > 0
        if not filled.any():
            return math.nan
        return float(np.abs(self.share_right[filled] - self.mean_probability[filled]).max())

    @property
    def bias(self) -> float:
        """Mean probability less the share that is right: above 0 where the model boasts; `nan` without frames."""
        return ratio(float((self.probability - self.n_right).sum()), float(self.n_frames.sum()))

    @property
    def brier(self) -> float:
        """Brier score; `nan` without frames."""
        return ratio(self.squared_error, float(self.n_frames.sum()))

    @property
    def log_loss(self) -> float:
        """Mean −log of the probability of what is true, in nats; `nan` without frames."""
        return ratio(self.log_loss_sum, float(self.n_frames.sum()))

    def to_dict(self) -> dict[str, Any]:
        """Bins and errors as plain values, ready for JSON."""
        return {
            "expected_error": plain(self.expected_error),
            "largest_error": plain(self.largest_error),
            "bias": plain(self.bias),
            "brier": plain(self.brier),
            "log_loss": plain(self.log_loss),
            "edges": self.edges.tolist(),
            "n_frames": self.n_frames.tolist(),
            "n_right": self.n_right.tolist(),
            "mean_probability": [plain(value) for value in self.mean_probability],
            "share_right": [plain(value) for value in self.share_right],
        }


def reliability(probabilities: ArrayLike, truth: ArrayLike, n_bins: int = N_BINS) -> Calibration:
    """How often the most probable label of a frame is right, where labels are exclusive.

    Parameters
    ----------
    probabilities
        (label, frame), adding up to 1 in each frame.
    truth
        Index of each frame's true label, (frame,), integers; −1 where it is unknown.
    n_bins
        Number of bins.

    Returns
    -------
    Calibration
        Of the known frames. Of equally probable labels the first is taken.

    Raises
    ------
    ValueError
        Where shapes do not fit, an index is no label, or a known frame has something other than probabilities.

    Examples
    --------
    Four frames, all "80 % sure", three of them right:

    >>> result = reliability([[0.8, 0.8, 0.8, 0.2, 0.5], [0.2, 0.2, 0.2, 0.8, 0.5]], [0, 0, 1, 1, -1])
    >>> round(result.expected_error, 3), round(result.bias, 3)
    (0.05, 0.05)
    """
    values, true = _exclusive(probabilities, truth)
    frames = np.arange(len(true))
    best = values.argmax(axis=0) if len(values) else np.zeros(len(true), np.intp)
    given = values[true, frames]
    squared = (values**2).sum(axis=0) - 2 * given + 1
    return _binned(values[best, frames], best == true, n_bins, squared, given)


def reliability_of(
    probabilities: ArrayLike, truth: ArrayLike, known: ArrayLike | None = None, n_bins: int = N_BINS
) -> Calibration:
    """How often a label is there that is given some probability: one label, or several that may overlap.

    Parameters
    ----------
    probabilities
        (frame,), or (label, frame).
    truth
        Whether the label is there, of the same shape, boolean.
    known
        Whether somebody has looked, of the same shape or (frame,), boolean; by default everywhere.
    n_bins
        Number of bins.

    Raises
    ------
    ValueError
        Where shapes do not fit, or something known has no probability.

    Examples
    --------
    >>> result = reliability_of([0.1, 0.1, 0.9, 0.9], [False, False, True, False], n_bins=2)
    >>> result.share_right, result.mean_probability
    (array([0. , 0.5]), array([0.1, 0.9]))
    """
    values, true, mask = _overlapping(probabilities, truth, known)
    values, true = values[mask], true[mask]
    return _binned(values, true, n_bins, (values - true) ** 2, np.where(true, values, 1 - values))


def fit_temperature(log_probabilities: ArrayLike, truth: ArrayLike, known: ArrayLike | None = None) -> float:
    """The number by which logits are to be divided, so that probabilities mean what they say.

    Parameters
    ----------
    log_probabilities
        Logits or log-probabilities, (label, frame). Where labels may overlap, log-probabilities.
    truth
        Index of each frame's true label, (frame,), integers, −1 where unknown; where labels may overlap, whether each
        is there, (label, frame), boolean.
    known
        Where labels may overlap, whether somebody has looked, (label, frame) or (frame,), boolean; by default
        everywhere.

    Returns
    -------
    float
        Temperature, between 0.01 and 100: above 1 where the model boasts. 1 where no frame is known.

    Raises
    ------
    ValueError
        Where shapes do not fit, an index is no label, or a known frame has no number.

    Examples
    --------
    Sure of everything at odds of 99 to 1, right in three of four frames, odds of 3 to 1:

    >>> log_probabilities = np.log([[0.99, 0.99, 0.99, 0.99], [0.01, 0.01, 0.01, 0.01]])
    >>> fit_temperature(log_probabilities, [0, 0, 0, 1]), math.log(99) / math.log(3)
    (4.18, 4.18)
    """
    if np.asarray(truth).ndim == 2:
        values, true, mask = _overlapping(np.exp(np.asarray(log_probabilities, np.float64)), truth, known)
        odds = logit(np.clip(values[mask], _SURE, 1 - _SURE)) * np.where(true[mask], 1.0, -1.0)
        distances, index = np.stack([odds, np.zeros(len(odds))]), np.zeros(len(odds), np.intp)
    else:
        distances, index = _exclusive(np.asarray(log_probabilities, np.float64), truth, probabilities=False)
    if not len(index):
        return 1.0
    distances = distances - distances.max(axis=0)
    distances = np.maximum(distances, math.log(_SURE))  # -inf is no number
    given = float(distances[index, np.arange(len(index))].mean())

    def slope(inverse: float) -> float:
        """Of the mean log loss by 1/T: mean logit expected less that of the true label; it rises."""
        odds = np.exp(distances * inverse)
        return float((np.einsum("lf,lf->f", odds, distances) / odds.sum(axis=0)).mean()) - given

    lowest, highest = 1 / _HOTTEST, _HOTTEST
    if slope(lowest) >= 0:
        return _HOTTEST
    if slope(highest) <= 0:
        return 1 / _HOTTEST
    return 1 / float(brentq(slope, lowest, highest, rtol=1e-6))


def with_temperature(probabilities: ArrayLike, temperature: float, *, exclusive: bool = True) -> Array:
    """Probabilities as they are at another temperature.

    Parameters
    ----------
    probabilities
        (label, frame).
    temperature
        Number by which the logits are divided, above 0.
    exclusive
        Whether labels exclude each other, so that those of a frame add up to 1.

    Examples
    --------
    >>> with_temperature([[0.9], [0.1]], 2.0)
    array([[0.75], [0.25]])
    """
    if not temperature > 0:
        raise ValueError(f"a temperature must be above 0, found {temperature!r}")
    values = np.asarray(probabilities, dtype=np.float64)
    if not exclusive:
        return np.asarray(expit(logit(values) / temperature), dtype=np.float64)
    with np.errstate(divide="ignore"):
        scaled = np.log(values) / temperature
    return np.asarray(np.exp(scaled - logsumexp(scaled, axis=0, keepdims=True)), dtype=np.float64)


def _binned(values: Array, right: NDArray[np.bool_], n_bins: int, squared_error: Array, given: Array) -> Calibration:
    if n_bins < 1:
        raise ValueError(f"at least one bin is needed, found {n_bins}")
    place = np.minimum((values * n_bins).astype(np.intp), n_bins - 1)  # 1 belongs to the last
    return Calibration(
        np.bincount(place, minlength=n_bins).astype(np.int64),
        np.bincount(place[right], minlength=n_bins).astype(np.int64),
        np.bincount(place, weights=values, minlength=n_bins).astype(np.float64),
        float(squared_error.sum()),
        float(-np.log(np.maximum(given, _SURE)).sum()),
    )


def _exclusive(values: ArrayLike, truth: ArrayLike, *, probabilities: bool = True) -> tuple[Array, NDArray[np.intp]]:
    """Values (label, frame) and labels (frame,) of the known frames, checked."""
    array, true = np.asarray(values, dtype=np.float64), np.asarray(truth)
    if array.ndim != 2 or true.shape != array.shape[1:]:
        raise ValueError(f"values must be (label, frame) and truth (frame,), found {array.shape} and {true.shape}")
    if true.size and not np.issubdtype(true.dtype, np.integer):
        raise ValueError(f"frame labels must be integers, found {true.dtype}")
    known = true >= 0
    array, true = array[:, known], true[known].astype(np.intp)
    if true.size and true.max() >= len(array):
        raise ValueError(f"true frame labels must be within -1 and {len(array) - 1}")
    _check(array, probabilities)
    return array, true


def _overlapping(
    values: ArrayLike, truth: ArrayLike, known: ArrayLike | None
) -> tuple[Array, NDArray[np.bool_], NDArray[np.bool_]]:
    array, true = np.asarray(values, dtype=np.float64), np.asarray(truth, dtype=np.bool_)
    if array.shape != true.shape:
        raise ValueError(f"one truth for each probability is needed, found shapes {true.shape} and {array.shape}")
    mask = np.broadcast_to(np.asarray(True if known is None else known, dtype=np.bool_), array.shape)
    _check(array[mask], probabilities=True)
    return array, true, mask


def _check(values: Array, probabilities: bool) -> None:
    if np.isnan(values).any():
        raise ValueError("a known frame has no score (nan)")
    if probabilities and values.size and not (values.min() >= -_SURE and values.max() <= 1 + 1e-5):
        raise ValueError(f"probabilities must be within 0 and 1, found {values.min():g} to {values.max():g}")


def _divided(top: ArrayLike, bottom: NDArray[np.int64]) -> Array:
    quotient: Array = np.divide(top, bottom, out=np.full(len(bottom), np.nan), where=bottom > 0)
    return quotient
