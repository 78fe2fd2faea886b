"""How an error falls with the amount of annotation: a power law, fitted to what trainings of several sizes gave.

    err(n) = a + b · n^(−α),        a, b, α ≥ 0

`a` is what no amount of annotation of this kind would take away (annotators who disagree, a network that is too small);
`b` and `α` say how much is gained on the way there. Cortes et al. [1]_ found such curves for classifiers, Hestness et
al. [2]_ over many orders of magnitude for deep networks. vak's library fits a straight line in logarithms, which is the
same with `a = 0`.

- *Fit*: least squares of the errors, each divided by the curve there, so that a tenth too much counts the same at 20 %
  as at 1 %; the curve to divide by is that of the fit before, the first of which has none. For a given α the law is
  linear in `a` and `b`, which have a non-negative solution in closed form; so α alone is searched for [3]_, over all of
  its range, and there are no starting values and no local minima.
- *Fewer than four sizes* cannot tell `a` from a small α: `a` is then 0, which makes an extrapolation optimistic; it is
  said. One size, or as few points as unknowns, have no band, or no fit.
- *Band*: the fit is repeated on errors drawn anew: the curve, times residuals (relative, drawn with replacement from
  all of them, widened by √(N / (N − p)) for the p fitted numbers) [4]_. The band says how well the curve is known from
  these trainings. It knows nothing of how far the recordings that were judged stand for others.

References
----------
.. [1] Cortes, Jackel, Solla, Vapnik & Denker (1994), Learning curves: asymptotic values and rate of convergence,
       NIPS 6, 327–334.
.. [2] Hestness et al. (2017), Deep learning scaling is predictable, empirically, arXiv:1712.00409.
.. [3] Golub & Pereyra (1973), The differentiation of pseudo-inverses and nonlinear least squares problems whose
       variables separate, SIAM J. Numer. Anal. 10, 413–432.
.. [4] Davison & Hinkley (1997), Bootstrap methods and their application, Cambridge, §6.2 and §7.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oscine.metrics.counts import plain

Array = NDArray[np.float64]

FEWEST_FOR_ASYMPTOTE = 4
"""Sizes from which on `a` is fitted."""

_STEEPEST = 4.0
"""Largest α that is looked for."""
_COARSE, _FINE, _ROUNDS = 81, 21, 4
_FLOOR = 0.01
"""Of the curve's largest error: errors smaller than that do not weigh any more."""
_REPEATS = 8
"""Fits, each weighted by the one before."""


@dataclass(frozen=True, eq=False)
class PowerLaw:
    """A fitted curve, err(n) = a + b · n^(−α).

    Attributes
    ----------
    a, b, alpha
        The curve; `nan` where nothing could be fitted.
    n, errors
        What was fitted: amounts of annotation, and the error of each training, (training,).
    draws
        `a`, `b` and `α` of every repetition, (draw, 3); none where there are too few points for a band.
    level
        Of the band.
    notes
        What should be known before it is believed, as sentences.
    """

    a: float
    b: float
    alpha: float
    n: Array
    errors: Array
    draws: Array = field(default_factory=lambda: np.empty((0, 3)))
    level: float = 0.95
    notes: tuple[str, ...] = ()

    @property
    def is_fitted(self) -> bool:
        """Whether there is a curve."""
        return math.isfinite(self.b)

    @property
    def has_band(self) -> bool:
        """Whether it is known how sure it is."""
        return len(self.draws) > 0

    def at(self, n: ArrayLike) -> Array:
        """The error with so much annotation, of the shape of `n`."""
        return np.asarray(_law(np.asarray(n, np.float64), self.a, self.b, self.alpha))

    def band(self, n: ArrayLike) -> tuple[Array, Array]:
        """Lower and upper bound of the curve at `n`, each of its shape; `nan` without a band."""
        sizes = np.asarray(n, np.float64)
        if not self.has_band:
            return np.full(sizes.shape, np.nan), np.full(sizes.shape, np.nan)
        a, b, alpha = (self.draws[:, i].reshape(-1, *[1] * sizes.ndim) for i in range(3))
        tail = (1 - self.level) / 2
        low, high = np.quantile(_law(sizes, a, b, alpha), [tail, 1 - tail], axis=0)
        # a band holds its curve, also where residuals are skew
        curve = self.at(sizes)
        return np.minimum(low, curve), np.maximum(high, curve)

    def doubled(self) -> Doubling:
        """What twice the largest amount would bring."""
        most = float(self.n.max())
        low, high = self.band(2 * most)
        return Doubling(most, float(self.at(most)), float(self.at(2 * most)), float(low), float(high), self.level)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {
            "a": plain(self.a),
            "b": plain(self.b),
            "alpha": plain(self.alpha),
            "notes": list(self.notes),
            "doubled": self.doubled().to_dict() if self.is_fitted else None,
        }


@dataclass(frozen=True)
class Doubling:
    """What twice as much annotation would bring.

    Attributes
    ----------
    n
        The largest amount there was.
    now, then
        The curve's error with that, and with twice that.
    low, high
        Bounds of `then`; `nan` where they are not known.
    level
        How surely it lies between them.

    Examples
    --------
    >>> print(Doubling(600.0, 0.0164, 0.0131, 0.011, 0.0149).sentence("frame error", "s"))
    doubling the annotations, from 600 s to 1200 s, would lower the fitted frame error from 1.64 % to 1.31 % (95 %:
    1.10 to 1.49 %)
    """

    n: float
    now: float
    then: float
    low: float
    high: float
    level: float = 0.95

    @property
    def is_sure(self) -> bool:
        """Whether the error would be lower for all that is known."""
        return self.high < self.now

    def sentence(self, metric: str, unit: str) -> str:
        """What a user wants to know.

        Parameters
        ----------
        metric
            What the error is called.
        unit
            Of the amount: "s", or "annotations".
        """
        amounts = f"from {self.n:g} {unit} to {2 * self.n:g} {unit}"
        digits = 2 if self.now < 0.1 else 1
        before, after = (f"{100 * value:.{digits}f} %" for value in (self.now, self.then))
        change = (
            f"leave the fitted {metric} at {before}"
            if before == after
            else f"lower the fitted {metric} from {before} to {after}"
        )
        said = f"doubling the annotations, {amounts}, would {change}"
        if not math.isfinite(self.low):
            return f"{said} (how sure that is, so few trainings cannot tell)"
        said += f" ({100 * self.level:.0f} %: {100 * self.low:.{digits}f} to {100 * self.high:.{digits}f} %)"
        return said if self.is_sure or before == after else f"{said}; it is not sure that it would be lower at all"

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {
            "n": self.n,
            "now": plain(self.now),
            "then": plain(self.then),
            "low": plain(self.low),
            "high": plain(self.high),
            "level": self.level,
        }


def fit_power_law(
    n: ArrayLike, errors: ArrayLike, *, n_draws: int = 1000, level: float = 0.95, seed: int = 0
) -> PowerLaw:
    """Fit err(n) = a + b · n^(−α), with a band.

    Parameters
    ----------
    n
        Amount of annotation of each training, (training,), above 0: seconds, or sounds.
    errors
        Its error, (training,), from 0; trainings whose error is `nan` are left out.
    n_draws
        Repetitions of the fit, for the band.
    level
        Of the band.
    seed
        Of the repetitions.

    Raises
    ------
    ValueError
        Where shapes differ, an amount is not above 0, or an error is below 0.

    Examples
    --------
    >>> n = np.array([30, 60, 120, 240, 480, 960.0])
    >>> law = fit_power_law(n, 0.01 + 0.5 * n**-0.6)
    >>> round(law.a, 4), round(law.b, 3), round(law.alpha, 3)
    (0.01, 0.5, 0.6)
    """
    sizes, found = np.asarray(n, np.float64), np.asarray(errors, np.float64)
    if sizes.shape != found.shape or sizes.ndim != 1:
        raise ValueError(f"both must be (training,), found {sizes.shape} and {found.shape}")
    there = np.isfinite(found)
    sizes, found = sizes[there], found[there]
    if (sizes <= 0).any() or (found < 0).any():
        raise ValueError("amounts are above 0, and errors are not below")
    distinct = np.unique(sizes)
    if len(distinct) < 2:
        note = "one size alone says nothing of how the error falls" if len(distinct) else "there is no error to fit"
        return PowerLaw(math.nan, math.nan, math.nan, sizes, found, level=level, notes=(note,))
    notes = []
    free = len(distinct) >= FEWEST_FOR_ASYMPTOTE
    if not free:
        notes.append(
            f"with {len(distinct)} sizes the error is taken to fall towards 0 (a = 0), which makes what is said of "
            f"larger ones optimistic; {FEWEST_FOR_ASYMPTOTE} or more can tell"
        )
    scale, curve, fitted = np.ones(len(found)), np.zeros(len(found)), np.zeros(3)
    for _ in range(_REPEATS):
        fitted = _fit(sizes, found[np.newaxis], 1 / scale**2, free=free)[0]
        curve = _law(sizes, *fitted)
        if curve.max() > 0:
            scale = np.maximum(curve, _FLOOR * curve.max())
    n_free = 3 if free else 2
    draws = np.empty((0, 3))
    if len(found) > n_free:
        residuals = (found - curve) / scale * math.sqrt(len(found) / (len(found) - n_free))
        random = np.random.default_rng(seed)
        drawn = curve + scale * residuals[random.integers(len(found), size=(n_draws, len(found)))]
        draws = _fit(sizes, np.maximum(drawn, 0), 1 / scale**2, free=free)
    else:
        notes.append("there are no more trainings than numbers to fit, so how sure the curve is cannot be said")
    if fitted[2] >= _STEEPEST - 1e-9:
        notes.append("the error hardly falls beyond the smallest size, so the curve is no guide to larger ones")
    a, b, alpha = fitted.tolist()
    return PowerLaw(a, b, alpha, sizes, found, draws, level, tuple(notes))


def _law(n: Array, a: Any, b: Any, alpha: Any) -> Array:
    return np.asarray(a + b * n ** -np.asarray(alpha))


def _fit(n: Array, errors: Array, weights: Array, *, free: bool) -> Array:
    """The best a, b and α for each of several sets of errors.

    Parameters
    ----------
    n, weights
        (training,)
    errors
        (draw, training).
    free
        Whether `a` may be above 0.

    Returns
    -------
    array
        (draw, 3).
    """
    middle = float(np.exp(np.log(n).mean()))
    ratios = n / middle  # near 1, so that no power of it overflows
    alphas = np.broadcast_to(np.linspace(0, _STEEPEST, _COARSE), (len(errors), _COARSE))
    step = _STEEPEST / (_COARSE - 1)
    best = np.empty((len(errors), 3))
    for _ in range(_ROUNDS):
        best = _best_of(ratios, errors, weights, alphas, free=free)
        alphas = np.clip(best[:, 2:] + np.linspace(-step, step, _FINE), 0, _STEEPEST)
        step /= (_FINE - 1) / 2
    best[:, 1] *= middle ** best[:, 2]
    return best


def _best_of(n: Array, errors: Array, weights: Array, alphas: Array, *, free: bool) -> Array:
    """Of some α, (draw, α), the one with the least squares, and its a and b, (draw, 3)."""
    # an α that all draws share needs no copy of the powers for each
    shared = alphas.strides[0] == 0
    powers = n ** -(alphas[:1] if shared else alphas)[..., np.newaxis]  # (draw or 1, α, training)
    total, of_one = weights.sum(), (powers * weights).sum(-1)
    of_two = (powers**2 * weights).sum(-1)
    weighted = errors * weights
    with_one = weighted.sum(-1)[:, np.newaxis]
    with_power = weighted @ powers[0].T if shared else np.einsum("dt,dkt->dk", weighted, powers)
    squares = (weighted * errors).sum(-1)[:, np.newaxis]
    b_alone = with_power / of_two
    a, b, left = np.zeros_like(b_alone), b_alone, squares - with_power * b_alone
    if free:
        determinant = total * of_two - of_one**2
        with np.errstate(divide="ignore", invalid="ignore"):
            a_both = (of_two * with_one - of_one * with_power) / determinant
            b_both = (total * with_power - of_one * with_one) / determinant
            left_both = squares - a_both * with_one - b_both * with_power
        feasible = (determinant > 1e-12 * total * of_two) & (a_both >= 0) & (b_both >= 0)
        better = feasible & (left_both < left)
        a, b, left = np.where(better, a_both, a), np.where(better, b_both, b), np.where(better, left_both, left)
        # a constant is b alone at α = 0, so it needs no case of its own
    chosen = left.argmin(axis=1)[:, np.newaxis]
    return np.concatenate([np.take_along_axis(values, chosen, 1) for values in (a, b, alphas)], axis=1)
