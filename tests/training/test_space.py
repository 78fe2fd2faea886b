from __future__ import annotations

import pytest

from oscine.core.errors import InputError
from oscine.training.params import TrainParams
from oscine.training.space import Choices, Range, Space

BASE = TrainParams(architecture="das")


def first(space: Space) -> dict[str, object]:
    """The first value and the lowest number of everything."""
    return space.suggest(lambda _, names: names[0], lambda _, axis: axis.low)


def test_files_and_the_command_line_say_the_same():
    texts = {"architecture.n-blocks": "2|3|4", "learning-rate": "1e-4:1e-2:log", "n-steps": "10:20"}
    tables = {
        "architecture": {"n_blocks": [2, 3, 4]},
        "learning_rate": {"low": 1e-4, "high": 1e-2, "log": True},
        "n-steps": {"low": 10, "high": 20},
    }
    mine, theirs = Space(BASE, texts), Space(BASE, tables)
    assert theirs.axes["architecture.n-blocks"] == Choices((2, 3, 4))
    assert mine.axes["learning-rate"] == theirs.axes["learning-rate"] == Range(1e-4, 1e-2, log=True)
    assert mine.axes["n-steps"] == theirs.axes["n-steps"] == Range(10, 20, whole=True)
    assert mine.params(first(mine)) == theirs.params(first(theirs))
    assert mine.params(first(mine)).architecture.n_blocks == 2


def test_lists_are_values_too():
    space = Space(BASE, {"architecture.dilations": [[1, 2], [1, 2, 4]]})
    assert space.params(first(space)).architecture.dilations == (1, 2)
    assert space.axes["architecture.dilations"].names == ("[1, 2]", "[1, 2, 4]")


def test_an_option_is_searched_where_its_plugin_is_chosen():
    given = {"architecture": "das|songexplorer", "architecture.n-blocks": [2], "architecture.features": [[4, 4]]}
    space = Space(TrainParams(), given)
    for number, (name, option) in enumerate((("das", "n-blocks"), ("songexplorer", "features"))):
        values = space.suggest(lambda _, names, number=number: names[min(number, len(names) - 1)], lambda *_: 0.0)
        assert set(values) == {"architecture", f"architecture.{option}"}
        assert space.params(values).architecture.plugin_name == name


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({}, "nothing to search"),
        ({"learning-rat": [0.1]}, "unknown option to search.*learning-rate"),
        ({"architecture.n-block": [2]}, "unknown option to search.*architecture.n-blocks"),
        ({"architecture.features": [[4, 4]]}, "unknown option to search"),
        ({"learning-rate": [0.001, -1]}, "learning-rate is out of range; found -1"),
        ({"learning-rate": {"low": 0.0, "high": 1.0}}, "learning-rate is out of range; found 0"),
        ({"learning-rate": {"low": 0.0, "high": 1.0, "log": True}}, "not a range"),
        ({"learning-rate": {"low": 2.0, "high": 1.0}}, "not a range"),
        ({"learning-rate": {"low": 2.0}}, "neither a list of values nor a range"),
        ({"learning-rate": "1:2:lg"}, "is not log"),
        ({"optimizer": {"low": 1, "high": 2}}, "no range"),
        ({"optimizer": ["adan"]}, "optimizer is not one of the choices"),
        ({"n-steps": {"low": 1.5, "high": 3}}, "not whole numbers"),
        ({"architecture": ["das", "dsa"]}, "unknown architecture"),
        ({"architecture": ["das", "tcn"], "architecture.n-blocks": [2, 0]}, "n-blocks is out of range"),
    ],
)
def test_what_is_refused(given, problem):
    with pytest.raises(InputError, match=problem):
        Space(BASE, given)
