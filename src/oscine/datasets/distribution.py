"""How much of each label there is: instants are counted, what lasts is measured.

The weight of a label in a stretch of sound is the number of its events that lie there plus the seconds of its segments
that do, so that a long song and a short call count as what they are. What is covered and bears no label is background,
measured as well. Everything here is arithmetic on the tables; no sound is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from oscine.annotations.intervals import Intervals, Pairs, merge, subtract

if TYPE_CHECKING:
    from oscine.annotations.annotations import Annotations


def measure(stretches: Pairs, times: ArrayLike) -> NDArray[np.float64]:
    """Seconds of the stretches that lie before each instant.

    Parameters
    ----------
    stretches
        Onsets and offsets (n, 2), s.
    times
        Instants of any shape, s.

    Examples
    --------
    >>> measure([(1, 2), (4, 6)], [0, 1.5, 3, 5, 9]).tolist()
    [0.0, 0.5, 1.0, 2.0, 3.0]
    """
    merged = merge(stretches)
    if len(merged) == 0:
        return np.zeros(np.shape(times))
    lengths = merged[:, 1] - merged[:, 0]
    before = np.concatenate([[0.0], np.cumsum(lengths)])
    place = np.searchsorted(merged[:, 0], np.asarray(times, float), side="right") - 1
    inside = np.clip(np.asarray(times, float) - merged[place, 0], 0, lengths[place])
    return np.asarray(np.where(place < 0, 0.0, before[place] + inside))


def covered_seconds(annotations: Annotations, durations: Mapping[str, float]) -> NDArray[np.float64]:
    """Seconds of each row (row,) that its annotations cover: a sound that was cut counts for what is left of it.

    Parameters
    ----------
    annotations
        Rows, with their coverage.
    durations
        Length of each recording, s.
    """
    table = annotations.to_pandas()
    spans = table[["onset", "offset"]].to_numpy(float)
    seconds = np.zeros(len(table))
    for name, mine in table.groupby("recording", sort=False).indices.items():
        covered = annotations.coverage.intervals(str(name), durations[str(name)])
        onsets, offsets = spans[mine].T
        seconds[mine] = measure(covered, offsets) - measure(covered, onsets)
    return seconds


def label_weights(
    annotations: Annotations, edges: Mapping[str, NDArray[np.float64]]
) -> tuple[list[tuple[str, int]], NDArray[np.float64]]:
    """What each stretch of each recording holds of each label, and of background.

    Parameters
    ----------
    annotations
        Rows, with their coverage.
    edges
        For each recording the bounds (stretch + 1,) of consecutive stretches, s.

    Returns
    -------
    stretches
        Recording and number of each stretch.
    weights
        Axes (stretch, label of the label set with its events, the same with its segments, background): number of
        events, seconds of segments, seconds of background.

    Examples
    --------
    >>> from oscine.annotations.annotations import Annotations
    >>> rows = [(0.5, 0.5, "p"), (1, 4, "s")]
    >>> song = Annotations([{"recording": "a", "onset": a, "offset": b, "label": label} for a, b, label in rows])
    >>> label_weights(song, {"a": np.array([0.0, 2, 5])})[1]
    array([[1., 0., 0., 1., 1.],
           [0., 0., 0., 2., 1.]])
    """
    labels = list(annotations.labels)
    table = annotations.to_pandas()
    places = table.groupby("recording", sort=False).indices
    spans = table[["onset", "offset"]].to_numpy(float)
    columns = table["label"].map({label: place for place, label in enumerate(labels)}).to_numpy(np.intp)
    stretches: list[tuple[str, int]] = []
    weights = []
    for name, bounds in edges.items():
        n = len(bounds) - 1
        mine = places.get(name, np.empty(0, np.intp))
        held = np.zeros((n, 2 * len(labels) + 1))
        _add_rows(held, bounds, spans[mine], columns[mine], len(labels))
        covered = annotations.coverage.intervals(name, float(bounds[-1]))
        held[:, -1] = np.diff(measure(subtract(covered, spans[mine]), bounds))
        stretches += [(name, index) for index in range(n)]
        weights.append(held)
    return stretches, np.concatenate(weights) if weights else np.zeros((0, 2 * len(labels) + 1))


def _add_rows(
    held: NDArray[np.float64],
    bounds: NDArray[np.float64],
    spans: Intervals,
    columns: NDArray[np.integer],
    n_labels: int,
) -> None:
    """Add to `held` (stretch, column) what rows (row, 2) of some labels put into stretches with these bounds."""
    last = len(bounds) - 2
    onsets, offsets = spans.T
    first = np.clip(np.searchsorted(bounds, onsets, side="right") - 1, 0, last)
    points = onsets == offsets
    np.add.at(held, (first[points], columns[points]), 1)
    end = np.clip(np.searchsorted(bounds, offsets, side="left") - 1, first, last)
    times = np.where(points, 0, end - first + 1)  # stretches that a segment reaches into
    row = np.repeat(np.arange(len(spans)), times)
    stretch = first[row] + np.arange(len(row)) - np.repeat(np.cumsum(times) - times, times)
    seconds = np.minimum(offsets[row], bounds[stretch + 1]) - np.maximum(onsets[row], bounds[stretch])
    np.add.at(held, (stretch, n_labels + columns[row]), np.maximum(seconds, 0))


def distribution(parts: Mapping[str, Annotations], durations: Mapping[str, float]) -> pd.DataFrame:
    """Number and seconds of each label in each part.

    Parameters
    ----------
    parts
        Annotations of each part, with their coverage.
    durations
        Length of each recording, s.

    Returns
    -------
    table
        Rows in the order of the label set; columns (part, "n" or "s").
    """
    columns: dict[tuple[str, str], pd.Series] = {}
    labels = list(dict.fromkeys(label for part in parts.values() for label in part.labels))
    for name, part in parts.items():
        rows = part.to_pandas()
        seconds = pd.Series(covered_seconds(part, durations)).groupby(rows["label"].to_numpy()).sum()
        columns[name, "n"] = rows["label"].value_counts().reindex(labels, fill_value=0).astype(int)
        columns[name, "s"] = seconds.reindex(labels, fill_value=0.0).astype(float)
    return pd.DataFrame(columns, index=pd.Index(labels))
