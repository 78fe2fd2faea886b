"""What came of tuning how a model's scores are decoded: before and after, with every metric."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from oscine.core.artifacts import Provenance, write_json
from oscine.evaluation.segmentation import SegmentationScore, SegmentationScores
from oscine.metrics.bootstrap import Interval, bootstrap
from oscine.metrics.counts import plain
from oscine.metrics.events import EventScores

METRICS: Mapping[str, Callable[[SegmentationScore], float]] = {
    "syllable error": lambda score: score.syllable_error_rate,
    "frame error": lambda score: score.frame_error,
    "frame error in sound": lambda score: score.frames.sound_error,
    "boundary F1, 4 ms": lambda score: score.boundaries[0.004].pooled.f1,
    "boundary F1, 10 ms": lambda score: score.boundaries[0.010].pooled.f1,
}
"""What is shown of segments."""


@dataclass(frozen=True)
class Stage:
    """Scores of one way of decoding.

    Attributes
    ----------
    segments
        Recording by recording; none where the model has no labels that last.
    events
        Pooled; none where it has no events.
    """

    segments: SegmentationScores | None
    events: EventScores | None

    def values(self) -> dict[str, float]:
        """Every metric."""
        found: dict[str, float] = {}
        if self.segments is not None:
            pooled = self.segments.pooled
            found |= {name: metric(pooled) for name, metric in METRICS.items()}
        if self.events is not None:
            found["event F1"] = self.events.pooled.counts.f1
        return found

    def intervals(self, seed: int) -> dict[str, Interval]:
        """Every metric of segments, with what chance among the recordings would make of it."""
        if self.segments is None:
            return {}
        scores = list(self.segments.by_recording.values())
        return {name: bootstrap(scores, metric, seed=seed) for name, metric in METRICS.items()}


@dataclass(frozen=True)
class Postprocessing:
    """How a model's scores are best decoded, as far as its validation part can tell.

    Attributes
    ----------
    decoding
        What was chosen, as `Model.decoding` keeps it.
    words
        The same in a few words; and how the model was decoded before.
    before, after
        Scores on the part that the choice was made on.
    unseen
        Scores of recordings on which the choice was made without them, by cross-validation over recordings; none where
        there is one recording only.
    part, criterion
        What was chosen on, and by.
    n_candidates, n_recordings, n_sounds
        How many ways were tried, on how much.
    stored
        Files that keep the choice.
    """

    decoding: Mapping[str, Any]
    words: tuple[str, str]
    before: Stage
    after: Stage
    unseen: SegmentationScores | None
    part: str
    criterion: str
    n_candidates: int
    n_recordings: int
    n_sounds: int
    seed: int = 0
    stored: tuple[Path, ...] = ()
    provenance: Provenance | None = field(default=None, compare=False)

    def with_provenance(self, provenance: Provenance) -> Self:
        """The same, saying how it came to be."""
        return replace(self, provenance=provenance)

    def summary(self) -> dict[str, Any]:
        """All figures, for machines."""
        stages = {"before": self.before, "after": self.after}
        return {
            "decoding": dict(self.decoding),
            "criterion": self.criterion,
            "part": self.part,
            "n_candidates": self.n_candidates,
            "n_recordings": self.n_recordings,
            "n_sounds": self.n_sounds,
            **{name: {key: plain(value) for key, value in stage.values().items()} for name, stage in stages.items()},
            "intervals": {
                name: {key: interval.to_dict() for key, interval in stage.intervals(self.seed).items()}
                for name, stage in stages.items()
            },
            "unseen": None
            if self.unseen is None
            else {name: plain(metric(self.unseen.pooled)) for name, metric in METRICS.items()},
            "stored": [str(path) for path in self.stored],
        }

    def save(self, path: str | Path) -> Path:
        """Write all figures as JSON."""
        story = self.provenance.model_dump(mode="json") if self.provenance else None
        return write_json(path, {**self.summary(), "provenance": story})

    def __str__(self) -> str:
        before, after = self.before.values(), self.after.values()
        ranges = self.after.intervals(self.seed)
        unseen = {} if self.unseen is None else {name: metric(self.unseen.pooled) for name, metric in METRICS.items()}
        rows = [("", "before", "after", "95 % of draws", "unseen")]
        for name, value in after.items():
            interval = ranges.get(name)
            between = "" if interval is None else f"{_shown(name, interval.low)} – {_shown(name, interval.high)}"
            rows.append(
                (name, _shown(name, before[name]), _shown(name, value), between, _shown(name, unseen.get(name)))
            )
        widths = [max(len(row[column]) for row in rows) for column in range(5)]
        lines = [
            "  ".join(text.ljust(width) if not i else text.rjust(width) for i, (text, width) in enumerate(pairs))
            for pairs in (list(zip(row, widths, strict=True)) for row in rows)
        ]
        return "\n".join(
            [
                f"{self.n_candidates} ways of decoding tried on the {self.part} part: {self.n_recordings} recordings, "
                f"{self.n_sounds} sounds",
                f"before: {self.words[0]}",
                f"after:  {self.words[1]}",
                *(line.rstrip() for line in lines),
                *(
                    f"kept in {path}: predict and segment decode so from now on; "
                    "segment --decoder threshold (predict: --segment.decoder) goes without, "
                    "Model.with_decoding({}) in Python forgets it"
                    for path in self.stored
                ),
                "unseen: each recording decoded as the others would have it"
                if self.unseen is not None
                else "one recording only: nothing tells how far the choice holds for others",
            ]
        )


def _shown(name: str, value: float | None) -> str:
    if value is None or math.isnan(value):
        return "–" if value is not None else ""
    return f"{value:.2%}" if "error" in name else f"{value:.4f}"
