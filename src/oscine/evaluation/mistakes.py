"""Mistakes: annotated sounds that the model calls something else.

Each annotated row is judged by the scores of its own frames: the model calls it by the label whose score, mean over
the row, is the highest. Where this is the annotated label the row is `correct`, else it is `mistaken`: by the model,
or by whoever annotated, which is why somebody should look.

    annotated      |---- sine ----|      |-- sine --|
    score of sine   .9 .9 .8 .9           .2 .1 .2
    score of pulse  .1 .1 .2 .1           .8 .9 .8
                   correct: sine         mistaken: pulse

An event has one frame. People mark a pulse some milliseconds beside where a model does, so that it is correct where
any frame within `reach` of it bears its label. Where labels may overlap, none excludes another, and each is judged by
itself: `not_pulse` says that *pulse* is not there.

`judge_rows` is pure; `mistakes` computes the scores, only those that the rows touch.
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
    places = {name: place for place, name in enumerate(outputs)}
    found: list[tuple[str, str, float]] = []
    kept: list[int] = []
    spans = zip(rows["onset"].tolist(), rows["offset"].tolist(), rows["label"].tolist(), strict=True)
    for number, (onset, offset, label) in enumerate(spans):
        first, stop = _frames(onset, offset, frame_rate, reach if onset == offset else 0.0)
        mine = values[:, max(0, first - begin) : max(0, stop - begin)]
        mine = mine[:, np.isfinite(mine).all(axis=0)]
        if mine.shape[1] == 0 or len(places) == 0:
            continue
        if onset == offset:
            centre = onset * frame_rate - max(first, begin)
            mine = _frame_of_event(mine, places.get(label), centre, apart=thresholds is None)
        means = mine.mean(axis=1, dtype=np.float64)
        if thresholds is None:
            best = int(means.argmax())
            said, score = outputs[best], float(means[best])
        else:
            said, score = _by_itself(label, means, places, thresholds)
        kept.append(number)
        found.append((said, "correct" if said == label else "mistaken", score))
    said_of = pd.DataFrame(found, columns=["label", "kind", "score"], index=rows.index[kept])
    judged = rows.iloc[kept][["recording", "onset", "offset"]].assign(
        label=said_of["label"], annotated=rows["label"].iloc[kept], kind=said_of["kind"], score=said_of["score"]
    )
    return judged[list(JUDGED)]


def _frames(onset: float, offset: float, frame_rate: float, reach: float) -> tuple[int, int]:
    """First frame of a row and the one behind its last, `[first, stop)`: those centred in it, one at least."""
    if onset == offset:
        first = int(np.ceil((onset - reach - _ROUNDING) * frame_rate))
        stop = int(np.floor((onset + reach + _ROUNDING) * frame_rate)) + 1
    else:
        first, stop = (int(np.ceil((bound - _ROUNDING) * frame_rate)) for bound in (onset, offset))
    if stop <= first:
        first = int(np.rint((onset + offset) / 2 * frame_rate))
        stop = first + 1
    return first, stop


def _frame_of_event(
    values: NDArray[np.float32], place: int | None, centre: float, *, apart: bool
) -> NDArray[np.float32]:
    """The frame (output, 1) that an event is judged by: where its label wins, if anywhere; else the nearest one."""
    nearest = int(np.clip(np.rint(centre), 0, values.shape[1] - 1))
    if place is not None:
        wins = np.flatnonzero(values.argmax(axis=0) == place) if apart else np.arange(values.shape[1])
        if len(wins):
            nearest = int(wins[values[place, wins].argmax()])
    return values[:, nearest : nearest + 1]


def _by_itself(
    label: str, means: NDArray[np.float64], places: Mapping[str, int], thresholds: Mapping[str, float]
) -> tuple[str, float]:
    """What is said of a label that excludes no other, and how surely."""
    name = label.removeprefix(ABSENT)
    if name not in places:  # such as the background: it holds where nothing else does
        highest = max(places, key=lambda other: means[places[other]])
        score = float(means[places[highest]])
        return (highest, score) if score >= thresholds.get(highest, 0.5) else (label, 1 - score)
    score = float(means[places[name]])
    return (name, score) if score >= thresholds.get(name, 0.5) else (ABSENT + name, 1 - score)
