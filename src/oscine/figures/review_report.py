"""What to look at next, as one page to look at and to listen to: a card for each item, with its spectrogram and sound.

People would rather look than read: a card shows the sound with some time around it, darkened but for what is meant, and
plays it at a click; below stand the reason, where it is, and how sure. The page is one file and asks for nothing from
any network; without scripts it still says everything.
"""

from __future__ import annotations

import math
from typing import Any

from oscine.core.errors import InputError
from oscine.core.monitor import SILENT, Monitor
from oscine.evaluation.review_result import KINDS, Review
from oscine.figures.clips import SIZE_LIMIT, cut
from oscine.figures.report import Report

_TITLES = {
    "mistaken": ("Mistaken", "The model contradicts an annotation. One of the two is wrong."),
    "missed": ("Missed", "There may be a sound that nobody has annotated, or that no model predicts."),
    "disagreeing": ("Disagreeing", "People, or models, say different things."),
    "uncertain": ("Uncertain", "The model wavers. What it has seen least of comes first."),
}


def report_review(review: Review, *, size_limit: int = SIZE_LIMIT, monitor: Monitor = SILENT) -> Report:
    """The page of a review.

    Parameters
    ----------
    review
        What `oscine.review` gives.
    size_limit
        Characters of all pictures and sounds together; what comes later is listed without.

    Examples
    --------
    >>> from oscine.evaluation.review_result import Item
    >>> item = Item("a.wav", 1.0, 2.0, "pulse", "sine", "mistaken", 0.9, "annotated as sine, but …")
    >>> "annotated as sine, but …" in report_review(Review((item,), {"mistaken": 1})).to_html()
    True
    """
    counts = review.summary()
    where = f": {review.project.name}" if review.project else ""
    page = Report(f"What to look at next{where}", contents=True)
    notes = {kind: f"of {counts['found'][kind]}" for kind in KINDS if counts["found"][kind] > counts["listed"][kind]}
    page.add_facts({kind: counts["listed"][kind] for kind in KINDS}, notes)
    if review.without:
        page.add_text("Done without: " + "; ".join(review.without) + ".")
    clips, lost = _cut(review, size_limit, monitor)
    for kind in KINDS:
        cards = [_card(number, review) for number, item in enumerate(review.items) if item.kind == kind]
        if cards:
            title, text = _TITLES[kind]
            page.add_section(title, text)
            page.add_part(
                "review",
                {"clips": {card["number"]: clips[card["number"]] for card in cards if card["number"] in clips}},
                label=title,
                uses=("clips",),
                cards=cards,
            )
    if lost:
        page.add_text(f"Without a sound: {lost}.")
    return page


def _card(number: int, review: Review) -> dict[str, Any]:
    """What stands below a picture."""
    item = review.items[number]
    length = f" – {item.offset:.3f}" if item.offset > item.onset else ""
    return {
        "number": number,
        "place": number + 1,
        "why": item.why,
        "recording": item.recording,
        "when": f"{item.onset:.3f}{length} s",
        "score": f"{item.score:.2f}" if math.isfinite(item.score) else "",
    }


def _cut(review: Review, room: int, monitor: Monitor) -> tuple[dict[int, dict[str, Any]], str]:
    """Pictures and sounds of the items, by their number, as far as there is room; and why some have none."""
    found: dict[int, dict[str, Any]] = {}
    lost = ""
    with monitor.task("Cutting out sounds", total=len(review.items), unit="sounds") as task:
        for number, item in enumerate(review.items):
            task.advance()
            try:
                clip = cut(review.recordings[item.recording], number, item.onset, item.offset)
            except KeyError:
                lost = lost or f"{item.recording} is not known"
            except (InputError, OSError) as error:
                lost = lost or str(error).rstrip(".")
            else:
                if clip.size > room:
                    return found, lost or f"the last {len(review.items) - number}, for want of room"
                room -= clip.size
                slow = f", {1 / clip.speed:g} times slower" if clip.speed != 1 else ""
                text = f"{clip.duration:.2f} s up to {clip.top / 1000:g} kHz{slow}"
                found[number] = {
                    "p": clip.picture,
                    "s": clip.sound,
                    "b": clip.begin,
                    "e": clip.end,
                    "d": clip.duration,
                    "v": clip.speed,
                    "t": text,
                }
    return found, lost
