"""The label set: the names of sounds, in the order of a network's channels.

A label is any text that is not empty. The order is part of a label set, because score channel *i* belongs to
label *i*. A label may have a *category*, in DAS's words: an `event` is an instant (a pulse), a `segment` lasts;
it matters only for a label without a single row, whose nature the rows cannot tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, overload

from oscine.core.errors import InputError, unknown

BACKGROUND = "background"
"""Label of what is covered but not annotated: somebody has looked, and nothing is there."""

Category = Literal["event", "segment"]


class LabelSet(Sequence[str]):
    """An ordered set of labels.

    Parameters
    ----------
    labels
        Names, in order.
    categories
        For some or all of them, whether the label is an `event` or a `segment`.

    Raises
    ------
    InputError
        For an empty or repeated label, or an unknown category.

    Examples
    --------
    >>> labels = LabelSet(["pulse", "sine"], {"pulse": "event"})
    >>> labels.index("sine"), labels[0], len(labels), labels.category("pulse")
    (1, 'pulse', 2, 'event')
    >>> labels.index("sin")
    Traceback (most recent call last):
    oscine.core.errors.InputError: unknown label; found 'sin'; allowed: pulse, sine. Did you mean 'sine'?
    """

    def __init__(self, labels: Iterable[str] = (), categories: Mapping[str, Category | None] | None = None) -> None:
        self._labels = tuple(str(label) for label in labels)
        self._places = {label: place for place, label in enumerate(self._labels)}
        if len(self._places) < len(self._labels):
            twice = next(label for label in self._labels if self._labels.count(label) > 1)
            raise InputError("a label is named twice", found=twice, cure="Name each label once")
        if "" in self._places:
            raise InputError("a label is empty", allowed="any text", cure="Give it a name")
        self._categories = {label: category for label, category in (categories or {}).items() if category}
        for label, category in self._categories.items():
            self.index(label)
            if category not in ("event", "segment"):
                raise InputError(f"category of label {label!r}", found=category, allowed=("event", "segment"))

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[str, ...]: ...
    def __getitem__(self, place: int | slice) -> str | tuple[str, ...]:
        return self._labels[place]

    def __len__(self) -> int:
        return len(self._labels)

    def __contains__(self, label: object) -> bool:
        return label in self._places

    def index(self, value: str, start: int = 0, stop: int | None = None) -> int:
        """Place of a label, from 0.

        Raises
        ------
        InputError
            Where there is no such label, with the nearest spelling.
        """
        if value not in self._places:
            raise unknown("label", str(value), self._labels)
        return self._labels.index(value, start, len(self) if stop is None else stop)

    def category(self, label: str) -> Category | None:
        """What is known of a label: `event`, `segment` or nothing."""
        return self._categories.get(label)

    @property
    def categories(self) -> dict[str, Category]:
        """The categories that are known."""
        return dict(self._categories)

    def including(self, labels: Iterable[str]) -> LabelSet:
        """The same set with those that it lacks, sorted, behind its own.

        Examples
        --------
        >>> list(LabelSet(["z"]).including(["b", "z", "a"]))
        ['z', 'a', 'b']
        """
        return LabelSet([*self._labels, *sorted(set(labels) - set(self._labels))], self._categories)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LabelSet):
            return NotImplemented
        return self._labels == other._labels and self._categories == other._categories

    def __hash__(self) -> int:
        return hash(self._labels)

    def __repr__(self) -> str:
        return f"LabelSet({list(self._labels)})"
