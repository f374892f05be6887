"""Groups of runs compared by one metric: mean, spread, bootstrap interval, and tests against a baseline.

No I/O. scipy does the mathematics and is imported where it is used. Sources:

* the interval: bias-corrected and accelerated bootstrap of the mean (Efron and Tibshirani, An Introduction to the
  Bootstrap, 1993, chapter 14), 9,999 resamples, seeded;
* tests: Welch's t (Biometrika 34, 1947), Student's t of the differences of runs with the same seed, or a permutation of
  the difference of the means, exact where there are few;
* p values of several groups against one baseline: Holm's step-down (Scandinavian Journal of Statistics 6, 1979);
* effect size: Cohen's d with the root mean square of both deviations (Cohen 1988), the mean of the differences in their
  standard deviations where runs are paired, and Hedges' g (1981), which takes off its bias in small groups.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trackbook.errors import InvalidParameter
from trackbook.libraries import require

__all__ = ["TESTS", "Comparison", "Group", "Row", "compare_groups", "holm", "interval_of", "paired_values"]

#: Tests by the name that a view and a magic give them.
TESTS = ("auto", "welch", "paired", "permutation")
_RESAMPLES = 9_999
_LEVEL, _ALPHA = 0.95, 0.05

Floats = NDArray[np.float64]
Goal = Literal["min", "max"] | None


class Group(NamedTuple):
    """Runs that differ in their seed alone.

    Attributes:
        name: for people.
        values: of the metric, one a run; those that are not finite are left out.
        seeds: of the same runs, for pairing; empty if they have none.
    """

    name: str
    values: Sequence[float]
    seeds: Sequence[str | None] = ()


@dataclass(frozen=True)
class Row:
    """What is known of one group.

    Attributes:
        name: of the group.
        values: the finite values.
        left_out: how many values were not finite.
        mean, sd, median: of `values`; `sd` with n - 1, None of a single run; all None without a value.
        interval: of the mean; None of a single run, and where it was not asked for.
        difference: of its mean to the baseline's; None of the baseline and where either has no value.
        pairs: runs paired by seed, where the test is paired.
        p, p_holm: of the test, and corrected for the number of groups; None where there was no test.
        d, g: effect sizes; None where there is no spread.
        verdict: "baseline", "better", "worse", "higher", "lower", "not separable at n = 5", "no spread" or "one run".
    """

    name: str
    values: tuple[float, ...]
    left_out: int = 0
    mean: float | None = None
    sd: float | None = None
    median: float | None = None
    interval: tuple[float, float] | None = None
    difference: float | None = None
    pairs: int = 0
    p: float | None = None
    p_holm: float | None = None
    d: float | None = None
    g: float | None = None
    verdict: str = ""

    @property
    def n(self) -> int:
        """Number of runs with a value."""
        return len(self.values)


class Comparison(NamedTuple):
    """Groups against a baseline.

    Attributes:
        rows: one a group, in the order given.
        baseline: its place in `rows`; None without one.
        test: "welch", "paired" or "permutation", as it was done.
    """

    rows: list[Row]
    baseline: int | None
    test: str


class _Test(NamedTuple):
    p: float | None
    d: float | None
    g: float | None
    pairs: int = 0


def compare_groups(
    groups: Sequence[Group],
    baseline: int | None = None,
    *,
    goal: Goal = None,
    test: str = "auto",
    intervals: int = 200,
    seed: int = 0,
) -> Comparison:
    """Describe groups, and test each against a baseline.

    Args:
        groups: at least one run each.
        baseline: place of the baseline; no tests if None.
        goal: whether less or more of the metric is better; verdicts say higher and lower if None.
        test: "paired" takes runs with the same seed together; "auto" does so if every group has the baseline's seeds,
            each once, and is Welch's otherwise.
        intervals: bootstrap the mean of so many groups, the first ones and the baseline.
        seed: of the bootstrap and of the permutation.

    Raises:
        InvalidParameter: there is no such test.
        MissingDependency: scipy is not installed.
    """
    if test not in TESTS:
        raise InvalidParameter(f"There is no test {test!r}; there is {', '.join(TESTS)}.")
    require("Statistics of runs", "scipy")
    clean = [_finite(group) for group in groups]
    rows = [_described(group, place < intervals or place == baseline, seed) for place, group in enumerate(clean)]
    rows = [replace(row, left_out=len(given.values) - row.n) for row, given in zip(rows, groups, strict=True)]
    chosen = _chosen_test(clean, baseline, test)
    if baseline is None:
        return Comparison(rows, None, chosen)
    tests = {
        place: _tested(group, clean[baseline], chosen, seed)
        for place, group in enumerate(clean)
        if place != baseline and group.values and clean[baseline].values
    }
    corrected = holm({place: one.p for place, one in tests.items() if one.p is not None})
    for place, one in tests.items():
        rows[place] = _judged(rows[place], rows[baseline], one, corrected.get(place), goal)
    rows[baseline] = replace(rows[baseline], verdict="baseline")
    return Comparison(rows, baseline, chosen)


def holm(ps: Mapping[int, float]) -> dict[int, float]:
    """P values corrected for their number by Holm's step-down; each at least the one before it, and at most 1."""
    found, least = {}, 0.0
    for rank, (place, p) in enumerate(sorted(ps.items(), key=lambda item: item[1])):
        least = max(least, min(1.0, (len(ps) - rank) * p))
        found[place] = least
    return found


def interval_of(values: Sequence[float], seed: int = 0) -> tuple[float, float] | None:
    """The 95 % bootstrap interval of the mean; None for less than two values.

    BCa, and the percentiles where its correction is not defined: values that are nearly all alike.
    """
    from scipy import stats

    if len(values) < 2:
        return None
    if min(values) == max(values):
        return values[0], values[0]
    sample = (np.asarray(values, dtype=np.float64),)
    for method in ("BCa", "percentile"):
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # of a degenerate distribution; the percentiles follow
            made = stats.bootstrap(
                sample, np.mean, confidence_level=_LEVEL, n_resamples=_RESAMPLES, method=method,
                random_state=np.random.default_rng(seed),
            )  # fmt: skip
        low, high = float(made.confidence_interval.low), float(made.confidence_interval.high)
        if math.isfinite(low) and math.isfinite(high):
            return low, high
    return None


def paired_values(group: Group, base: Group) -> tuple[list[float], list[float]]:
    """The values of runs of both groups that have the same seed; seeds that stand twice in a group pair nothing."""
    ours, theirs = _by_seed(group), _by_seed(base)
    common = [seed for seed in ours if seed in theirs]
    return [ours[seed] for seed in common], [theirs[seed] for seed in common]


def _by_seed(group: Group) -> dict[str, float]:
    seeds = list(group.seeds)
    return {
        seed: value
        for seed, value in zip(seeds, group.values, strict=False)
        if seed is not None and seeds.count(seed) == 1
    }


def _finite(group: Group) -> Group:
    seeds = list(group.seeds) or [None] * len(group.values)
    kept = [(float(value), seed) for value, seed in zip(group.values, seeds, strict=True) if math.isfinite(value)]
    return Group(group.name, [value for value, _ in kept], [seed for _, seed in kept])


def _described(group: Group, bootstrapped: bool, seed: int) -> Row:
    values = tuple(group.values)
    if not values:
        return Row(group.name, (), verdict="no value")
    numbers = np.asarray(values)
    return Row(
        group.name,
        values,
        mean=float(numbers.mean()),
        sd=float(numbers.std(ddof=1)) if len(values) > 1 else None,
        median=float(np.median(numbers)),
        interval=interval_of(values, seed) if bootstrapped else None,
        verdict="one run" if len(values) == 1 else "",
    )


def _chosen_test(groups: Sequence[Group], baseline: int | None, test: str) -> str:
    if test != "auto" or baseline is None:
        return "welch" if test == "auto" else test
    base = groups[baseline]
    others = [group for place, group in enumerate(groups) if place != baseline and len(group.values) > 1]
    matched = bool(others) and len(base.values) > 1 and all(_same_seeds(group, base) for group in others)
    return "paired" if matched else "welch"


def _same_seeds(group: Group, base: Group) -> bool:
    ours, theirs = _by_seed(group), _by_seed(base)
    return ours.keys() == theirs.keys() and len(ours) == len(group.values) and len(theirs) == len(base.values)


def _tested(group: Group, base: Group, test: str, seed: int) -> _Test:
    if test == "paired":
        return _paired(*paired_values(group, base))
    ours, theirs = np.asarray(group.values), np.asarray(base.values)
    if len(ours) < 2 or len(theirs) < 2:
        return _Test(None, None, None)
    spread = math.sqrt((ours.var(ddof=1) + theirs.var(ddof=1)) / 2)
    if not _spreads(spread, ours, theirs):
        return _Test(None, None, None)
    d = float((ours.mean() - theirs.mean()) / spread)
    p = _permuted(ours, theirs, seed) if test == "permutation" else _welch(ours, theirs)
    return _Test(p, d, d * _hedges(len(ours) + len(theirs) - 2))


def _paired(ours: Sequence[float], theirs: Sequence[float]) -> _Test:
    from scipy import stats

    if len(ours) < 2:
        return _Test(None, None, None, len(ours))
    apart = np.asarray(ours) - np.asarray(theirs)
    spread = float(apart.std(ddof=1))
    if not _spreads(spread, np.asarray(ours), np.asarray(theirs)):
        return _Test(None, None, None, len(ours))
    found: Any = stats.ttest_rel(ours, theirs)
    d = float(apart.mean()) / spread
    return _Test(float(found.pvalue), d, d * _hedges(len(ours) - 1), len(ours))


def _welch(ours: Floats, theirs: Floats) -> float:
    from scipy import stats

    found: Any = stats.ttest_ind(ours, theirs, equal_var=False)
    return float(found.pvalue)


def _permuted(ours: Floats, theirs: Floats, seed: int) -> float:
    from scipy import stats

    found: Any = stats.permutation_test(
        (ours, theirs), lambda x, y, axis: np.mean(x, axis=axis) - np.mean(y, axis=axis), vectorized=True,
        n_resamples=_RESAMPLES, random_state=np.random.default_rng(seed),
    )  # fmt: skip
    return float(found.pvalue)


def _spreads(spread: float, *samples: Floats) -> bool:
    """Whether a deviation is more than what the arithmetic itself makes."""
    size = max(float(np.abs(sample).max()) for sample in samples)
    return math.isfinite(spread) and spread > 1e-13 * size


def _hedges(freedom: int) -> float:
    """The factor from d to g, exact rather than 1 - 3 / (4 f - 1)."""
    if freedom < 2:
        return math.nan
    return math.exp(math.lgamma(freedom / 2) - math.lgamma((freedom - 1) / 2)) / math.sqrt(freedom / 2)


def _judged(row: Row, base: Row, test: _Test, p_holm: float | None, goal: Goal) -> Row:
    if row.mean is None or base.mean is None:
        return row
    apart = row.mean - base.mean
    g = None if test.g is None or math.isnan(test.g) else test.g
    row = replace(row, difference=apart, pairs=test.pairs, p=test.p, p_holm=p_holm, d=test.d, g=g)
    return replace(row, verdict=_verdict(row, base, goal))


def _verdict(row: Row, base: Row, goal: Goal) -> str:
    if min(row.n, base.n) < 2:
        return "one run"
    if row.p_holm is None:
        return "no common seeds" if row.pairs == 1 else "no spread"
    if row.p_holm >= _ALPHA:
        count = row.pairs or min(row.n, base.n)
        return f"not separable at n = {count}"
    up = (row.difference or 0) > 0
    if goal is None:
        return "higher" if up else "lower"
    return "better" if up == (goal == "max") else "worse"
