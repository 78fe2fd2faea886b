"""A dataset cut into folds, each of which is once what a model is validated on.

Cross-validation [1]_ judges on every annotation by a model that did not learn from it: the annotations are dealt into
k folds, and k models learn, each from all folds but one. With a negative k the roles are swapped: each model learns
from one fold of |k| and is validated on all others, which tells by comparison whether more annotations would help.

Annotations can be dealt out in four ways:

==============  ====================================================================================================
`annotations`   by the hash of their recording and bounds, exactly as SongExplorer does (see `splitters.hash`)
`stratified`    one by one as well, but such that each fold has its share of every label
`blocks`        by blocks of time, with a guard gap where folds meet; every label shared out alike
`recordings`    by whole recordings, or groups of them (individuals, days); labels shared out as alike as these allow
==============  ====================================================================================================

The first two are for sounds annotated one by one, since what lies around them becomes unknown. Neighbouring sounds then
fall on both sides, so that figures are optimistic; those of `recordings` tell of recordings that are yet to come.

References
----------
.. [1] M. Stone (1974), Cross-validatory choice and assessment of statistical predictions, J. R. Stat. Soc. B 36,
   111-147.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oscine.annotations.annotations import Annotations
from oscine.annotations.coverage import Coverage
from oscine.annotations.intervals import Intervals, subtract
from oscine.annotations.labels import BACKGROUND, LabelSet
from oscine.core.errors import InputError
from oscine.core.monitor import SILENT, Monitor
from oscine.datasets.dataset import Dataset, spans_of
from oscine.datasets.distribution import label_weights
from oscine.datasets.groups import group_recordings
from oscine.datasets.splitter import only_rows, only_within
from oscine.datasets.splitters.hash import Hash, percentile
from oscine.datasets.splitters.stratified import block_edges, joined_blocks
from oscine.datasets.stratification import choose_parts

By = Literal["annotations", "stratified", "blocks", "recordings"]


@dataclass(frozen=True)
class Folding:
    """How annotations are dealt into folds.

    Attributes
    ----------
    k
        Number of folds; negative to learn from one and validate on the others.
    by
        What is dealt out.
    groups
        Recordings that stay together, see `oscine.datasets.groups`.
    block, guard
        Longest block, and time left unused where folds meet, in seconds.
    seed
        Of what is drawn by chance.
    """

    k: int
    by: By = "annotations"
    groups: str = ""
    block: float = 10.0
    guard: float = 0.5
    seed: int = 0


def make_folds(dataset: Dataset, folding: Folding, monitor: Monitor = SILENT) -> dict[str, Dataset]:
    """The dataset of each fold by its name, "fold-1", "fold-2" and so on.

    Train and validation part are dealt out together; a test part stays what it is.

    Parameters
    ----------
    dataset
        Any.
    folding
        Into how many folds, and how.
    monitor
        Is warned once of the folds that lack labels.

    Raises
    ------
    InputError
        Where there are fewer annotations, blocks or recordings than folds, a fold has nothing to learn from or to
        validate on, or most folds have hardly any label to be judged by.
    """
    whole, n = undivided(dataset), abs(folding.k)
    deal = {"annotations": _by_hash, "stratified": _by_label, "blocks": _by_blocks, "recordings": _by_recordings}
    pairs = deal[folding.by](whole, dataset, folding)
    found, lost, unseen = {}, {}, {}
    for index, (learnt, judged) in enumerate(pairs, 1):
        name = f"fold-{index}"
        if folding.k < 0:
            learnt, judged = judged, learnt
        for part, to in ((learnt, "learn from"), (judged, "validate on")):
            if len(part) == 0:
                raise InputError(
                    f"{name} has no annotation to {to}",
                    path=dataset.path,
                    found=f"{len(whole)} annotations in {n} folds",
                    cure="Choose fewer folds (--k), or another --by",
                )
        rest = {part: rows for part, rows in dataset.parts.items() if part not in {"train", "validation"}}
        fold = replace_parts(dataset, {"train": learnt, "validation": judged, **rest})
        found[name], lost[name], unseen[name] = _settled(fold)
    if folding.by != "recordings":
        _check_judged(whole, {name: {*lost[name], *unseen[name]} for name in found}, dataset)
    _warn(lost, "to learn from", "whose models do not know them and are not judged by them", monitor)
    _warn(unseen, "to be judged by", "", monitor)
    return found


FEW_FOLDS = 5
"""So few folds are never refused for the labels that they lack: fewer would hardly help."""

_MOST_TOLD = 6


def _check_judged(whole: Annotations, missing: Mapping[str, set[str]], dataset: Dataset) -> None:
    """Refuses so many folds that most of them lack most labels: each would be judged by next to nothing."""
    labels = [label for label, n in whole.count().items() if n and label != BACKGROUND]
    poor = [name for name, lacking in missing.items() if 2 * len(lacking.intersection(labels)) > len(labels)]
    n = len(missing)
    if n <= FEW_FOLDS or 2 * len(poor) <= n:
        return
    with_label = [sum(label not in lacking for lacking in missing.values()) for label in labels]
    fewer = min(max(int(np.median(with_label)), FEW_FOLDS), max(n // 2, 2))
    raise InputError(
        f"{len(poor)} of {n} folds lack most of the labels, so that there is hardly anything to judge their models by",
        path=dataset.path,
        found=f"{len(whole)} annotations of {len(labels)} labels in {n} folds",
        cure=f"Choose fewer folds, such as --k {fewer}",
    )


def _warn(missing: Mapping[str, list[str]], purpose: str, consequence: str, monitor: Monitor) -> None:
    """One warning of all folds that lack labels, the label that most of them lack first."""
    without: dict[str, list[str]] = {}
    for name, labels in missing.items():
        for label in labels:
            without.setdefault(label, []).append(name)
    if not without:
        return
    order = sorted(without, key=lambda label: (-len(without[label]), label))
    told = [
        f"{label!r} ({', '.join(without[label]) if len(without[label]) <= 3 else f'{len(without[label])} folds'})"
        for label in order[:_MOST_TOLD]
    ]
    more = f" and {len(order) - len(told)} more labels" if len(order) > len(told) else ""
    n = sum(bool(labels) for labels in missing.values())
    monitor.warning(
        f"{n} of {len(missing)} folds lack{'s' * (n == 1)} labels {purpose}: {', '.join(told)}{more}"
        + (f", {consequence}" if consequence else "")
    )


def undivided(dataset: Dataset) -> Annotations:
    """Train and validation part as one; a sound that was cut at their border counts once."""
    parts = [dataset.parts[name] for name in ("train", "validation") if name in dataset.parts]
    one = parts[0].concat(*parts[1:])
    rows = one.to_pandas().drop_duplicates(["recording", "onset", "offset", "label", "channel"])
    rows = rows.sort_values(["recording", "onset"], kind="stable", ignore_index=True)
    return one.with_rows(rows, coverage=one.coverage, labels=dataset.labels)


def replace_parts(dataset: Dataset, parts: Mapping[str, Annotations]) -> Dataset:
    """The same recordings and labels, told apart otherwise."""
    same = {name: part.with_rows(part.to_pandas(), labels=dataset.labels) for name, part in parts.items()}
    return replace(dataset, parts=same, provenance=None, path=None)


def settled(name: str, dataset: Dataset, monitor: Monitor) -> Dataset:
    """A dataset without the labels that its training part lacks, which no model could learn; warns of them.

    Where such a sound is, nothing is known any more: it counts neither for nor against the model. A label that there is
    nothing to judge by is warned of as well.
    """
    dataset, lost, unseen = _settled(dataset)
    if lost:
        monitor.warning(
            f"{name} has no {_listed(lost)} to learn from: its model does not know it, and is not judged by it"
        )
    if unseen:
        monitor.warning(f"{name} has no {_listed(unseen)} to validate on")
    return dataset


def _settled(dataset: Dataset) -> tuple[Dataset, list[str], list[str]]:
    """A dataset without the labels that its training part lacks, these, and those that its validation part lacks."""
    learnt = set(dataset.train.to_pandas()["label"])
    elsewhere = {label for part in dataset.parts.values() for label in part.to_pandas()["label"]}
    lost = [label for label in dataset.labels if label in elsewhere - learnt and label != BACKGROUND]
    if lost:
        kept = LabelSet(
            [label for label in dataset.labels if label not in lost],
            {label: kind for label, kind in dataset.labels.categories.items() if label not in lost},
        )
        parts = {part: _without(rows, lost, dataset, kept) for part, rows in dataset.parts.items()}
        dataset = replace(dataset, labels=kept, parts=parts)
    judged = set(dataset.parts["validation"].to_pandas()["label"]) if "validation" in dataset.parts else learnt
    unseen = [label for label in dataset.labels if label in learnt - judged and label != BACKGROUND]
    return dataset, lost, unseen


def _listed(labels: list[str]) -> str:
    return ", ".join(repr(label) for label in labels)


def _without(part: Annotations, lost: list[str], dataset: Dataset, kept: LabelSet) -> Annotations:
    """A part in which nothing is known of where some labels are."""
    rows = part.to_pandas()
    gone = rows["label"].isin(lost)
    unknown, known = spans_of(rows[gone]), {}
    for name in part.recordings:
        covered = part.coverage.intervals(name, dataset.recordings.by_name(name).duration)
        known[name] = subtract(covered, unknown.get(name, ()))
    return part.with_rows(rows[~gone], coverage=Coverage(known, whole=False), labels=kept)


# -- ways of dealing -------------------------------------------------------------------------------------------------

_Pairs = list[tuple[Annotations, Annotations]]


def _by_hash(whole: Annotations, dataset: Dataset, folding: Folding) -> _Pairs:
    """By the percentile of each annotation's hash: fold i holds those from 100 (i − 1) / k to 100 i / k."""
    n = abs(folding.k)
    _check_enough(len(whole), n, "annotations", dataset)
    share = 100 / n
    found = []
    for index in range(n):
        parts = Hash(validation=share, offset=share * index).split(whole, dataset.recordings, seed=0)
        found.append((parts["train"], parts.get("validation", only_rows(whole, np.zeros(len(whole), bool)))))
    return found


def _by_label(whole: Annotations, dataset: Dataset, folding: Folding) -> _Pairs:
    """Annotations of each label, in the order of their hashes, dealt out in turn."""
    n = abs(folding.k)
    _check_enough(len(whole), n, "annotations", dataset)
    rows = whole.to_pandas()
    rates = {name: dataset.recordings.by_name(name).sample_rate for name in whole.recordings}
    place = pd.Series(
        [
            percentile(name, round(onset * rates[name]), round(offset * rates[name]))
            for name, onset, offset in zip(rows["recording"], rows["onset"], rows["offset"], strict=True)
        ]
    )
    order = np.lexsort([place.to_numpy(), rows["label"].to_numpy(str)])  # by label, then by hash
    fold = np.empty(len(rows), int)
    fold[order] = np.arange(len(rows)) % n
    return [(only_rows(whole, fold != index), only_rows(whole, fold == index)) for index in range(n)]


def _by_recordings(whole: Annotations, dataset: Dataset, folding: Folding) -> _Pairs:
    """Whole recordings, or groups of them."""
    n, names = abs(folding.k), whole.recordings
    groups = group_recordings(folding.groups, names, dataset.recordings)
    units = sorted(set(groups.values()))
    _check_enough(len(units), n, "groups of recordings" if folding.groups else "recordings", dataset)
    edges = {name: np.array([0.0, dataset.recordings.by_name(name).duration]) for name in names}
    stretches, weights = label_weights(whole, edges)
    held = np.zeros((len(units), weights.shape[1]))
    np.add.at(held, [units.index(groups[name]) for name, _ in stretches], weights)
    drawn = dict(zip(units, _drawn(held, n, folding.seed), strict=True))
    found = []
    for index in range(n):
        mine = {name for name in names if drawn[groups[name]] == index}
        rest = whole.select(recordings=[name for name in names if name not in mine])
        found.append((rest, whole.select(recordings=[name for name in names if name in mine])))
    return found


def _by_blocks(whole: Annotations, dataset: Dataset, folding: Folding) -> _Pairs:
    """Blocks of time."""
    n, names = abs(folding.k), whole.recordings
    durations = {name: dataset.recordings.by_name(name).duration for name in names}
    block = min(folding.block, sum(durations.values()) / n)
    edges = {name: block_edges(duration, block) for name, duration in durations.items()}
    stretches, weights = label_weights(whole, edges)
    drawn = _drawn(weights, n, folding.seed)
    of = pd.Series(drawn).groupby([name for name, _ in stretches], sort=False)
    folds = {str(name): mine.to_numpy() for name, mine in of}
    found = []
    for index in range(n):
        sides = []
        for mine in (False, True):
            spans: dict[str, Intervals] = {
                name: joined_blocks([bool((one == index) == mine) for one in folds[name]], edges[name], folding.guard)
                for name in names
            }
            held = {name: stretch for name, stretch in spans.items() if len(stretch)}
            chosen = whole.select(recordings=[name for name in names if name in held])
            sides.append(only_within(chosen, Coverage(held, whole=False), dataset.recordings))
        found.append((sides[0], sides[1]))
    return found


def _drawn(weights: NDArray[np.float64], n: int, seed: int) -> NDArray[np.intp]:
    """The fold of each unit, such that every label is shared out alike."""
    parts, _ = choose_parts(weights, {str(index): 1 / n for index in range(n)}, seed=seed)
    return np.array(parts, np.intp)


def _check_enough(there: int, n: int, of: str, dataset: Dataset) -> None:
    if there < n:
        another = "Choose other --groups" if of.startswith("groups") else "Choose another --by"
        cure = "Choose fewer folds (--k)" if there > 1 else another
        raise InputError(
            f"there are more folds than {of}", path=dataset.path, found=f"{n} folds, {there} {of}", cure=cure
        )
