"""Operations: what is read off a signature, and what is put into a result."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from oscine.core.errors import InputError
from oscine.core.monitor import SILENT, Monitor
from oscine.core.operations import Input, operation
from oscine.core.params import OperationParams


class Text:
    """An input and a result."""

    def __init__(self, text, provenance=None):
        self.text, self.provenance = text, provenance

    @classmethod
    def load(cls, path):
        return cls(Path(path).read_text())

    def identity(self):
        return {"text": self.text}

    def with_provenance(self, provenance):
        return Text(self.text, provenance)


class ShoutParams(OperationParams):
    mark: str = "!"


@operation(each="text", out="{folder}/{stem}_loud.txt")
def shout(
    text: Text,
    more: Text | None = None,
    params: ShoutParams = ShoutParams(),  # noqa: B008 - frozen
    *,
    monitor: Monitor = SILENT,
) -> Text:
    """Make a text loud.

    All of it.

    Parameters
    ----------
    text
        What to shout.
    """
    return Text(text.text.upper() + params.mark)


@operation()
def count(params: ShoutParams = ShoutParams(), *, out: Path | None = None, monitor: Monitor = SILENT) -> int:  # noqa: B008
    """Count to three."""
    return 3


def test_stays_a_plain_function():
    assert shout(Text("a")).text == "A!"
    assert shout.__name__ == "shout"
    assert list(inspect.signature(shout).parameters) == ["text", "more", "params", "monitor"]
    assert count() == 3


def test_the_signature_says_everything():
    declared = shout.operation
    assert declared.name == "shout"
    assert declared.summary == "Make a text loud."
    assert declared.description == "All of it."
    assert declared.inputs == (Input("text", Text, True, "What to shout."), Input("more", Text | None, False, ""))
    assert declared.params is ShoutParams
    assert (declared.each, declared.out, declared.takes_out) == ("text", "{folder}/{stem}_loud.txt", False)
    assert count.operation.takes_out
    assert count.operation.inputs == ()


def test_the_result_knows_how_it_came_to_be():
    provenance = shout(Text("a"), params=ShoutParams(mark="?", seed=4)).provenance
    assert provenance.operation == "shout"
    assert provenance.params == {"seed": 4, "mark": "?"}
    assert provenance.inputs == {"text": {"text": "a"}, "more": None}
    assert provenance.seed == 4


def test_the_wrong_params_are_refused():
    class Others(OperationParams):
        pass

    with pytest.raises(InputError) as error:
        shout(Text("a"), params=Others())
    assert str(error.value) == "params of shout has the wrong type; found 'Others'; allowed: ShoutParams."
    with pytest.raises(InputError, match="found 'dict'"):
        shout(Text("a"), params={"mark": "?"})


def test_arguments_that_do_not_exist_are_refused():
    with pytest.raises(
        TypeError, match=r"shout\(text, more, params, monitor\): got an unexpected keyword argument 'mark'"
    ):
        shout(Text("a"), mark="?")
    with pytest.raises(TypeError, match="missing a required argument: 'text'"):
        shout()
