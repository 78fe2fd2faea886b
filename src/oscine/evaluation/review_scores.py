"""What the scores of one recording, of one model or several, say that a person should look at.

- *mistaken*: an annotated sound that the model calls something else, the surer the better,
- *missed*: the model is sure of a sound where somebody has looked for every label and annotated none,
- *disagreeing*: models (replicates of a run, say) call the same stretch different things,
- *uncertain*: a sound, or what is nearly one (more than half of the threshold), for which a second label, or the
  background, is about as probable: 1 less the margin between the two; where labels may overlap, how near to the
  threshold the score is. This is margin sampling [1]_.

All are found by passing over the scores block by block; memory grows with the sounds, not with the recording.

References
----------
.. [1] Settles (2009), Active learning literature survey, University of Wisconsin-Madison, section 3.1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oscine.annotations.intervals import Intervals, contains
from oscine.annotations.labels import BACKGROUND
from oscine.evaluation.mistakes import judged_outputs, knows
from oscine.evaluation.review_people import Overlaps, is_sound
from oscine.evaluation.review_result import Item
from oscine.evaluation.verdicts import ABSENT, Judge
from oscine.networks.model import Model
from oscine.prediction.decoders.threshold import Threshold
from oscine.prediction.runs import find_runs
from oscine.prediction.scores import Scores
from oscine.prediction.segment import SegmentParams, segment, thresholds_of

_NEARLY = 0.5
"""Share of its threshold that the score of what is nearly a sound exceeds."""

_BLOCK = 2**16
"""Frames looked at at once."""


@dataclass(frozen=True)
class Bars:
    """What counts as sure, and as different.

    Attributes
    ----------
    sure
        Score from which a sound that nobody annotated was probably overlooked.
    unsure
        Uncertainty from which a sound should be looked at.
    shortest
        How long models must differ, in seconds.
    reach
        How far apart events are still the same, in seconds.
    """

    sure: float = 0.8
    unsure: float = 0.5
    shortest: float = 0.02
    reach: float = 0.01


def mistaken(scores: Scores, model: Model, rows: pd.DataFrame, bars: Bars) -> list[Item]:
    """Annotated rows that the model contradicts; those of labels that it does not know are left out.

    Whoever says `not_pulse` is contradicted by *pulse* alone.

    Parameters
    ----------
    scores
        Of the recording, by the model.
    rows
        Its annotations.
    """
    rows = rows[np.array([knows(model, label) for label in rows["label"]], bool)]
    outputs, thresholds = judged_outputs(model)
    judge = Judge(rows, outputs, scores.frame_rate, reach=bars.reach, thresholds=thresholds)
    for begin, values in _blocks(scores, outputs):
        judge.add(begin, values)
    judged = judge.judged()
    judged = judged.assign(annotator=rows["annotator"].loc[judged.index])
    judged = judged[judged["kind"] == "mistaken"]
    found = []
    others = zip(judged["annotated"].tolist(), judged["annotator"].tolist(), strict=True)
    for (name, onset, offset, label, score), (annotated, who) in zip(plain_rows(judged), others, strict=True):
        if annotated.startswith(ABSENT) and label != annotated.removeprefix(ABSENT):
            continue
        by = f" by {who}" if who else ""
        why = f"annotated as {annotated}{by}, but the model says {label} ({score:.0%})"
        found.append(Item(name, onset, offset, label, annotated, "mistaken", score, why))
    return found


def overlooked(predicted: pd.DataFrame, rows: pd.DataFrame, looked: Intervals, bars: Bars) -> list[Item]:
    """Sure predictions where somebody has looked for every label, and annotated nothing.

    Parameters
    ----------
    predicted
        Sounds of one recording, with scores.
    rows
        Its annotations.
    looked
        The stretches (n, 2) that were annotated exhaustively, in seconds.
    """
    predicted = predicted[(predicted["score"] >= bars.sure) & predicted["label"].map(is_sound).astype(bool)]
    middles = predicted[["onset", "offset"]].mean(axis=1)
    predicted = predicted[contains(looked, middles)] if len(looked) else predicted[:0]
    known = Overlaps(rows, bars.reach)
    found = []
    for name, onset, offset, label, score in plain_rows(predicted):
        if len(known.of(onset, offset)) == 0:
            why = f"the model is sure of {label} ({score:.0%}) where nothing is annotated"
            found.append(Item(name, onset, offset, label, "", "missed", score, why))
    return found


def uncertain(scores: Scores, model: Model, rows: pd.DataFrame, bars: Bars) -> list[Item]:
    """Sounds, and what is nearly one, for which the model has no clear answer.

    What somebody has annotated counts half, because what it is has been said already.
    """
    outputs, thresholds = judged_outputs(model)
    own = thresholds_of(scores.labels, scores.thresholds, SegmentParams())
    low = {label: value * _NEARLY for label, value in own.items()}
    nearly = segment(replace(scores, decoding={}), SegmentParams(decoder=Threshold(), thresholds=low)).to_pandas()
    nearly = nearly[nearly["label"].isin([output for output in outputs if is_sound(output)])]
    judge = Judge(nearly, outputs, scores.frame_rate, thresholds=thresholds)
    for begin, values in _blocks(scores, outputs):
        judge.add(begin, values)
    found, known = [], Overlaps(rows, bars.reach)
    for (name, onset, offset, said, score), means in zip(plain_rows(nearly), judge.means, strict=True):
        if not np.isfinite(means).all():
            continue
        doubt, label, why = _between(outputs, means) if thresholds is None else _near(said, score, own[said])
        if doubt < bars.unsure or not is_sound(label):
            continue
        places = known.of(onset, offset)
        annotated = known.labels[known.most(places, onset, offset)] if len(places) else ""
        doubt, why = (doubt / 2, f"{why}; annotated as {annotated}") if annotated else (doubt, why)
        found.append(Item(name, onset, offset, label, annotated, "uncertain", doubt, why))
    return found


def _between(outputs: Sequence[str], means: NDArray[np.float64]) -> tuple[float, str, str]:
    """How much two labels that exclude each other rival, the better one that is a sound, and in words."""
    first, second = np.argsort(-means, kind="stable")[:2] if len(means) > 1 else (0, 0)
    doubt = 1.0 - float(means[first] - means[second])
    label = next((outputs[place] for place in (first, second) if is_sound(outputs[place])), BACKGROUND)
    words = [f"{outputs[place]} ({means[place]:.0%})" for place in (first, second)]
    return doubt, label, f"the model wavers between {words[0]} and {words[1]}"


def _near(label: str, score: float, threshold: float) -> tuple[float, str, str]:
    """How near to its threshold the score of a label is, and in words."""
    doubt = 1.0 - abs(score - threshold) / max(threshold, 1 - threshold)
    return doubt, label, f"the model gives {label} {score:.0%}, near its threshold of {threshold:.0%}"


def differing(scores: Mapping[str, Scores], models: Mapping[str, Model], bars: Bars) -> list[Item]:
    """Stretches that models call different things.

    A stretch is where the labels of frames differ; of each the models are asked as of an annotated sound, and
    those that differ in the bounds of a sound alone agree.

    Parameters
    ----------
    scores
        Of one recording, by each model; all have the same labels and frames.
    """
    first = next(iter(scores))
    outputs, thresholds = judged_outputs(models[first])
    rows = pd.concat([_differ(scores, models, label, bars) for label in ((None,) if thresholds is None else outputs)])
    rows = rows.sort_values("onset", kind="stable", ignore_index=True)
    if rows.empty:
        return []
    judged = {}
    for name, mine in scores.items():
        judge = Judge(rows, outputs, mine.frame_rate, thresholds=judged_outputs(models[name])[1])
        for begin, values in _blocks(mine, outputs):
            judge.add(begin, values)
        judged[name] = judge.judged()
    found = []
    spans = zip(rows["recording"].tolist(), rows["onset"].tolist(), rows["offset"].tolist(), strict=True)
    for place, (recording, onset, offset) in enumerate(spans):
        says = {name: (table["label"].iloc[place], table["score"].iloc[place]) for name, table in judged.items()}
        by_label: dict[str, list[str]] = {}
        for name, (label, _) in says.items():
            by_label.setdefault(label, []).append(name)
        if len(by_label) > 1:
            words = [f"{', '.join(names)}: {label} ({says[names[0]][1]:.0%})" for label, names in by_label.items()]
            sounds = [label for label in by_label if is_sound(label)]
            score = float(np.mean([score for _, score in says.values()]))
            why = f"models differ; {'; '.join(words)}"
            label = sounds[0] if sounds else next(iter(by_label))
            found.append(Item(recording, onset, offset, label, "", "disagreeing", score, why))
    return found


def _differ(scores: Mapping[str, Scores], models: Mapping[str, Model], label: str | None, bars: Bars) -> pd.DataFrame:
    """Stretches in which the models' labels of frames differ; where labels may overlap, whether this one is there."""
    first = next(iter(scores))

    def said(name: str, values: NDArray[np.float32], outputs: Sequence[str]) -> NDArray[np.int64]:
        if label is None:
            return np.asarray(values.argmax(axis=0))
        bar = (judged_outputs(models[name])[1] or {}).get(label, 0.5)
        return np.asarray(values[outputs.index(label)] >= bar, np.int64)

    def blocks() -> Iterator[tuple[int, NDArray[np.bool_], NDArray[np.float32]]]:
        outputs = judged_outputs(models[first])[0]
        for parts in zip(*(_blocks(mine, outputs) for mine in scores.values()), strict=True):
            said_by = [said(name, values, outputs) for name, (_, values) in zip(scores, parts, strict=True)]
            differ = np.any([other != said_by[0] for other in said_by[1:]], axis=0)
            yield parts[0][0], differ, np.ones(len(differ), np.float32)

    runs = find_runs(blocks())
    onsets, offsets = scores[first].edges(runs.start), scores[first].edges(runs.stop)
    lasting = offsets - onsets >= bars.shortest
    table = pd.DataFrame({"onset": onsets[lasting], "offset": offsets[lasting]})
    return table.assign(recording=scores[first].recording, label=label or "")


def comparable(scores: Mapping[str, Scores], models: Mapping[str, Model]) -> bool:
    """Whether models have the same labels and frames, so that they can be compared frame by frame."""
    kinds = {(judged_outputs(models[name])[0], mine.n_frames, mine.frame_rate) for name, mine in scores.items()}
    return len(scores) > 1 and len(kinds) == 1


def plain_rows(table: pd.DataFrame) -> Iterator[tuple[str, float, float, str, float]]:
    """Recording, onset, offset, label and score of each row, as plain values."""
    columns = ("recording", "onset", "offset", "label", "score")
    return zip(*(table[column].tolist() for column in columns), strict=True)


def _blocks(scores: Scores, outputs: Sequence[str]) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """First frame and scores (output, frame) of some outputs, in this order, block by block."""
    rows = [scores.labels.index(output) for output in outputs]
    for begin, values in scores.blocks(_BLOCK):
        yield begin, values[rows]
