"""How two parties agree on one label: sounds matched one to one, their times, and frames beyond chance.

- `counts`  sounds of both, matched one to one as in `agreement.match_sounds`: F1 is the same whoever comes first.
- `onset_errors`, `offset_errors`  times of the second party minus those of the first, of matched sounds: who is late?
- `frames`  of equal length, in which the label is there or not for either: Cohen's kappa, which takes away what two
            would agree on by chance.

A frame is a label's where a sound of it touches the frame. Two that mark a pulse at slightly different instants may
thus mark neighbouring frames: for events kappa is a lower bound, and F1 within a tolerance says more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oscine.metrics.agreement import Tics, match_sounds
from oscine.metrics.counts import Counts, plain
from oscine.metrics.frames import ConfusionMatrix, confusion_matrix
from oscine.metrics.kappa import cohen_kappa

Array = NDArray[np.float64]

ANSWERS = ("not there", "there")
"""What a party can say of a label in a frame."""


@dataclass(frozen=True, eq=False)
class PairScore:
    """How two parties agree; scores of several recordings can be added.

    Attributes
    ----------
    counts
        Matched sounds, those of the first, and those of the second.
    onset_errors, offset_errors
        Second minus first, in seconds, (match,).
    frames
        How many frames the label is in, or not, as the first party says (rows) and as the second does (columns).
    """

    counts: Counts
    onset_errors: Array
    offset_errors: Array
    frames: ConfusionMatrix

    def __add__(self, other: PairScore) -> PairScore:
        return PairScore(
            self.counts + other.counts,
            np.concatenate([self.onset_errors, other.onset_errors]),
            np.concatenate([self.offset_errors, other.offset_errors]),
            self.frames + other.frames,
        )

    @property
    def f1(self) -> float:
        """Share of the sounds of both that have a partner; `nan` without sounds."""
        return self.counts.f1

    @property
    def kappa(self) -> float:
        """Cohen's kappa of the frames; `nan` where nothing but one answer is ever given."""
        return cohen_kappa(self.frames)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON; times in seconds."""
        return {
            **self.counts.to_dict(),
            "kappa": plain(self.kappa),
            "n_frames": int(self.frames.counts.sum()),
            "onset": _timing(self.onset_errors),
            "offset": _timing(self.offset_errors),
        }


def compare_pair(
    first: Tics, second: Tics, *, rate: float, reach: int = 0, frames: tuple[NDArray[np.bool_], NDArray[np.bool_]]
) -> PairScore:
    """Compare the sounds of two parties in one recording.

    Parameters
    ----------
    first, second
        Intervals in tics, disjoint and in order.
    rate
        Tics per second.
    reach
        Tics that may lie between two sounds which stand for the same.
    frames
        Of either, whether the label is there, (frame,), of the frames that count.

    Examples
    --------
    >>> from oscine.metrics.agreement import to_tics
    >>> a, b = to_tics([[1, 1], [2, 2]], 1000), to_tics([[1.004, 1.004], [3, 3]], 1000)
    >>> nothing = np.zeros(0, bool)
    >>> score = compare_pair(a, b, rate=1000, reach=10, frames=(nothing, nothing))
    >>> score.f1, score.onset_errors
    (0.5, array([0.004]))
    """
    groups = match_sounds({"1": first, "2": second}, reach)
    pairs = np.array([(group["1"], group["2"]) for group in groups if len(group) == 2], np.intp).reshape(-1, 2)
    errors = (second[pairs[:, 1]] - first[pairs[:, 0]]) / rate
    table = confusion_matrix(frames[0].astype(np.int64), frames[1].astype(np.int64), ANSWERS)
    counts = Counts(len(pairs), len(first), len(second))
    return PairScore(counts, errors[:, 0], errors[:, 1], table)


def presence(tics: Tics, starts: NDArray[np.int64], length: int) -> NDArray[np.bool_]:
    """Which frames an interval touches.

    Parameters
    ----------
    tics
        Intervals, disjoint and in order.
    starts
        First tic of each frame, (frame,).
    length
        Tics of a frame.

    Examples
    --------
    >>> presence(np.array([[4, 4], [9, 12]]), np.array([0, 5, 10, 15]), 5)
    array([ True,  True,  True, False])
    """
    if not len(tics):
        return np.zeros(len(starts), bool)
    index = np.searchsorted(tics[:, 0], starts + length - 1, side="right") - 1
    return np.asarray((index >= 0) & (tics[np.maximum(index, 0), 1] >= starts))


def _timing(errors: Array) -> dict[str, float | None]:
    """Median difference (who is late), and the median and 95 % point of its size, in seconds."""
    if not errors.size:
        return {"bias": None, "median": None, "within_95": None}
    size = np.abs(errors)
    return {
        "bias": float(np.median(errors)),
        "median": float(np.median(size)),
        "within_95": float(np.quantile(size, 0.95)),
    }
