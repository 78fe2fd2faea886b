"""A project: a folder with `oscine.toml`, in which everything below it agrees.

    annotation_format = "songexplorer"   # what new annotations are written as
    coverage = "rows"                    # annotations cover only themselves; or "whole"
    labels = ["mel-pulse", "mel-sine", "ambient"]

The file is read, never executed. Its tables (`[recordings]`, `[train]`, …) belong to others and are left to them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from oscine.annotations import naming
from oscine.annotations.formats import FORMATS, Format
from oscine.annotations.formats.oscine import Oscine
from oscine.core.params import Params, read_toml
from oscine.recordings.settings import PROJECT_FILE


class Project(Params):
    """The settings of a folder of recordings and annotations."""

    annotation_format: Annotated[Format, FORMATS] = Oscine()
    """What annotations are written as where their name does not tell."""

    coverage: Literal["whole", "rows"] | None = None
    """What annotation files cover: the whole recording, or the rows alone. Blank: what their format says."""

    labels: tuple[str, ...] = ()
    """The labels in use, in order. Blank: those that occur."""

    @classmethod
    def find(cls, path: str | Path) -> Self:
        """The settings of the project that a file or folder belongs to; the defaults where there is none.

        Raises
        ------
        InputError
            Where `oscine.toml` is malformed or holds an unknown setting.
        """
        path = Path(path).absolute()
        for folder in (path, *path.parents):
            if (folder / PROJECT_FILE).is_file():
                return cls.load(folder / PROJECT_FILE)
        return cls()

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read the settings of `oscine.toml`."""
        values = read_toml(path)
        ours = {
            name: value for name, value in values.items() if name in cls.model_fields or not isinstance(value, dict)
        }
        return cls.parse(ours, source=path)


def rename_in_project(path: Path, recording: Path) -> Path:
    """What a result is called in its project: `X.wav-predicted.csv` where SongExplorer's names rule.

    Parameters
    ----------
    path
        A file named by Oscine's own convention.
    recording
        What the result is about.

    Examples
    --------
    >>> rename_in_project(Path("may01_predicted.csv"), Path("may01.wav")).name
    'may01_predicted.csv'
    """
    named = naming.parse(path)
    chosen = Project.find(path.parent).annotation_format
    if not named.convention or "kind" not in chosen.holds or chosen.plugin_name == "oscine":
        return path
    return path.with_name(chosen.file_name(recording.name, named.kind))
