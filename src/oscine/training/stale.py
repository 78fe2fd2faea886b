"""What an older model predicted is out of date once a newer one is trained on the same recordings.

Natively nothing moves: the provenance of a prediction names its model, the folder of the recordings remembers its
last training (`.oscine/trainings.jsonl`), and `oscine info` lists what is stale. In SongExplorer's layout
predictions and misses move to `oldfiles-<timestamp>/`, by its own rule: in every folder of the project that has
annotations.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from oscine.annotations import naming
from oscine.annotations.project import Project
from oscine.core.artifacts import Provenance, timestamp
from oscine.core.errors import InputError
from oscine.core.monitor import Monitor
from oscine.datasets.dataset import Dataset
from oscine.recordings.reader import suffixes
from oscine.recordings.recordings import is_probability_wav
from oscine.recordings.settings import PROJECT_FILE
from oscine.training.run import Run

LOG = Path(".oscine", "trainings.jsonl")
_ANNOTATED = ("*-annotated-*.csv", "*-annotated.csv")  # the second is ours, where nobody is named
_STALE = ("predicted", "missed")
_STORY = ".provenance.json"
_LOGS = ("-classify.log", "-ethogram.log", "-misses.log")


def note_training(run: Run, dataset: Dataset, monitor: Monitor) -> None:
    """Remember a training beside the recordings that it learnt from, and set aside what it makes stale.

    The line in `.oscine/trainings.jsonl` names every model that the run kept: all of them are of today.
    """
    digests = sorted(run.digests())
    line = json.dumps({"time": timestamp(), "run": str(run.path.resolve()), "models": digests}) + "\n"
    paths = [dataset.recordings.by_name(name).path for name in dataset.names()]
    folders = sorted({path.parent for path in paths if path.exists()})
    for folder in sorted({project_of(folder) or folder for folder in folders}):
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
            moved = set_aside(place, kept=digests)
        except OSError as error:
            monitor.warning(f"{place}: stale predictions cannot be moved ({error.strerror})")
            continue
        if moved:
            monitor.message(f"{len(moved)} stale files moved to {moved[0].parent}")


def project_of(folder: Path) -> Path | None:
    """The folder above (or itself) that holds `oscine.toml`: all of it is one project."""
    places = (folder, *folder.absolute().parents)
    return next((place for place in places if (place / PROJECT_FILE).is_file()), None)


def last_training(folder: Path) -> dict[str, Any] | None:
    """What was last trained on the recordings of a folder, or of its project; what a kill cut off is left out."""
    lines: list[str] = []
    for place in dict.fromkeys([project_of(folder) or folder, folder]):
        with suppress(FileNotFoundError, NotADirectoryError):
            lines += (place / LOG).read_text(encoding="utf-8", errors="replace").splitlines()
    for line in sorted(lines, reverse=True):  # by time, with which each begins
        try:
            last = json.loads(line)
        except ValueError:
            continue
        if isinstance(last, dict) and isinstance(last.get("models"), list):
            return last
    return None


def set_aside(folder: Path, *, kept: Collection[str] = ()) -> list[Path]:
    """Move predictions, misses, their logs and their probability WAVs to `oldfiles-<timestamp>/`; says where they are.

    It happens only in a folder with an annotation file, `*-annotated-*.csv`, that is not empty, as in SongExplorer.
    Unlike there (its defect D13), probability WAVs are moved by their own scheme, `<recording>-<label>.wav`, and a
    recording never is, whatever it is called. Nor is what anybody annotated, nor what a model made whose digest is
    among `kept`: that is of today.
    """
    names = sorted(path.name for path in folder.iterdir() if path.is_file())
    annotated = [name for name in names if any(fnmatchcase(name, pattern) for pattern in _ANNOTATED)]
    if not any((folder / name).stat().st_size for name in annotated):
        return []
    fresh = _fresh(folder, names, kept)
    stale = [name for name in names if _is_stale(folder / name, names) and name not in fresh]
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
    if fnmatchcase(path.name, "*-annotated*.csv"):
        return False
    # the recording's name may hold any word, such as "bird-missed.wav", and what it is called says nothing
    recording = max((name for name in names if _is_of(path.name, name)), key=len, default="")
    rest = path.name.removeprefix(recording).removesuffix(_STORY).removesuffix(".csv")
    said = naming.parse(f"x{rest}.csv")
    return path.name.endswith(_LOGS) or (said.convention == "songexplorer" and said.kind in _STALE)


def _is_of(name: str, recording: str) -> bool:
    """Whether a file is called after a recording, with its suffix."""
    return name.startswith(f"{recording}-") and recording.lower().endswith(suffixes())


def _fresh(folder: Path, names: list[str], kept: Collection[str]) -> set[str]:
    """Names of the files that a kept model made: by their own story, else by that of their recording's predictions."""
    today: dict[str, bool] = {}
    recordings = []
    for name in names if kept else ():
        story = None
        if name.endswith(_STORY):
            with suppress(InputError):
                story = Provenance.load(folder / name)
        if story is not None:
            made_now = today[name.removesuffix(_STORY)] = not model_digests(story.inputs).isdisjoint(kept)
            recording = story.inputs.get("recording")
            if made_now and isinstance(recording, dict):
                recordings.append(str(recording.get("name")))
    fresh = set()
    for name in names:
        own = name.removesuffix(_STORY).removesuffix(".csv")
        of_today = any(_is_of(name, recording) for recording in recordings) and not name.endswith(".csv")
        if today.get(own, of_today):
            fresh.add(name)
    return fresh


def model_digests(inputs: Any) -> set[str]:
    """Digests of all models that a result descends from, by the inputs of its story, however far back.

    Examples
    --------
    >>> model_digests({"annotations": {"model": {"digest": "a1"}}, "recording": {"digest": "b2"}})
    {'a1'}
    """
    if not isinstance(inputs, dict):
        return set()
    model = inputs.get("model")
    found = {str(model["digest"])} if isinstance(model, dict) and "digest" in model else set[str]()
    return found.union(*(model_digests(value) for value in inputs.values()))


def _ground_truth(folder: Path) -> Iterator[Path]:
    """All folders of the project that a folder belongs to, where that is in SongExplorer's layout."""
    if Project.find(folder).annotation_format.plugin_name != "songexplorer":
        return
    root = project_of(folder)
    assert root is not None  # it is what says so
    for place, below, _ in os.walk(root):
        below[:] = [name for name in below if not name.startswith((".", "oldfiles-", "congruence-"))]
        yield Path(place)
