"""The report: that it says what the result holds, needs nothing else, and runs without error in a browser."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from oscine.core.artifacts import Provenance
from oscine.figures.evaluation_report import report_evaluation
from oscine.figures.report_numbers import in_percent
from oscine.metrics.frames import ConfusionMatrix

VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source"}


class Page(HTMLParser):
    """Elements with attributes, data of scripts, and text; fails where elements are not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.data: dict[str, object] = {}
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append((tag, dict(attrs)))

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        tag, attributes = self.open[-1] if self.open else ("", {})
        if tag == "script" and attributes.get("type") == "application/json":
            self.data[str(attributes["data-of"])] = json.loads(data)
        elif tag not in ("script", "style") and data.strip():
            self.words.append(data.strip())

    def all(self, tag: str, name: str = "") -> list[dict[str, str | None]]:
        return [a for t, a in self.elements if t == tag and (not name or name in a)]


@pytest.fixture(scope="module")
def text(one_model, sounds) -> str:
    told = Provenance(operation="evaluate", version="1.2", inputs={"model": {"path": "runs/fly", "digest": "abc123"}})
    return report_evaluation(one_model.with_provenance(told), sounds).to_html()


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page(text)


def test_it_needs_no_other_file_and_no_network(text: str, page: Page) -> None:
    for _, attributes in page.elements:
        for name in ("src", "href", "xlink:href"):
            assert (attributes.get(name) or "#").startswith(("#", "data:"))
    addresses = set(re.findall(r"""https?://[^\s"'<>)]+""", text))
    assert all(address.startswith("http://www.w3.org/") for address in addresses)  # names of XML, never fetched
    assert len(text) < 15_000_000


def test_every_data_uri_decodes(text: str) -> None:
    uris = re.findall(r"data:([a-z]+/[a-z0-9+]+);base64,([A-Za-z0-9+/=]+)", text)
    starts = {"image/png": b"\x89PNG", "audio/flac": b"fLaC"}
    assert len(uris) > 20
    for kind, body in uris:
        assert base64.b64decode(body, validate=True).startswith(starts[kind])


def test_every_cell_tells_its_count_and_holds_its_sounds(one_model, page: Page) -> None:
    whole = one_model.pooled
    cells = page.all("button", "data-cell")
    assert len(cells) == 9
    data = page.data["confusion"]
    for cell in cells:
        i, j = map(int, cell["data-cell"].split("-"))
        annotated, said = whole.labels[i], whole.labels[j]
        count = whole.confusion_matrix.counts[i, j]
        assert cell["aria-label"].startswith(f"annotated {annotated}, said {said}: {count} frame")
        judged = whole.judged
        n = len(judged[(judged["annotated"] == annotated) & (judged["label"] == said)])
        mine = data["cells"].get(cell["data-cell"], [])
        assert len(mine) == min(n, 6)
        for number in mine:
            assert data["clips"][str(number)]["t"].startswith(f"{judged['recording'].iloc[number]} at ")
            assert (judged["annotated"].iloc[number], judged["label"].iloc[number]) == (annotated, said)
    assert [cell["tabindex"] for cell in cells] == ["0"] + ["-1"] * 8  # one stop for the tabulator key


def test_main_figures_stand_at_the_head_with_their_limits(one_model, page: Page) -> None:
    whole = one_model.pooled
    assert in_percent(1 - whole.confusion_matrix.frame_error) in page.words
    assert any("frames whose truth is known" in words for words in page.words)
    assert page.words[0].startswith("How good is fly?")


def test_thresholds_can_be_moved_along_the_curves(one_model, page: Page) -> None:
    sliders = [a for a in page.all("input") if a.get("type") == "range"]
    assert [a["aria-label"] for a in sliders][:3] == [f"threshold of {label}" for label in one_model.labels]
    for label, curve in zip(one_model.labels, page.data["thresholds"], strict=True):
        known = one_model.pooled.curves[label]
        assert curve["n"] == known.n_true
        for threshold, tp, n_predicted in list(zip(curve["t"], curve["tp"], curve["np"], strict=True))[::40]:
            counts = known.counts_at(threshold - 1e-6)
            assert (tp, n_predicted) == (counts.tp, counts.n_predicted)


def test_mistakes_are_listed_the_surest_first(one_model, page: Page) -> None:
    judged = one_model.pooled.judged
    mistakes = judged[judged["kind"] == "mistaken"]
    listed = page.all("td", "data-clip")
    assert len(listed) == len(mistakes)
    sure = [float(a["data-value"]) for a in page.all("td", "data-value")]
    assert max(mistakes["score"]) in sure
    assert listed[0]["data-clip"] == str(mistakes["score"].idxmax())


def test_provenance_is_told(page: Page) -> None:
    assert "abc123" in page.words
    assert "oscine evaluate runs/fly" in page.words


def test_identifiers_are_unique(page: Page) -> None:
    found = [attributes["id"] for _, attributes in page.elements if attributes.get("id")]
    assert len(found) == len(set(found))


def test_several_models_are_compared(three_models) -> None:
    page = Page(report_evaluation(three_models).to_html())
    assert "3 models, each at its best checkpoint, measured on 2 recordings of the validation part" in page.words
    assert {"replicate-1", "replicate-2", "replicate-3"} <= set(page.words)
    assert page.data["confusion"]["clips"] == {}
    assert any("No sound: the recordings are not known" in words for words in page.words)


def test_one_model_without_a_run_has_a_report(evaluation, sounds) -> None:
    page = Page(report_evaluation(evaluation(("a", "b"), 1.0), sounds).to_html())
    assert page.words[0] == "How good is it?"
    assert page.data["confusion"]["clips"]


def test_names_that_look_like_markup_do_no_harm(evaluation, sounds) -> None:
    page = Page(report_evaluation(evaluation(("<b>x", "</script>"), 1.0), sounds).to_html())
    assert "<b>x" in page.words
    assert not page.all("b", "x")


def test_many_labels_have_small_cells(evaluation) -> None:
    labels = [f"syllable {i}" for i in range(14)]
    text = report_evaluation(evaluation(labels, 2.0)).to_html()
    assert 'class="matrix compact upright"' in text
    assert len(text) < 5_000_000


def test_labels_that_overlap_are_each_there_or_not(evaluation) -> None:
    counts = np.kron(np.eye(2, dtype=int), [[8, 2], [1, 89]])
    matrix = ConfusionMatrix(counts, ("pulse", "not_pulse", "sine", "not_sine"))
    page = Page(
        report_evaluation(
            replace(evaluation(("pulse", "sine"), 1.0), confusion_matrix=matrix, by_recording={})
        ).to_html()
    )
    assert [cell["data-cell"] for cell in page.all("button", "data-cell")] == [
        "0-0", "0-1", "1-0", "1-1", "2-2", "2-3", "3-2", "3-3"
    ]  # fmt: skip
    assert "not there" in page.words


def test_nothing_of_labels_leaves_losses(one_model) -> None:
    silent = replace(one_model, models=tuple(replace(model, by_step={}) for model in one_model.models))
    page = Page(report_evaluation(silent).to_html())
    assert "How it learnt" in page.words
    assert not page.data


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs a browser")
def test_scripts_run_without_error_in_a_browser(text: str, tmp_path) -> None:
    """A helper script in the page clicks a cell and moves a slider; the page's policy is widened for it alone."""
    probe = """<script>
      window.addEventListener("error", (event) => { document.body.dataset.error = event.message; });
      window.addEventListener("load", () => {
        const cell = document.querySelector("button[data-cell='0-0']");
        cell.focus();
        cell.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
        document.body.dataset.focus = document.activeElement.dataset.cell;
        document.querySelector("button[data-cell='0-0']").click();
        document.body.dataset.clips = document.querySelectorAll(".sounds-list .clip").length;
        const slider = document.querySelector("tr[data-row='0'] input");
        slider.value = 0;
        slider.dispatchEvent(new Event("input"));
        document.body.dataset.recall = document.querySelector("tr[data-row='0'] [data-field=recall]").textContent;
        const heading = document.querySelector("table[data-sortable] .sort");
        heading.click();
        document.body.dataset.first = heading.closest("table").tBodies[0].rows[0].cells[0].textContent.trim();
      });
    </script>"""
    opened = re.sub(r"script-src [^\"]*", "script-src 'unsafe-inline'", text).replace("</head>", probe + "</head>")
    path = tmp_path / "report.html"
    path.write_text(opened, "utf-8")
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
               f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", path.as_uri()]  # fmt: skip
    told = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    body = dict(re.findall(r'data-([a-z]+)="([^"]*)"', re.search(r"<body[^>]*>", told.stdout)[0]))
    assert body == {"focus": "0-1", "clips": body["clips"], "recall": "1.000", "first": "sine"}
    assert 1 <= int(body["clips"]) <= 6
    assert told.stdout.count("data-ready") == 2


def test_that_a_training_is_not_finished_stands_at_the_head(one_model, sounds):
    result = replace(one_model, missing=("fly (not finished: at step 0 of 400)", "other (not begun)"))
    html = report_evaluation(result, sounds).to_html()
    assert "Unfinished training: fly (not finished: at step 0 of 400)" in html
    assert "Left out: other (not begun)." in html
