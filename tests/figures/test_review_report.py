"""The page of a review: a card for each item, with its picture and its sound."""

from __future__ import annotations

import json
import re

import numpy as np

from oscine.evaluation.review_result import Item, Review
from oscine.figures.draw import draw
from oscine.figures.review_report import report_review
from oscine.recordings.recording import Recording

SOUND = np.random.default_rng(0).normal(0, 0.1, 50_000).astype(np.float32)
RECORDINGS = {"a.wav": Recording.from_sound(SOUND, 5000.0, name="a.wav")}
ITEMS = (
    Item("a.wav", 1.0, 2.0, "pulse", "sine", "mistaken", 0.9, "annotated as <sine>, but the model says pulse (90%)"),
    Item("a.wav", 5.0, 5.0, "other", "", "missed", float("nan"), "a sound was detected"),
    Item("gone.wav", 1.0, 2.0, "sine", "", "missed", 0.8, "the model is sure of sine"),
    Item("a.wav", 9.0, 99.0, "sine", "", "uncertain", 0.7, "the model wavers"),
    Item("a.wav", 50.0, 51.0, "sine", "", "uncertain", 0.6, "beyond the end"),
)


def clips(html):
    texts = re.findall(r'<script type="application/json" data-of="review"[^>]*>(.*?)</script>', html, re.DOTALL)
    return {int(number): clip for text in texts for number, clip in json.loads(text)["clips"].items()}


def test_every_item_has_a_card():
    review = Review(ITEMS, {"mistaken": 1, "missed": 9, "uncertain": 2}, ("a second annotator",), recordings=RECORDINGS)
    html = report_review(review).to_html()
    assert html.count('<p class="why">') == 5
    assert "annotated as &lt;sine&gt;, but the model says pulse (90%)" in html
    assert "Done without: a second annotator." in html
    assert "of 9" in html
    assert "nan" not in re.sub(r"data:[^\"]*", "", html)
    found = clips(html)
    assert sorted(found) == [0, 1, 3], "one recording is not known, and one item lies beyond the end"
    assert 0.1 < found[0]["b"] < found[0]["e"] < 0.9
    assert found[1]["b"] == found[1]["e"]
    assert found[0]["p"].startswith("data:image/")
    assert "Without a sound: gone.wav is not known." in html


def test_a_page_stays_small():
    review = Review(ITEMS[:2], {}, recordings=RECORDINGS)
    html = report_review(review, size_limit=100).to_html()
    assert clips(html) == {}
    assert "Without a sound: the last 2, for want of room." in html


def test_it_is_drawn_beside_the_list(tmp_path):
    review = Review(ITEMS[:1], {"mistaken": 1}, recordings=RECORDINGS)
    assert draw(review, review.save(tmp_path / "x.review")) == [tmp_path / "x.review" / "review.html"]


def test_nothing_to_look_at():
    assert "What to look at next" in report_review(Review((), {})).to_html()
