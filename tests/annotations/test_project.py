from __future__ import annotations

import pytest

from oscine.annotations.project import Project
from oscine.core.errors import InputError


def test_found_from_below(tmp_path):
    (tmp_path / "oscine.toml").write_text(
        'annotation_format = "songexplorer"\ncoverage = "rows"\nlabels = ["b", "a"]\n[train]\nn_steps = 3\n'
    )
    (tmp_path / "birds/may").mkdir(parents=True)
    project = Project.find(tmp_path / "birds/may")
    assert project.annotation_format.plugin_name == "songexplorer"
    assert project.coverage == "rows"
    assert project.labels == ("b", "a")


def test_defaults_where_there_is_none(tmp_path):
    assert Project.find(tmp_path) == Project()
    assert Project().annotation_format.plugin_name == "oscine"


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ('annotation_formt = "raven"', "id you mean 'annotation_format'"),
        ('annotation_format = "rave"', "rave"),
        ('coverage = "all"', "coverage"),
        ("coverage = ", "not a TOML file"),
    ],
)
def test_mistakes_are_named(tmp_path, line, text):
    (tmp_path / "oscine.toml").write_text(line + "\n")
    with pytest.raises(InputError, match=text):
        Project.find(tmp_path)
