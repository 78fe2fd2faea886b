"""Mistakes: annotated sounds that a model calls something else, as files that a person can go through.

Each annotated row of a part of a dataset is judged by the model's scores (see `oscine.evaluation.verdicts`), and goes
to `X_mistakes.csv` beside the recording `X.wav`: its kind is `mistaken` or `correct`, its label what the model says,
its score how surely, and its column `annotated_label` what was annotated. In a project with SongExplorer's names the
file is `X.wav-mistakes.csv`, whose fifth column is the predicted and whose sixth the annotated label [1]_.

Unlike there no activations need to be saved first, events are judged within a tolerance, and a sound by all of its
frames instead of one in its middle. Only the tiles that the rows touch are computed.

References
----------
.. [1] Arthur et al. (2021), SongExplorer, bioRxiv 2021.03.26.437280.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oscine.annotations import naming
from oscine.annotations.annotations import Annotations
from oscine.annotations.coverage import Coverage
from oscine.annotations.labels import BACKGROUND
from oscine.annotations.project import rename_in_project
from oscine.core.artifacts import Provenance
from oscine.core.errors import InputError
from oscine.core.monitor import SILENT, Monitor
from oscine.core.operations import operation
from oscine.core.params import Field, OperationParams, Seconds
from oscine.datasets.dataset import Dataset
from oscine.evaluation.learnt_from import dataset_of
from oscine.evaluation.pieces import tile_ranges
from oscine.evaluation.scoring import unknown_label
from oscine.evaluation.verdicts import ABSENT, Judge, judge_rows
from oscine.networks.fitting import fit_recording
from oscine.networks.model import Model
from oscine.prediction.segment import SegmentParams, thresholds_of
from oscine.prediction.tiles import read_tiles, score_tiles
from oscine.recordings.recording import Recording
from oscine.recordings.recordings import Recordings

__all__ = ["Mistakes", "MistakesParams", "judge_rows", "mistakes"]

_TILES = 16
"""Tiles computed at once; it bounds memory."""


class MistakesParams(OperationParams):
    """Which annotations are judged, and how."""

    part: str = "validation"
    """Part of the dataset."""
    reach: Seconds = Field(0.01, ge=0)
    """How far from an annotated event the model may find it."""
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    """Where to compute."""


@dataclass(frozen=True)
class Mistakes:
    """Annotated rows as a model judges them.

    Attributes
    ----------
    annotations
        Of kind "mistaken" and "correct", labelled as the model says; `annotated_label` is what was annotated.
    recordings
        The recordings, beside which the files go.
    part
        Of the dataset.
    """

    annotations: Annotations
    recordings: Recordings
    part: str
    provenance: Provenance | None = field(default=None, compare=False)

    def with_provenance(self, provenance: Provenance) -> Self:
        """The same, saying how it came to be."""
        return replace(self, provenance=provenance)

    def confusions(self) -> dict[str, dict[str, int]]:
        """How many rows of each annotated label the model calls what, the most frequent first."""
        table = self.annotations.to_pandas()
        return {
            str(label): {str(said): int(n) for said, n in rows["label"].value_counts().items()}
            for label, rows in table.groupby("annotated_label", sort=True)
        }

    def summary(self) -> dict[str, Any]:
        """Counts, for machines."""
        kinds = self.annotations.to_pandas()["kind"]
        counts = {"n_rows": len(kinds), "n_mistaken": int((kinds == "mistaken").sum())}
        return {"part": self.part, **counts, "called": self.confusions()}

    def __str__(self) -> str:
        counts, called = self.summary(), self.confusions()
        share = counts["n_mistaken"] / max(1, counts["n_rows"])
        lines = [f"{counts['n_mistaken']} of {counts['n_rows']} annotated sounds of the {self.part} part are mistaken "]
        lines[0] += f"({share:.1%}), by the model or by whoever annotated:"
        width = max(map(len, called), default=0)
        for label, said in called.items():
            wrong = ", ".join(f"{n} {other}" for other, n in said.items() if other != label)
            total = sum(said.values())
            lines.append(f"  {label:{width}}  {total - said.get(label, 0):5d} of {total:5d}{': ' * bool(wrong)}{wrong}")
        return "\n".join(lines)


def _beside(_: Path, __: Path) -> None:
    """The default place: beside each recording."""


def save_mistakes(result: Mistakes, target: Path | None, _: MistakesParams) -> list[Path]:
    """Write a file for each recording, beside it or in the folder `target`; or one for all, where `target` is a CSV."""
    found = result.annotations.with_provenance(result.provenance)
    if target is not None and target.suffix.lower() == ".csv":
        return [found.save(target, recordings=result.recordings)]
    if target is not None and target.is_file():
        raise InputError(
            "this is a file, and mistakes go into a folder, or into one CSV",
            path=target,
            allowed="a folder, or a name that ends in .csv",
            cure="Choose another --out, or leave it out: then they go beside each recording",
        )
    written = []
    for name in found.recordings:
        recording = result.recordings.by_name(name)
        folder = recording.path.parent if target is None else target / Path(name).parent
        plain = Path(name).name
        path = rename_in_project(folder / naming.ours(naming.stem(plain), "mistaken"), folder / plain)
        mine = found.select(recordings=[name]).rename_recordings({name: plain})
        written.append(mine.save(path, recordings=Recordings([recording])))
    return written


@operation(out="X_mistakes.csv beside each recording X", rename=_beside, save=save_mistakes)
def mistakes(
    model: Model,
    dataset: Dataset | None = None,
    params: MistakesParams = MistakesParams(),  # noqa: B008 - frozen
    *,
    monitor: Monitor = SILENT,
) -> Mistakes:
    """List the annotated sounds that a model calls something else.

    Parameters
    ----------
    model
        A model, or the folder of a run for its best one.
    dataset
        By default the one that it was trained with, whose validation part it has not learnt from.
    params
        Part of the dataset, and how far from an event the model may find it.

    Returns
    -------
    mistakes
        Every annotated row, `mistaken` or `correct`, with what the model says and how surely.

    Raises
    ------
    InputError
        Where the part is absent or has no annotated row, the model says nothing of labels or does not know one of them.

    Examples
    --------
    >>> import oscine
    >>> from oscine.networks.specification import Specification
    >>> from oscine.testing import fly_song
    >>> sound, truth = fly_song(30, seed=1, name="a.wav")
    >>> recordings = oscine.Recordings([Recording.from_sound(sound, 2500.0, name="a.wav")])
    >>> dataset = oscine.prepare(recordings, truth, oscine.PrepareParams(few=1))
    >>> architecture, target = oscine.SongExplorer(), oscine.TrainParams().target
    >>> task = Specification(labels=tuple(dataset.labels), sample_rate=2500)
    >>> found = mistakes(Model(architecture.build(task), architecture, target), dataset)
    >>> found.summary()["n_rows"] == len(dataset.part("validation"))
    True
    """
    refuse_reconstructions(model)
    dataset = dataset or dataset_of(model)
    part = dataset.part(params.part)
    table = part.to_pandas()
    if table.empty:
        raise InputError(
            f"the {params.part} part has no annotated sound", path=dataset.path, cure="Choose another --part"
        )
    for label in table["label"].unique():
        if not knows(model, str(label)):
            raise unknown_label(model, str(label))
    outputs, thresholds = judged_outputs(model)
    places = [model.outputs.index(output) for output in outputs]
    model.to(params.device)
    groups = table.groupby("recording", sort=True)
    judged, used = [], []
    with monitor.task(
        f"Judging {len(table)} annotated sound{'s' * (len(table) > 1)}", total=len(groups), unit="recordings"
    ) as task:
        for name, rows in groups:
            recording = dataset.recordings.by_name(str(name))
            fitted = fit_recording(recording, model.specification, resample=True)
            judge = Judge(rows, outputs, model.frame_rate, reach=params.reach, thresholds=thresholds)
            for begin, values in score_near(model, fitted, rows[["onset", "offset"]].to_numpy(), params.reach):
                judge.add(begin, values[places])
                monitor.check()
            judged.append(judge.judged())
            used.append(recording)
            task.advance()
    rows = pd.concat(judged).sort_values(["recording", "onset", "offset"], kind="stable")
    rows = rows.rename(columns={"annotated": "annotated_label"}).reset_index(drop=True)
    # what a model says covers nothing, but a file of our own without rows would be taken to cover all
    coverage = Coverage({str(name): None for name in rows["recording"].unique()}, whole=False)
    return Mistakes(Annotations(rows, coverage=coverage), Recordings(used), params.part)


# -- shared with review ----------------------------------------------------------------------------------------------


def judged_outputs(model: Model) -> tuple[tuple[str, ...], dict[str, float] | None]:
    """The outputs that rows are judged by, and the thresholds of those that may overlap; none where they may not."""
    if rivals := model.target.rivals(model.labels):
        return tuple(rivals), None
    sounds = tuple(output for output in model.outputs if output not in model.aside)
    return sounds, dict(thresholds_of(sounds, model.thresholds, SegmentParams()))


def refuse_reconstructions(model: Model) -> None:
    """An `InputError` for a model that says nothing of labels."""
    if len(model.aside) == len(model.outputs):
        raise InputError(
            f"a model with the target {model.target.plugin_name!r} says nothing of labels, and can mistake none",
            path=model.path,
            cure="Give a model that was trained on labels",
        )


def knows(model: Model, label: str) -> bool:
    """Whether the model can say anything of a label."""
    return label == BACKGROUND or label in model.labels or label.removeprefix(ABSENT) in model.outputs


def score_near(
    model: Model, recording: Recording, spans: NDArray[np.float64], reach: float = 0.0
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """First frame and scores (output, frame) of all tiles that some stretches touch, the very scores of `predict`.

    Parameters
    ----------
    recording
        At the model's sample rate and level.
    spans
        Onsets and offsets (n, 2), in seconds.
    reach
        How far around them, in seconds.
    """
    within = np.minimum(spans, recording.duration)  # what lies beyond is judged by the last tile
    for first, stop in tile_ranges(model, within, model.n_frames(recording.n_samples), reach):
        for group in range(first, stop, _TILES):
            sound = read_tiles(model, recording, group, min(group + _TILES, stop))
            yield group * model.tile, score_tiles(model, sound)
