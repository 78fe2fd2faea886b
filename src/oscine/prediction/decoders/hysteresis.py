"""Each label by itself, with two thresholds: a sound begins where its score is high, and goes on while it is not low.

    score        .1 .4 .6 .9 .5 .4 .6 .2 .4 .1
    above .8              |-|                     that it is there
    above .3        |-----------------|           how far it goes; the second hill never was above .8
    run             |-----------------|

With one threshold a sound is either cut short (where that is high) or joined by noise (where it is low). With two,
after the edge detector of Canny [1]_, the high one decides whether there is a sound, the low one from where to where.

References
----------
.. [1] Canny (1986), A computational approach to edge detection, IEEE Transactions on Pattern Analysis and Machine
       Intelligence 8: 679-698.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from oscine.core.params import Field
from oscine.prediction.decoder import Decoder
from oscine.prediction.runs import Runs, find_runs
from oscine.prediction.scores import Scores

Probability = Annotated[float, Field(ge=0, le=1)]


class Hysteresis(Decoder):
    """Frames above a low threshold, in stretches that somewhere exceed a high one; labels may overlap."""

    low: Probability = 0.3
    """A sound goes on while its score is above this."""
    high: Probability | None = None
    """Somewhere in it a sound must be above this, whatever its label; none: above its label's own threshold."""

    def runs(self, scores: Scores, thresholds: Mapping[str, float]) -> dict[str, Runs]:
        """Runs above the low threshold that somewhere exceed the high one (both strictly)."""
        bars, found = self.bars(thresholds), {}
        for index, label in enumerate(scores.labels):
            lower = bars[label]
            runs = find_runs((first, block[index] > lower, block[index]) for first, block in scores.blocks())
            found[label] = runs.where(runs.peak > (thresholds[label] if self.high is None else self.high))
        return found

    def bars(self, thresholds: Mapping[str, float]) -> dict[str, float]:
        """The low threshold, or the high one where that is lower still."""
        return {label: min(self.low, own if self.high is None else self.high) for label, own in thresholds.items()}
