"""Verdicts: what a model's scores call each annotated sound.

A row is judged by the scores of its own frames: the model calls it by the label whose score, mean over the row, is the
highest. Where this is the annotated label the row is `correct`, else it is `mistaken`: by the model, or by whoever
annotated, which is why somebody should look.

    annotated      |---- sine ----|      |-- sine --|
    score of sine   .9 .9 .8 .9           .2 .1 .2
    score of pulse  .1 .1 .2 .1           .8 .9 .8
                   correct: sine         mistaken: pulse

An event has one frame. People mark a pulse some milliseconds beside where a model does, so that it is correct where
any frame within `reach` of it bears its label. Where labels may overlap, none excludes another, and each is judged by
itself: `not_pulse` says that *pulse* is not there.

`Judge` takes the scores block by block, so that its memory grows with the rows, not with the recording; `judge_rows`
is the same for scores that are there at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

ABSENT = "not_"
"""How the name of a label begins that says that another is not there."""

JUDGED = ("recording", "onset", "offset", "label", "annotated", "kind", "score")
"""Columns of judged rows."""

_ROUNDING = 1e-9
"""Seconds by which a time may miss the centre of a frame and still be meant to lie on it."""


def judge_rows(
    rows: pd.DataFrame,
    values: NDArray[np.float32],
    outputs: Sequence[str],
    frame_rate: float,
    begin: int = 0,
    *,
    reach: float = 0.0,
    thresholds: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """What the scores call each annotated row of a recording.

    Parameters
    ----------
    rows
        Annotations of one recording: columns `recording`, `onset`, `offset` (s) and `label`.
    values
        Scores (output, frame) of consecutive frames; −∞ where nobody has computed them.
    outputs
        Names of the scores, those of labels alone: what a model has aside, such as boundaries, is no rival of theirs.
    frame_rate
        Frames per second.
    begin
        Number of the first frame, counted from the recording's beginning.
    reach
        How far from an event its label may be, in seconds.
    thresholds
        Given where labels may overlap: each label is then there if its score is its threshold (½ where it has none) or
        above, whatever the others are. Otherwise they exclude each other, and the highest score wins.

    Returns
    -------
    rows
        Columns `recording`, `onset`, `offset`, `label` (what the model says), `annotated`, `kind` ("correct" or
        "mistaken") and `score` (of what the model says, mean over the row), in their order and with their index. Rows
        of which no frame is computed are left out.

    Examples
    --------
    >>> rows = pd.DataFrame({"recording": "a.wav", "onset": [0.0, 0.2], "offset": [0.2, 0.2], "label": "sine"})
    >>> judged = judge_rows(rows, np.float32([[0.1, 0.3, 0.6], [0.9, 0.7, 0.4]]), ["pulse", "sine"], 10.0)
    >>> judged[["label", "annotated", "kind"]].values.tolist()
    [['sine', 'sine', 'correct'], ['pulse', 'sine', 'mistaken']]
    >>> judged["score"].round(2).tolist()
    [0.8, 0.6]
    """
    judge = Judge(rows, outputs, frame_rate, reach=reach, thresholds=thresholds)
    judge.add(begin, values)
    return judge.judged()


class Judge:
    """Judges the rows of one recording by scores that come block by block (see `judge_rows` for the arguments)."""

    def __init__(
        self,
        rows: pd.DataFrame,
        outputs: Sequence[str],
        frame_rate: float,
        *,
        reach: float = 0.0,
        thresholds: Mapping[str, float] | None = None,
    ) -> None:
        self._rows, self._outputs, self._thresholds = rows, tuple(outputs), thresholds
        self._places = {name: place for place, name in enumerate(outputs)}
        onsets, offsets = rows["onset"].to_numpy(float), rows["offset"].to_numpy(float)
        self._is_event = onsets == offsets
        self._centres = (onsets + offsets) / 2 * frame_rate
        around = np.where(self._is_event, reach, 0.0)
        first = np.ceil((onsets - around - _ROUNDING) * frame_rate).astype(np.int64)
        stop = np.where(
            self._is_event,
            np.floor((offsets + around + _ROUNDING) * frame_rate) + 1,
            np.ceil((offsets - _ROUNDING) * frame_rate),
        ).astype(np.int64)
        short = stop <= first  # shorter than a frame: it has the nearest one
        first[short] = np.rint(self._centres[short]).astype(np.int64)
        stop[short] = first[short] + 1
        self._first, self._stop = np.maximum(first, 0), stop
        self._own = np.array([self._places.get(label, -1) for label in rows["label"]], np.int64)
        self._sums = np.zeros((len(rows), len(outputs)))
        self._counts = np.zeros(len(rows), np.int64)
        self._merit = np.full(len(rows), -np.inf)  # of the frame that an event is judged by, so far

    def add(self, begin: int, values: NDArray[np.float32]) -> None:
        """Take the scores (output, frame) of a block whose first frame is `begin`; blocks do not overlap."""
        if not self._outputs:
            return
        end = begin + values.shape[1]
        for row in np.flatnonzero((self._first < end) & (self._stop > begin)):
            first = max(int(self._first[row]), begin)
            mine = values[:, first - begin : int(self._stop[row]) - begin]
            computed = np.isfinite(mine).all(axis=0)
            if not computed.any():
                continue
            if self._is_event[row]:
                self._add_event(int(row), first + np.flatnonzero(computed), mine[:, computed])
            else:
                self._sums[row] += mine[:, computed].sum(axis=1, dtype=np.float64)
                self._counts[row] += int(computed.sum())

    def _add_event(self, row: int, frames: NDArray[np.int64], mine: NDArray[np.float32]) -> None:
        """An event is judged by the frame in which its label wins, if there is one; else by the nearest."""
        merit = -np.abs(frames - self._centres[row])  # never above zero
        place = int(self._own[row])
        if place >= 0:
            wins = mine.argmax(axis=0) == place if self._thresholds is None else np.ones(len(frames), bool)
            merit[wins] = 1 + mine[place, wins]
        best = int(merit.argmax())
        if merit[best] > self._merit[row]:
            self._merit[row], self._counts[row] = merit[best], 1
            self._sums[row] = mine[:, best]

    @property
    def means(self) -> NDArray[np.float64]:
        """Mean score (row, output) of each row; not a number where none of its frames was computed."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self._sums / self._counts[:, None])

    def judged(self) -> pd.DataFrame:
        """The rows as judged by what has been added (see `judge_rows`)."""
        kept, means = np.flatnonzero(self._counts), self.means
        labels = self._rows["label"].tolist()
        found = [(*self._verdict(labels[row], means[row]), labels[row]) for row in kept]
        table = self._rows.iloc[kept][["recording", "onset", "offset"]]
        return table.assign(
            label=[said for said, _, _ in found],
            annotated=[label for _, _, label in found],
            kind=["correct" if said == label else "mistaken" for said, _, label in found],
            score=np.array([score for _, score, _ in found], np.float64),
        )[list(JUDGED)]

    def _verdict(self, label: str, means: NDArray[np.float64]) -> tuple[str, float]:
        """What is said of a row, and how surely."""
        if self._thresholds is None:
            best = int(means.argmax())
            return self._outputs[best], float(means[best])
        name = label.removeprefix(ABSENT)
        if name not in self._places:  # such as the background: it holds where nothing else does
            highest = int(means.argmax())
            name, score = self._outputs[highest], float(means[highest])
            return (name, score) if score >= self._thresholds.get(name, 0.5) else (label, 1 - score)
        score = float(means[self._places[name]])
        return (name, score) if score >= self._thresholds.get(name, 0.5) else (ABSENT + name, 1 - score)
