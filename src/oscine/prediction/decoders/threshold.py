"""Each label by itself: the frames whose score is above its threshold, with hysteresis on request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from oscine.core.params import Field
from oscine.prediction.decoder import Decoder
from oscine.prediction.runs import Runs, find_runs
from oscine.prediction.scores import Scores


class Threshold(Decoder):
    """Frames above each label's threshold; labels may overlap, and there may be gaps."""

    hysteresis: Annotated[float, Field(gt=0, le=1)] = 1.0
    """A sound goes on while its score is above this share of the threshold that it once exceeded; 1 is none."""

    def runs(self, scores: Scores, thresholds: Mapping[str, float]) -> dict[str, Runs]:
        """Runs above the lower threshold that somewhere exceed the upper one (both strictly)."""
        bars, found = self.bars(thresholds), {}
        for index, label in enumerate(scores.labels):
            lower = bars[label]
            runs = find_runs((first, block[index] > lower, block[index]) for first, block in scores.blocks())
            found[label] = runs.where(runs.peak > thresholds[label])
        return found

    def bars(self, thresholds: Mapping[str, float]) -> dict[str, float]:
        """The lower threshold of each label."""
        return {label: threshold * self.hysteresis for label, threshold in thresholds.items()}
