"""A power law that is put in comes out, and its band holds it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from oscine.evaluation.power_law import Doubling, fit_power_law

SIZES = np.array([30, 60, 120, 240, 480, 960.0])


def noisy(a, b, alpha, n, spread, seed):
    random = np.random.default_rng(seed)
    return np.maximum((a + b * n**-alpha) * (1 + spread * random.normal(size=len(n))), 0)


@pytest.mark.parametrize(("a", "b", "alpha"), [(0.0, 0.8, 0.5), (0.012, 3.0, 1.1), (0.05, 0.4, 0.3), (0.02, 0.0, 0.0)])
def test_known_parameters_are_recovered_from_exact_errors(a, b, alpha):
    law = fit_power_law(SIZES, a + b * SIZES**-alpha, n_draws=10)
    assert np.allclose(law.at(SIZES), a + b * SIZES**-alpha, rtol=2e-3)
    assert np.allclose(law.at(10 * 960.0), a + b * 9600.0**-alpha, rtol=0.02)
    if b:
        assert (law.a, law.b, law.alpha) == pytest.approx((a, b, alpha), rel=0.02, abs=1e-3)


def test_the_unit_of_the_amount_does_not_matter():
    errors = noisy(0.01, 0.9, 0.7, SIZES, 0.1, seed=3)
    seconds, hours = fit_power_law(SIZES, errors), fit_power_law(SIZES / 3600, errors)
    assert seconds.alpha == pytest.approx(hours.alpha, abs=1e-3)
    assert float(seconds.at(1920.0)) == pytest.approx(float(hours.at(1920 / 3600)), rel=1e-3)
    assert seconds.band(1920.0)[1] == pytest.approx(hours.band(1920 / 3600)[1], rel=1e-2)


def test_the_band_covers_the_truth_about_as_often_as_it_says():
    n = np.repeat(SIZES, 4)
    inside, truth = [], 0.01 + 0.9 * 1920.0**-0.7
    for seed in range(120):
        law = fit_power_law(n, noisy(0.01, 0.9, 0.7, n, 0.15, seed), n_draws=200, seed=seed)
        low, high = law.band(1920.0)
        inside.append(low <= truth <= high)
    assert 0.86 <= np.mean(inside) <= 1.0


def test_the_band_narrows_with_more_replicates():
    widths = []
    for replicates in (3, 30):
        n = np.repeat(SIZES, replicates)
        law = fit_power_law(n, noisy(0.01, 0.9, 0.7, n, 0.15, seed=1))
        low, high = law.band(np.array([480.0, 1920.0]))
        widths.append(high - low)
    assert (widths[1] < 0.6 * widths[0]).all()


def test_least_squares_are_those_of_a_general_minimiser():
    from scipy.optimize import least_squares

    n = np.repeat(SIZES, 3)
    errors = noisy(0.02, 1.2, 0.8, n, 0.2, seed=7)
    law = fit_power_law(n, errors, n_draws=1)
    scale = law.at(n)

    def residuals(p):
        return (p[0] + p[1] * (n / 170) ** -p[2] - errors) / scale

    other = min(
        (least_squares(residuals, [0.01, 0.1, alpha], bounds=(0, [1, 10, 4])) for alpha in (0.3, 1.0, 2.0)),
        key=lambda found: found.cost,
    )
    ours = (((law.at(n) - errors) / scale) ** 2).sum() / 2
    assert ours <= other.cost * (1 + 1e-3)


def test_few_sizes_fix_the_asymptote_and_say_so():
    n = np.repeat([60, 120, 240.0], 3)
    law = fit_power_law(n, noisy(0.02, 0.9, 0.7, n, 0.05, seed=0))
    assert law.a == 0
    assert "3 sizes" in law.notes[0]
    assert "optimistic" in law.notes[0]


def test_one_size_is_no_fit_and_two_points_have_no_band():
    alone = fit_power_law([60, 60.0], [0.1, 0.2])
    assert not alone.is_fitted
    assert alone.notes
    two = fit_power_law([60, 120.0], [0.2, 0.1])
    assert two.alpha == pytest.approx(1.0, abs=1e-3)
    assert not two.has_band
    assert "cannot tell" in two.doubled().sentence("frame error", "s")


def test_errors_of_nought_and_missing_ones_are_no_problem():
    law = fit_power_law(np.repeat(SIZES, 2), np.zeros(12))
    assert float(law.at(2000.0)) == 0
    with_gap = fit_power_law(SIZES, [0.2, np.nan, 0.1, 0.08, 0.0, 0.06])
    assert with_gap.is_fitted
    assert len(with_gap.errors) == 5


def test_a_size_without_errors_by_chance_does_not_outweigh_all_others():
    law = fit_power_law([100, 100, 200, 200, 400, 400.0], [0.0, 0.0, 0.0, 0.009, 0.0, 0.023])
    assert float(law.at(400.0)) == pytest.approx(0.0053, rel=0.05)  # the mean of all


def test_an_error_that_does_not_fall_is_a_constant():
    law = fit_power_law(np.repeat(SIZES, 2), np.tile([0.09, 0.11], 6))
    assert float(law.at(1920.0)) == pytest.approx(0.1, rel=0.02)
    assert not law.doubled().is_sure


def test_the_same_seed_gives_the_same_band():
    errors = noisy(0.01, 0.9, 0.7, SIZES, 0.1, seed=3)
    bands = [fit_power_law(SIZES, errors, seed=seed).band(1920.0) for seed in (0, 0, 1)]
    assert bands[0] == bands[1]
    assert bands[0] != bands[2]


def test_the_sentence_says_where_it_is_not_sure():
    sure = Doubling(600, 0.0164, 0.0131, 0.011, 0.0149)
    unsure = Doubling(600, 0.0164, 0.0131, 0.008, 0.0180)
    assert sure.sentence("frame error", "s").endswith("(95 %: 1.10 to 1.49 %)")
    assert "not sure" in unsure.sentence("frame error", "s")
    assert "would leave the fitted frame error at 10.0 %" in Doubling(5, 0.1, 0.1, 0.09, 0.1).sentence(
        "frame error", "s"
    )
    alike = Doubling(5, 0.1, 0.1, math.nan, math.nan).sentence("frame error", "s")
    assert "would leave the fitted frame error at 10.0 % (how sure" in alike


@pytest.mark.parametrize(("n", "errors"), [([1, 2], [0.1]), ([0, 1], [0.1, 0.2]), ([1, 2], [0.1, -0.2])])
def test_what_cannot_be_is_refused(n, errors):
    with pytest.raises(ValueError, match=r"must be|are above"):
        fit_power_law(n, errors)
