"""What a file or a folder holds, in a few lines: recordings, annotations, scores, models, runs, datasets, projects."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from oscine.annotations.annotations import Annotations
from oscine.core.artifacts import Provenance
from oscine.core.errors import InputError
from oscine.core.monitor import SILENT, Monitor
from oscine.core.operations import operation
from oscine.core.params import OperationParams
from oscine.datasets.dataset import Dataset
from oscine.networks.model import Model
from oscine.prediction.scores import Scores
from oscine.recordings.recording import Recording
from oscine.recordings.recordings import Recordings
from oscine.training.run import CARD, Run
from oscine.training.stale import last_training


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
        "recording", "annotations", "scores", "model", "run", "dataset" or "folder".
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


@operation()
def info(path: Path, params: InfoParams = InfoParams(), *, monitor: Monitor = SILENT) -> Info:  # noqa: B008
    """Say what a file or a folder holds, and which predictions are out of date.

    Parameters
    ----------
    path
        A recording, annotations, scores, a model, a run, a dataset, or a folder of recordings.
    """
    if not path.exists():
        raise InputError("there is no such file or folder", path=path)
    if path.is_dir():
        if (path / CARD).is_file():
            return _run(path)
        if (path / "dataset.json").is_file():
            dataset = Dataset.load(path)
            counts = {"recordings": len(dataset.names()), "annotations": dataset.counts().to_string()}
            return Info(path, "dataset", {"labels": ", ".join(dataset.labels), **counts})
        return _folder(path, monitor)
    if path.name.endswith(".safetensors"):
        return Info(path, "model", _model(Model.load(path)))
    if path.name.endswith("_scores.h5"):
        return Info(path, "scores", dict(Scores.load(path).summary()))
    try:
        return Info(path, "recording", _recording(Recording(path)))
    except InputError as not_sound:
        try:
            annotations = Annotations.load(path, monitor=monitor)
        except InputError:
            raise not_sound from None
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
    facts: dict[str, Any] = {f"{kind} {label}": int(n) for (kind, label), n in counts.items()}
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


def _run(path: Path) -> Info:
    run = Run.load(path)
    facts: dict[str, Any] = {"finished": "yes" if run.finished else "no: give the same train command to go on"}
    facts |= {name: ", ".join(f"{key} {value:.4g}" for key, value in best.items()) for name, best in run.best.items()}
    return Info(path, "run", {**facts, **(_model(run.model) if run.finished else {"labels": ", ".join(run.labels)})})


def _folder(path: Path, monitor: Monitor) -> Info:
    facts: dict[str, Any] = {}
    try:
        recordings = Recordings(path)
        hours = sum(recording.duration for recording in recordings) / 3600
        rates = sorted({f"{recording.sample_rate:g} Hz" for recording in recordings})
        facts["recordings"] = f"{len(recordings)}, {hours:.2f} h, {', '.join(rates)}"
        for file, error in recordings.failed:
            monitor.warning(f"{file.name} cannot be read: {error}")
    except InputError:
        facts["recordings"] = "none"
    try:
        annotations = Annotations.load(path, monitor=monitor)
        facts |= _annotations(annotations)
    except InputError:
        facts["annotations"] = "none"
    return Info(path, "folder", facts, tuple(find_stale(path)))


def find_stale(folder: Path) -> list[Path]:
    """Files of predictions and misses whose provenance names a model that the last training here did not make."""
    stale = []
    for path in sorted(folder.rglob("*.provenance.json")):
        last = last_training(path.parent)
        provenance = Provenance.load(path)
        if last is None or provenance is None:
            continue
        digests = _model_digests(provenance.inputs)
        if digests and not digests & set(map(str, last["models"])):
            stale.append(path.with_name(path.name.removesuffix(".provenance.json") + ".csv"))
    return stale


def _model_digests(inputs: Any) -> set[str]:
    """Digests of all models that a result descends from, however far back."""
    if not isinstance(inputs, dict):
        return set()
    model = inputs.get("model")
    found = {str(model["digest"])} if isinstance(model, dict) and "digest" in model else set[str]()
    return found.union(*(_model_digests(value) for value in inputs.values()))
