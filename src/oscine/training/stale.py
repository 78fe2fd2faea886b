"""What an older model predicted is out of date once a newer one is trained on the same recordings.

Natively nothing moves: the provenance of a prediction names its model, the folder of the recordings remembers its
last training (`.oscine/trainings.jsonl`), and `oscine info` lists what is stale. In SongExplorer's layout
predictions and misses move to `oldfiles-<timestamp>/`, by its own rule: in every folder with annotations.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from oscine.annotations.project import Project
from oscine.core.artifacts import timestamp
from oscine.core.monitor import Monitor
from oscine.datasets.dataset import Dataset
from oscine.training.run import BEST, Run

LOG = Path(".oscine", "trainings.jsonl")
_LOGS = ("-classify.log", "-ethogram.log", "-misses.log")


def note_training(run: Run, dataset: Dataset, monitor: Monitor) -> None:
    """Remember a training beside the recordings that it learnt from, and set aside what it makes stale."""
    from oscine.networks.model import Model

    digests = [Model.load(folder / BEST).digest for folder in run.replicates]
    line = json.dumps({"time": timestamp(), "run": str(run.path.resolve()), "models": digests})
    for folder in sorted({dataset.recordings.by_name(name).path.parent for name in dataset.names()}):
        try:
            (folder / LOG).parent.mkdir(exist_ok=True)
            with (folder / LOG).open("a", encoding="utf-8") as log:
                log.write(line + "\n")
        except OSError as error:
            monitor.warning(
                f"{folder}: cannot remember this training ({error.strerror}); stale predictions are not told"
            )
            continue
        project = Project.find(folder)
        if project.annotation_format.plugin_name == "songexplorer":
            moved = set_aside(folder)
            if moved:
                monitor.message(f"{len(moved)} stale files moved to {moved[0].parent}")


def last_training(folder: Path) -> dict[str, Any] | None:
    """What was last trained on the recordings of a folder."""
    try:
        lines = (folder / LOG).read_text(encoding="utf-8").splitlines()
        return dict(json.loads(lines[-1])) if lines else None
    except (FileNotFoundError, NotADirectoryError):
        return None


def set_aside(folder: Path) -> list[Path]:
    """Move predictions, misses, their logs and their probability WAVs to `oldfiles-<timestamp>/`.

    It happens only where an annotation file is not empty, as in SongExplorer. Unlike there (its defect D13), a
    probability WAV is known by the label that ends its name *and* by the recording that it belongs to; a recording
    is never moved.
    """
    names = sorted(path.name for path in folder.iterdir() if path.is_file())
    annotated = [name for name in names if re.search(r"-annotated.*\.csv$", name) and (folder / name).stat().st_size]
    if not annotated:
        return []
    stale = [name for name in names if "-predicted" in name or "-missed" in name or name.endswith(_LOGS)]
    stale += [name for name in names if _is_probability_wav(name, names)]
    old = folder / f"oldfiles-{timestamp()}"
    moved = []
    for name in stale:
        old.mkdir(exist_ok=True)
        moved.append((folder / name).rename(old / name))
    return moved


def _is_probability_wav(name: str, names: list[str]) -> bool:
    """Whether a name is `<recording>.wav-<label>.wav` of a recording that is there."""
    found = re.fullmatch(r"(?P<recording>.+\.\w+)-[^-].*\.wav", name)
    return found is not None and found["recording"] in names
