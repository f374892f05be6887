"""What drives a metric: how much worse a random forest predicts it when the values of one param are shuffled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from trackbook.figures.axes import Axis
from trackbook.libraries import require

__all__ = ["LEAST_RUNS", "DriversData", "drivers_data"]

#: With fewer runs a forest tells nothing.
LEAST_RUNS = 12
_FEW_RUNS = 50
_MOST_RUNS, _MOST_PARAMS = 500, 30
_TREES, _REPEATS, _SEED = 100, 8, 0
_GOOD = 0.6


class DriversData(NamedTuple):
    """What the chart shows.

    Attributes:
        metric: which metric is explained.
        names: the params, the one that matters most first.
        means: how much of the explained spread is lost without each, on average over the shuffles.
        spreads: the standard deviation of that.
        explained: R² of the forest on the runs that each tree has not seen; None if nothing was computed.
        runs: how many finished runs it has seen.
        note: how far to trust it, or why there is nothing; "" if nothing needs saying.
    """

    metric: str
    names: tuple[str, ...]
    means: tuple[float, ...]
    spreads: tuple[float, ...]
    explained: float | None
    runs: int
    note: str


def drivers_data(params: Sequence[Axis], target: Axis, finished: Sequence[bool]) -> DriversData:
    """What to draw; the same in every process.

    Args:
        params: columns that may explain the metric; those that do not vary are left out.
        target: the metric.
        finished: whether each run has finished: the last value of one that goes on is not its result.

    Raises:
        MissingDependency: scikit-learn is not installed; names the pip command.
    """
    require("What drives a metric", "sklearn")
    kept = np.isfinite(target.values) & np.asarray(finished, dtype=bool)
    rows = np.flatnonzero(kept)
    varying = [axis for axis in params if _varies(axis, rows)]
    nothing = _why_nothing(target, rows, varying)
    if nothing:
        return DriversData(target.label, (), (), (), None, len(rows), nothing)
    notes = []
    if len(rows) > _MOST_RUNS:
        rows = np.sort(np.random.default_rng(_SEED).choice(rows, _MOST_RUNS, replace=False))
        notes.append(f"Of {int(kept.sum())} finished runs a sample of {_MOST_RUNS} was taken.")
    if len(varying) > _MOST_PARAMS:
        notes.append(f"The first {_MOST_PARAMS} of {len(varying)} params that vary were looked at.")
        varying = varying[:_MOST_PARAMS]
    features = np.stack([_feature(axis, rows) for axis in varying], axis=1)
    explained, means, spreads = _forest(features, _numbers(target, rows))
    order = sorted(range(len(varying)), key=lambda place: -means[place])
    return DriversData(
        target.label,
        tuple(varying[place].label for place in order),
        tuple(float(means[place]) for place in order),
        tuple(float(spreads[place]) for place in order),
        explained,
        len(rows),
        " ".join([_trust(explained, len(rows)), *notes]).strip(),
    )


def _why_nothing(target: Axis, rows: NDArray[np.intp], varying: Sequence[Axis]) -> str:
    if len(rows) < LEAST_RUNS:
        return (
            f"{len(rows)} finished run{' has' if len(rows) == 1 else 's have'} {target.label}; "
            f"from {LEAST_RUNS} on a forest can tell which params drive it."
        )
    if not varying:
        return "No param differs among the finished runs, so none can drive anything."
    if len(np.unique(target.values[rows])) == 1:
        return f"{target.label} is the same in all {len(rows)} finished runs."
    return ""


def _trust(explained: float, runs: int) -> str:
    if explained >= _GOOD and runs >= _FEW_RUNS:
        return ""
    more = " More runs would firm up the lower ranks." if runs < _FEW_RUNS else ""
    if explained <= 0:
        return f"The forest explains nothing of the spread: the ranks below are noise.{more}"
    share = max(1, round(100 * explained))
    care = "" if explained >= _GOOD else "Read with care: "
    return f"{care}{'the' if care else 'The'} forest explains {share} % of the spread.{more}"


def _forest(features: NDArray[np.float64], target: NDArray[np.float64]) -> tuple[float, list[float], list[float]]:
    """R² out of bag; mean and standard deviation of what each column's shuffling costs."""
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.inspection import permutation_importance

    forest = RandomForestRegressor(_TREES, oob_score=True, random_state=_SEED, n_jobs=1)
    forest.fit(features, target)
    found = permutation_importance(forest, features, target, n_repeats=_REPEATS, random_state=_SEED, n_jobs=1)
    return float(forest.oob_score_), list(found.importances_mean), list(found.importances_std)


def _varies(axis: Axis, rows: NDArray[np.intp]) -> bool:
    return len(np.unique(np.nan_to_num(axis.values[rows], nan=-np.inf))) > 1


def _numbers(axis: Axis, rows: NDArray[np.intp]) -> NDArray[np.float64]:
    values = axis.values[rows]
    return np.log10(values) if axis.kind == "log" else values


def _feature(axis: Axis, rows: NDArray[np.intp]) -> NDArray[np.float64]:
    """Numbers for a tree; runs without the param stand below all others."""
    values = _numbers(axis, rows)
    real = values[np.isfinite(values)]
    below = float(real.min()) - max(1.0, float(np.ptp(real))) if len(real) else 0.0
    return np.where(np.isfinite(values), values, below)
