from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from oscine.core.errors import InputError
from oscine.figures import report as report_module
from oscine.figures.confusion_matrix import plot_confusion_matrix
from oscine.figures.report import Report, json_for_page
from oscine.metrics.frames import ConfusionMatrix

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


class Page(HTMLParser):
    """Elements with their attributes, text by element, and whether tags are balanced."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and data.strip():
            self.texts.setdefault(self.open[-1], []).append(data.strip())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def a_figure():
    return plot_confusion_matrix(ConfusionMatrix(np.array([[9, 1], [2, 8]]), ("a", "b")))


@pytest.fixture
def full() -> Page:
    report = Report("Song <1>", "With `code`")
    report.add_section("Result", "First.\n\nSecond & last.")
    report.add_facts({"F1": 0.93, "pulses": 12345})
    table = pd.DataFrame({"label": ["pulse", "sine"], "n": [3, 0], "F1": [0.5, np.nan]})
    report.add_table(table, "Per label", rates=["F1"], colours={"pulse": "#0072b2"})
    report.add_figure(a_figure(), "First", "Confusion of a and b").add_figure(a_figure(), "Second", "Same", beside=True)
    report.add_audio(np.ones(800), 8000, "A click")
    report.add_details("Parameters", "x = <1>")
    return Page(report.to_html())


def test_the_page_is_well_formed_and_escaped(full: Page) -> None:
    assert not full.open
    assert full.texts["title"] == full.texts["h1"] == ["Song <1>"]
    assert full.texts["p"][-2:] == ["First.", "Second & last."]
    assert full.texts["code"] == ["code"]
    assert full.texts["pre"] == ["x = <1>"]
    assert full.all("html")[0]["lang"] == "en"


def test_nothing_is_fetched_from_anywhere(full: Page) -> None:
    for tag, attributes in full.elements:
        assert tag not in {"script", "link", "iframe"}
        for name in ("src", "href", "xlink:href"):
            assert (attributes.get(name) or "#").startswith(("#", "data:"))
    policy = next(m["content"] for m in full.all("meta") if m.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'")


def test_identifiers_are_unique_with_two_equal_figures(full: Page) -> None:
    ids = [attributes["id"] for _, attributes in full.elements if "id" in attributes]
    assert ids
    assert len(ids) == len(set(ids))


def test_figures_are_described_numbered_and_side_by_side(full: Page) -> None:
    pictures = [attributes for _, attributes in full.elements if attributes.get("role") == "img"]
    assert [picture["aria-label"] for picture in pictures] == ["Confusion of a and b", "Same"]
    assert full.texts["strong"] == ["Figure 1.", "Figure 2."]
    assert sum(attributes.get("class") == "figures" for attributes in full.all("div")) == 1
    with pytest.raises(ValueError, match="description"):
        Report("x").add_figure(a_figure(), "caption", alt=" ")


def test_tables_have_headers_numbers_and_bars(full: Page) -> None:
    assert [header["scope"] for header in full.all("th")] == ["col"] * 3 + ["row"] * 2
    assert full.texts["caption"] == ["Per label"]
    assert full.texts["td"] == ["3", "0", "–"]
    assert [bar["style"] for bar in full.all("b")] == ["width:50.0%"]
    assert full.texts["dd"] == ["0.930", "12\u202f345"]


def test_columns_can_be_chosen_and_named() -> None:
    rows = [{"label": "pulse", "n_true": 3, "secret": 1}]
    page = Page(Report("x").add_table(rows, columns={"label": "label", "n_true": "annotated"}).to_html())
    assert page.texts["th"] == ["label", "annotated", "pulse"]
    assert page.texts["td"] == ["3"]
    assert Page(Report("x").add_table([]).to_html()).all("table")


def test_a_figure_with_too_many_strokes_becomes_pixels(monkeypatch) -> None:
    monkeypatch.setattr(report_module, "_MOST_SVG", 10)
    page = Page(Report("x").add_figure(a_figure(), "caption", "described").to_html())
    (image,) = page.all("img")
    assert image["alt"] == "described"
    assert image["src"].startswith("data:image/png")


def test_a_figure_is_kept_as_it_was_when_it_was_added() -> None:
    figure = a_figure()
    report = Report("x").add_figure(figure, "c", "a")
    figure.clear()
    assert "annotated" in report.to_html()


def test_saving(tmp_path) -> None:
    path = Report("Gesang der Fliege", language="de").add_text("ä").save(tmp_path / "folder" / "report.html")
    assert "ä" in path.read_text(encoding="utf-8")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        Report("x").save(tmp_path / "file" / "report.html")


def test_tables_can_be_sorted_where_that_is_wished() -> None:
    rows = [{"label": "a", "n": 3, "F1": 0.25}, {"label": "b", "n": 1, "F1": float("nan")}]
    page = Page(Report("x").add_table(rows, rates=["F1"], sortable=True).to_html())
    assert "data-sortable" in page.all("table")[0]
    assert [cell.get("data-value") for cell in page.all("td")] == ["3", "0.25", "1", None]
    assert len(page.all("script")) == 1


def test_only_its_own_scripts_may_run() -> None:
    text = Report("x").add_table([{"a": 1}], sortable=True).to_html()
    script = re.search(r"<script>(.*?)</script>", text, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = next(m["content"] for m in Page(text).all("meta") if m.get("http-equiv") == "Content-Security-Policy")
    assert f"script-src 'sha256-{digest}'" in policy
    assert "unsafe-inline" not in policy.split("script-src")[1]


def test_contents_link_to_sections() -> None:
    page = Page(Report("x", contents=True).add_section("One").add_section("Two").to_html())
    assert [link["href"] for link in page.all("a")] == ["#section-1", "#section-2"]
    assert [heading["id"] for heading in page.all("h2")] == ["section-1", "section-2"]


def test_data_cannot_leave_its_element() -> None:
    text = json_for_page({"name": "</script><script>alert(1)</script>&", "array": np.array([1.5, np.nan])})
    assert "<" not in text
    assert "&" not in text
    assert json.loads(text) == {"name": "</script><script>alert(1)</script>&", "array": [1.5, None]}
