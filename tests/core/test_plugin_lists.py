"""Lists of plug-ins as one option: in Python, as text, in files, on the command line."""

from __future__ import annotations

import json
import tomllib
from typing import Annotated

import pytest
import tomli_w

from oscine.cli import _print_params
from oscine.core.errors import InputError
from oscine.core.options import assemble, flatten, shown
from oscine.core.params import Field, OperationParams, Params
from oscine.datasets.augmentation import AUGMENTATIONS, Augmentation
from oscine.datasets.augmentations.gain import Gain
from oscine.datasets.augmentations.noise import Noise
from oscine.detection.detector import DETECTORS, Detector


class Example(OperationParams):
    augmentations: tuple[Annotated[Augmentation, AUGMENTATIONS], ...] = (Gain(), Noise())
    """What windows go through."""
    others: tuple[Annotated[Augmentation, AUGMENTATIONS], ...] | None = None
    detectors: list[Annotated[Detector, DETECTORS]] = Field(default_factory=list)


def typed(text, start=None):
    return Example.parse(assemble({("augmentations",): text}, Example, start or {})).augmentations


@pytest.mark.parametrize(
    "given",
    [
        "gain,noise",
        " Gain , noise,",
        ["gain", "noise"],
        ("gain", {"name": "noise"}),
        [Gain(), "noise"],
        '["gain", {"name": "noise"}]',
    ],
)
def test_ways_of_giving_them(given):
    assert Example(augmentations=given).augmentations == (Gain(), Noise())
    if isinstance(given, str):
        assert typed(given) == (Gain(), Noise())


def test_options_of_members():
    louder = (Gain(factor="1,2", share=0.5),)
    assert Example(augmentations=[{"name": "gain", "factor": [1, 2], "share": 0.5}]).augmentations == louder
    assert Example(augmentations={"name": "gain", "factor": [1, 2], "share": 0.5}).augmentations == louder
    assert typed('{"name": "gain", "factor": [1, 2], "share": 0.5}') == louder
    assert typed('[{"name": "gain", "factor": "1,2", "share": 0.5}]') == louder


def test_none_of_them():
    assert typed("none") == typed("") == typed("[]") == ()
    assert Example(others="none").others is None
    assert Example(others="gain").others == (Gain(),)


def test_the_command_line_is_on_top_of_a_file(tmp_path):
    path = tmp_path / "params.toml"
    path.write_text('[[augmentations]]\nname = "gain"\nfactor = [0.5, 2.0]\n\n[[augmentations]]\nname = "noise"\n')
    params = Example.load(path)
    assert params.augmentations == (Gain(factor=(0.5, 2)), Noise())
    start = tomllib.loads(path.read_text())
    assert typed("noise", start) == (Noise(),)
    assert Example.parse(assemble({("seed",): "3"}, Example, start)).augmentations == params.augmentations


def test_files(tmp_path):
    expected = (Gain(share=0.5), Noise())
    values = [{"name": "gain", "share": 0.5}, "noise"]
    files = {
        "a.json": json.dumps(values),
        "b.json": json.dumps({"augmentations": values}),
        "c.toml": 'augmentations = [{name = "gain", share = 0.5}, "noise"]',
        "d.yaml": "- {name: gain, share: 0.5}\n- noise\n",
        "e.yml": "augmentations:\n- {name: gain, share: 0.5}\n- noise\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
        assert typed(str(tmp_path / name)) == expected
        assert Example(augmentations=str(tmp_path / name)).augmentations == expected
    (tmp_path / "das.yaml").write_text("Gain: {gain: 2}\nNormalizeStd:\n")
    assert [member.plugin_name for member in typed(str(tmp_path / "das.yaml"))] == ["gain", "normalise"]


def test_they_go_through_dictionaries_and_toml():
    params = Example(augmentations=[Gain(factor=3), "noise"], others=["gain"], detectors=["envelope"])
    assert Example.parse(json.loads(json.dumps(params.to_dict()))) == params
    hash(params.augmentations)
    plain = {key: value for key, value in Example(augmentations=["stretch"]).to_dict().items() if value is not None}
    assert Example.parse(tomllib.loads(tomli_w.dumps(plain))).augmentations[0].plugin_name == "stretch"


def test_how_help_shows_them():
    option = {option.name: option for option in flatten(Example)}["augmentations"]
    assert (option.form, option.type, option.default) == ("plugins", "names", "gain,noise")
    assert option.choices == tuple(AUGMENTATIONS.names())
    assert [option.name for option in flatten(Example)] == ["seed", "augmentations", "others", "detectors"]
    text = shown((Gain(factor=(1, 2)), Noise()))
    assert typed(text) == (Gain(factor=(1, 2)), Noise())


def test_the_schema_says_what_may_be_in_the_list():
    schema = Example.model_json_schema()["properties"]["augmentations"]
    assert schema["type"] == "array"
    assert len(schema["items"]["oneOf"]) == len(AUGMENTATIONS.names())
    assert [member["name"] for member in schema["default"]] == ["gain", "noise"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("gan", "option augmentations.0: unknown augmentation; found 'gan'.*Did you mean 'gain'"),
        (
            ["gain", {"name": "noise", "share": 2}],
            r"option augmentations.1.share is out of range; found 2; allowed: ≤ 1",
        ),
        ('[{"name": "gain", "factr": 1}]', "option augmentations.0: unknown option; found 'factr'.*'factor'"),
        ("[1", "not JSON"),
        ([3], "option augmentations.0: not a augmentation; found 3|not an? augmentation"),
        ("missing.yaml", "missing.yaml: there is no such file"),
        ("missing.toml", "missing.toml: there is no such parameter file"),
        ({"share": 1}, "which augmentation is meant is not said"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(given, message):
    with pytest.raises(InputError, match=message) as error:
        Example(augmentations=given)
    assert "\n" not in str(error.value)


def test_an_error_in_a_file_names_its_line(tmp_path):
    path = tmp_path / "params.toml"
    path.write_text('seed = 1\n[[augmentations]]\nname = "gain"\n\n[[augmentations]]\nname = "noise"\nshare = 3\n')
    with pytest.raises(InputError, match=r"params.toml, line 7: option augmentations.1.share is out of range"):
        Example.load(path)
    path.write_text('seed = 1\naugmentations = ["gain", "nois"]\n')
    with pytest.raises(InputError, match=r"params.toml, line 2: option augmentations.1: unknown augmentation"):
        Example.load(path)


def test_a_kind_without_files_takes_names():
    class Detectors(Params):
        detectors: list[Annotated[Detector, DETECTORS]] = Field(default_factory=list)

    assert [member.plugin_name for member in Detectors(detectors="envelope").detectors] == ["envelope"]
    with pytest.raises(InputError, match=r"unknown detector; found 'a.toml'"):
        Detectors(detectors="a.toml")


def test_printed_parameters_can_be_read_back(tmp_path, capsys):
    params = Example(augmentations=[Gain(factor=3), {"name": "noise", "duration": [0.1, 0.2]}], others="none")
    _print_params(params.to_dict())
    path = tmp_path / "printed.toml"
    path.write_text(capsys.readouterr().out)
    assert Example.load(path) == params
