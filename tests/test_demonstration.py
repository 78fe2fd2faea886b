"""The demonstration: the whole workflow, and a page that shows it."""

from __future__ import annotations

import re

import pytest

import oscine
from oscine.demonstration import DemoParams


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    return oscine.demo(DemoParams(duration=30.0, n_steps=80), out=tmp_path_factory.mktemp("demo") / "fly")


def test_most_sounds_of_the_unseen_recording_are_found(demo):
    assert list(demo.counts) == ["pulse", "sine", "ambient"]
    assert demo.counts["pulse"].f1 > 0.9
    assert min(counts.f1 for counts in demo.counts.values()) > 0.5


def test_the_report_needs_nothing_else_and_shows_everything(demo):
    page = demo.report.read_text(encoding="utf-8")
    assert not re.search(r'(src|href)="(?!data:|#)', page)
    for word in ("precision", "recall", "F1", "Confusion matrix", "Learning curves", "<audio"):
        assert word in page
    assert page.count("<figure") >= 4


def test_every_file_is_where_a_user_would_leave_it(demo):
    folder = demo.folder
    names = {
        "fly1.wav",
        "fly1_annotations.csv",
        "fly3_detected.csv",
        "fly3_predicted.csv",
        "fly3_missed.csv",
        "oscine.toml",
    }
    assert names <= {path.name for path in folder.iterdir()}
    annotations = oscine.Annotations.load(folder)
    assert {"annotated", "detected", "predicted"} <= set(annotations.kinds)


def test_it_can_be_run_again(demo):
    again = oscine.demo(DemoParams(duration=30.0, n_steps=2), out=demo.folder)
    assert (again.folder / "run2").is_dir()
