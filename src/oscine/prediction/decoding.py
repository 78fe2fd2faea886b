"""How scores are decoded: what a user says, what a model has stored, and what holds where neither does.

A model may know how its scores are best decoded (`oscine.postprocess` finds out), and scores carry that along. An
option that nobody gives (`None`) is as the model has it, or else as in `PLAIN`. Whoever names a decoder wants that one,
and nothing of what was chosen for another.
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from oscine.core.errors import InputError
from oscine.core.monitor import SILENT, Monitor
from oscine.core.params import Field, OperationParams, Seconds
from oscine.prediction.decoder import DECODERS, Decoder
from oscine.prediction.decoders.threshold import Threshold

Probability = Annotated[float, Field(ge=0, le=1)]
Duration = Annotated[float, Field(ge=0)]


class SegmentParams(OperationParams):
    """How scores become events and segments."""

    decoder: Annotated[Decoder, DECODERS] | None = None
    """Which frames belong to a segment; none: as the model has it, or else threshold."""
    labels: tuple[str, ...] = Field(())
    """Labels to write; none given: all but the background, and but what the scores have aside, such as boundaries."""
    thresholds: dict[str, Probability] = Field(default_factory=dict)
    """Threshold per label, instead of the model's own, such as mel-pulse=0.7."""
    thresholds_file: Path | None = None
    """Table of thresholds (of evaluate, or SongExplorer's) for labels that `thresholds` leaves out."""
    thresholds_ratio: float = Field(1.0, gt=0)
    """Column of that table, where it has several: the wished precision / recall."""
    max_gap: Seconds | None = Field(None, ge=0)
    """Gaps between segments of a label up to this long are filled; none: as the model has it, or else 0."""
    max_gaps: dict[str, Duration] = Field(default_factory=dict)
    """The same for single labels, such as sine=0.02."""
    min_duration: Seconds | None = Field(None, ge=0)
    """Segments shorter than this are dropped, after gaps are filled; none: as the model has it, or else 0."""
    min_durations: dict[str, Duration] = Field(default_factory=dict)
    """The same for single labels, such as sine=0.1."""
    event_distance: Seconds | None = Field(None, ge=0)
    """Two events of a label are at least this far apart, the more probable one stays; none: as the model has it, or
    else 0.01."""
    interpolate: bool | None = None
    """Bounds lie between two frames, where one label's score overtakes the other's, instead of halfway; none: as the
    model has it, or else not."""
    snap: Seconds = Field(0.0, ge=0)
    """Bounds of segments move to the nearest peak of the scores "onset" and "offset" that is no farther, if any is."""


PLAIN = SegmentParams(decoder=Threshold(), max_gap=0.0, min_duration=0.0, event_distance=0.01, interpolate=False)
"""How scores are decoded where neither user nor model says anything."""

_STORED = ("decoder", "max_gap", "max_gaps", "min_duration", "min_durations", "event_distance", "interpolate")
"""What a model may know."""


def stored_decoding(params: SegmentParams) -> dict[str, Any]:
    """What of some parameters a model may keep, as plain values: all that is said, and concerns decoding."""
    values = params.to_dict()
    return {name: values[name] for name in _STORED if values[name] not in (None, {})}


def settled(params: SegmentParams, stored: Mapping[str, Any]) -> SegmentParams:
    """The parameters that hold: what is given, else what a model has stored, else `PLAIN`.

    Where a decoder is given, nothing stored was chosen for it, and nothing of it is used but what a decoder of the same
    sort has learnt of the song.

    Raises
    ------
    InputError
        Where what is stored is not understood.

    Examples
    --------
    >>> stored = {"decoder": {"name": "majority"}, "min_duration": 0.02}
    >>> one = settled(SegmentParams(max_gap=0.1), stored)
    >>> one.decoder.plugin_name, one.max_gap, one.min_duration
    ('majority', 0.1, 0.02)
    >>> other = settled(SegmentParams(decoder={"name": "maximum"}), stored)
    >>> other.decoder.plugin_name, other.min_duration
    ('maximum', 0.0)
    """
    try:
        own = SegmentParams.parse({name: value for name, value in stored.items() if name in _STORED})
    except InputError as error:
        raise InputError(
            f"how this model decodes is not understood here ({error})", cure="Choose a decoder: --decoder threshold"
        ) from None
    decoder = params.decoder
    if decoder is not None:
        if own.decoder is not None:
            decoder = decoder.informed(own.decoder)
        own = SegmentParams()
    given = {name: getattr(params, name) for name in _STORED} | {"decoder": decoder}
    chosen = {}
    for name in _STORED:
        values = (given[name], getattr(own, name), getattr(PLAIN, name))
        if isinstance(values[0], dict):
            chosen[name] = {**values[1], **values[0]}
        else:
            chosen[name] = next(value for value in values if value is not None)
    return params.model_copy(update=chosen)


def reach_of(params: SegmentParams, stored: Mapping[str, Any]) -> float:
    """How far from a frame what is cleaned depends on others, s, with what a model has stored."""
    chosen = settled(params, stored)
    times = (chosen.event_distance, chosen.max_gap, chosen.min_duration)
    return max(0.0, *(time or 0.0 for time in times), *chosen.max_gaps.values(), *chosen.min_durations.values())


def is_told_by_model(params: SegmentParams, stored: Mapping[str, Any]) -> bool:
    """Whether anything that a model has stored is used."""
    return bool(stored) and settled(params, stored) != settled(params, {})


def describe_decoding(params: SegmentParams) -> str:
    """In a few words, how scores are decoded.

    Examples
    --------
    >>> describe_decoding(SegmentParams(decoder={"name": "majority", "min_duration": 0.02}, interpolate=True))
    'majority (min_duration 0.02), interpolate'
    """
    words = []
    if params.decoder is not None:
        defaults = type(params.decoder)()
        options = [
            f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"
            for name, value in params.decoder
            if value != getattr(defaults, name) and not isinstance(value, dict)
        ]
        words.append(params.decoder.plugin_name + (f" ({', '.join(options)})" if options else ""))
    for name in ("max_gap", "min_duration", "event_distance"):
        value = getattr(params, name)
        if value is not None and value != getattr(PLAIN, name):
            words.append(f"{name} {value:g} s")
    for name in ("max_gaps", "min_durations"):
        values = ", ".join(f"{label} {value:.3g}" for label, value in getattr(params, name).items())
        words += [f"{name} {values} s"] * bool(values)
    return ", ".join(words + ["interpolate"] * bool(params.interpolate)) or "as nobody has said"


_TOLD: weakref.WeakKeyDictionary[Monitor, set[str]] = weakref.WeakKeyDictionary()


def say_decoding(monitor: Monitor, params: SegmentParams, stored: Mapping[str, Any]) -> None:
    """Say what a model has chosen, once for each monitor, however many recordings there are."""
    if monitor is SILENT or not is_told_by_model(params, stored):
        return
    chosen, told = settled(params, stored), _TOLD.setdefault(monitor, set())
    text = f"decoded as the model has it: {describe_decoding(chosen)}"
    if text not in told:
        told.add(text)
        monitor.message(text)
    if params.thresholds and params.decoder is None and chosen.decoder and not chosen.decoder.heeds_thresholds:
        name = chosen.decoder.plugin_name
        text = f"the decoder that the model has, {name}, heeds no thresholds; add --decoder threshold"
        if text not in told:
            told.add(text)
            monitor.warning(text)
