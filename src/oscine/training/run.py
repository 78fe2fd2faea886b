"""The folder of a training: everything that it made, and what is needed to go on with it.

runs/bird7/
  run.json                     parameters, labels, provenance, and whether it is finished
  labels.txt                   one label a line, in the order of the outputs
  dataset/                     what it learnt from (no sound)
  replicate-1/
    metrics.jsonl              loss and accuracy of every step and validation
    checkpoint.safetensors     to resume from
    step-000030_model.safetensors …
    digests.json               of these models
    best_model.safetensors     the best validated one, with its thresholds
  best_model.safetensors       the best of all replicates
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

from oscine.core.artifacts import Provenance, write_json
from oscine.core.errors import InputError
from oscine.datasets.dataset import Dataset
from oscine.networks.model import Model
from oscine.training.metrics_file import METRICS, read_metrics

CARD = "run.json"
BEST = "best_model.safetensors"
DIGESTS = "digests.json"


def note_digest(model: Model, file: Path) -> None:
    """Remember the digest of a model beside its file, so that nobody need read it for that."""
    write_json(file.parent / DIGESTS, {**_read_digests(file.parent), file.name: model.digest})


def _read_digests(folder: Path) -> dict[str, str]:
    """Digests of the models of a replicate, by their files' names; none where that is not told."""
    try:
        return {str(name): str(digest) for name, digest in json.loads((folder / DIGESTS).read_text("utf-8")).items()}
    except (OSError, ValueError, AttributeError):
        return {}


@dataclass(frozen=True)
class Run:
    """A finished or unfinished training.

    Attributes
    ----------
    path
        Its folder.
    params
        Its hyper-parameters, as plain values.
    labels
        In the order of the network's outputs.
    best
        Of each replicate, its best validated step, and the loss and rates there.
    finished
        Whether all replicates reached their last step.
    dataset_digest
        Of what it learnt from, so that it is continued with nothing else.
    steps_per_epoch
        Batches that hold as many windows as the training part has; `None` in runs of older versions.
    """

    has_figures: ClassVar[bool] = True  # drawn by `oscine.figures.draw`

    path: Path
    params: dict[str, Any]
    labels: tuple[str, ...]
    best: dict[str, dict[str, float]] = field(default_factory=dict)
    finished: bool = False
    provenance: Provenance | None = field(default=None, compare=False)
    dataset_digest: str = ""
    steps_per_epoch: int | None = None

    @classmethod
    def load(cls, path: str | Path) -> Run:
        """Open a run's folder.

        Raises
        ------
        InputError
            Where it is none.
        """
        path = Path(path)
        try:
            card = json.loads((path / CARD).read_text(encoding="utf-8"))
            provenance = Provenance.model_validate(card["provenance"]) if card["provenance"] else None
            return cls(
                path,
                dict(card["params"]),
                tuple(card["labels"]),
                dict(card["best"]),
                bool(card["finished"]),
                provenance,
                str(card["dataset_digest"]),
                None if card.get("steps_per_epoch") is None else int(card["steps_per_epoch"]),
            )
        except (FileNotFoundError, NotADirectoryError):
            raise InputError("not the folder of a training", path=path, cure="Make one: oscine train DATASET") from None
        except (ValueError, KeyError, TypeError) as error:
            reason = f"{type(error).__name__}: {error}".splitlines()[0]
            raise InputError(
                f"the card of this training is damaged ({reason})", path=path / CARD, cure="Choose another --out"
            ) from None

    def save(self, path: str | Path | None = None) -> Path:
        """Write the card; the rest of the folder is written as the training goes."""
        folder = Path(path) if path else self.path
        card = {
            "oscine": "run",
            "version": 1,
            "params": self.params,
            "labels": list(self.labels),
            "best": self.best,
            "finished": self.finished,
            "dataset_digest": self.dataset_digest,
            "steps_per_epoch": self.steps_per_epoch,
            "provenance": self.provenance.model_dump(mode="json") if self.provenance else None,
        }
        write_json(folder / CARD, card)
        return folder

    @cached_property
    def model(self) -> Model:
        """The best model of all replicates."""
        return Model.load(self.path / BEST)

    @cached_property
    def dataset(self) -> Dataset:
        """What it learnt from."""
        return Dataset.load(self.path / "dataset")

    @property
    def replicates(self) -> list[Path]:
        """Folders of the replicates; what was made of one, such as `replicate-1.evaluation`, is none."""
        numbered = ((path.name.rpartition("-")[2], path) for path in self.path.glob("replicate-*") if path.is_dir())
        return [path for _, path in sorted((int(number), path) for number, path in numbered if number.isdecimal())]

    def models(self, replicate: int = 1) -> dict[int, Path]:
        """Files of all models that a replicate kept, by step."""
        files = (self.path / f"replicate-{replicate}").glob("step-*_model.safetensors")
        return dict(sorted((int(file.name[5:].partition("_")[0]), file) for file in files))

    def digests(self) -> set[str]:
        """Digests of all models that were kept, as noted when they were; others are read."""
        found = set()
        for number in range(1, len(self.replicates) + 1):
            noted = _read_digests(self.path / f"replicate-{number}")
            found |= {noted.get(file.name) or Model.load(file).digest for file in self.models(number).values()}
        return found

    def metrics(self, replicate: int = 1) -> list[dict[str, float]]:
        """What was measured at every step and validation of a replicate."""
        return read_metrics(self.path / f"replicate-{replicate}" / METRICS)

    @property
    def training(self) -> dict[str, list[float]]:
        """Columns `step`, `loss` and, where there is one, `accuracy` of the best replicate's training."""
        return self._columns({"loss": "loss", "accuracy": "accuracy"}) or self._columns({"loss": "loss"})

    @property
    def validation(self) -> dict[str, list[float]]:
        """Columns `step`, `loss` and `accuracy` (recall, mean over labels) of the best replicate's validations."""
        names = {"loss": "validation_loss", "accuracy": "validation_recall"}
        return self._columns(names) or self._columns({"loss": "validation_loss"})

    @property
    def winner(self) -> int:
        """Number of the best replicate."""
        criterion = str(self.params.get("criterion", "f1")).replace("-", "_")

        def goodness(name: str) -> float:
            best = self.best[name]
            if criterion == "f1" and "f1" in best:
                return best["f1"]
            return -best.get(criterion, best.get("loss", 0.0))

        name = max(self.best, key=goodness, default="replicate-1")
        return int(name.rpartition("-")[2])

    def _columns(self, names: dict[str, str]) -> dict[str, list[float]]:
        lines = [line for line in self.metrics(self.winner) if all(source in line for source in names.values())]
        if not lines:
            return {}
        return {name: [line[source] for line in lines] for name, source in {"step": "step", **names}.items()}

    def with_provenance(self, provenance: Provenance) -> Self:
        """The same, saying how it came to be; the card is written again."""
        run = replace(self, provenance=provenance)
        run.save()
        return run

    def identity(self) -> dict[str, Any]:
        """What provenance records of it."""
        model = self.model.identity() if (self.path / BEST).is_file() else None  # an unfinished one has none
        return {"path": str(self.path), "model": model}

    def summary(self) -> dict[str, Any]:
        """Where the models are and how good they are, for machines."""
        return {"path": str(self.path), "model": str(self.path / BEST), "labels": list(self.labels), "best": self.best}

    def __str__(self) -> str:
        lines = [f"{name}: best at step {best['step']:.0f}" + _rates(best) for name, best in self.best.items()]
        return "\n".join([*lines, f"best model: {self.path / BEST}"])


def _rates(best: dict[str, float]) -> str:
    if "f1" in best:
        said = f", F1 {best['f1']:.3f} in validation (mean over labels, as if equally common)"
        return said + (f", frame error {best['frame_error']:.2%}" if "frame_error" in best else "")
    return f", loss {best['loss']:.4f} in validation" if "loss" in best else ""
