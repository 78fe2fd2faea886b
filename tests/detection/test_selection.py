from __future__ import annotations

import numpy as np
import pytest

from oscine.detection.selection import medians


def distributions(kind, size):
    rng = np.random.default_rng(size)
    return {
        "normal": rng.normal(0, 1, size),
        "positive": rng.gamma(0.1, 1, size),
        "negative": -rng.gamma(0.1, 1, size),
        "integers": rng.integers(-40, 30, size) / 32768,
        "alike": rng.choice([-0.0, 0.0, 1e-42, -1e-42, np.inf], size),  # the smallest float32 too
    }[kind].astype(np.float32)


@pytest.mark.parametrize("size", [1, 2, 3, 10, 1001, 5000])
@pytest.mark.parametrize("kind", ["normal", "positive", "negative", "integers", "alike"])
def test_is_the_median(kind, size):
    values = distributions(kind, size)
    ordered = np.sort(values).astype(np.float64)
    expected = (ordered[(size - 1) // 2] + ordered[size // 2]) / 2
    for block in (size, 7):
        found = medians(lambda block=block: (values[None, i : i + block] for i in range(0, size, block)), 1)
        assert found[0] == expected


def test_each_channel_by_itself_and_of_any_length():
    found = medians(lambda: [[np.float32([3, 1, 2]), np.float32([]), np.float32([-1])]], 3)
    np.testing.assert_array_equal(found, [2, np.nan, -1])
