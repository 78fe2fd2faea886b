"""A part of an evaluation's report: how it came to be, so that it can be made again, and told from others.

Models and datasets are named by their digests, which are those that their runs noted: names and places change.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from oscine.core.artifacts import Provenance
from oscine.core.errors import InputError
from oscine.core.options import flatten, shown
from oscine.evaluation.evaluation import Evaluation
from oscine.evaluation.run_evaluation import RunEvaluation
from oscine.figures.report import Report
from oscine.training.run import DIGESTS, Run


def add_provenance(report: Report, result: RunEvaluation | Evaluation) -> None:
    """Add the command, the models and datasets with their digests, version, and parameters."""
    report.add_section("How this came to be")
    provenance = result.provenance
    if provenance is None:
        report.add_text("Made from Python, without a record of its inputs.")
        return
    text = f"Made by Oscine {provenance.version}"
    text += f" on {provenance.created[:16].replace('T', ' at ')} UTC" if provenance.created else ""
    report.add_text(f"{text}{f', {provenance.machine}' if provenance.machine else ''}.")
    told = provenance.model_dump(mode="json")
    rows = [{"input": name, "where": _place(value), "digest": _digest(value)} for name, value in told["inputs"].items()]
    rows += list(_models(result)) if isinstance(result, RunEvaluation) else []
    report.add_table([row for row in rows if row["where"] or row["digest"]], "What it was made from.")
    report.add_details("Command", command_of(provenance))
    report.add_details("Parameters", json.dumps(told["params"], indent=2, ensure_ascii=False, default=str))


def command_of(provenance: Provenance) -> str:
    """The command that would make it again: inputs, and the options that are not the defaults.

    Examples
    --------
    >>> inputs = {"model": {"path": "runs/first"}, "dataset": {"path": "flies.dataset"}}
    >>> command_of(Provenance(operation="evaluate", params={"part": "test"}, inputs=inputs))
    'oscine evaluate runs/first --dataset flies.dataset --part test'
    """
    from oscine.evaluation.evaluate import EvaluateParams  # it needs torch, which a figure does not

    words = ["oscine", provenance.operation]
    for place, (name, told) in enumerate(provenance.inputs.items()):
        if path := _place(told):
            words += [path] if place == 0 else [f"--{name}", path]
    for option in flatten(EvaluateParams, provenance.params):
        value: Any = provenance.params
        for part in option.path:
            value = value.get(part, option.default) if isinstance(value, Mapping) else option.default
        if not isinstance(value, Mapping) and shown(value) != option.default:
            words += [f"--{option.name}", shown(value)]
    return shlex.join(words)


def _models(result: RunEvaluation) -> Iterator[dict[str, str]]:
    """The best checkpoint of each model, and the dataset of each run, as their folders tell."""
    datasets: dict[str, str] = {}
    for model in result.models:
        name, _, replicate = (
            model.name.rpartition("/") if "replicate-" in model.name else (model.name, "", "replicate-1")
        )
        folder = result.path / name
        file = folder / replicate / f"step-{model.best:06d}_model.safetensors"
        try:
            digest = json.loads((file.parent / DIGESTS).read_text("utf-8")).get(file.name, "")
        except (OSError, ValueError, AttributeError):
            digest = ""
        yield {"input": model.name, "where": _shortened(file), "digest": str(digest)}
        try:
            datasets.setdefault(Run.load(folder).dataset_digest, _shortened(folder / "dataset"))
        except InputError:
            continue
    for digest, where in datasets.items():
        yield {"input": "learnt from", "where": where, "digest": digest}


def _shortened(path: Path) -> str:
    """The end of a path, which tells it from others in its run."""
    return "/".join(path.parts[-3:])


def _place(value: object) -> str:
    """The path of an input, as its provenance tells it."""
    return str(value.get("path") or "") if isinstance(value, Mapping) else str(value or "")


def _digest(value: object) -> str:
    """The digest of an input, or of the model in it."""
    if not isinstance(value, Mapping):
        return ""
    inner = value.get("model")
    return str(value.get("digest") or (inner.get("digest") if isinstance(inner, Mapping) else "") or "")
