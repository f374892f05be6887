"""How much a model needs each feature: its values are shuffled, and what the metric loses is measured."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trackbook.errors import TrackbookError
from trackbook.figures.evaluation.layout import drawn_rows
from trackbook.models.evaluation.sample import Sample

__all__ = ["Limits", "Losses", "shuffled_losses"]

Score = Callable[[NDArray[Any], NDArray[Any]], float]


class Limits(NamedTuple):
    """How much may be spent.

    Attributes:
        rows: greatest number of rows; a sample is taken of more.
        repeats: how often each feature is shuffled.
        seconds: after so many no further feature is shuffled.
    """

    rows: int = 2_000
    repeats: int = 3
    seconds: float = 10.0


class Losses(NamedTuple):
    """What the metric lost each time that a feature was shuffled, and what was left out, as a sentence or ""."""

    losses: dict[str, list[float]]
    note: str


def shuffled_losses(
    predict: Callable[[Any], NDArray[Any]],
    sample: Sample,
    score: Score,
    limits: Limits,
    clock: Callable[[], float] = time.monotonic,
) -> Losses:
    """Shuffle the features one after the other, all once, then all again; the same in every process.

    scikit-learn's permutation_importance asks for an estimator and knows no end of time; models here are anything
    that predicts.

    Args:
        predict: features to one prediction a row.
        sample: the data, with targets.
        score: targets and predictions to a number; more is better.
        limits: how much may be spent.
        clock: seconds.
    """
    features, targets = sample.features, sample.targets
    width = features.shape[1] if features.ndim == 2 else 0
    if width < 2 or targets is None or len(targets) < 2:
        return Losses({}, "")
    rows = drawn_rows(sample.rows, limits.rows)
    few = features.iloc[rows] if hasattr(features, "iloc") else features[rows]
    truth, random, found = targets[rows], np.random.default_rng(0), dict[str, list[float]]()
    end = clock() + limits.seconds
    try:
        best = score(truth, predict(few))
        for _ in range(limits.repeats):
            for place, name in enumerate(sample.names):
                if clock() > end:
                    return Losses(found, _out_of_time(found, width, limits))
                lost = best - score(truth, predict(_shuffled(few, place, random)))
                found.setdefault(name, []).append(lost)
    except (TrackbookError, ValueError, TypeError) as error:
        why = f"the model refuses shuffled data: {error!s:.200}"
        return Losses({}, f"The importance of features was not measured, for {why}")
    return Losses(found, "")


def _out_of_time(found: dict[str, list[float]], width: int, limits: Limits) -> str:
    if len(found) == width:
        return ""
    return f"The importance of {width - len(found)} of {width} features was not measured within {limits.seconds:g} s."


def _shuffled(features: Any, place: int, random: np.random.Generator) -> Any:
    order = random.permutation(len(features))
    changed = features.copy()
    if hasattr(changed, "iloc"):
        changed.isetitem(place, changed.iloc[order, place].array)
    else:
        changed[:, place] = changed[order, place]
    return changed
