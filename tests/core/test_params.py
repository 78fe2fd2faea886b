"""Parameters: frozen, typed, refusing what they do not know."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated, Literal

import pytest

from oscine.core.errors import InputError
from oscine.core.params import Decibels, Field, Hertz, OperationParams, Params, Seconds, Unit, bounds, read_toml


class Shape(Enum):
    ROUND = "round"
    FLAT = "flat"


class Filter(Params):
    low: Hertz = Field(100.0, ge=0)
    """Lowest frequency."""
    order: int = Field(4, ge=1, le=8)
    """Of the filter."""


class Detect(OperationParams):
    """How to detect."""

    smooth: Seconds = Field(0.0064, gt=0)
    """Gaps shorter than this are filled."""
    level: Decibels | None = Field(None, le=0)
    """Loudest."""
    robust: Literal["median", "mean"] = "median"
    """Centre."""
    shape: Shape = Shape.ROUND
    labels: tuple[str, ...] = ()
    weights: dict[str, float] = Field(default_factory=dict)
    join: bool = False
    name: str | None = "x"
    share: Annotated[float, Unit("%")] = 20.0
    filter: Filter = Filter(low=50)
    folder: Path | None = None


def test_are_frozen_and_compared_and_hashed_by_value():
    params = Filter(low=1)
    assert params == Filter(low=1.0) != Filter(low=2)
    assert hash(params) == hash(Filter(low=1.0))
    with pytest.raises(ValueError, match="frozen"):
        params.low = 3


def test_units_bounds_and_help_stand_in_the_schema():
    schema = Detect.model_json_schema()
    smooth = schema["properties"]["smooth"]
    assert smooth["unit"] == "s"
    assert smooth["exclusiveMinimum"] == 0
    assert smooth["default"] == 0.0064
    assert smooth["description"] == "Gaps shorter than this are filled."
    assert schema["properties"]["share"]["unit"] == "%"
    assert {"unit": "dB", "type": "number", "maximum": 0} in schema["properties"]["level"]["anyOf"]
    assert schema["properties"]["filter"]["default"] == {"low": 50.0, "order": 4}
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"smooth": 0}, "option smooth is out of range; found 0; allowed: > 0."),
        ({"smooth": "0.01s"}, "option smooth is not a number; found '0.01s'."),
        ({"smooth": float("nan")}, "option smooth is not a finite number; found nan."),
        ({"filter": {"order": 9}}, "option filter.order is out of range; found 9; allowed: ≤ 8."),
        ({"filter": {"order": 1.5}}, "option filter.order is not a whole number; found 1.5."),
        (
            {"filter": {"oder": 1}},
            "option filter: unknown option; found 'oder'; allowed: low, order. Did you mean 'order'?",
        ),
        (
            {"robust": "medain"},
            "option robust is not one of the choices; found 'medain'; allowed: median, mean. Did you mean 'median'?",
        ),
        ({"shape": "square"}, "option shape is not one of the choices; found 'square'; allowed: round, flat."),
        ({"join": "maybe"}, "option join is neither on nor off; found 'maybe'; allowed: on, off."),
        ({"level": 3}, "option level is out of range; found 3; allowed: ≤ 0."),
        ({"seed": -1}, "option seed is out of range; found -1; allowed: ≥ 0."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_one_line(values, message):
    with pytest.raises(InputError) as parsed:
        Detect.parse(values)
    assert str(parsed.value) == message
    with pytest.raises(InputError) as called:
        Detect(**values)
    assert str(called.value) == f"Detect: {message}"


def test_unknown_names_are_refused_with_the_nearest():
    with pytest.raises(InputError) as error:
        Detect(smoth=1)
    assert str(error.value).startswith("Detect: unknown option; found 'smoth'. Did you mean 'smooth'? Allowed: ")


def test_options_are_spelt_as_where_they_come_from(tmp_path):
    class Spelt(Params):
        min_gap: Seconds = Field(0.0, ge=0)

    (tmp_path / "p.toml").write_text("min_gap = -1\n")
    with pytest.raises(InputError, match="option min-gap is"):
        Spelt.parse({"min_gap": -1})
    with pytest.raises(InputError, match="option min_gap is"):
        Spelt(min_gap=-1)
    with pytest.raises(InputError, match="option min_gap is"):
        Spelt.load(tmp_path / "p.toml")


def test_text_is_converted():
    params = Detect.parse(
        {"smooth": "0.5", "join": "on", "labels": ["a", "b"], "weights": {"a": "2"}, "folder": "somewhere"}
    )
    assert params.smooth == 0.5
    assert params.join is True
    assert params.labels == ("a", "b")
    assert params.weights == {"a": 2.0}
    assert params.folder == Path("somewhere")


def test_none_is_a_word_where_it_is_allowed():
    assert Detect(level="none", name="None").level is None
    assert Detect(level="none", name="None").name is None
    with pytest.raises(InputError, match="option smooth is not a number; found 'none'"):
        Detect(smooth="none")


def test_what_a_mapping_leaves_out_is_as_in_the_default():
    assert Filter(order=2).low == 100
    assert Detect(filter={"order": 2}).filter == Filter(low=50, order=2)
    assert Detect(filter=Filter(order=2)).filter == Filter(low=100, order=2)


def test_goes_through_a_dictionary():
    params = Detect(smooth=0.1, level=-3, shape="flat", labels=("a",), weights={"a": 1}, filter={"order": 1})
    assert Detect.parse(params.to_dict()) == params
    assert params.to_dict()["shape"] == "flat"


def test_reads_toml(tmp_path):
    path = tmp_path / "detect.toml"
    path.write_text('smooth = 0.5\nlevel = "none"\n[filter]\norder = 1\n')
    assert Detect.load(path) == Detect(smooth=0.5, filter={"order": 1})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seed = 1\nsmooth = -1\n", "line 2: option smooth is out of range; found -1; allowed: > 0."),
        ("[filter]\n# order = 1\norder = 9\n", "line 3: option filter.order is out of range; found 9; allowed: ≤ 8."),
        ("filter.order = 9\n", "line 1: option filter.order is out of range"),
        ("seed = 1\nsmoth = 1\n", "line 2: unknown option; found 'smoth'"),
        ("seed = 1\n[filter]\noder = 1\n", "line 3: option filter: unknown option; found 'oder'"),
    ],
)
def test_errors_in_a_file_name_it_and_the_line(tmp_path, text, message):
    path = tmp_path / "detect.toml"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        Detect.load(path)
    assert str(error.value).startswith(f"{path}, {message}")


@pytest.mark.parametrize("content", [b"a = = 1\n", b"\xff\xfe\n"])
def test_what_is_no_toml_is_refused(tmp_path, content):
    path = tmp_path / "p.toml"
    path.write_bytes(content)
    with pytest.raises(InputError, match="not a TOML file") as error:
        read_toml(path)
    assert "\n" not in str(error.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"nothing\.toml: there is no such parameter file"):
        read_toml(tmp_path / "nothing.toml")
    with pytest.raises(InputError, match="cannot be read"):
        read_toml(tmp_path)


def test_bounds_are_written_with_signs():
    assert bounds({"gt": 0.0, "le": 0.5}) == "> 0, ≤ 0.5"
    assert bounds({}) is None
