"""Groups of runs compared: numbers against known examples and scipy, verdicts, and what cannot be tested."""

from __future__ import annotations

import math
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from trackbook.comparison import Group, compare_groups, holm, interval_of, paired_values
from trackbook.errors import InvalidParameter

# Student's sleep data (Biometrika 6, 1908), as in R's datasets: hours of sleep gained with each of two drugs.
DRUG_1 = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
DRUG_2 = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
PATIENTS = [str(place) for place in range(10)]


def two(test: str, **how: Any) -> Any:
    groups = [Group("1", DRUG_1, PATIENTS), Group("2", DRUG_2, PATIENTS)]
    return compare_groups(groups, 0, test=test, **how)


def test_welch_gives_the_published_value_of_students_sleep_data() -> None:
    """R: t.test(extra ~ group, data = sleep) gives p-value = 0.07939."""
    row = two("welch", goal="max").rows[1]
    assert row.p == pytest.approx(0.07939, abs=5e-6)
    assert row.difference == pytest.approx(1.58)
    assert row.verdict == "not separable at n = 10"


def test_paired_gives_the_published_value_of_students_sleep_data() -> None:
    """R: with paired = TRUE p-value = 0.002833; d of the differences is 1.58 / 1.23."""
    found = two("auto", goal="max")
    row = found.rows[1]
    assert found.test == "paired"
    assert (row.pairs, row.verdict) == (10, "better")
    assert row.p == pytest.approx(0.002833, abs=5e-7)
    assert row.d == pytest.approx(1.58 / 1.229995, abs=1e-5)


def test_permutation_of_few_runs_is_exact() -> None:
    """Of the 20 ways to part 1 .. 6 in two threes, one at either end is as far apart."""
    row = compare_groups([Group("a", [1, 2, 3]), Group("b", [4, 5, 6])], 0, test="permutation").rows[1]
    assert row.p == pytest.approx(2 / 20)
    assert row.verdict == "not separable at n = 3"


def test_holm_gives_the_published_values() -> None:
    """R: p.adjust(c(0.01, 0.02, 0.03, 0.04), "holm") and the example of Holm's step-down that never falls."""
    assert list(holm({0: 0.01, 1: 0.02, 2: 0.03, 3: 0.04}).values()) == pytest.approx([0.04, 0.06, 0.06, 0.06])
    assert holm({0: 0.01, 1: 0.04, 2: 0.03, 3: 0.005}) == pytest.approx({3: 0.02, 0: 0.03, 2: 0.06, 1: 0.06})
    assert holm({0: 0.7, 1: 0.9}) == {0: 1.0, 1: 1.0}
    assert holm({}) == {}


def test_effect_size_is_cohens_d_and_hedges_g() -> None:
    """Two groups of means 3 and 5 and of deviation sqrt(2.5); J(8) is 0.9027 in Hedges' table."""
    row = compare_groups([Group("a", [1, 2, 3, 4, 5]), Group("b", [3, 4, 5, 6, 7])], 0, test="welch").rows[1]
    assert row.d == pytest.approx(2 / math.sqrt(2.5))
    assert row.g == pytest.approx(0.9027 * 2 / math.sqrt(2.5), abs=1e-4)


def test_description_has_the_deviation_of_a_sample() -> None:
    row = compare_groups([Group("a", [2, 4, 4, 4, 5, 5, 7, 9])]).rows[0]
    assert (row.n, row.mean, row.median) == (8, 5.0, 4.5)
    assert row.sd == pytest.approx(math.sqrt(32 / 7))


def test_interval_is_the_same_every_time_and_about_that_of_t_where_the_data_are_normal() -> None:
    values = np.random.default_rng(1).normal(10, 2, 200).tolist()
    low, high = interval_of(values) or (0, 0)
    assert interval_of(values) == (low, high)
    half = 1.972 * np.std(values, ddof=1) / math.sqrt(200)
    assert (low, high) == pytest.approx((np.mean(values) - half, np.mean(values) + half), abs=0.05)


def test_interval_covers_the_mean_about_as_often_as_it_says() -> None:
    draw = np.random.default_rng(2)
    made = [interval_of(draw.normal(0, 1, 30).tolist()) or (1.0, 1.0) for _ in range(120)]
    hits = [low <= 0 <= high for low, high in made]
    assert 0.87 <= np.mean(hits) <= 1.0


@pytest.mark.parametrize("values", [[1.0, 1.0, 1.0, 2.0], [0.5, 0.5], [1e300, 1.1e300], [-1e-300, 1e-300]])
def test_interval_is_finite_whatever_the_values(values: list[float]) -> None:
    low, high = interval_of(values) or (math.nan, math.nan)
    assert min(values) <= low <= high <= max(values)


def test_values_that_are_not_finite_are_left_out_and_counted() -> None:
    groups = [Group("a", [1.0, math.nan, 2.0, math.inf]), Group("b", [math.nan]), Group("c", [3.0])]
    rows = compare_groups(groups, 0).rows
    assert [(row.n, row.left_out, row.verdict) for row in rows] == [
        (2, 2, "baseline"),
        (0, 1, "no value"),
        (1, 0, "one run"),
    ]
    assert (rows[1].mean, rows[2].sd, rows[2].interval) == (None, None, None)
    assert rows[2].difference == 1.5


def test_groups_without_spread_are_not_tested() -> None:
    rows = compare_groups([Group("a", [0.1 + 0.2] * 3), Group("b", [0.3] * 3)], 0, goal="max", test="welch").rows
    assert (rows[1].p, rows[1].d, rows[1].verdict) == (None, None, "no spread")


def test_verdict_takes_the_side_of_the_goal() -> None:
    groups = [Group("a", [1.0, 1.1, 0.9]), Group("b", [2.0, 2.1, 1.9])]
    found = [compare_groups(groups, 0, goal=goal).rows[1].verdict for goal in ("max", "min", None)]
    assert found == ["better", "worse", "higher"]


def test_runs_pair_by_seed_and_a_seed_that_stands_twice_pairs_nothing() -> None:
    base = Group("a", [1, 2, 3, 4], ["0", "1", "2", "2"])
    assert paired_values(Group("b", [10, 20, 30], ["1", "0", "2"]), base) == ([10, 20], [2, 1])
    other = Group("b", [10.0, 20.0, 31.0, 43.0], ["0", "1", "2", "3"])
    assert compare_groups([base, other], 0).test == "welch"
    paired = compare_groups([base, other], 0, test="paired").rows[1]
    assert (paired.pairs, paired.p is not None) == (2, True)
    assert compare_groups([base, Group("c", [1, 2], ["8", "9"])], 0, test="paired").rows[1].p is None


def test_only_the_first_groups_and_the_baseline_are_bootstrapped() -> None:
    rows = compare_groups([Group(str(i), [i, i + 1.0]) for i in range(5)], 4, intervals=2).rows
    assert [row.interval is not None for row in rows] == [True, True, False, False, True]


def test_a_test_that_is_not_there_is_named() -> None:
    with pytest.raises(InvalidParameter, match=r"'anova'; there is auto, welch"):
        compare_groups([Group("a", [1.0])], test="anova")


def test_scipy_is_loaded_when_it_is_needed() -> None:
    script = "import sys, trackbook.comparison; raise SystemExit('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-P", "-c", script], check=False).returncode == 0
