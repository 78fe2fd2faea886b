"""Labels with their boundaries beside them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from oscine.core.errors import InputError
from oscine.networks.targets.boundaries import Boundaries
from oscine.networks.targets.exclusive import Exclusive

LABELS = ("background", "a", "b")
ROWS = (np.array([0.2, 0.4, 0.7]), np.array([0.4, 0.6, 0.7]), np.array([1, 2, 1]))
GRID = {"n_frames": 1000, "frame_rate": 1000.0, "labels": LABELS}


def test_labels_are_those_of_exclusive():
    encoded = Boundaries(gap=0.01, event_width=0.02).encode(*ROWS, [(0.0, 1.0)], **GRID)
    label = Exclusive(gap=0.01, event_width=0.02).encode(*ROWS, [(0.0, 1.0)], **GRID)
    assert np.array_equal(encoded[:3].argmax(axis=0), label)
    assert (encoded[:3].sum(axis=0) == 1).all()


def test_bounds_of_segments_whatever_their_label():
    onset, offset = Boundaries(width=0.01).encode(*ROWS, [(0.0, 1.0)], **GRID)[3:]
    times = np.arange(1000) / 1000
    for found, bounds in ((onset, [0.2, 0.4]), (offset, [0.4, 0.6])):
        assert np.flatnonzero(found == 1).tolist() == [round(bound * 1000) for bound in bounds]
        expected = sum(np.exp(-0.5 * ((times - bound) / 0.01) ** 2) for bound in bounds)
        assert_allclose(found, expected, atol=4e-4)
        assert (found[690:711] == 0).all(), "an event has no bounds"


def test_a_row_by_itself_tells_of_its_inner_side():
    encoded = Boundaries(width=0.01).encode(*ROWS, np.empty((0, 2)), **GRID)
    known = ~np.isnan(encoded)
    assert (known == known[0]).all()
    assert not known[:, :200].any()
    assert known[:, 200:600].all()


def test_a_label_called_as_a_boundary():
    with pytest.raises(InputError, match="called as a boundary; found 'offset'"):
        Boundaries().outputs(["a", "offset"])
