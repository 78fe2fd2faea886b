"""The result of a comparison of annotators and a machine: by label, by measure, by recording, and two by two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Self

from oscine.core.artifacts import Provenance
from oscine.metrics.agreement import AgreementCounts, AgreementSets
from oscine.metrics.agreement_pairs import PairScore
from oscine.metrics.bootstrap import Interval, bootstrap
from oscine.metrics.counts import Counts, plain, pool
from oscine.metrics.curves import Threshold
from oscine.metrics.kappa import Votes, cohen_kappa

Pair = tuple[str, str]


@dataclass(frozen=True, eq=False)
class LabelAgreement:
    """How far all agree on one label.

    Attributes
    ----------
    label
        The label.
    sets
        Who says what, by measure ("tic", "label") and recording.
    pairs
        Every two parties, by recording.
    votes
        How all vote frame by frame, in recordings that all have looked at; `None` where there are none.
    curve
        Thresholds of the machine, ascending, and what comes of each in each measure.
    dense
        By measure, the thresholds at the wished ratios of precision to recall.
    in_use
        The threshold that the machine decodes with; `nan` where it is not known.
    is_event
        Whether any of its sounds is a point, which has no length to be measured by samples.
    """

    label: str
    sets: Mapping[str, Mapping[str, AgreementSets]]
    pairs: Mapping[Pair, Mapping[str, PairScore]]
    votes: Votes | None = None
    curve: Sequence[tuple[float, Mapping[str, AgreementCounts]]] = ()
    dense: Mapping[str, Sequence[Threshold]] = field(default_factory=dict)
    in_use: float = float("nan")
    is_event: bool = False

    def by_recording(self, measure: str) -> dict[str, AgreementCounts]:
        """Sizes of all sets in each recording."""
        found = self.sets[measure]
        return {name: sets.count_tics() if measure == "tic" else sets.count_sounds() for name, sets in found.items()}

    def counts(self, measure: str) -> AgreementCounts:
        """Sizes of all sets, recordings pooled."""
        return pool(self.by_recording(measure).values())

    def pair_intervals(self, first: str, second: str) -> dict[str, Interval]:
        """F1 and kappa of two parties, and within which limits they would lie for other recordings."""
        scores = list(self.pairs[first, second].values())
        return {
            "f1": bootstrap([score.counts for score in scores], lambda counts: counts.f1),
            "kappa": bootstrap([score.frames for score in scores], cohen_kappa),
        }

    def pair(self, first: str, second: str) -> PairScore | None:
        """How two parties agree, recordings pooled; `None` where none has been looked at by both."""
        found = self.pairs.get((first, second), {})
        return pool(found.values()) if found else None


@dataclass(frozen=True, eq=False)
class Agreement:
    """How far annotators, and a machine, agree.

    Attributes
    ----------
    parties
        Annotators, sorted, then the machine.
    machine
        The one that precision and recall are of; `None` where there are people only.
    labels
        Of each label how far all agree.
    sample_rates
        Tics per second of each recording that was compared.
    measures
        "tic", "label", or both.
    tolerance, convolve
        How events may differ in time, and by how much all was widened, in seconds.
    remarks
        What was left out, and what to know.
    model
        File of the model, where there is one.
    """

    has_figures: ClassVar[bool] = True  # drawn by `oscine.figures.draw`

    parties: tuple[str, ...]
    machine: str | None
    labels: Mapping[str, LabelAgreement]
    sample_rates: Mapping[str, float]
    measures: tuple[str, ...]
    tolerance: float
    convolve: float
    portion: str
    remarks: tuple[str, ...] = ()
    model: Path | None = None
    provenance: Provenance | None = field(default=None, compare=False)

    @property
    def recordings(self) -> tuple[str, ...]:
        """Those that were compared, sorted."""
        return tuple(self.sample_rates)

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """Every two parties, in order."""
        return tuple((a, b) for i, a in enumerate(self.parties) for b in self.parties[i + 1 :])

    def rates_of(self, counts: AgreementCounts) -> Counts | None:
        """What comes of the machine against people; `None` where there is no machine."""
        return counts.against(self.machine) if self.machine is not None else None

    def with_provenance(self, provenance: Provenance) -> Self:
        """The same, saying how it came to be."""
        return replace(self, provenance=provenance)

    # -- as values and as text -------------------------------------------------------------------------------------

    def summary(self) -> dict[str, Any]:
        """Every figure, as plain values."""
        return {
            "parties": list(self.parties),
            "machine": self.machine,
            "recordings": list(self.recordings),
            "portion": self.portion,
            "tolerance": self.tolerance,
            "convolve": self.convolve,
            "labels": {label: self._summary_of(one) for label, one in self.labels.items()},
            "remarks": list(self.remarks),
        }

    def _summary_of(self, one: LabelAgreement) -> dict[str, Any]:
        told: dict[str, Any] = {}
        for measure in self.measures:
            counts, by_recording = one.counts(measure), one.by_recording(measure)
            told[measure] = {
                **self._sizes(counts),
                "recordings": {name: self._sizes(part) for name, part in by_recording.items()},
                "dense_thresholds": [item.to_dict() for item in one.dense.get(measure, ())],
            }
        told["pairs"] = [
            {
                "first": a,
                "second": b,
                **score.to_dict(),
                "intervals": {name: found.to_dict() for name, found in one.pair_intervals(a, b).items()},
                "recordings": {name: part.to_dict() for name, part in one.pairs[a, b].items()},
            }
            for a, b in self.pairs
            if (score := one.pair(a, b)) is not None
        ]
        told["fleiss_kappa"] = plain(one.votes.kappa) if one.votes is not None else None
        told["in_use"] = plain(one.in_use)
        return told

    def _sizes(self, counts: AgreementCounts) -> dict[str, Any]:
        rates = self.rates_of(counts)
        return {
            "everyone": counts.everyone,
            "only": {name: counts.only(name) for name in self.parties},
            **({"not": {name: counts.without(name) for name in self.parties}} if len(self.parties) > 2 else {}),
            "share": plain(counts.share),
            "sets": counts.to_dict(),
            **({"precision": plain(rates.precision), "recall": plain(rates.recall)} if rates else {}),
            **({"f1": plain(rates.f1)} if rates else {}),
        }

    def __str__(self) -> str:
        from oscine.evaluation.agreement_text import describe_agreement

        return describe_agreement(self)

    @property
    def header(self) -> list[str]:
        """Names of the columns of sizes and rates: SongExplorer's."""
        names = [f"only {name}" for name in self.parties]
        if len(self.parties) > 2:
            names += [f"not {name}" for name in self.parties]
        return [*names, "Everyone", "Precision", "Recall"]

    def sizes_row(self, counts: AgreementCounts) -> list[int]:
        """Sizes in the order of the header."""
        sizes = [counts.only(name) for name in self.parties]
        if len(self.parties) > 2:
            sizes += [counts.without(name) for name in self.parties]
        return [*sizes, counts.everyone]

    def save(self, path: str | Path) -> Path:
        """Write a folder of tables (see `agreement_files`); those of an earlier comparison in it are replaced."""
        from oscine.evaluation.agreement_files import save_agreement_folder

        return save_agreement_folder(self, Path(path))
