"""What an older model predicted is out of date once a newer one is trained on the same recordings.

Natively nothing moves: the provenance of a prediction names its model, the folder of the recordings remembers its
last training (`.oscine/trainings.jsonl`), and `oscine info` lists what is stale. In SongExplorer's layout
predictions and misses move to `oldfiles-<timestamp>/`, by its own rule: in every folder of the project that has
annotations.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from oscine.annotations.project import Project
from oscine.core.artifacts import timestamp
from oscine.core.monitor import Monitor
from oscine.datasets.dataset import Dataset
from oscine.recordings.reader import suffixes
from oscine.recordings.recordings import is_probability_wav
from oscine.recordings.settings import PROJECT_FILE
from oscine.training.run import Run

LOG = Path(".oscine", "trainings.jsonl")
_ANNOTATED = ("*-annotated-*.csv", "*-annotated.csv")  # the second is ours, where nobody is named
_LOGS = ("-classify.log", "-ethogram.log", "-misses.log")


def note_training(run: Run, dataset: Dataset, monitor: Monitor) -> None:
    """Remember a training beside the recordings that it learnt from, and set aside what it makes stale.

    The line in `.oscine/trainings.jsonl` names every model that the run kept: all of them are of today.
    """
    from oscine.networks.model import Model

    kept = {file for number in range(1, len(run.replicates) + 1) for file in run.models(number).values()}
    digests = sorted({Model.load(file).digest for file in kept})
    line = json.dumps({"time": timestamp(), "run": str(run.path.resolve()), "models": digests}) + "\n"
    paths = [dataset.recordings.by_name(name).path for name in dataset.names()]
    folders = sorted({path.parent for path in paths if path.exists()})
    for folder in folders:
        try:
            (folder / LOG).parent.mkdir(exist_ok=True)
            with (folder / LOG).open("a", encoding="utf-8", newline="\n") as log:
                log.write(line)
        except OSError as error:
            monitor.warning(
                f"{folder}: cannot remember this training ({error.strerror}); stale predictions are not told"
            )
    for place in sorted({place for folder in folders for place in _ground_truth(folder)}):
        try:
            moved = set_aside(place)
        except OSError as error:
            monitor.warning(f"{place}: stale predictions cannot be moved ({error.strerror})")
            continue
        if moved:
            monitor.message(f"{len(moved)} stale files moved to {moved[0].parent}")


def last_training(folder: Path) -> dict[str, Any] | None:
    """What was last trained on the recordings of a folder; a line that a kill cut off is left out."""
    try:
        lines = (folder / LOG).read_text(encoding="utf-8", errors="replace").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return None
    for line in reversed(lines):
        try:
            last = json.loads(line)
        except ValueError:
            continue
        if isinstance(last, dict) and isinstance(last.get("models"), list):
            return last
    return None


def set_aside(folder: Path) -> list[Path]:
    """Move predictions, misses, their logs and their probability WAVs to `oldfiles-<timestamp>/`; says where they are.

    It happens only in a folder with an annotation file, `*-annotated-*.csv`, that is not empty, as in SongExplorer.
    Unlike there (its defect D13), probability WAVs are moved by their own scheme, `<recording>-<label>.wav`, and a
    recording never is, whatever it is called.
    """
    names = sorted(path.name for path in folder.iterdir() if path.is_file())
    annotated = [name for name in names if any(fnmatchcase(name, pattern) for pattern in _ANNOTATED)]
    if not any((folder / name).stat().st_size for name in annotated):
        return []
    stale = [name for name in names if _is_stale(folder / name, names)]
    old = folder / f"oldfiles-{timestamp()}"
    moved = []
    for name in stale:
        old.mkdir(exist_ok=True)
        moved.append((folder / name).rename(old / name))
    return moved


def _is_stale(path: Path, names: list[str]) -> bool:
    """Whether a model made a file, in a folder of such names."""
    if path.name.lower().endswith(suffixes()):  # sound, or probabilities as sound; what people annotated is sound
        return is_probability_wav(path) and not any(name.startswith(f"{path.name}-annotated") for name in names)
    return "-predicted" in path.name or "-missed" in path.name or path.name.endswith(_LOGS)


def _ground_truth(folder: Path) -> Iterator[Path]:
    """All folders of the project that a folder belongs to, where that is in SongExplorer's layout."""
    if Project.find(folder).annotation_format.plugin_name != "songexplorer":
        return
    folder = folder.absolute()
    root = next(place for place in (folder, *folder.parents) if (place / PROJECT_FILE).is_file())
    for place, below, _ in os.walk(root):
        below[:] = [name for name in below if not name.startswith((".", "oldfiles-", "congruence-"))]
        yield Path(place)
