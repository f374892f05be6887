"""statsmodels: the results of a fit, which the library itself stores as a pickle."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from trackbook.errors import InvalidParameter
from trackbook.models.flavors.base import Flavor, NativePredictor, Opened, Predictor, Written
from trackbook.models.loading import load
from trackbook.models.model import Model, ModelInfo
from trackbook.models.package import log, save

__all__ = ["FittedResults", "flavor", "load_model", "log_model", "save_model"]

_FILE = "model.statsmodels"
_HAZARD = "is a pickle"


class FittedResults(Flavor):
    """Whatever fit gives."""

    name = "statsmodels"
    library = "statsmodels"
    loader_module = "mlflow.statsmodels"

    def save(self, model: Any, folder: Path, remove_data: bool = False, **options: Any) -> Written:
        """See the contract; `remove_data` works on a copy, for statsmodels takes them out of the object itself."""
        import statsmodels

        if not self.accepts(model) or not callable(getattr(model, "save", None)):
            raise InvalidParameter(
                f"A statsmodels model is what the fit of one gives, such as OLS(y, X).fit(), not a "
                f"{type(model).__name__}."
            )
        (copy.deepcopy(model) if remove_data else model).save(str(folder / _FILE), remove_data)
        return Written({"data": _FILE, "statsmodels_version": statsmodels.__version__}, {"data": _FILE})

    def hazard(self, opened: Opened) -> str:
        """It is always a pickle."""
        return _HAZARD

    def load(self, opened: Opened, **options: Any) -> Any:
        """See the contract."""
        return opened.trust.unpickle(opened.file(opened.config.get("data"), _FILE), _HAZARD)

    def wrap(self, model: Any, pyfunc: Mapping[str, Any]) -> Predictor:
        """See the contract."""
        return _Predictor(model)


class _Predictor(NativePredictor):
    """Takes rows; for a time series one row that says from when to when."""

    def predict(self, data: Any, params: Mapping[str, Any] | None = None) -> Any:
        """Scores."""
        from statsmodels.tsa.base.tsa_model import TimeSeriesModel

        if not isinstance(getattr(self.model, "model", None), TimeSeriesModel):
            return self._predict(data)
        if len(data) != 1 or not {"start", "end"} <= set(getattr(data, "columns", ())):
            raise InvalidParameter("A time series is forecast for one row with the columns 'start' and 'end'.")
        return self._predict(start=data["start"].iloc[0], end=data["end"].iloc[0])


flavor = FittedResults()


def save_model(
    statsmodels_model: Any,
    path: str | os.PathLike[str],
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    mlflow_model: Model | None = None,
    remove_data: bool = False,
    signature: Any = None,
    input_example: Any = None,
    pip_requirements: Any = None,
    extra_pip_requirements: Any = None,
    metadata: Mapping[str, Any] | None = None,
    extra_files: Sequence[str] | None = None,
) -> None:
    """Write the results of a statsmodels model into a new local folder, in MLflow's format.

    See `trackbook.sklearn.save_model` for what is not listed.

    Args:
        statsmodels_model: what its fit gives.
        remove_data: leave the training data out; the object itself keeps them.

    Raises:
        AlreadyExists: something is at the path.
        InvalidParameter: it is no such model, or something beside it is wrong; nothing is left behind.
        MissingDependency: statsmodels is not installed.
    """
    words = locals()
    save(flavor, words.pop("statsmodels_model"), words.pop("path"), words)


def log_model(
    statsmodels_model: Any,
    artifact_path: str | None = None,
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    registered_model_name: str | None = None,
    remove_data: bool = False,
    signature: Any = None,
    input_example: Any = None,
    await_registration_for: int = 300,
    pip_requirements: Any = None,
    extra_pip_requirements: Any = None,
    metadata: Mapping[str, Any] | None = None,
    extra_files: Sequence[str] | None = None,
    name: str | None = None,
    params: Mapping[str, Any] | None = None,
    tags: Mapping[str, Any] | None = None,
    model_type: str | None = None,
    step: int = 0,
    model_id: str | None = None,
    **kwargs: Any,
) -> ModelInfo:
    """Log the results of a statsmodels model, of the active run if there is one.

    See `save_model` and `trackbook.sklearn.log_model` for what is not listed.

    Args:
        statsmodels_model: what its fit gives.
        remove_data: leave the training data out; the object itself keeps them.
        kwargs: none is known.

    Returns:
        What is known of it; `model_uri` is what loads it.

    Raises:
        InvalidParameter: it is no such model, or something is wrong; nothing is left behind.
        MissingDependency: statsmodels is not installed.
    """
    words = locals()
    return log(flavor, words.pop("statsmodels_model"), words)


def load_model(
    model_uri: str,
    dst_path: str | None = None,
    *,
    trust: bool | None = None,
) -> Any:
    """The results of a model that was saved or logged, by Trackbook or by MLflow.

    Args:
        model_uri: see `trackbook.sklearn.load_model`.
        dst_path: folder for a copy of its files that stays.
        trust: True lets this call run code that comes with the model; None asks your rules (docs/models.md).

    Raises:
        NotFound: there is no such model.
        DamagedArtifact: its files are not what was stored.
        UntrustedModel: loading it runs code, and nobody has said that it may.
        MissingDependency: statsmodels is not installed.
    """
    return load(flavor, model_uri, dst_path, trust)
