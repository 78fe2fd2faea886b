"""How well samples were labelled: DAS's confusion matrix and report of each class.

Rows of the matrix are what is true, columns what was said. (DAS names them the other way round where it shows it as a
table.) Rates are those of scikit-learn's report: precision, recall, F1 and support of each class, accuracy, and means
over classes, plain and weighted by support; a rate without a denominator is 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Report:
    """Counts of samples, and what follows from them.

    Attributes
    ----------
    counts
        Samples of each true class (row) that were said to be of each class (column).
    names
        Of the classes.

    Examples
    --------
    >>> report = Report.of(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]), ["noise", "sine"])
    >>> report.counts.tolist(), report.rates()["sine"]["precision"].__round__(3)
    ([[1, 1], [0, 2]], 0.667)
    >>> print(report)
                   precision  recall  f1-score  support
    noise              1.000   0.500     0.667        2
    sine               0.667   1.000     0.800        2
    accuracy                             0.750        4
    macro avg          0.833   0.750     0.733        4
    weighted avg       0.833   0.750     0.733        4
    <BLANKLINE>
    true (rows), said (columns):
             noise  sine
    noise        1     1
    sine         0     2
    """

    counts: NDArray[np.int64]
    names: tuple[str, ...]

    @classmethod
    def of(cls, true: NDArray[np.integer], said: NDArray[np.integer], names: Sequence[str]) -> Report:
        """The report of labels (sample,), as long as the shorter of both."""
        n, k = min(len(true), len(said)), len(names)
        pairs = true[:n].astype(np.int64) * k + said[:n].astype(np.int64)
        return cls(np.bincount(pairs, minlength=k * k).reshape(k, k), tuple(names))

    def __add__(self, other: Report) -> Report:
        return Report(self.counts + other.counts, self.names)

    def rates(self) -> dict[str, Any]:
        """The report as DAS stores it."""
        right = np.diag(self.counts).astype(float)
        support, said = self.counts.sum(axis=1).astype(float), self.counts.sum(axis=0).astype(float)
        precision, recall = _divided(right, said), _divided(right, support)
        f1 = _divided(2 * right, said + support)
        table = np.stack([precision, recall, f1])
        keys = ("precision", "recall", "f1-score")
        found: dict[str, Any] = {}
        for place, name in enumerate(self.names):
            found[name] = {**dict(zip(keys, table[:, place].tolist(), strict=True)), "support": float(support[place])}
        total = float(support.sum())
        found["accuracy"] = float(right.sum() / total) if total else 0.0
        for name, weights in (("macro avg", np.ones(len(support))), ("weighted avg", support)):
            means = (table @ weights / weights.sum()).tolist() if weights.sum() else [0.0] * 3
            found[name] = {**dict(zip(keys, means, strict=True)), "support": total}
        return found

    def __str__(self) -> str:
        width = max(12, *(len(name) for name in self.names))
        lines = [f"{'':{width}}   precision  recall  f1-score  support"]
        for name, rates in self.rates().items():
            if isinstance(rates, float):
                lines.append(f"{name:{width}} {'':10}  {'':6}  {rates:8.3f}  {int(self.counts.sum()):7d}")
                continue
            three = f"{rates['precision']:11.3f}  {rates['recall']:6.3f}  {rates['f1-score']:8.3f}"
            lines.append(f"{name:{width}} {three}  {int(rates['support']):7d}")
        widths = [max(len(name), len(str(int(self.counts[:, place].max())))) for place, name in enumerate(self.names)]
        first = max(len(name) for name in self.names) + 2
        lines += ["", "true (rows), said (columns):"]
        heads = "  ".join(f"{name:>{size}}" for name, size in zip(self.names, widths, strict=True))
        lines.append(f"{'':{first}}  {heads}")
        for name, row in zip(self.names, self.counts.tolist(), strict=True):
            cells = "  ".join(f"{count:{size}d}" for count, size in zip(row, widths, strict=True))
            lines.append(f"{name:{first}}  {cells}")
        return "\n".join(lines)


def _divided(numerator: NDArray[np.float64], denominator: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(numerator, denominator, out=np.zeros_like(numerator), where=denominator > 0)
