"""README, CONTRIBUTING and docs say what is so: code runs, commands and options exist, links lead somewhere."""

from __future__ import annotations

import importlib.util
import json
import os
import pkgutil
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

import oscine
from oscine import cli
from oscine.annotations.formats import FORMATS
from oscine.annotations.project import Project
from oscine.compat.das import program as das
from oscine.compat.vak import program as vak
from oscine.core.options import flatten
from oscine.core.plugins import PluginKind
from oscine.datasets.augmentation import AUGMENTATIONS, read_augmentations
from oscine.networks.architecture import ARCHITECTURES
from oscine.networks.frontend import FRONTENDS
from oscine.networks.loss import LOSSES
from oscine.networks.smoothing import SMOOTHINGS
from oscine.networks.target import TARGETS
from oscine.recordings.settings import reader_settings
from oscine.training.schedule import SCHEDULES

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
OURS = [page for page in PAGES if page.name != "log.md"]
PLUGINS = ROOT / "examples" / "plugins"
ELSEWHERE = ("das.md", "benchmarks.md")
"""Pages with options of other programs: DAS's own command line, and benchmarks."""


def fenced(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def commands() -> list[tuple[str, str]]:
    """Every `oscine …` line of the pages, and those within sentences, without comments."""
    found = []
    for page in OURS:
        text = page.read_text(encoding="utf-8")
        lines = re.findall(r"^(?:    |\| ?)(?:\$ |OSCINE_PLUGINS=\S+ )?(oscine [a-z].*)$", text, re.MULTILINE)
        inline = re.findall(r"`(?:OSCINE_PLUGINS=\S+ )?(oscine [a-z][^`]*)`", text)
        for line in [*lines, *inline]:
            command = " ".join(line.split("#")[0].split(" | ")[0].split(" > ")[0].split())
            if "…" not in command and "FILE" not in command and command.split()[-1] != "envelop":
                found.append((page.name, command))
    return list(dict.fromkeys(found))


def test_the_readme_example_runs(tmp_path):
    (example,) = fenced(ROOT / "README.md", "python")
    assert len([line for line in example.splitlines() if line and not line.startswith("import")]) <= 10
    small = oscine.DemoParams(duration=40, n_annotations=25, n_steps=20)
    oscine.demo(small, out=tmp_path / "demo")
    quick = example.replace("n_steps=100", "n_steps=10")
    assert quick != example
    command = [sys.executable, "-W", "error::DeprecationWarning:__main__", "-c", quick]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "MPLBACKEND": "agg"}
    finished = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    assert "frames of the validation part" in finished.stdout
    assert (tmp_path / "fly3.pdf").is_file()


def test_contributing_shows_the_example_plugin():
    shown = [code for code in fenced(ROOT / "CONTRIBUTING.md", "python") if "class Clicks" in code]
    code = (PLUGINS / "detectors" / "clicks.py").read_text(encoding="utf-8").partition('"""\n\n')[2]
    assert shown == [code]


def test_there_are_commands():
    assert len(commands()) > 30


@pytest.mark.parametrize(("page", "command"), commands())
def test_commands_and_their_options_exist(page, command, monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(ROOT)
    arguments = [shown_file(item, tmp_path) for item in shlex.split(command)[1:]]
    if arguments[0] in ("das", "dss", "vak"):  # command lines of their own
        line, program = arguments[1:], vak if arguments[0] == "vak" else das
        assert len(line) < 2 or line[0] == "COMMAND" or program.prepare(line) is not None
        return
    if "path/to/" in command:
        arguments = [item.replace("path/to/", "examples/plugins/detectors/") for item in arguments]
    elif "clicks" in arguments:
        arguments[arguments.index("clicks")] = "examples/plugins/detectors/clicks.py"
    if not set(arguments) & {"--help", "--version", "--print-params", "--print-script"}:
        arguments.append("--print-params")
    if len(arguments) == 2 and arguments[0] != "demo":  # mentioned without its inputs
        arguments.insert(1, "x")
    monkeypatch.setattr(sys, "argv", ["oscine"])
    with pytest.raises(SystemExit) as exited:
        cli.main(arguments)
    assert exited.value.code == 0, capsys.readouterr().err


def shown_file(name: str, folder: Path) -> str:
    """The path of a file that docs/training.md shows, written into a folder; any other argument as it is."""
    training = ROOT / "docs" / "training.md"
    if name not in ("mine.toml", "search.toml", "mine.yaml"):
        return name
    shown = fenced(training, "yaml" if name.endswith("yaml") else "toml")
    text = next(text for text in shown if ("[space]" in text) == (name == "search.toml"))
    (folder / name).write_text(text, encoding="utf-8")
    return str(folder / name)


def options() -> set[str]:
    """All options of all commands, whichever plug-ins are chosen."""
    names = {"out", "params", "print-params", "print-script", "json", "quiet", "help", "submit"}
    for name in oscine.OPERATIONS:
        operation = pkgutil.resolve_name(oscine.OPERATIONS[name]).operation
        params = operation.params
        choices = [{}]
        for option in flatten(params):
            if option.form == "plugin":
                choices += [_nested(option.path, choice) for choice in option.choices]
        names |= {option.name for given in choices for option in flatten(params, given)}
        names |= {item.name.replace("_", "-") for item in operation.inputs}
    return names


def _nested(path: tuple[str, ...], choice: str) -> dict[str, Any]:
    value: dict[str, Any] = {"name": choice}
    for part in reversed(path):
        value = {part: value}
    return value


@pytest.mark.parametrize("page", [page for page in OURS if page.name not in ELSEWHERE], ids=lambda page: page.name)
def test_options_exist(page):
    known = options() | {"detector.steepness"}
    known |= {re.sub(r"([^.]+)$", r"no-\1", name) for name in known}
    named = re.findall(r"(?<![\w-])--([a-z][\w.-]*[a-z0-9])", page.read_text(encoding="utf-8"))
    assert [name for name in named if name not in known] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target, anchor in re.findall(r"\]\((?!http)([^)#\s]*)(#[^)\s]*)?\)", page.read_text(encoding="utf-8")):
        place = (page.parent / target).resolve() if target else page
        if place.name == "log.md":
            continue
        assert place.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", place.read_text(encoding="utf-8"), re.MULTILINE)
            known = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert anchor[1:] in known, anchor


def test_every_command_and_format_is_described():
    readme, formats = (path.read_text(encoding="utf-8") for path in (ROOT / "README.md", ROOT / "docs" / "formats.md"))
    for name in oscine.OPERATIONS:
        assert f"oscine {name}" in readme or f"make {name}" in readme, name
    for name, member in FORMATS.members().items():
        assert f"`{name}`" in readme, name
        (row,) = re.findall(rf"^\| `{name}`.*$", formats, re.MULTILINE)
        assert ("read only" in row) != member.writable, name


def test_every_kind_of_plugin_is_described():
    table = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    package = Path(oscine.__file__).parent
    for path in package.rglob("*.py"):
        for kind in re.findall(r'PluginKind\("(\w+)"', path.read_text(encoding="utf-8")):
            assert f"| `{kind}` |" in table, kind
    assert PluginKind.__doc__


def test_the_example_project_is_one(tmp_path):
    (text,) = fenced(ROOT / "docs" / "files.md", "toml")
    tomllib.loads(text)
    (tmp_path / "oscine.toml").write_text(text, encoding="utf-8")
    project = Project.find(tmp_path)
    assert (project.coverage, project.annotation_format.plugin_name) == ("rows", "songexplorer")
    assert reader_settings(tmp_path / "x.npy").options == {"sample_rate": 10000}
    assert reader_settings(tmp_path / "ephys" / "x.wav").options["split"] == {"recA": [0], "recB": [1, 2]}
    assert reader_settings(tmp_path / "x.dat").reader == "cbin"


def test_files_of_parameters_are_read(tmp_path):
    training = ROOT / "docs" / "training.md"
    for text in fenced(training, "toml"):
        values = tomllib.loads(text)
        (oscine.TuneParams if "space" in values else oscine.TrainParams).parse(values)
    (yaml,) = fenced(training, "yaml")
    (tmp_path / "das.yaml").write_text(yaml, encoding="utf-8")
    made = [AUGMENTATIONS.make(value).plugin_name for value in read_augmentations(tmp_path / "das.yaml")]
    assert made == ["gain", "noise", "shift", "normalise"]


def test_every_choice_of_a_training_is_described():
    networks, training = ((ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("networks.md", "training.md"))
    for kind in (ARCHITECTURES, FRONTENDS, LOSSES, SMOOTHINGS):
        for name in kind.members():
            assert re.search(rf"^\| `{name}`", networks, re.MULTILINE), name
    for name in TARGETS.members():
        assert f"### `{name}`" in networks, name
    for kind in (SCHEDULES, AUGMENTATIONS):
        for name in kind.members():
            assert re.search(rf"^\| `{name}`", training, re.MULTILINE), name
    for path in oscine.TrainParams.configurations.glob("*.toml"):
        assert f"| `{path.stem}` |" in training, path.stem
    for options in re.findall(r'`(\{"name".*?\})`', training):
        AUGMENTATIONS.make(json.loads(options))


def test_the_tables_of_networks_are_those_that_the_script_prints():
    specification = importlib.util.spec_from_file_location("make_tables", ROOT / "docs" / "make_tables.py")
    script = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(script)
    pages = "".join(page.read_text(encoding="utf-8") for page in OURS)
    for name, table in script.TABLES.items():
        lines = "\n".join(table())
        assert f"<!-- table: {name} -->\n{lines}\n<!-- /table -->" in pages, "run docs/make_tables.py --write"


def test_pictures_are_small():
    for picture in (ROOT / "docs" / "images").iterdir():
        assert picture.stat().st_size <= 300_000, picture.name
