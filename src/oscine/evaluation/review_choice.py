"""Which of many candidates a person should look at: the best of each kind, spread over time, recordings and labels.

Ten mistakes within a second are one look, and a hundred of one noisy recording tell less than ten of each of ten. So
the list takes the candidates in order, kind by kind, and passes over what lies within `apart` of something listed;
what goes beyond a recording's share waits until all recordings have had theirs.

Within a kind the highest score comes first, but for *uncertain* ones: of these the first of every label come first, the
rarest label at the head, then the second of every label, and so on. A model learns most from what it has seen least.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Mapping, Sequence

from oscine.evaluation.review_result import KINDS, Item


def choose(
    candidates: Sequence[Item],
    *,
    most: int,
    apart: float,
    per_recording: int,
    frequency: Mapping[str, int] | None = None,
) -> list[Item]:
    """The items to look at, in order.

    Parameters
    ----------
    candidates
        In any order.
    most
        How many at most.
    apart
        How far apart two items of a recording are at least, in seconds.
    per_recording
        How many of a recording are taken before the others have had their share.
    frequency
        How often each label is annotated; labels that are not named are the rarest.

    Examples
    --------
    >>> def item(onset, score, kind="mistaken"):
    ...     return Item("a.wav", onset, onset, "sine", "pulse", kind, score, "")
    >>> found = choose([item(1, 0.7), item(1.1, 0.9), item(5, 0.8)], most=9, apart=0.5, per_recording=9)
    >>> [(each.onset, each.score) for each in found]
    [(1.1, 0.9), (5, 0.8)]
    """
    chosen: list[Item] = []
    taken: dict[str, list[tuple[float, float]]] = {}
    shares: Counter[str] = Counter()
    for kind in KINDS:
        ordered = in_order([item for item in candidates if item.kind == kind], kind, frequency or {})
        waiting: list[Item] = []
        for queue, limit in ((ordered, per_recording), (waiting, math.inf)):
            for item in queue:
                if len(chosen) >= most:
                    return chosen
                if shares[item.recording, kind] >= limit:  # type: ignore[index]
                    waiting.append(item)
                    continue
                spans = taken.setdefault(item.recording, [])
                if _is_free(spans, item.onset, item.offset, apart):
                    insort(spans, (item.onset, item.offset))
                    shares[item.recording, kind] += 1  # type: ignore[index]
                    chosen.append(item)
    return chosen


def in_order(items: Sequence[Item], kind: str, frequency: Mapping[str, int]) -> list[Item]:
    """Items of one kind, those that deserve it most first."""
    best = sorted(items, key=lambda item: (-_worth(item), *item[:5], item.why))  # a total order: no draw
    if kind != "uncertain":
        return best
    seen: Counter[str] = Counter()
    places = []
    for place, item in enumerate(best):
        places.append((seen[item.label], frequency.get(item.label, 0), place))
        seen[item.label] += 1
    return [best[place] for _, _, place in sorted(places)]


def _worth(item: Item) -> float:
    """The score; where there is none, below all others, the longest sound first."""
    return item.score if math.isfinite(item.score) else item.offset - item.onset - 1e9


def _is_free(spans: list[tuple[float, float]], onset: float, offset: float, apart: float) -> bool:
    """Whether nothing lies nearer than `apart`: of sorted spans that are apart only the neighbours matter."""
    place = bisect_left(spans, (onset, offset))
    before = place == 0 or spans[place - 1][1] + apart <= onset
    after = place == len(spans) or offset + apart <= spans[place][0]
    return before and after
