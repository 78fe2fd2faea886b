"""How far annotators agree with each other, and a model with them, where people have annotated densely.

Sparse annotations train a model, and their validation part says how well it tells apart what people thought worth
marking. Whether it finds everything, and nothing else, is told by stretches in which somebody has marked every sound;
and how good it can be at all, by how far two people agree there. Any number of annotators and a machine are compared
(`metrics.agreement` says how), recording by recording and label by label:

- by *tic* (sample) and by *label* (sound): what everyone says, what one party alone says ("only"), what all but one
  say ("not"),
- the machine's precision and recall, also at thresholds spread over (0, 1), and the threshold at which their ratio is
  the wished one ("dense thresholds"),
- two by two: sounds matched one to one, their differences in time, and kappa of frames.

Points have no length, so that two people hardly ever mark the same. `tolerance` lets two of them stand for the same
sound; `convolve` widens every sound by half of it on either side, in both measures, and unites a party's own where they
then overlap, as SongExplorer does. Both are seconds, here as everywhere (SongExplorer's box says milliseconds and takes
seconds: its "0.01" is our 0.01).

Where somebody has looked, and found nothing, what the machine finds is false. The portion of a recording that counts is
where any annotator has looked ("union"), where all have ("intersection"), or everything ("whole").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import field_validator

from oscine.annotations.annotations import Annotations
from oscine.core.errors import InputError, unknown
from oscine.core.monitor import SILENT, Monitor
from oscine.core.operations import operation
from oscine.core.params import Field, OperationParams, Seconds
from oscine.datasets.dataset import Dataset
from oscine.evaluation.agreement_comparison import N_THRESHOLDS, Comparison, How
from oscine.evaluation.agreement_files import save_dense_thresholds
from oscine.evaluation.agreement_places import Places
from oscine.evaluation.agreement_result import Agreement, LabelAgreement
from oscine.evaluation.machine import Machine, find_machine
from oscine.evaluation.opinions import Opinions, Said, matching
from oscine.networks.model import Model
from oscine.prediction.segment import SegmentParams
from oscine.recordings.recordings import Recordings

__all__ = ["Agreement", "AgreementParams", "agreement"]

_LONGEST_NAME = 120
"""Characters of a folder's name, above which only the first of several files is named."""

TOLERANCE = 0.01
"""Seconds that two events may be apart where neither `tolerance` nor `convolve` is given."""


class AgreementParams(OperationParams):
    """What is compared, and how."""

    measure: Literal["tic", "label", "both"] = "both"
    """By sample ("tic"), by sound ("label"), or both."""
    portion: Literal["union", "intersection", "whole"] = "union"
    """What counts: where any annotator has looked, where all have, or recordings from end to end."""
    tolerance: Seconds | None = Field(None, ge=0)
    """How far apart two events may be and stand for the same, by label. None: 10 ms, or 0 where `convolve` is given."""
    convolve: Seconds | None = Field(None, ge=0)
    """Every sound is widened by half of this on either side (SongExplorer's "convolve"). None: not at all."""
    labels: tuple[str, ...] = Field(())
    """Labels to compare; none given: all that anybody uses."""
    annotators: tuple[str, ...] = Field(())
    """Annotators to compare; none given: all."""
    absent: Literal["nothing", "unknown"] = "nothing"
    """What an annotator says of a recording without a file of theirs: nothing is there (SongExplorer), or it is left
    out."""
    parts: tuple[str, ...] = ("validation", "test")
    """Parts of the dataset, where one is given, whose recordings are compared."""
    ratios: tuple[float, ...] = (1.0,)
    """Wished precision / recall, for each of which a dense threshold is found."""
    n_thresholds: int | None = Field(None, ge=1)
    """Thresholds of the curves, spread evenly within (0, 1). None: 20, or no curves where there are no scores."""
    frame: Seconds = Field(0.01, gt=0)
    """Kappa is that of frames this long."""
    segment: SegmentParams = SegmentParams()
    """How scores become sounds."""
    store: bool = False
    """Store the dense thresholds (of the first ratio, by label unless only tics are compared) in the model."""
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    """Where to compute."""

    @field_validator("measure", mode="before")
    @classmethod
    def _accept_sample(cls, value: Any) -> Any:
        """Sample is our word for tic."""
        return "tic" if value == "sample" else value

    @field_validator("ratios")
    @classmethod
    def _are_positive(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if not value or min(value) <= 0:
            raise ValueError("ratios of precision to recall are above 0, and there is at least one")
        return value

    @property
    def measures(self) -> tuple[str, ...]:
        """Those that are wanted."""
        return ("tic", "label") if self.measure == "both" else (self.measure,)

    @property
    def reach(self) -> float:
        """Seconds that two events may be apart."""
        if self.tolerance is not None:
            return self.tolerance
        return TOLERANCE if self.convolve is None else 0.0


def _place(default: Path, given: Path) -> Path:
    """The default place; where several files or folders are given, it is beside the first, named after them."""
    if "," not in str(given) or given.exists():
        return default
    parts = [path for part in str(given).split(",") for path in matching(part.strip())]
    names = [part.name if part.is_dir() else part.name.removesuffix(part.suffix) for part in parts]
    name = "+".join(names)
    if len(name) > _LONGEST_NAME:
        name = f"{names[0]}+{len(names) - 1}"
    return parts[0].parent / f"{name}.agreement"


def save_agreement(result: Agreement, path: Path, _: AgreementParams) -> list[Path]:
    """Write the folder, and the dense thresholds beside the model that they are for."""
    written = [result.save(path)]
    if result.model is not None:
        stem = result.model.stem.removesuffix("_model")
        prefix = "" if stem == "best" else f"{stem}_"
        written += save_dense_thresholds(result, result.model.parent, prefix)
    return written


@operation(out="{folder}/{stem}.agreement", rename=_place, save=save_agreement)
def agreement(
    annotations: Opinions | Annotations,
    model: Model | None = None,
    recordings: Recordings | None = None,
    dataset: Dataset | None = None,
    scores: Path | None = None,
    params: AgreementParams = AgreementParams(),  # noqa: B008 - frozen
    *,
    monitor: Monitor = SILENT,
) -> Agreement:
    """Compare annotators with each other, and a model with them, on dense annotations.

    Parameters
    ----------
    annotations
        A folder or a file with rows of several annotators, or several of either, or a pattern. Rows of kind
        "predicted" are the machine's.
    model
        Is applied to the recordings, instead of what was predicted before.
    recordings
        Those to compare: a folder, a file or a pattern. By default all that two parties have looked at.
    dataset
        Compares the recordings of its validation and test parts.
    scores
        A file of scores, or the folder that they are in, for curves of thresholds. By default those beside the
        recordings.
    params
        Measure, portion, tolerance.

    Returns
    -------
    agreement
        Sets of what everyone, only one and all but one say, in either measure; and every two parties compared.

    Raises
    ------
    InputError
        Where there is no second party, or no recording that two parties have looked at; for an unknown annotator or
        label; for curves or thresholds to store without a model or scores.

    Examples
    --------
    >>> row = {"recording": "a.wav", "label": "pulse", "annotator": "ann", "onset": 1.0, "offset": 1.0}
    >>> rows = [row, {**row, "annotator": "ben", "onset": 1.004, "offset": 1.004}, {**row, "onset": 2, "offset": 2}]
    >>> result = agreement(Annotations(rows))
    >>> counts = result.labels["pulse"].counts("label")
    >>> counts.everyone, counts.only("ann"), counts.only("ben")
    (1, 1, 0)
    """
    opinions = annotations if isinstance(annotations, Opinions) else Opinions.of(annotations)
    if params.store and (model is None or model.path is None):
        raise InputError("there is no model to store thresholds in", cure="Give one: --model RUN")
    people = _chosen(opinions, params)
    places = Places(opinions, recordings)
    remarks: list[str] = []

    def tell(text: str) -> None:
        remarks.append(text)
        monitor.warning(text)

    allowed = _wanted(recordings, dataset, params)
    machine = find_machine(opinions, model, scores, places.recording, params.segment)
    names = _compared(people, machine, allowed, params, tell)
    people = {name: said for name, said in people.items() if any(recording in said for recording in names)}
    if machine is not None:
        machine.prepare(names, params.device, monitor, tell)
    if params.n_thresholds is not None and not (machine is not None and machine.scores):
        raise InputError(
            "curves of thresholds need the scores of the recordings, and there are none",
            path=opinions.source,
            found=f"n-thresholds {params.n_thresholds}",
            cure="Give --model RUN, or make scores: oscine predict … --save-scores h5",
        )
    _report_absent(people, names, tell)
    labels = _labels(people, machine, names, params, tell)
    found: dict[str, LabelAgreement] = {}
    with monitor.task("Comparing", total=len(labels), unit="labels") as task:
        for label in labels:
            comparison = Comparison(label, people, machine, names, places, _how(params))
            if comparison.is_empty:
                tell(f"{label}: no coverage: nobody has looked for it anywhere (--portion whole: everywhere)")
            else:
                found[label] = comparison.result(monitor)
            task.advance(note=label)
    if not found:
        raise InputError(
            "no coverage: nobody has looked for any of these labels in what is compared",
            path=opinions.source,
            found=", ".join(labels),
            cure="Say that somebody has looked everywhere: --portion whole",
        )
    result = Agreement(
        parties=(*people, *((machine.name,) if machine is not None else ())),
        machine=machine.name if machine is not None else None,
        labels=found,
        sample_rates={name: places.rate(name) for name in names},
        measures=params.measures,
        tolerance=params.reach,
        convolve=params.convolve or 0.0,
        portion=params.portion,
        remarks=(*remarks, *places.remarks(monitor)),
        model=model.path if model is not None else None,
    )
    if params.store and model is not None and model.path is not None:
        _store(model, result, params, tell)
    return result


def _chosen(opinions: Opinions, params: AgreementParams) -> dict[str, dict[str, Said]]:
    """The annotators that are wanted, sorted."""
    for name in params.annotators:
        if name not in opinions.people:
            raise unknown("annotator", name, sorted(opinions.people), path=opinions.source)
    return {name: opinions.people[name] for name in sorted(params.annotators or opinions.people)}


def _wanted(recordings: Recordings | None, dataset: Dataset | None, params: AgreementParams) -> set[str] | None:
    """Names of the recordings to compare; `None` for all."""
    given = None if recordings is None else {recording.name for recording in recordings}
    if dataset is None:
        return given
    of_parts = {name for part in params.parts for name in dataset.part(part).recordings}
    if not of_parts:
        raise InputError("these parts are empty", path=dataset.path, found=params.parts, cure="Choose other --parts")
    return of_parts if given is None else of_parts & given


def _compared(
    people: Mapping[str, Mapping[str, Said]],
    machine: Machine | None,
    allowed: set[str] | None,
    params: AgreementParams,
    tell: Any,
) -> list[str]:
    """Recordings that at least two parties have looked at, sorted; the others are named."""
    every = names = sorted({name for said in people.values() for name in said})
    if allowed is not None:
        names = [name for name in names if name in allowed or Path(name).name in allowed]
    if every and not names:
        raise InputError("nobody has annotated these recordings", found=sorted(allowed or ()), allowed=every)
    chosen, lonely, partial = [], [], []
    for name in names:
        lookers = [who for who, said in people.items() if name in said]
        if len(lookers) + (machine is not None and machine.knows(name)) < 2:
            lonely.append(f"{name} (by {lookers[0]})")
        elif params.absent == "unknown" and len(lookers) < len(people):
            partial.append(name)
        else:
            chosen.append(name)
    if lonely:
        tell(f"left out, as only one party has looked at them: {', '.join(lonely)}")
    if partial:
        tell(f"left out, as not all annotators have looked at them: {', '.join(partial)}")
    if not chosen:
        if partial:
            raise InputError("there is no recording that all annotators have looked at", found=", ".join(people),
                             cure="Choose some of them: --annotators A,B")  # fmt: skip
        raise InputError(
            "there is no recording that two parties have looked at, so no second party to agree with",
            found=f"{len(names)} recording{'s' * (len(names) != 1)}, by {', '.join(people) or 'no annotator'}",
            cure="Add another annotator's files (X_annotations-NAME.csv), predictions, or --model RUN",
        )
    return chosen


def _report_absent(people: Mapping[str, Mapping[str, Said]], names: Sequence[str], tell: Any) -> None:
    for who, said in people.items():
        absent = [name for name in names if name not in said]
        if absent:
            instead = "--absent unknown leaves them out"
            tell(f"{who} has no file of {', '.join(absent)}, and counts as having found nothing there; {instead}")


def _labels(
    people: Mapping[str, Mapping[str, Said]],
    machine: Machine | None,
    names: Sequence[str],
    params: AgreementParams,
    tell: Any,
) -> list[str]:
    """Labels to compare, sorted; those that not all parties use are reported, and count as disagreements."""
    users: dict[str, set[str]] = {}
    for who, said in people.items():
        for name in names:
            for label in said[name].labels if name in said else ():
                users.setdefault(label, set()).add(who)
    if machine is not None:
        for label in machine.labels(names):
            users.setdefault(label, set()).add(machine.name)
    for label in params.labels:
        if label not in users:
            raise unknown("label: nobody uses it", label, users)
    parties = {*people, *((machine.name,) if machine is not None else ())}
    labels = list(params.labels) or sorted(label for label in users if not label.startswith("not_"))
    if not labels:
        raise InputError("nobody says anything in the recordings that are compared", found=", ".join(names))
    for label in labels:
        if lacking := sorted(parties - users[label]):
            using = ", ".join(sorted(users[label]))
            tell(f"{label} is used by {using}, not by {', '.join(lacking)}; it counts as said by the former alone")
    return labels


def _how(params: AgreementParams) -> How:
    return How(
        measures=params.measures,
        portion=params.portion,
        tolerance=params.reach,
        convolve=params.convolve or 0.0,
        frame=params.frame,
        ratios=params.ratios,
        n_thresholds=params.n_thresholds or N_THRESHOLDS,
    )


def _store(model: Model, result: Agreement, params: AgreementParams, tell: Any) -> None:
    """Put the dense thresholds of the first ratio into the model's file."""
    measure = params.measures[-1]
    values = {}
    for label, one in result.labels.items():
        if not one.dense:
            continue
        chosen = one.dense[measure][0]
        if np.isfinite(chosen.value):
            values[label] = chosen.value
        else:
            tell(f"{label}: its threshold stays as it is: {chosen.reason}")
    assert model.path is not None
    model.with_thresholds({**model.thresholds, **values}).save(model.path)
