"""Figures of a comparison: what they say is what was counted, and nothing overwrites anything."""

from __future__ import annotations

import numpy as np
import pytest

from oscine.annotations.annotations import Annotations
from oscine.evaluation.agreement import AgreementParams, agreement
from oscine.figures.agreement import agreement_drawings, report_agreement
from oscine.figures.agreement_bars import plot_agreement_bars
from oscine.figures.agreement_pairs import plot_agreement_pairs
from oscine.figures.agreement_thresholds import plot_agreement_thresholds
from oscine.figures.agreement_venn import plot_agreement_venn
from oscine.prediction.scores import Scores


def compared(n_people, n_recordings=2, folder=None, predicted=False):
    rng = np.random.default_rng(0)
    rows = [
        {"recording": f"r{r}.wav", "onset": t, "offset": t + 0.3, "label": "song/a", "annotator": f"p{who}"}
        for r in range(n_recordings)
        for who in range(n_people)
        for t in range(30)
        if rng.random() < 0.8
    ]
    if predicted:
        rows += [{**row, "annotator": "", "kind": "predicted"} for row in rows if row["annotator"] == "p0"]
    return agreement(Annotations(rows), scores=folder, params=AgreementParams(n_thresholds=5 if folder else None))


def texts(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts]


@pytest.mark.parametrize("n", [2, 3])
def test_a_venn_diagram_shows_the_size_of_every_set(n):
    result = compared(n)
    figure = plot_agreement_venn(result, "song/a")
    shown = texts(figure)
    counts = result.labels["song/a"].counts("label")
    assert {str(size) for size in counts.sizes.values()} <= set(shown)
    assert f"p0\n{counts.said_by('p0')}" in shown
    assert any("not to scale" in text.get_text() for text in figure.texts)
    assert [axes.get_title() for axes in figure.axes if axes.get_title()] == ["all recordings", "r0.wav", "r1.wav"]


def test_more_than_three_parties_are_bars():
    result = compared(4)
    figure = plot_agreement_venn(result, "song/a")
    sizes = [size for size in result.labels["song/a"].counts("label").sizes.values() if size]
    heights = [bar.get_height() for bar in figure.axes[0].patches]
    assert heights == sorted(sizes, reverse=True)
    assert [tick.get_text() for tick in figure.axes[1].get_yticklabels()] == list(result.parties)


@pytest.mark.parametrize("n", [2, 4])
def test_bars_fill_each_recording(n):
    result = compared(n)
    figure = plot_agreement_bars(result, "song/a")
    ends: dict[float, float] = {}
    for bar in figure.axes[0].patches:
        y = round(bar.get_y(), 3)
        ends[y] = ends.get(y, 0.0) + bar.get_width()
    assert list(ends.values()) == pytest.approx([1.0, 1.0, 1.0])


def test_pairs_show_f1_above_and_kappa_below():
    result = compared(3)
    one = result.labels["song/a"]
    shown = texts(plot_agreement_pairs(result))
    assert f"{one.pair('p0', 'p1').f1:.2f}" in shown
    assert f"{one.pair('p0', 'p1').kappa:.2f}" in shown


def scores(folder):
    values = np.random.default_rng(1).random((1, 3001)).astype(np.float32)
    for name in ("r0", "r1"):
        found = Scores.from_array(values, ("song/a",), 100.0, recording=f"{name}.wav", duration=30.0)
        found.save(folder / f"{name}_scores.h5")
    return folder


def test_thresholds_are_drawn_where_there_are_scores(tmp_path):
    result = compared(2, folder=scores(tmp_path))
    figure = plot_agreement_thresholds(result, "song/a")
    curve = result.labels["song/a"].curve
    lines = {line.get_label(): line for line in figure.axes[0].lines}
    assert lines["everyone"].get_ydata() == pytest.approx([counts["label"].everyone for _, counts in curve])
    dense = result.labels["song/a"].dense["label"][0]
    assert any(label.startswith("P/R 1:") for label in lines) == np.isfinite(dense.value)
    with pytest.raises(ValueError, match="no scores"):
        plot_agreement_thresholds(compared(2), "song/a")


def test_every_figure_has_a_name_of_its_own(tmp_path):
    names = [name for name, _ in agreement_drawings(compared(2, folder=scores(tmp_path)))]
    kinds = [f"agreement.{m}.song-a.{what}" for m in ("tic", "label") for what in ("venn", "bars", "thresholds")]
    assert names == [*kinds, "agreement.pairs"]


def test_the_page_stands_by_itself():
    page = report_agreement(compared(2, n_recordings=1, predicted=True)).to_html()
    assert "p0 – p1" in page
    assert "precision" in page


def test_empty_sets_can_be_drawn():
    rows = [{"recording": "a.wav", "onset": t, "offset": t, "label": who, "annotator": who}
            for t, who in ((1.0, "ann"), (2.0, "ben"))]  # fmt: skip
    result = agreement(Annotations(rows))
    for _, draw in agreement_drawings(result):
        draw().canvas.draw()
