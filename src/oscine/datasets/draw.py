"""Numbers that are drawn anew each time: a fixed one, a range, or a normal distribution.

An option of an augmentation is such a number. It is written in one of three ways, in Python, in files and as text:

===================  ==================  =====================================================
`0.5`                `0.5`               always the same
`(0.5, 2)`           `0.5,2`             any in this range, each as likely as any other
`{"normal": (1, 3)}` `normal,1,3`        normally distributed, with this mean and standard deviation
===================  ==================  =====================================================

A normal distribution ends after four standard deviations, so that it can be said how far sound may be moved.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from oscine.core.errors import InputError
from oscine.core.params import bounds

_FARTHEST = 4.0  # standard deviations

_ALLOWED = "a number, two numbers (a range), or normal with a mean and a standard deviation"


@dataclass(frozen=True)
class Draw:
    """A number that is drawn anew each time.

    Attributes
    ----------
    low, high
        Ends of a range; mean and standard deviation where `is_normal`.

    Examples
    --------
    >>> Draw.make("0.5,2"), str(Draw.make({"normal": [0, 1]})), Draw.make(3).ends
    (Draw(low=0.5, high=2.0, is_normal=False), 'normal,0,1', (3.0, 3.0))
    >>> Draw.make("2,0.5")
    Traceback (most recent call last):
    oscine.core.errors.InputError: the range ends before it begins; found '2,0.5'.
    """

    low: float
    high: float
    is_normal: bool = False

    type_name: ClassVar[str] = "number or range"
    """In help texts."""

    @classmethod
    def make(cls, value: Any) -> Draw:
        """From any of the ways in which it is written down.

        Raises
        ------
        InputError
            Where it is none of them, a number is not finite, or a range ends before it begins.
        """
        if isinstance(value, Draw):
            return value
        parts, is_normal = value, False
        if isinstance(parts, str):
            parts = [part.strip() for part in parts.split(",")]
            if parts[0].lower() == "normal":
                parts, is_normal = parts[1:], True
        elif isinstance(parts, Mapping) and list(parts) == ["normal"]:
            parts, is_normal = parts["normal"], True
        if isinstance(parts, (int, float, np.number)) and not isinstance(parts, bool):
            parts = [parts]
        try:
            numbers = [float(part) for part in parts]
        except (TypeError, ValueError):
            numbers = []
        if not all(map(math.isfinite, numbers)) or len(numbers) not in ({2} if is_normal else {1, 2}):
            raise InputError("is not a number to draw", found=value, allowed=_ALLOWED)
        if is_normal and numbers[1] < 0:
            raise InputError("the standard deviation is negative", found=value, allowed="≥ 0")
        if not is_normal and numbers[-1] < numbers[0]:
            raise InputError("the range ends before it begins", found=value)
        return cls(numbers[0], numbers[-1], is_normal)

    def __call__(self, random: np.random.Generator, *shape: int) -> NDArray[np.float64]:
        """So many numbers."""
        if self.is_normal:
            return self.low + self.high * random.standard_normal(shape).clip(-_FARTHEST, _FARTHEST)
        return self.low + (self.high - self.low) * random.random(shape)

    @property
    def ends(self) -> tuple[float, float]:
        """The least and the largest number that it can be."""
        reach = _FARTHEST * self.high
        return (self.low - reach, self.low + reach) if self.is_normal else (self.low, self.high)

    @property
    def is_zero(self) -> bool:
        """Whether it is always zero."""
        return self.ends == (0.0, 0.0)

    def to_plain(self) -> float | list[float] | dict[str, list[float]]:
        """As it is written in files."""
        if self.is_normal:
            return {"normal": [self.low, self.high]}
        return self.low if self.low == self.high else [self.low, self.high]

    def __str__(self) -> str:
        numbers = [self.low] if self.low == self.high and not self.is_normal else [self.low, self.high]
        return ",".join(["normal"] * self.is_normal + [f"{number:.12g}" for number in numbers])

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.make, serialization=core_schema.plain_serializer_function_ser_schema(lambda draw: draw.to_plain())
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        pair = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
        normal = {
            "type": "object",
            "properties": {"normal": pair},
            "required": ["normal"],
            "additionalProperties": False,
        }
        return {"anyOf": [{"type": "number"}, pair, normal]}


class Limits:
    """Metadata of a `Draw`: what may be drawn. Of a normal distribution it is the mean that has to be allowed.

    What lies outside of a normal distribution's allowed part is moved to the nearest allowed number by who draws it.
    """

    def __init__(
        self, *, gt: float | None = None, ge: float | None = None, lt: float | None = None, le: float | None = None
    ) -> None:
        self.gt, self.ge, self.lt, self.le = gt, ge, lt, le

    def check(self, draw: Draw) -> Draw:
        """Refuse a number that is not allowed."""
        for number in {draw.low} if draw.is_normal else {draw.low, draw.high}:
            if (
                (self.gt is not None and number <= self.gt)
                or (self.ge is not None and number < self.ge)
                or (self.lt is not None and number >= self.lt)
                or (self.le is not None and number > self.le)
            ):
                raise InputError("is out of range", found=draw.to_plain(), allowed=bounds(vars(self)))
        return draw

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = handler(source)
        serialization = schema.get("serialization")
        wrapped = core_schema.no_info_after_validator_function(self.check, schema)
        if serialization is not None:
            wrapped["serialization"] = serialization
        return wrapped
