"""What every plug-in of every kind promises, whatever it does: a new file arrives already tested.

Kinds are found where they are declared (`PluginKind(…)` in a module), members as users find them.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

import oscine
from oscine.core.options import assemble, flatten
from oscine.core.params import default_of
from oscine.core.plugins import PluginKind

PACKAGE = Path(oscine.__file__).parent


def _kinds() -> list[PluginKind]:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        if "PluginKind(" in path.read_text(encoding="utf-8") and path.parent.name != "core":
            parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
            module = importlib.import_module(".".join(parts).removesuffix(".__init__"))
            found.update({value.name: value for value in vars(module).values() if isinstance(value, PluginKind)})
    return list(found.values())


KINDS = {kind.name: kind for kind in _kinds()}
MEMBERS = [(kind, name) for kind in KINDS.values() for name in kind.names()]


@pytest.fixture(params=MEMBERS, ids=[f"{kind.name}-{name}" for kind, name in MEMBERS])
def member(request):
    """A kind, and the class of one of its members."""
    kind, name = request.param
    return kind, kind.get(name)


def _made(member):
    if any(field.is_required() for field in member.model_fields.values()):
        pytest.skip("has options without a default")
    return member()


def test_the_kinds_are_those_of_the_design():
    assert set(KINDS) >= {"readers", "formats", "detectors", "splitters", "architectures", "frontends", "targets"}


@pytest.mark.parametrize("kind", KINDS.values(), ids=str)
def test_a_kind_is_a_folder_called_as_it_is(kind):
    assert kind.names(), "a kind without members"
    assert kind.package.rpartition(".")[2] == kind.name
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert sorted(kind.members()) == kind.names()


def test_is_named_after_its_file_and_documented(member):
    kind, plugin = member
    assert plugin.plugin_name == plugin.__module__.rpartition(".")[2].replace("_", "-")
    assert issubclass(plugin, kind.base)
    own = plugin.__dict__.get("__doc__")
    assert own, "no docstring: it is the help of the choice"
    undocumented = [name for name, field in plugin.model_fields.items() if not field.description]
    assert not undocumented, "options without a docstring below them"


def test_goes_through_a_dictionary(member):
    kind, plugin = member
    made = _made(plugin)
    written = json.loads(json.dumps(made.to_dict(), allow_nan=False))
    assert written["name"] == plugin.plugin_name
    assert kind.make(written) == made
    assert kind.make(plugin.plugin_name) == made


def test_its_defaults_can_be_typed(member):
    """What help shows as a default is what one may type."""
    _, plugin = member
    made = _made(plugin)
    texts = {
        option.path: option.default
        for option in flatten(plugin)
        if option.form != "flag" and option.default and len(option.path) == 1
    }
    assert plugin.parse(assemble(texts, plugin, {})) == made


def test_refuses_what_it_does_not_know(member):
    _, plugin = member
    with pytest.raises(oscine.InputError, match=r"unknown option.*; found 'no_such_option'"):
        plugin(no_such_option=1)


def test_has_a_form(member):
    _, plugin = member
    schema = plugin.model_json_schema()
    json.dumps(schema, allow_nan=False)
    assert set(schema.get("properties", {})) == set(plugin.model_fields)
    for field in plugin.model_fields.values():
        default_of(field)


def test_declarations_load_no_torch():
    """Forms and help answer at once, whatever is chosen."""
    program = "\n".join(
        [
            "import sys, importlib",
            *(f"importlib.import_module({kind.get(name).__module__!r})" for kind, name in MEMBERS),
            "print([name for name in ('torch', 'lightning', 'matplotlib', 'sklearn') if name in sys.modules])",
        ]
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
