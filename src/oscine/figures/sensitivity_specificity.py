"""`sensitivity-specificity.ckpt-<step>.pdf`: what is found of each label against what of all else is left alone.

One panel per label: sensitivity (the recall: share of its frames that are predicted) against specificity (share of the
other frames that are not). This is a ROC curve, mirrored; the title tells the area below it, the probability that a
frame of the label scores higher than another. Where a label is rare, a specificity of 0.99 may still mean that most of
what is predicted is wrong: see precision and recall for that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from oscine.figures.panels import heading
from oscine.figures.precision_recall_by_label import curve_panels, curve_title, mark, say_nothing, thinned
from oscine.figures.style import GRID, colours_for


def plot_sensitivity_specificity(result: Any, *, colours: Mapping[str, str] | None = None) -> Figure:
    """Draw sensitivity against specificity, one panel for each label.

    Parameters
    ----------
    result
        An `Evaluation`: its `curves` and `thresholds`.
    colours
        Colour of each label; by default the house's, by order.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from oscine.metrics.curves import best_threshold, operating_curves
    >>> curves = operating_curves([[0.9, 0.6, 0.4]], [[1, 0, 1]], None, ["pulse"])
    >>> thresholds = {"pulse": best_threshold(curves["pulse"])}
    >>> figure = plot_sensitivity_specificity(SimpleNamespace(curves=curves, thresholds=thresholds))
    >>> figure.axes[0].get_xlabel(), figure.axes[0].get_title("left")
    ('specificity', 'pulse · area 0.500')
    """
    figure, by_label = curve_panels(result.curves, xlabel="specificity", ylabel="sensitivity (recall)")
    heading(figure, "Sensitivity and specificity at every threshold", below="dot: the chosen threshold; grey: chance")
    ink = colours_for(result.curves, colours)
    for label, axes in by_label.items():
        curve, chosen = result.curves[label], result.thresholds.get(label)
        curve_title(axes, label, curve.auc)
        if not (curve.n_true and curve.n_false):
            say_nothing(axes, f"{'no' if not curve.n_true else 'every'} frame has this label")
            continue
        axes.plot([0, 1], [1, 0], color=GRID, linewidth=1.2, zorder=0.5)
        points = np.union1d(thinned(curve, curve.recall), thinned(curve, curve.false_positive_rate))
        sensitivity = np.concatenate([[0.0], curve.recall[points], [1.0]])
        specificity = 1 - np.concatenate([[0.0], curve.false_positive_rate[points], [1.0]])
        axes.plot(specificity, sensitivity, color=ink[label], linewidth=1.6, label=label)
        if chosen is not None and chosen.counts.n_predicted:
            counts = chosen.counts
            mark(axes, 1 - counts.fp / curve.n_false, chosen.recall, chosen, ink[label])
    return figure
