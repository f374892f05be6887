"""XGBoost: its own files, UBJSON or JSON, which run no code when loaded."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from trackbook.errors import InvalidParameter
from trackbook.models.flavors.base import Flavor, NativePredictor, Opened, Predictor, Written
from trackbook.models.flavors.classes import accepted, library_class, named_class
from trackbook.models.loading import load
from trackbook.models.model import Model, ModelInfo
from trackbook.models.package import log, save

__all__ = ["Boosters", "flavor", "load_model", "log_model", "save_model"]

FORMATS = ("ubj", "json", "xgb")
_BOOSTER = "xgboost.core.Booster"


class Boosters(Flavor):
    """Boosters and the estimators around them."""

    name = "xgboost"
    library = "xgboost"
    loader_module = "mlflow.xgboost"

    def save(self, model: Any, folder: Path, model_format: str = "ubj", **options: Any) -> Written:
        """See the contract; a class of the user's own is stored as the class of the library that is above it."""
        import xgboost

        if model_format not in FORMATS:
            raise InvalidParameter(f"model_format is one of {', '.join(FORMATS)}, not {model_format!r}.")
        if not isinstance(model, xgboost.Booster | xgboost.XGBModel):
            raise InvalidParameter(
                f"An XGBoost model is a Booster or an estimator of its scikit-learn interface, not a "
                f"{type(model).__name__}."
            )
        name = f"model.{model_format}"
        try:
            staged = folder / ("model.json" if model_format == "json" else "model.ubj")  # the ending says the format
            model.save_model(staged)
            staged.rename(folder / name)
        except (ValueError, xgboost.core.XGBoostError) as error:
            raise InvalidParameter(f"The {type(model).__name__} cannot be stored: {error}") from None
        config = {
            "data": name,
            "model_class": library_class(model, self.library),
            "model_format": model_format,
            "xgb_version": xgboost.__version__,
        }
        return Written(config, {"data": name}, () if isinstance(model, xgboost.Booster) else ("sklearn",))

    def load(self, opened: Opened, **options: Any) -> Any:
        """See the contract."""
        import xgboost

        path = opened.file(opened.config.get("data") or opened.pyfunc.get("data"), "model.xgb")
        kind = named_class(opened.config.get("model_class") or _BOOSTER, xgboost, xgboost.Booster, xgboost.XGBModel)
        model, data = kind(), bytearray(path.read_bytes())
        try:
            if not data or (data[:1] == b"{" and data.rstrip()[-1:] != b"}"):
                raise ValueError("it ends too early")  # the library would end the process over it
            model.load_model(data)
        except (LookupError, TypeError, ValueError, xgboost.core.XGBoostError) as error:
            raise InvalidParameter(f"{path.name!r} holds no {kind.__name__}: {error}") from None
        return model

    def wrap(self, model: Any, pyfunc: Mapping[str, Any]) -> Predictor:
        """See the contract."""
        return _Predictor(model)


class _Predictor(NativePredictor):
    """Checks the names of columns, and makes a DMatrix for a Booster."""

    def predict(self, data: Any, params: Mapping[str, Any] | None = None) -> Any:
        """Scores; params that the model's predict does not take are left out."""
        import xgboost

        given = {"validate_features": True} | accepted(self._predict, params)
        return self._predict(xgboost.DMatrix(data) if isinstance(self.model, xgboost.Booster) else data, **given)


flavor = Boosters()


def save_model(
    xgb_model: Any,
    path: str | os.PathLike[str],
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    mlflow_model: Model | None = None,
    signature: Any = None,
    input_example: Any = None,
    pip_requirements: Any = None,
    extra_pip_requirements: Any = None,
    model_format: str = "ubj",
    metadata: Mapping[str, Any] | None = None,
    extra_files: Sequence[str] | None = None,
    **kwargs: Any,
) -> None:
    """Write an XGBoost model into a new local folder, in MLflow's format.

    See `trackbook.sklearn.save_model` for what is not listed.

    Args:
        xgb_model: a Booster, or an estimator of its scikit-learn interface.
        model_format: ``ubj``, ``json`` or ``xgb``.
        kwargs: none is known.

    Raises:
        AlreadyExists: something is at the path.
        InvalidParameter: it is no such model, or something beside it is wrong; nothing is left behind.
        MissingDependency: XGBoost is not installed.
    """
    words = locals()
    save(flavor, words.pop("xgb_model"), words.pop("path"), words)


def log_model(
    xgb_model: Any,
    artifact_path: str | None = None,
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    registered_model_name: str | None = None,
    signature: Any = None,
    input_example: Any = None,
    await_registration_for: int = 300,
    pip_requirements: Any = None,
    extra_pip_requirements: Any = None,
    model_format: str = "ubj",
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
    """Log an XGBoost model, of the active run if there is one.

    See `save_model` and `trackbook.sklearn.log_model` for what is not listed.

    Args:
        xgb_model: a Booster, or an estimator of its scikit-learn interface.
        model_format: ``ubj``, ``json`` or ``xgb``.
        kwargs: none is known.

    Returns:
        What is known of it; `model_uri` is what loads it.

    Raises:
        InvalidParameter: it is no such model, or something is wrong; nothing is left behind.
        MissingDependency: XGBoost is not installed.
    """
    words = locals()
    return log(flavor, words.pop("xgb_model"), words)


def load_model(
    model_uri: str,
    dst_path: str | None = None,
    *,
    trust: bool | None = None,
) -> Any:
    """The Booster or estimator of a model that was saved or logged, by Trackbook or by MLflow.

    Args:
        model_uri: see `trackbook.sklearn.load_model`.
        dst_path: folder for a copy of its files that stays.
        trust: True lets this call run code that comes with the model; None asks your rules (docs/models.md).

    Raises:
        NotFound: there is no such model.
        DamagedArtifact: its files are not what was stored.
        UntrustedModel: loading it runs code, and nobody has said that it may.
        MissingDependency: XGBoost is not installed.
    """
    return load(flavor, model_uri, dst_path, trust)
