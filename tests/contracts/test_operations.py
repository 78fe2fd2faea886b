"""What every operation promises to the drivers: the command line, the jobs, the page."""

from __future__ import annotations

import inspect
import json
import pkgutil
import re
import string
import subprocess
import sys

import pytest

import oscine
from oscine import cli
from oscine.core import docstrings
from oscine.core.monitor import SILENT
from oscine.core.options import flatten
from oscine.core.params import OperationParams

TAKEN = {"params", "print_params", "out", "quiet", "json", "help", "submit"}
"""Options that every command has."""


@pytest.fixture(params=list(oscine.OPERATIONS))
def function(request):
    """Each operation."""
    return pkgutil.resolve_name(oscine.OPERATIONS[request.param])


def test_is_a_public_name_with_its_params(function):
    declared = function.operation
    assert declared.name == function.__name__
    assert issubclass(declared.params, OperationParams)
    assert declared.params.__name__ == f"{declared.name.title().replace('_', '')}Params"
    if len(declared.params.model_fields) > 1:  # more than the seed
        assert getattr(oscine, declared.params.__name__) is declared.params


def test_its_signature_is_that_of_an_operation(function):
    parameters = inspect.signature(function).parameters
    assert parameters["monitor"].default is SILENT
    assert parameters["monitor"].kind is inspect.Parameter.KEYWORD_ONLY
    assert parameters["params"].default == function.operation.params()
    assert all(item.name not in TAKEN for item in function.operation.inputs)


def test_is_documented(function):
    declared = function.operation
    assert re.fullmatch(r"[A-Z][^\n]*\.", declared.summary)
    assert len(declared.summary) <= 100
    (command,) = [name for name, place in oscine.OPERATIONS.items() if pkgutil.resolve_name(place) is function]
    assert cli.summary(command) == declared.summary.rstrip(".")
    told = docstrings.read(function.__doc__).parameters
    assert [item.name for item in declared.inputs if not told.get(item.name)] == []


def test_every_option_is_documented_and_has_a_name_of_its_own(function):
    declared = function.operation
    options = flatten(declared.params)
    assert [option.name for option in options if not option.help] == []
    names = [option.path[0] for option in options if len(option.path) == 1]
    inputs = [item.name for item in declared.inputs]
    assert not set(names) & TAKEN
    assert not set(names) & set(inputs)


def test_knows_where_its_result_goes(function):
    declared = function.operation
    if declared.each is not None:
        assert declared.each in [item.name for item in declared.inputs if item.required]
    if declared.out is not None:
        fields = {name for _, name, _, _ in string.Formatter().parse(declared.out) if name}
        assert fields <= {"stem", "folder", "time"}
        result = inspect.get_annotations(declared.function, eval_str=True)["return"]
        assert declared.takes_out or declared.save or hasattr(result, "save")


def test_its_params_go_through_a_dictionary(function):
    params = function.operation.params()
    written = json.loads(json.dumps(params.to_dict(), allow_nan=False))
    assert function.operation.params.parse(written) == params
    json.dumps(function.operation.params.model_json_schema(), allow_nan=False)


def test_the_schema_has_the_names_of_the_options(function):
    params = function.operation.params
    assert set(params.model_json_schema()["properties"]) == set(params.model_fields)


def test_the_order_is_that_of_the_workflow():
    order = [name for name in oscine.OPERATIONS if name in ("detect", "prepare", "train", "predict", "segment")]
    assert order == ["detect", "prepare", "train", "predict", "segment"]


def test_no_command_loads_torch_before_it_runs():
    program = (
        "import sys, pkgutil, oscine\n"
        "from oscine.core.options import flatten\n"
        "for place in oscine.OPERATIONS.values():\n"
        "    function = pkgutil.resolve_name(place)\n"
        "    flatten(function.operation.params)\n"
        "    function.operation.params.model_json_schema()\n"
        "print([name for name in ('torch', 'lightning', 'lightning_fabric', 'sklearn') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_every_public_name_exists():
    missing = [name for name in oscine.__all__ if not hasattr(oscine, name)]
    assert missing == []
    program = (
        "import oscine\n"
        "names = [place.partition(':')[2] for place in oscine.OPERATIONS.values()]\n"
        "print(all(hasattr(getattr(oscine, name), 'operation') for name in names))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
    with pytest.raises(AttributeError, match="detcet"):
        oscine.detcet  # noqa: B018
