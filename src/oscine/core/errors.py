"""Errors that a user can mend, each said in one line.

The rule of the house: an `OscineError` is the user's to mend (exit code 2) and says what is wrong, where,
what was found, what is allowed and what to do; anything else is our fault (exit code 1) and keeps its traceback.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from os import PathLike, fspath


class OscineError(Exception):
    """Anything that the user can mend."""


class InputError(OscineError, ValueError):
    """An input that cannot be used, in one line.

    Parameters
    ----------
    problem
        What is wrong, as a sentence without a full stop.
    path, line
        Where: the file, and the line counted from 1.
    found, allowed
        The offending value, and what would have been right.
    cure
        What to do, as an imperative sentence. What was probably meant ("Did you mean …?") stands before a long list
        of what is allowed, behind a short one.

    Examples
    --------
    >>> print(InputError("onset is not a number", path="a.csv", line=3, found="x", allowed="seconds, such as 1.25"))
    a.csv, line 3: onset is not a number; found 'x'; allowed: seconds, such as 1.25.
    """

    def __init__(
        self,
        problem: str,
        *,
        path: str | PathLike[str] | None = None,
        line: int | None = None,
        found: object = None,
        allowed: object = None,
        cure: str | None = None,
    ) -> None:
        self.problem, self.path, self.line = problem, path, line
        self.found, self.allowed, self.cure = found, allowed, cure
        where = fspath(path) if path is not None else ""
        if line is not None:
            where += f"{', ' if where else ''}line {line}"
        text = f"{where}: {problem}" if where else problem
        if found is not None:
            text += f"; found {_shown(found)}"
        if allowed is not None:
            if _is_long(allowed) and cure is not None and cure.startswith("Did you mean"):
                text, cure = f"{text}. {cure}", None
                text += f" Allowed: {_listed(allowed)}"
            else:
                text += f"; allowed: {_listed(allowed)}"
        sentences = [text] if cure is None else [text, cure]
        super().__init__(" ".join(" ".join(map(_ended, sentences)).split()))


class Cancelled(OscineError):
    """The user stopped the operation; what was finished is kept."""

    def __init__(self) -> None:
        super().__init__("stopped on request; what was finished is kept")


def nearest(word: str, allowed: Iterable[str]) -> str | None:
    """The allowed word that `word` was probably meant to be.

    Examples
    --------
    >>> nearest("tweetynt", ["das", "tweetynet"])
    'tweetynet'
    """
    word, choices = word.lower(), list(allowed)
    matches = difflib.get_close_matches(word, choices, n=3, cutoff=0.55)
    return next((match for match in matches if _is_close(word, match.lower())), None)


def _is_close(word: str, other: str) -> bool:
    """Whether what is alike is more than a common ending: 'zzz.wav' is not '1.wav', nor is 'none' 'one'."""
    if len(word) <= _SHORT and word[:1] != other[:1]:
        return False
    (stem, dot, ending), (its, _, its_ending) = word.rpartition("."), other.rpartition(".")
    if not (dot and stem and its and ending == its_ending):
        return True
    return difflib.SequenceMatcher(None, stem, its).ratio() >= 0.55


_SHORT = 4
"""Characters of a word that says too little unless it begins as what was meant."""

_MANY = 6
"""Choices above which the one that was probably meant is named before them."""


def unknown(what: str, word: str, allowed: Iterable[str], **where: object) -> InputError:
    """The error for a name that is not one of `allowed`, with its nearest spelling as the cure.

    Examples
    --------
    >>> print(unknown("label", "puls", ["pulse", "sine"]))
    unknown label; found 'puls'; allowed: pulse, sine. Did you mean 'pulse'?
    >>> print(unknown("option", "thre", ["one", "two", "three", "four", "five", "six", "seven"]))
    unknown option; found 'thre'. Did you mean 'three'? Allowed: five, four, one, seven, six, three, two.
    >>> print(unknown("annotator", "ann", []))
    unknown annotator: there is none at all; found 'ann'.
    """
    choices = sorted(allowed)
    if not choices:
        return InputError(f"unknown {what}: there is none at all", found=word, **where)  # type: ignore[arg-type]
    guess = nearest(word, choices)
    cure = f"Did you mean {guess!r}?" if guess else None
    return InputError(f"unknown {what}", found=word, allowed=choices, cure=cure, **where)  # type: ignore[arg-type]


def _is_long(allowed: object) -> bool:
    if isinstance(allowed, str):
        return allowed.count(", ") >= _MANY
    return isinstance(allowed, Collection) and len(allowed) > _MANY


def _ended(sentence: str) -> str:
    sentence = sentence.rstrip()
    return sentence if sentence.endswith("?") else sentence.rstrip(".") + "."


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _listed(allowed: object) -> str:
    if isinstance(allowed, str):
        return allowed
    if isinstance(allowed, Iterable):
        return ", ".join(str(item) for item in allowed)
    return str(allowed)
