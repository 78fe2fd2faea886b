"""Numbers as a reader of a report wants them."""

from __future__ import annotations

import math

import numpy as np

from oscine.metrics.bootstrap import Interval


def in_percent(share: float, decimals: int | None = None) -> str:
    """A share in percent, to one decimal; to two where there is less than 1 % or more than 99 %.

    Examples
    --------
    >>> in_percent(0.957), in_percent(0.9916), in_percent(1.0), in_percent(float("nan"))
    ('95.7 %', '99.16 %', '100.0 %', '–')
    """
    if not math.isfinite(share):
        return "–"
    return f"{100 * share:.{_decimals(share) if decimals is None else decimals}f} %"


def limits(interval: Interval | None, *, complement: bool = False, decimals: int | None = None) -> str:
    """The limits of an interval, in percent or to so many decimals; empty where there are none.

    Parameters
    ----------
    interval
        Of a share.
    complement
        Whether the share of all else is meant.
    decimals
        Of plain numbers; by default percent is given.

    Examples
    --------
    >>> limits(Interval(0.97, 0.95, 0.992)), limits(Interval(0.97, 0.95, 0.992), decimals=3)
    ('95.00 to 99.20 %', '0.950\u2060–\u20600.992')
    """
    if interval is None or not np.isfinite([interval.low, interval.high]).all():
        return ""
    low, high = (1 - interval.high, 1 - interval.low) if complement else (interval.low, interval.high)
    if decimals is not None:
        return f"{low:.{decimals}f}\u2060–\u2060{high:.{decimals}f}"  # joined: no line ends within
    same = max(_decimals(low), _decimals(high))
    return f"{in_percent(low, same).removesuffix(' %')} to {in_percent(high, same)}"


def rate(value: float) -> str:
    """A rate to three decimals; a dash where there is none."""
    return f"{value:.3f}" if math.isfinite(value) else "–"


def thousands(count: int) -> str:
    """A whole number, its thousands set apart by narrow spaces."""
    return f"{count:,}".replace(",", "\u202f")


def _decimals(share: float) -> int:
    return 2 if 0 < min(share, 1 - share) < 0.01 else 1
