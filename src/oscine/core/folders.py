"""Which folders hold what people recorded and annotated, and which are passed over when a project is searched."""

from __future__ import annotations

from pathlib import Path

from oscine.core.errors import nearest

CARDS = (
    "run.json",
    "dataset.json",
    "evaluation.json",
    "agreement.json",
    "comparison.json",
    "learning_curve.json",
    "review.json",
    "inspection.json",
    "attrs.npy",
    ".zgroup",
)
"""Files that say "this folder is a result": what lies in it was made from the project and is not part of it.

The last two are those of DAS's datasets."""

_SET_ASIDE = ("oldfiles-", "congruence-")


_SOUNDS = (".wav", ".flac", ".ogg", ".mp3", ".aif", ".aiff", ".cbin")


def is_recording(path: str | Path) -> bool:
    """Whether a file is a recording by its name, and nothing else.

    Examples
    --------
    >>> is_recording("day1/a-7.WAV"), is_recording("a_predicted.csv"), is_recording("scores.h5")
    (True, False, False)
    """
    return str(path).lower().endswith(_SOUNDS)


def did_you_mean(path: Path) -> str | None:
    """A question that names what stands beside a path that is not there, if anything has a name like it."""
    try:
        beside = sorted(item.name for item in path.parent.iterdir() if not item.name.startswith("."))
    except OSError:
        return None
    guess = nearest(path.name, beside)
    return f"Did you mean '{path.with_name(guess)}'?" if guess else None


def is_passed_over(folder: Path) -> bool:
    """Whether a search leaves a folder out: hidden ones, results, and those that SongExplorer sets aside.

    Examples
    --------
    >>> is_passed_over(Path(".oscine")), is_passed_over(Path("oldfiles-20260131T235959")), is_passed_over(Path("may"))
    (True, True, False)
    """
    return folder.name.startswith((".", *_SET_ASIDE)) or any((folder / card).is_file() for card in CARDS)
