"""Many tests at once: p values that stay honest however many models are compared.

Of twenty pairs of equal models one has p < 0.05 by chance. Holm's method [1]_ keeps the probability of any false claim
among all of them below what is wished, whatever the tests have to do with each other, and is never worse than
Bonferroni's: the smallest of m p values is multiplied by m, the next by m − 1, and so on, none below the one before.

References
----------
.. [1] Holm (1979), A simple sequentially rejective multiple test procedure, Scand. J. Statist. 6, 65–70.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def holm(p: ArrayLike) -> NDArray[np.float64]:
    """P values corrected for their number.

    Parameters
    ----------
    p
        Of each test, (test,); `nan` where nothing could be said, which does not count as a test.

    Returns
    -------
    array
        (test,), at most 1, in the same order.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).round(3)
    array([0.03, 0.06, 0.06])
    """
    values = np.asarray(p, np.float64)
    corrected = np.full(values.shape, np.nan)
    known = np.flatnonzero(np.isfinite(values))
    order = known[np.argsort(values[known], kind="stable")]
    factors = len(order) - np.arange(len(order))
    corrected[order] = np.minimum(1, np.maximum.accumulate(values[order] * factors))
    return corrected
