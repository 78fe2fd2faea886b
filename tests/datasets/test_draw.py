from __future__ import annotations

from typing import Annotated

import numpy as np
import pytest

from oscine.core.errors import InputError
from oscine.core.options import flatten
from oscine.core.params import Params, Unit
from oscine.datasets.draw import Draw, Limits


class Example(Params):
    level: Annotated[Draw, Unit("dB"), Limits(ge=0, le=10)] = Draw(1.0, 2.0)
    """Level."""
    other: Annotated[Draw, Limits(gt=0)] | None = None


@pytest.mark.parametrize(
    ("given", "expected", "plain"),
    [
        (3, Draw(3.0, 3.0), 3.0),
        ("3", Draw(3.0, 3.0), 3.0),
        ((1, 2), Draw(1.0, 2.0), [1.0, 2.0]),
        ([1, 1], Draw(1.0, 1.0), 1.0),
        (" 1 , 2 ", Draw(1.0, 2.0), [1.0, 2.0]),
        ({"normal": [1, 3]}, Draw(1.0, 3.0, is_normal=True), {"normal": [1.0, 3.0]}),
        ("Normal,1,0", Draw(1.0, 0.0, is_normal=True), {"normal": [1.0, 0.0]}),
    ],
)
def test_ways_of_writing_it(given, expected, plain):
    draw = Draw.make(given)
    assert draw == expected == Draw.make(draw) == Draw.make(str(draw)) == Draw.make(plain)
    assert draw.to_plain() == plain
    assert Example(level=given).to_dict()["level"] == plain


@pytest.mark.parametrize(
    "given",
    ["", "a", "1,2,3", [], [1, 2, 3], "nan", np.inf, None, True, {"normal": 1}, {"uniform": [1, 2]}, "normal,1"],
)
def test_what_it_is_not(given):
    with pytest.raises(InputError, match="is not a number to draw"):
        Draw.make(given)


def test_numbers_come_as_they_should():
    random = np.random.default_rng(0)
    uniform, normal = Draw(2.0, 6.0)(random, 2000, 3), Draw(2.0, 6.0, is_normal=True)(random, 2000, 3)
    assert uniform.shape == normal.shape == (2000, 3)
    assert (uniform.min() >= 2) & (uniform.max() < 6)
    assert (uniform.mean(), normal.mean()) == (pytest.approx(4, abs=0.1), pytest.approx(2, abs=0.3))
    assert (uniform.std(), normal.std()) == (pytest.approx(4 / 12**0.5, rel=0.03), pytest.approx(6, rel=0.03))
    low, high = Draw(2.0, 6.0, is_normal=True).ends
    assert (normal.min() >= low) & (normal.max() <= high)
    assert (Draw.make(5)(random, 4) == 5).all()


def test_limits():
    with pytest.raises(
        InputError, match=r"option level is out of range|option level: is out of range; found \[0.0, 11"
    ):
        Example(level=(0, 11))
    with pytest.raises(InputError, match=r"option other: is out of range; found 0.0; allowed: > 0"):
        Example(other=0)
    assert Example(other={"normal": [1, 5]}).other.ends == (-19.0, 21.0)  # its mean is allowed
    assert Example(other="none").other is None


def test_what_help_and_forms_need():
    level, other = flatten(Example)
    assert (level.form, level.type, level.unit, level.bounds) == ("value", "number or range", "dB", "≥ 0, ≤ 10")
    assert (level.default, other.default, other.bounds) == ("1,2", "none", "> 0")
    schema = Example.model_json_schema()["properties"]["level"]
    assert schema["unit"] == "dB"
    assert schema["default"] == [1.0, 2.0]
    assert {"type": "number"} in schema["anyOf"]
