from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.axes import Axes

from oscine.figures.confusion_matrix import plot_confusion_matrix
from oscine.metrics.frames import ConfusionMatrix

MATRIX = ConfusionMatrix(np.array([[90, 10, 0], [50, 950, 0], [0, 0, 0]]), ("pulse", "ambient", "sine"))


def texts(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def test_rows_are_annotated_and_columns_predicted() -> None:
    axes = plot_confusion_matrix(MATRIX).axes[0]
    assert (axes.get_ylabel(), axes.get_xlabel()) == ("annotated", "predicted")
    assert [tick.get_text() for tick in axes.get_yticklabels()] == list(MATRIX.labels)
    assert [tick.get_text() for tick in axes.get_xticklabels()] == list(MATRIX.labels)
    assert axes.yaxis_inverted()  # the first label is on top


def test_each_cell_has_two_halves_coloured_by_its_two_shares() -> None:
    upper, lower = plot_confusion_matrix(MATRIX).axes[0].collections
    for collection, shares in ((upper, MATRIX.rows), (lower, MATRIX.columns)):
        assert len(collection.get_paths()) == 9
        np.testing.assert_allclose(collection.get_facecolor()[:, 3], 0.92 * np.nan_to_num(shares).ravel())
    # cell (row 0, column 1): above the diagonal the corner to the right, below it the one to the left
    corners = {tuple(point) for point in upper.get_paths()[1].vertices[:3].tolist()}
    assert corners == {(0.5, -0.5), (1.5, -0.5), (1.5, 0.5)}
    corners = {tuple(point) for point in lower.get_paths()[1].vertices[:3].tolist()}
    assert corners == {(0.5, -0.5), (0.5, 0.5), (1.5, 0.5)}


def test_counts_and_percentages_stand_in_their_cells() -> None:
    axes = plot_confusion_matrix(MATRIX).axes[0]
    at = {(round(t.get_position()[0], 2), round(t.get_position()[1], 2)): t.get_text() for t in axes.texts}
    assert at[1, 0] == "10"
    assert at[1.25, -0.3] == "10"  # % of the annotated pulses
    assert at[0.75, 0.3] == "1"  # % of the predicted ambient
    assert at[1, 1] == "950"
    assert (2, 0) not in at  # empty cells are silent


def test_balanced_columns_change_the_lower_half_and_say_so() -> None:
    figure = plot_confusion_matrix(MATRIX, balanced=True)
    lower = figure.axes[0].collections[1]
    np.testing.assert_allclose(lower.get_facecolor()[:, 3], 0.92 * np.nan_to_num(MATRIX.balanced_columns).ravel())
    assert any("equally frequent" in text for text in texts(figure.axes[1]))
    title = "Mean precision 93 %, recall 92 %,\nas if labels were equally frequent"
    assert figure.axes[0].get_title("left") == title


def test_the_title_says_how_good_it_is_on_the_whole() -> None:
    assert plot_confusion_matrix(MATRIX).axes[0].get_title("left") == "Mean precision 82 %, recall 92 %"
    assert plot_confusion_matrix(MATRIX, heading="Mine").axes[0].get_title("left") == "Mine"


def test_thousands_are_set_apart_and_many_labels_have_no_numbers() -> None:
    large = ConfusionMatrix(np.full((2, 2), 12345), ("a", "b"))
    assert "12 345" in texts(plot_confusion_matrix(large).axes[0])
    n = 30
    many = ConfusionMatrix(np.ones((n, n), int), tuple(f"syllable {i}" for i in range(n)))
    axes = plot_confusion_matrix(many).axes[0]
    assert not axes.texts
    assert axes.get_xticklabels()[0].get_rotation() == 45


def test_a_result_that_holds_a_matrix_is_drawn_too() -> None:
    assert plot_confusion_matrix(SimpleNamespace(confusion_matrix=MATRIX)).axes[0].texts


@pytest.mark.parametrize("suffix", ["svg", "png", "pdf"])
def test_it_can_be_saved(tmp_path, suffix: str) -> None:
    path = tmp_path / f"confusion.{suffix}"
    plot_confusion_matrix(MATRIX).savefig(path)
    assert path.stat().st_size > 1000
