"""What a file or a folder holds, in a few lines: recordings, annotations, scores, models, runs, datasets, projects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from oscine.annotations.annotations import Annotations
from oscine.annotations.project import Project
from oscine.core.artifacts import Provenance
from oscine.core.errors import InputError
from oscine.core.monitor import SILENT, Monitor
from oscine.core.operations import operation
from oscine.core.params import OperationParams
from oscine.datasets.dataset import Dataset
from oscine.networks.keras_files.names import SUFFIXES as KERAS_SUFFIXES
from oscine.networks.model import Model
from oscine.prediction.scores import SUFFIX, Scores
from oscine.recordings.reader import suffixes
from oscine.recordings.recording import Recording
from oscine.recordings.recordings import Recordings, shown_duration
from oscine.training.run import CARD, Run
from oscine.training.runs import CARD as RUNS_CARD
from oscine.training.runs import KIND_OF_MANY, Runs
from oscine.training.stale import last_training, model_digests


class InfoParams(OperationParams):
    """Nothing to choose yet."""


@dataclass(frozen=True)
class Info:
    """What there is.

    Attributes
    ----------
    path
        Of what was asked.
    what
        "recording", "annotations", "scores", "model", "run", "runs", "dataset", "evaluation" or "folder".
    facts
        Names and values, in order.
    stale
        Predictions and misses of this folder that an older model made than the one trained last.
    """

    path: Path
    what: str
    facts: dict[str, Any] = field(default_factory=dict)
    stale: tuple[Path, ...] = ()

    def summary(self) -> dict[str, Any]:
        """The same, as plain values."""
        return {"path": str(self.path), "what": self.what, **self.facts, "stale": [str(path) for path in self.stale]}

    def __str__(self) -> str:
        width = max([len(name) for name in self.facts], default=0)
        lines = [f"{self.path}: {self.what}"]
        for name, value in self.facts.items():
            first, *rest = str(value).splitlines() or [""]
            lines += [f"  {name:{width}}  {first}", *(f"  {'':{width}}  {line}" for line in rest)]
        if self.stale:
            lines.append(f"out of date, made by an older model than the one trained last ({len(self.stale)}):")
            lines += [f"  {path.name}" for path in self.stale]
        return "\n".join(lines)


@operation(each="path")
def info(path: Path, params: InfoParams = InfoParams(), *, monitor: Monitor = SILENT) -> Info:  # noqa: B008
    """Say what a file or a folder holds, and which predictions are out of date.

    Parameters
    ----------
    path
        A recording, annotations, scores, a model, a run, a folder of runs, a dataset, an evaluation, or a folder of
        recordings.

    Returns
    -------
    info
        To print, or as plain values with `summary`.

    Raises
    ------
    InputError
        Where there is nothing, or nothing that is known.

    Examples
    --------
    >>> import tempfile
    >>> pulse = {"recording": "may01.wav", "onset": 1.5, "offset": 1.5, "label": "pulse"}
    >>> found = info(Annotations([pulse]).save(Path(tempfile.mkdtemp(), "may01_annotations.csv")))
    >>> found.what, found.facts
    ('annotations', {'annotated pulse': 1})
    """
    if not path.exists():
        raise InputError("there is no such file or folder", path=path)
    if path.is_dir():
        if (path / CARD).is_file():
            return _run(path)
        if _holds_runs(path):
            return _runs(path)
        if (path / "dataset.json").is_file():
            dataset = Dataset.load(path)
            counts = {"recordings": len(dataset.names()), "annotations": dataset.counts().to_string()}
            return Info(path, "dataset", {"labels": ", ".join(dataset.labels), **counts})
        if (path / "evaluation.json").is_file():
            return Info(path, "evaluation", _evaluation(path / "evaluation.json"))
        return _folder(path, monitor)
    if path.name.endswith((".safetensors", *KERAS_SUFFIXES)):
        return Info(path, "model", _model(Model.load(path)))
    if path.name.endswith(SUFFIX):
        return Info(path, "scores", _scores(Scores.load(path)))
    try:
        return Info(path, "recording", _recording(Recording(path)))
    except InputError as not_sound:
        try:
            annotations = Annotations.load(path, monitor=monitor)
        except InputError as not_annotations:
            raise (not_sound if path.name.lower().endswith(suffixes()) else not_annotations) from None
        return Info(path, "annotations", _annotations(annotations))


def _recording(recording: Recording) -> dict[str, Any]:
    return {
        "duration": f"{recording.duration:.3f} s",
        "sample rate": f"{recording.sample_rate:g} Hz",
        "channels": recording.n_channels,
        "samples": recording.n_samples,
    }


def _annotations(annotations: Annotations) -> dict[str, Any]:
    table = annotations.to_pandas()
    counts = table.groupby(["kind", "label"]).size()
    facts: dict[str, Any] = {" ".join(name): int(n) for name, n in zip(counts.index, counts, strict=True)}
    if annotations.provenance:
        facts["made by"] = _made_by(annotations.provenance)
    return facts or {"annotations": "none: somebody looked, and nothing was there"}


def _made_by(provenance: Provenance) -> str:
    model = provenance.inputs.get("model") or {}
    name = f" with {model['name']} ({model['digest']})" if "digest" in model else ""
    return f"oscine {provenance.operation} {provenance.version}{name}, {provenance.created}"


def _model(model: Model) -> dict[str, Any]:
    facts = {
        "architecture": model.architecture.plugin_name,
        "labels": ", ".join(f"{label} (events)" if label in model.events else label for label in model.labels),
        "thresholds": ", ".join(f"{label} {value:.3f}" for label, value in model.thresholds.items()) or "none",
        "digest": model.digest,
    }
    if model.provenance:
        facts["made by"] = _made_by(model.provenance)
    return {**facts, "network": model.describe()}


def _scores(scores: Scores) -> dict[str, Any]:
    facts = {**scores.summary(), "labels": ", ".join(scores.labels), "frame_rate": f"{scores.frame_rate:g} Hz"}
    return {**facts, "made by": _made_by(scores.provenance)} if scores.provenance else facts


def _evaluation(path: Path) -> dict[str, Any]:
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
        frames = card["frames"]["by_label"] if "frames" in card or "models" not in card else {}
        rates = {
            label: f"precision {_rate(of['precision'])}, recall {_rate(of['recall'])}" for label, of in frames.items()
        }
        best = {name: f"best at step {step}" for name, step in card.get("best", {}).items()}
        return {"part": card["part"], **rates, **best}
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"the card of this evaluation is damaged ({error})", path=path, cure="Evaluate again"
        ) from None


def _rate(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _run(path: Path) -> Info:
    run = Run.load(path)
    facts: dict[str, Any] = {"finished": "yes" if run.finished else "no: give the same train command to go on"}
    facts |= {name: ", ".join(f"{key} {value:.4g}" for key, value in best.items()) for name, best in run.best.items()}
    return Info(path, "run", {**facts, **(_model(run.model) if run.finished else {"labels": ", ".join(run.labels)})})


def _holds_runs(path: Path) -> bool:
    """Whether a folder is one of runs, and not one of recordings in which somebody has trained as well."""
    if (path / RUNS_CARD).is_file():
        return True
    items = [item for item in path.iterdir() if not item.name.startswith(".") and item.suffix != ".evaluation"]
    return bool(items) and all((item / CARD).is_file() for item in items)


def _runs(path: Path) -> Info:
    runs = Runs.load(path)
    facts: dict[str, Any] = {"made by": f"oscine {runs.kind}"} if runs.kind != KIND_OF_MANY else {}
    facts["finished"] = f"{len(runs.finished)} of {len(runs.names)}"
    if runs.missing:
        facts["not finished"] = ", ".join(runs.missing)
    best = {name: "\n".join(str(run).splitlines()[:-1]) for name, run in runs.finished.items()}  # less its path
    return Info(path, "runs", {**facts, **best})


def _folder(path: Path, monitor: Monitor) -> Info:
    project = Project.find(path)
    facts: dict[str, Any] = {name: value for name, value in _settings(project).items() if value}
    try:
        recordings = Recordings(path)
        duration = shown_duration(sum(recording.duration for recording in recordings))
        rates = sorted({f"{recording.sample_rate:g} Hz" for recording in recordings})
        facts["recordings"] = f"{len(recordings)}, {duration}, {', '.join(rates)}"
        for file, error in recordings.failed:
            monitor.warning(f"{file.name} cannot be read: {error}")
    except InputError:
        facts["recordings"] = "none"
    try:
        annotations = Annotations.load(path, monitor=monitor)
        facts |= _annotations(annotations)
    except InputError as error:
        facts["annotations"] = "none that can be read"
        if "holds no annotations" not in error.problem:
            monitor.warning(str(error))
    return Info(path, "folder", facts, tuple(find_stale(path)))


def _settings(project: Project) -> dict[str, str]:
    """What a project says otherwise than the defaults."""
    name = project.annotation_format.plugin_name
    return {
        "annotation format": name if name != "oscine" else "",
        "coverage": project.coverage or "",
        "labels": ", ".join(project.labels),
    }


def find_stale(folder: Path) -> list[Path]:
    """Predictions, scores and misses whose story names a model that the last training here did not make."""
    stale = []
    for path, story in _stories(folder):
        last = last_training(path.parent)
        digests = set() if last is None else model_digests(story.inputs)
        if last is not None and digests and not digests & set(map(str, last["models"])):
            stale.append(path)
    return stale


def _stories(folder: Path) -> Iterator[tuple[Path, Provenance]]:
    """Results below a folder that tell how they came to be, in order; damaged ones tell nothing."""
    for path in sorted([*folder.rglob("*.provenance.json"), *folder.rglob(f"*{SUFFIX}")]):
        with suppress(InputError):
            if path.name.endswith(SUFFIX):
                result, story = path, Scores.load(path).provenance
            else:
                result = path.with_name(path.name.removesuffix(".provenance.json") + ".csv")
                result, story = result if result.exists() else path, Provenance.load(path)
            if story is not None:
                yield result, story
