"""The metrics of a regressor under MLflow's names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trackbook.errors import InvalidParameter
from trackbook.libraries import require
from trackbook.models.evaluation.sample import weights_of

__all__ = ["Measured", "measure", "regression_metrics"]


@dataclass(frozen=True)
class Measured:
    """Targets and predictions of a regressor.

    Attributes:
        truth: the targets.
        predicted: what the model gave.
        weights: of the rows.
    """

    truth: NDArray[np.float64]
    predicted: NDArray[np.float64]
    weights: NDArray[np.float64] | None


def measure(targets: NDArray[Any], predictions: NDArray[Any], config: Mapping[str, Any]) -> Measured:
    """Bring targets and predictions to float64.

    Raises:
        InvalidParameter: they are no finite numbers.
    """
    require("Evaluation of a regressor", "sklearn")
    truth, predicted = _finite("targets", targets), _finite("predictions", predictions)
    return Measured(truth, predicted, weights_of(config, len(truth)))


def _finite(role: str, values: NDArray[Any]) -> NDArray[np.float64]:
    try:
        if values.dtype.kind in "US":
            raise ValueError("text")
        numbers: NDArray[np.float64] = values.astype(np.float64)
    except (ValueError, TypeError, OverflowError) as error:
        first = repr(values[:1].tolist()[0]) if len(values) else ""
        raise InvalidParameter(
            f"The {role} of a regressor are numbers; here the first is {first:.80}. For labels say "
            "model_type='classifier'."
        ) from error
    infinite = np.flatnonzero(~np.isfinite(numbers))
    if len(infinite):
        raise InvalidParameter(
            f"{len(infinite)} of {len(numbers)} {role} are infinite, the first in row {infinite[0]}."
        )
    return numbers


def regression_metrics(measured: Measured) -> dict[str, float]:
    """The usual metrics under MLflow's names; r2_score is NaN for a single row."""
    from sklearn import metrics

    y, given, weights = measured.truth, measured.predicted, measured.weights
    with np.errstate(over="ignore", invalid="ignore"):
        total = float(y.sum() if weights is None else (y * weights).sum())
        squared = float(metrics.mean_squared_error(y, given, sample_weight=weights))
        found = {
            "example_count": len(y),
            "mean_absolute_error": metrics.mean_absolute_error(y, given, sample_weight=weights),
            "mean_squared_error": squared,
            "root_mean_squared_error": squared**0.5,
            "sum_on_target": total,
            "mean_on_target": total / len(y),
            "r2_score": metrics.r2_score(y, given, sample_weight=weights) if len(y) > 1 else np.nan,
            "max_error": metrics.max_error(y, given),
            "mean_absolute_percentage_error": metrics.mean_absolute_percentage_error(y, given, sample_weight=weights),
        }
    return {name: float(value) for name, value in found.items()}
