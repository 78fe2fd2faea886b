"""One label compared in all recordings: its sets, every two parties, and what thresholds of the machine would do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oscine.core.monitor import Monitor
from oscine.evaluation.agreement_cases import Case
from oscine.evaluation.agreement_places import Places
from oscine.evaluation.agreement_result import LabelAgreement
from oscine.evaluation.dense_thresholds import dense_threshold
from oscine.evaluation.machine import Machine
from oscine.evaluation.opinions import Said, looked_at
from oscine.metrics.agreement import AgreementCounts, Tics
from oscine.metrics.counts import Counts, pool
from oscine.metrics.curves import Threshold
from oscine.metrics.kappa import Votes

N_THRESHOLDS = 20
"""SongExplorer's number of thresholds."""


@dataclass(frozen=True)
class How:
    """What counts: the parameters of a comparison, settled (see `AgreementParams`)."""

    measures: tuple[str, ...] = ("tic", "label")
    portion: str = "union"
    tolerance: float = 0.01
    convolve: float = 0.0
    frame: float = 0.01
    ratios: tuple[float, ...] = (1.0,)
    n_thresholds: int = N_THRESHOLDS


class Comparison:
    """One label in all recordings.

    Parameters
    ----------
    label
        The label.
    people, machine
        Who says what.
    names
        The recordings that are compared.
    places
        Where they are.
    how
        What counts.

    Attributes
    ----------
    cases
        What is compared in each recording.
    is_event
        Whether any of its sounds is a point: then the tolerance holds.
    """

    def __init__(
        self,
        label: str,
        people: Mapping[str, Mapping[str, Said]],
        machine: Machine | None,
        names: Sequence[str],
        places: Places,
        how: How,
    ) -> None:
        self.label, self.machine, self.how = label, machine, how
        spans = {who: {name: said[name].spans(label) for name in names if name in said} for who, said in people.items()}
        own = {name: machine.spans(name, label) for name in names} if machine is not None else {}
        every = [*own.values(), *(one for said in spans.values() for one in said.values())]
        self.is_event = any(bool((one[:, 0] == one[:, 1]).any()) for one in every if len(one))
        tolerance = how.tolerance if self.is_event else 0.0
        known = any(len(one) for said in spans.values() for one in said.values())
        self.own = own
        self.cases = {}
        for name in names:
            lookers = [said[name] for said in people.values() if name in said]
            everyone = how.portion == "intersection"
            portion = (
                None
                if how.portion == "whole"
                else looked_at(lookers, label, everyone=everyone, known=known, reach=tolerance)
            )
            self.cases[name] = Case.of(
                name,
                {who: said.get(name) for who, said in spans.items()},
                rate=places.rate(name),
                duration=places.duration(name),
                portion=portion,
                tolerance=tolerance,
                convolve=how.convolve,
            )

    @property
    def is_empty(self) -> bool:
        """Whether nothing counts anywhere."""
        return all(case.portion is not None and not len(case.portion) for case in self.cases.values())

    def result(self, monitor: Monitor) -> LabelAgreement:
        """All there is to say of the label."""
        machines = {name: self._machines(case, self.own.get(name)) for name, case in self.cases.items()}
        sets = {
            measure: {name: case.sets(measure, machines[name]) for name, case in self.cases.items()}
            for measure in self.how.measures
        }
        pairs: dict[tuple[str, str], dict[str, Any]] = {}
        votes: list[Votes] = []
        for name, case in self.cases.items():
            for pair, score in case.pairs(machines[name], self.how.frame):
                pairs.setdefault(pair, {})[name] = score
            if (counted := case.votes(machines[name], self.how.frame)) is not None:
                votes.append(counted)
        result = LabelAgreement(self.label, sets, pairs, pool(votes) if votes else None, is_event=self.is_event)
        return self._with_curve(result, monitor)

    def _machines(self, case: Case, spans: NDArray[np.float64] | None) -> dict[str, Tics]:
        if self.machine is None:
            return {}
        return {self.machine.name: case.tics(np.empty((0, 2)) if spans is None else spans)}

    def _with_curve(self, result: LabelAgreement, monitor: Monitor) -> LabelAgreement:
        """With what thresholds do, where there are scores."""
        machine, how = self.machine, self.how
        if machine is None or not machine.has_scores(self.label):
            return result
        tried: dict[float, dict[str, AgreementCounts]] = {}

        def at(threshold: float) -> dict[str, AgreementCounts]:
            monitor.check()
            if threshold not in tried:
                tried[threshold] = self._at(threshold)
            return tried[threshold]

        n, curve = how.n_thresholds, []
        with monitor.task(f"Trying thresholds of {self.label}", total=n, unit="thresholds") as task:
            for threshold in np.arange(1, n + 1) / (n + 1):
                curve.append((float(threshold), at(float(threshold))))
                task.advance()
        levels = machine.levels(self.label)
        dense: dict[str, list[Threshold]] = {}
        for measure in how.measures:

            def evaluate(threshold: float, measure: str = measure) -> Counts:
                return at(threshold)[measure].against(machine.name)

            dense[measure] = [dense_threshold(evaluate, levels, ratio) for ratio in how.ratios]
        return replace(result, curve=curve, dense=dense, in_use=machine.in_use(self.label))

    def _at(self, threshold: float) -> dict[str, AgreementCounts]:
        """What comes of a threshold, recordings pooled."""
        assert self.machine is not None
        found: dict[str, list[AgreementCounts]] = {measure: [] for measure in self.how.measures}
        for name, case in self.cases.items():
            machines = self._machines(case, self.machine.decode(name, self.label, threshold))
            for measure, counts in found.items():
                sets = case.sets(measure, machines)
                counts.append(sets.count_tics() if measure == "tic" else sets.count_sounds())
        return {measure: pool(counts) for measure, counts in found.items()}
