"""The most probable label of every frame: no gaps, no overlaps, no thresholds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from oscine.prediction.decoder import Decoder
from oscine.prediction.runs import Runs, find_runs
from oscine.prediction.scores import Scores


class Maximum(Decoder):
    """The most probable label of every frame."""

    heeds_thresholds: ClassVar[bool] = False

    def runs(self, scores: Scores, thresholds: Mapping[str, float]) -> dict[str, Runs]:
        """Runs of equal best label; on a tie the first label wins."""
        return {
            label: find_runs(
                (first, (block.argmax(axis=0) == index) & np.isfinite(block[index]), block[index])
                for first, block in scores.blocks()
            )
            for index, label in enumerate(scores.labels)
        }
