"""One annotation as an immutable value: equal rows are the same row, so a row is its own handle.

The fields are the columns of `Annotations`, except that what is unspecified is `None` instead of nan (nan is not
equal to itself), and that columns of other names are kept together, as text, in `more`.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping
from typing import Any, NamedTuple

from oscine.core.errors import InputError


class Place(NamedTuple):
    """What a row is about: adding a row at the place of another replaces that one."""

    recording: str
    onset: float
    offset: float
    kind: str
    channel: int
    low: float | None
    high: float | None
    annotator: str


class Row(NamedTuple):
    """One sound.

    Attributes
    ----------
    recording
        Name of the recording with its extension.
    onset, offset
        In seconds; equal for an event.
    label, kind, annotator
        What it is, where the row comes from, who says so ("" where unspecified).
    channel
        From 0; -1 where unspecified.
    low, high
        Limits of its frequencies in Hz; `None` where unspecified.
    score
        How sure, between 0 and 1; `None` where unspecified.
    more
        Columns of other names and their text, sorted; those that are blank are left out.

    Examples
    --------
    >>> print(Row("may01.wav", 0.5, 0.75, "sine"))
    sine at 0.5–0.75 s of may01.wav
    >>> Row.from_dict(Row("may01.wav", 0.5, 0.5, "pulse").to_dict())
    Row(recording='may01.wav', onset=0.5, offset=0.5, label='pulse', kind='annotated', channel=-1, low=None,
        high=None, annotator='', score=None, more=())
    """

    recording: str
    onset: float
    offset: float
    label: str
    kind: str = "annotated"
    channel: int = -1
    low: float | None = None
    high: float | None = None
    annotator: str = ""
    score: float | None = None
    more: tuple[tuple[str, str], ...] = ()

    @property
    def place(self) -> Place:
        """What the row is about."""
        return Place(
            self.recording, self.onset, self.offset, self.kind, self.channel, self.low, self.high, self.annotator
        )

    def __str__(self) -> str:
        span = f"{self.onset:.6g}" if self.onset == self.offset else f"{self.onset:.6g}–{self.offset:.6g}"
        return f"{self.label} at {span} s of {self.recording}"

    def to_dict(self) -> dict[str, Any]:
        """What it says, as plain values; what is unspecified is left out."""
        plain = {name: value for name, value in self._asdict().items() if value != _DEFAULTS.get(name, ...)}
        return {**plain, "more": dict(self.more)} if self.more else plain

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Row:
        """The way back."""
        return cls(**{**values, "more": tuple(values.get("more", {}).items())})


_DEFAULTS: dict[str, Any] = Row._field_defaults


def check(row: Row, duration: float | None = None, n_channels: int | None = None) -> Row:
    """The row with plain numbers and a trimmed label, or the reason why there is no such sound.

    Parameters
    ----------
    row
        Checked are its times, label, channel and frequencies.
    duration, n_channels
        Of the recording, in seconds; `None` where they are not known.

    Raises
    ------
    InputError
        For an onset after its offset, times outside the recording, an empty label, and so on.

    Examples
    --------
    >>> check(Row("a.wav", 2, 1, "sine"))
    Traceback (most recent call last):
    oscine.core.errors.InputError: onset is after the offset; found '2.0 to 1.0'; allowed: onset ≤ offset.
    """
    label = row.label.strip()
    if not label:
        raise InputError("the label is empty", allowed="any text", cure="Choose a label; `remove` erases")
    if any(unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") for sign in label):
        raise InputError("the label holds a sign that is no text", found=label, allowed="any text in one line")
    onset, offset = float(row.onset) + 0.0, float(row.offset) + 0.0  # + 0.0: no -0.0
    found = f"{onset!r} to {offset!r}"
    if not (math.isfinite(onset) and math.isfinite(offset)):
        raise InputError("a time is not a finite number", found=found, allowed="seconds, such as 1.25")
    if onset > offset:
        raise InputError("onset is after the offset", found=found, allowed="onset ≤ offset")
    if onset < 0:
        raise InputError("onset is before the recording", found=found, allowed="times from 0 s on")
    if duration is not None and offset > duration:
        raise InputError(f"offset is after the end of {row.recording}", found=found, allowed=f"up to {duration!r} s")
    highest = n_channels - 1 if n_channels is not None else None
    if row.channel != int(row.channel) or row.channel < -1 or (highest is not None and row.channel > highest):
        allowed = f"{'0 and more' if highest is None else f'0 to {highest}'}; -1 for no channel in particular"
        raise InputError("there is no such channel", found=row.channel, allowed=allowed)
    low, high = (None if limit is None else float(limit) for limit in (row.low, row.high))
    if any(limit is not None and not 0 <= limit < math.inf for limit in (low, high)) or (
        low is not None and high is not None and low > high
    ):
        raise InputError("frequencies that cannot be", found=f"{low} to {high} Hz", allowed="0 ≤ low ≤ high")
    score = None if row.score is None else float(row.score)
    if score is not None and not 0 <= score <= 1:
        raise InputError("score", found=score, allowed="0 to 1")
    return row._replace(
        label=label, onset=onset, offset=offset, channel=int(row.channel), low=low, high=high, score=score
    )
