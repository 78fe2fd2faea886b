"""Choices that anyone can add to: found by scanning, by file, by folder and by entry point."""

from __future__ import annotations

import json
import sys
from textwrap import dedent
from typing import Annotated

import pytest

from oscine.core.errors import InputError
from oscine.core.params import Field, Params, Seconds
from oscine.core.plugins import FOLDERS, Plugin, PluginKind, PluginWarning, canonical


class Shape(Plugin):
    """Base of the kind used here."""

    def area(self) -> float:
        raise NotImplementedError


MODULE = __name__
"""Under which plug-ins below import `Shape`."""

CIRCLE = """
    from __future__ import annotations
    from {module} import Shape
    from oscine.core.params import Field

    class Circle(Shape):
        '''Round.'''
        radius: float = Field(1.0, gt=0)
        '''How large.'''

        def area(self) -> float:
            return 3 * self.radius**2
"""
TALL_BOX = """
    from {module} import Shape
    from oscine.core.params import Params

    class Side(Params):
        length: float = 1.0

    class Box(Shape):
        height: int | None = None
        side: Side = Side()

        def area(self) -> float:
            return self.side.length
"""
BROKEN = "import there_is_no_such_module\n"


def _write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(dedent(text).format(module=MODULE))
    return path


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Name of a package with two plug-ins, importable."""
    folder = tmp_path / "site" / "shapes_of_ours"
    _write(folder / "__init__.py", "")
    _write(folder / "circle.py", CIRCLE)
    _write(folder / "tall_box.py", TALL_BOX)
    monkeypatch.setitem(sys.modules, MODULE, sys.modules[__name__])
    monkeypatch.syspath_prepend(tmp_path / "site")
    yield folder.name
    for name in [name for name in sys.modules if name.startswith((folder.name, "oscine_plugin_shapes"))]:
        del sys.modules[name]


@pytest.fixture
def kind(package):
    return PluginKind("shapes", Shape, package)


def test_a_folder_is_scanned_and_nothing_imported(kind, package):
    assert kind.names() == ["circle", "tall-box"]
    assert f"{package}.circle" not in sys.modules


@pytest.mark.parametrize("name", ["tall-box", "tall_box", "Tall-Box"])
def test_a_member_is_named_after_its_file(kind, name):
    assert kind.get(name).plugin_name == "tall-box"
    assert kind.get(name).__name__ == "Box"


def test_an_unknown_name_gets_the_nearest(kind):
    with pytest.raises(InputError) as error:
        kind.get("cirle")
    assert str(error.value) == "unknown shape; found 'cirle'; allowed: circle, tall-box. Did you mean 'circle'?"


@pytest.mark.parametrize("plural", ["shapes", "losses"])
def test_the_singular(plural):
    assert PluginKind(plural, Shape, "oscine").singular == {"shapes": "shape", "losses": "loss"}[plural]


def test_a_single_file(kind, tmp_path, monkeypatch):
    path = _write(tmp_path / "mine" / "disc.py", CIRCLE)
    shape = kind.make({"name": str(path), "radius": 2})
    assert shape.area() == 12
    assert shape.to_dict() == {"name": str(path), "radius": 2.0}
    assert kind.make(shape.to_dict()) == shape
    monkeypatch.chdir(path.parent)
    assert kind.get("disc.py") is type(shape)
    with pytest.raises(InputError, match=r"gone.py: shape '.*gone.py' cannot be imported \(FileNotFoundError"):
        kind.get("gone.py")


def test_a_strangers_folder(kind, tmp_path, monkeypatch):
    _write(tmp_path / "a" / "shapes" / "oval_disc.py", CIRCLE)
    _write(tmp_path / "a" / "shapes" / "_private.py", BROKEN)
    _write(tmp_path / "b" / "shapes" / "ring.py", CIRCLE)
    _write(tmp_path / "b" / "shapes" / "circle.py", BROKEN)
    monkeypatch.setenv(FOLDERS, f"{tmp_path / 'a'}{':' if sys.platform != 'win32' else ';'}{tmp_path / 'b'}")
    kind.rescan()
    assert kind.names() == ["circle", "oval-disc", "ring", "tall-box"]
    assert kind.make("oval-disc").to_dict() == {"name": "oval-disc", "radius": 1.0}
    assert kind.get("circle").__module__ == "shapes_of_ours.circle"  # a stranger's cannot take ours' place unseen


def test_an_entry_point_of_an_installed_package(kind, tmp_path, monkeypatch):
    site = tmp_path / "other-site"
    _write(site / "strangers_shapes.py", CIRCLE)
    info = site / "strangers_shapes-1.0.dist-info"
    _write(info / "METADATA", "Metadata-Version: 2.1\nName: strangers-shapes\nVersion: 1.0\n")
    _write(info / "entry_points.txt", "[oscine.shapes]\nhoop = strangers_shapes\n")
    monkeypatch.syspath_prepend(site)
    kind.rescan()
    assert "hoop" in kind.names()
    assert "strangers_shapes" not in sys.modules
    assert kind.make({"name": "hoop", "radius": 3}).to_dict() == {"name": "hoop", "radius": 3.0}

    kind.rescan()
    from strangers_shapes import Circle

    assert Circle.plugin_name == "hoop"
    Circle.plugin_name = "strangers-shapes"  # as where only its class was imported
    assert kind.make(Circle()).to_dict()["name"] == "hoop"
    del sys.modules["strangers_shapes"]


def test_what_cannot_be_imported_is_left_out_with_a_warning_and_is_an_error_by_name(kind, tmp_path, monkeypatch):
    path = _write(tmp_path / "a" / "shapes" / "broken.py", BROKEN)
    monkeypatch.setenv(FOLDERS, str(tmp_path / "a"))
    kind.rescan()
    with pytest.warns(PluginWarning, match=r"left out: .*shape 'broken' cannot be imported \(ModuleNotFoundError"):
        assert sorted(kind.members()) == ["circle", "tall-box"]
    with pytest.raises(InputError) as error:
        kind.get("broken")
    assert str(error.value) == (
        f"{path}: shape 'broken' cannot be imported (ModuleNotFoundError: No module named 'there_is_no_such_module'). "
        "Mend the plug-in or remove it."
    )
    assert not [name for name in sys.modules if name.endswith("shapes_broken")]


@pytest.mark.parametrize(("text", "count"), [("", 0), (dedent(CIRCLE) + "\n\nclass Second(Circle):\n    pass\n", 2)])
def test_a_file_holds_exactly_one(kind, tmp_path, text, count):
    path = _write(tmp_path / "odd.py", text)
    with pytest.raises(InputError, match=rf"holds {count} subclasses of Shape; allowed: exactly one. See CONTRIBUTING"):
        kind.get(str(path))


def test_makes_a_member_from_itself_its_name_or_a_mapping(kind):
    circle = kind.make("circle")
    assert kind.make(circle) is circle
    assert kind.make({"name": "circle"}) == circle
    assert kind.make({"name": "Circle", "radius": "2"}).radius == 2


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (3, "not a shape; found 3; allowed: circle, tall-box."),
        ({"a": 2}, "which shape is meant is not said; found {'a': 2}; allowed: circle, tall-box. Give its name."),
        ({"name": "circle", "radius": 0}, "shape: option radius is out of range; found 0; allowed: > 0."),
        (
            {"name": "circle", "radio": 0},
            "shape: unknown option; found 'radio'; allowed: radius. Did you mean 'radius'",
        ),
    ],
)
def test_says_what_it_cannot_make(kind, value, message):
    with pytest.raises(InputError) as error:
        kind.make(value)
    assert str(error.value).rstrip("?") == message


@pytest.fixture
def drawing(kind):
    """A parameter class with plug-ins in it."""

    class Drawing(Params):
        shape: Annotated[Shape, kind] = kind.make({"name": "circle", "radius": 5})
        """What to draw."""
        frame: Annotated[Shape, kind] | None = None
        """What to put around it."""
        pause: Seconds = Field(0.0, ge=0)

    return Drawing


def test_a_field_accepts_a_member_its_name_or_a_mapping(drawing, kind):
    box = kind.make("tall-box")
    for value in (box, "tall-box", {"name": "tall_box"}):
        assert drawing(shape=value).shape == box
    assert drawing(frame="circle").frame.radius == 1
    assert drawing(frame=None).frame is None
    assert drawing(frame="none").frame is None


def test_what_is_left_out_is_as_in_the_fields_default(drawing):
    assert drawing(shape="circle").shape.radius == 5
    assert drawing(shape={"name": "circle"}).shape.radius == 5
    assert drawing(shape={}).shape.radius == 5
    assert drawing(shape={"radius": 6}).shape.radius == 6
    assert drawing(shape={"name": "tall-box", "height": 3}).shape.height == 3
    with pytest.raises(InputError, match="which shape"):
        drawing(frame={"radius": 2})


def test_problems_name_the_option_to_the_bottom(drawing):
    with pytest.raises(InputError) as error:
        drawing.parse({"shape": {"radius": -1}})
    assert str(error.value) == "option shape.radius is out of range; found -1; allowed: > 0."
    with pytest.raises(InputError) as error:
        drawing(frame={"name": "tall-box", "side": {"lenght": 1}})
    assert "option frame.side: unknown option; found 'lenght'; allowed: length" in str(error.value)
    with pytest.raises(InputError) as error:
        drawing(frame="bocks")
    assert "option frame: unknown shape; found 'bocks'; allowed: circle, tall-box" in str(error.value)


def test_goes_through_a_dictionary(drawing):
    params = drawing(shape={"name": "tall-box", "side": {"length": 3}}, frame="circle", pause=1)
    written = json.loads(json.dumps(params.to_dict()))
    assert written == {
        "shape": {"name": "tall-box", "height": None, "side": {"length": 3.0}},
        "frame": {"name": "circle", "radius": 1.0},
        "pause": 1.0,
    }
    assert drawing.parse(written) == params


def test_the_schema_has_one_alternative_for_each_member(drawing):
    schema = drawing.model_json_schema()
    shape = schema["properties"]["shape"]
    assert shape["x-plugins"] == "shapes"
    assert shape["default"] == {"name": "circle", "radius": 5.0}
    assert shape["description"] == "What to draw."
    circle, box = shape["oneOf"]
    assert circle["properties"]["name"] == {"const": "circle", "type": "string"}
    assert circle["properties"]["radius"]["exclusiveMinimum"] == 0
    assert circle["required"] == ["name"]
    assert circle["additionalProperties"] is False
    assert box["properties"]["side"]["$ref"] == "#/$defs/Side"
    assert "Side" in schema["$defs"]


def test_names_are_kept_in_one_way(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert canonical("Time_Frequency") == "time-frequency"
    assert canonical("My_File.py") == str(tmp_path / "My_File.py")
