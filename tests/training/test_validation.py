from __future__ import annotations

import numpy as np
import pytest

from oscine.metrics.frames import confusion_matrix, mean
from oscine.networks.targets.exclusive import Exclusive
from oscine.networks.targets.overlapped import Overlapped
from oscine.training.validation import Tally


def test_exclusive_labels_are_those_of_the_confusion_matrix():
    random = np.random.default_rng(0)
    logits = random.normal(size=(6, 3, 50)).astype(np.float32)
    truth = random.integers(-1, 3, size=(6, 50))
    tally = Tally(Exclusive(), 3)
    for part in (slice(0, 1), slice(1, 6)):
        tally.add(logits[part], truth[part])
    known = truth >= 0
    matrix = confusion_matrix(truth[known], logits.argmax(1)[known], "abc")
    rates = tally.rates()
    assert rates["f1"] == mean(matrix.balanced_f1)
    assert rates["precision"] == mean(matrix.balanced_precision)
    assert rates["recall"] == mean(matrix.recall)
    assert rates["frame_error"] == pytest.approx(matrix.frame_error)


def test_overlapped_labels_are_counted_one_by_one():
    """Worked by hand: output 0 found once, missed once; output 1 mistaken once; the last frame is not known."""
    truth = np.array([[[1, 1, 0, np.nan], [0, np.nan, 0, np.nan], [np.nan, 1, 1, np.nan]]], np.float32)
    logits = np.array([[[9, -9, -9, 9], [9, 9, -9, 9], [9, 9, 9, 9]]], np.float32)
    tally = Tally(Overlapped(), 3)
    tally.add(logits, truth)
    rates = tally.rates()
    assert rates["recall"] == pytest.approx((0.5 + 1) / 2)  # output 1 is never true
    assert rates["precision"] == pytest.approx(1)
    assert rates["f1"] == pytest.approx((2 / 3 + 1) / 2)
    assert rates["frame_error"] == pytest.approx(2 / 3)


def test_nothing_known_gives_no_rates():
    tally = Tally(Exclusive(), 2)
    tally.add(np.zeros((1, 2, 4), np.float32), np.full((1, 4), -1))
    assert tally.rates() == {}
