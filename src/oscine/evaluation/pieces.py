"""The stretches of a recording that matter for judging a model: its scores there, and what is true.

Hours of sound may hold a few annotations. Scores are computed of the *tiles* (`oscine.prediction.tiles`) which the
covered stretches touch, and what decoding needs around them, and are those of prediction to the last bit. Neighbouring
tiles make a `Piece`:

    tiles      |    |    |    |    |    |    |    |
    covered          ----            --  -
    pieces          |---------|    |---------|
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oscine.annotations.annotations import Annotations
from oscine.annotations.labels import LabelSet
from oscine.datasets.sampler import FrameGrid
from oscine.evaluation.verdicts import judge_rows
from oscine.networks.model import Model
from oscine.prediction.scores import Scores
from oscine.prediction.segment import SegmentParams, reach_of, segment
from oscine.prediction.tiles import read_tiles, score_tiles, tile_count
from oscine.recordings.recording import Recording
from oscine.training.examples import find_truth

_TILES = 16
"""Tiles computed at once; it bounds memory."""


@dataclass(frozen=True)
class Piece:
    """Consecutive frames of a recording.

    Attributes
    ----------
    begin
        Number of the first.
    scores
        (output, frame).
    truth
        As the target encodes it, (frame,) or (output, frame).
    """

    begin: int
    scores: NDArray[np.float32]
    truth: NDArray[Any]

    def sounds(self, model: Model, name: str, decoding: SegmentParams, tolerance: float = 0.0) -> pd.DataFrame:
        """What the scores amount to, at times of the recording.

        Where labels may overlap, only that of which it is known, within the tolerance, whether its label is there.
        """
        duration = self.scores.shape[1] / model.frame_rate
        scores = Scores.of_model(self.scores, model, duration, name)
        table = segment(scores, decoding).to_pandas()
        if not model.target.rivals(model.labels):
            table = table[self._is_known(model, table, tolerance)]
        start = self.begin / model.frame_rate
        return table.assign(onset=table["onset"] + start, offset=table["offset"] + start)

    def _is_known(self, model: Model, table: pd.DataFrame, tolerance: float) -> NDArray[np.bool_]:
        """Whether it is known of any frame near the middle of each sound whether its label is there."""
        known = model.target.judge(self.truth, len(model.outputs))[1]
        counts = np.concatenate([np.zeros((len(known), 1), int), np.cumsum(known, axis=1)], axis=1)
        middles = table[["onset", "offset"]].to_numpy(float).mean(axis=1)
        first, stop = (
            np.rint((middles + shift) * model.frame_rate).astype(int).clip(0, known.shape[1]) + extra
            for shift, extra in ((-tolerance, 0), (tolerance, 1))
        )
        rows = np.array([model.outputs.index(label) for label in table["label"]], int)
        stop = np.minimum(stop, known.shape[1])
        return np.asarray(counts[rows, stop] > counts[rows, np.minimum(first, stop)])

    def rows(
        self, model: Model, table: pd.DataFrame, thresholds: Mapping[str, float], tolerance: float
    ) -> pd.DataFrame:
        """What the model calls each annotated row whose middle lies in these frames."""
        middles = table[["onset", "offset"]].to_numpy(float).mean(axis=1) * model.frame_rate
        mine = table[(middles >= self.begin - 0.5) & (middles < self.begin + self.scores.shape[1] - 0.5)]
        names = [output for output in model.outputs if output not in model.aside]
        values = self.scores[[model.outputs.index(output) for output in names]]
        apart = bool(model.target.rivals(model.labels))
        chosen = None if apart else {name: thresholds[name] for name in names}
        return judge_rows(mine, values, names, model.frame_rate, self.begin, reach=tolerance, thresholds=chosen)


def pieces_of(
    model: Model, part: Annotations, recording: Recording, name: str, decoding: SegmentParams, tolerance: float
) -> Iterator[Piece]:
    """The stretches of a recording that somebody has looked at, and what decoding needs around them.

    Memory grows with what is covered, not with the recording.
    """
    grid = FrameGrid(model.hop, model.context, model.sample_rate)
    truth_of = find_truth(part, {name: recording}, LabelSet(model.labels), model.target, grid)
    n_frames = model.n_frames(recording.n_samples)
    reach = max(reach_of(decoding, model.decoding), tolerance)
    covered = part.coverage.intervals(name, recording.duration)
    for first, stop in tile_ranges(model, covered, n_frames, reach):
        begin, end = first * model.tile, min(stop * model.tile, n_frames)
        groups = [(group, min(group + _TILES, stop)) for group in range(first, stop, _TILES)]
        scores = [score_tiles(model, read_tiles(model, recording, *group)) for group in groups]
        yield Piece(begin, np.concatenate(scores, axis=1), truth_of(name, begin, end - begin))


def tile_ranges(model: Model, covered: NDArray[np.float64], n_frames: int, reach: float) -> Iterator[tuple[int, int]]:
    """Runs of tiles that the covered stretches and what is within reach of them touch."""
    wanted, frame_rate = np.zeros(tile_count(model, n_frames), bool), model.frame_rate
    for onset, offset in covered:
        first, last = math.floor((onset - reach) * frame_rate) - 1, math.ceil((offset + reach) * frame_rate) + 1
        wanted[max(0, first) // model.tile : max(0, last) // model.tile + 1] = True
    edges = np.flatnonzero(np.diff(np.concatenate([[False], wanted, [False]]).astype(np.int8))).reshape(-1, 2)
    yield from ((int(first), int(stop)) for first, stop in edges)
