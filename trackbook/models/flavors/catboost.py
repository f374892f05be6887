"""CatBoost: its own files, which run no code when loaded."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from trackbook.errors import InvalidParameter
from trackbook.models.flavors.base import Flavor, NativePredictor, Opened, Predictor, Written
from trackbook.models.flavors.classes import library_class, named_class
from trackbook.models.loading import load
from trackbook.models.model import Model, ModelInfo
from trackbook.models.package import log, save

__all__ = ["Boosters", "flavor", "load_model", "log_model", "save_model"]

_FILE = "model.cb"
#: Those that CatBoost reads again.
FORMATS = ("cbm", "json", "onnx", "coreml")


class Boosters(Flavor):
    """CatBoost and its classifiers, regressors and rankers."""

    name = "catboost"
    library = "catboost"
    loader_module = "mlflow.catboost"

    def save(
        self,
        model: Any,
        folder: Path,
        format: str = "cbm",
        export_parameters: Mapping[str, Any] | None = None,
        pool: Any = None,
        **options: Any,
    ) -> Written:
        """See the contract; the options are those of CatBoost's save_model."""
        import catboost

        if format not in FORMATS:
            raise InvalidParameter(f"format is one of {', '.join(FORMATS)}, not {format!r}.")
        if not isinstance(model, catboost.CatBoost):
            raise InvalidParameter(f"A CatBoost model is a CatBoost or a class below it, not a {type(model).__name__}.")
        try:
            model.save_model(str(folder / _FILE), format=format, export_parameters=export_parameters, pool=pool)
        except (TypeError, ValueError, catboost.CatBoostError) as error:
            raise InvalidParameter(f"The {type(model).__name__} cannot be stored: {error}") from None
        config = {
            "catboost_version": catboost.__version__,
            "data": _FILE,
            "model_type": library_class(model, self.library).rpartition(".")[2],
            "save_format": format,
        }
        return Written(config, {"data": _FILE})

    def load(self, opened: Opened, **options: Any) -> Any:
        """See the contract."""
        import catboost

        path = opened.file(opened.config.get("data") or opened.pyfunc.get("data"), _FILE)
        form = opened.config.get("save_format") or "cbm"
        if form not in FORMATS:
            raise InvalidParameter(f"MLmodel names the format {form!r:.80}; there are {', '.join(FORMATS)}.")
        kind = named_class(opened.config.get("model_type") or "CatBoost", catboost, catboost.CatBoost)
        try:
            return kind().load_model(str(path), format=form)
        except (TypeError, ValueError, catboost.CatBoostError) as error:
            raise InvalidParameter(f"{path.name!r} holds no {kind.__name__}: {error}") from None

    def wrap(self, model: Any, pyfunc: Mapping[str, Any]) -> Predictor:
        """See the contract."""
        return _Predictor(model)


class _Predictor(NativePredictor):
    """Takes data alone, as MLflow's does."""

    def predict(self, data: Any, params: Mapping[str, Any] | None = None) -> Any:
        """Scores."""
        return self._predict(data)


flavor = Boosters()


def save_model(
    cb_model: Any,
    path: str | os.PathLike[str],
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    mlflow_model: Model | None = None,
    signature: Any = None,
    input_example: Any = None,
    pip_requirements: Any = None,
    extra_pip_requirements: Any = None,
    metadata: Mapping[str, Any] | None = None,
    extra_files: Sequence[str] | None = None,
    **kwargs: Any,
) -> None:
    """Write a CatBoost model into a new local folder, in MLflow's format.

    See `trackbook.sklearn.save_model` for what is not listed.

    Args:
        cb_model: a CatBoost, or one of the classes below it.
        kwargs: of CatBoost's save_model: format, export_parameters, pool.

    Raises:
        AlreadyExists: something is at the path.
        InvalidParameter: it is no such model, or something beside it is wrong; nothing is left behind.
        MissingDependency: CatBoost is not installed.
    """
    words = locals()
    save(flavor, words.pop("cb_model"), words.pop("path"), words)


def log_model(
    cb_model: Any,
    artifact_path: str | None = None,
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    registered_model_name: str | None = None,
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
    """Log a CatBoost model, of the active run if there is one.

    See `save_model` and `trackbook.sklearn.log_model` for what is not listed.

    Args:
        cb_model: a CatBoost, or one of the classes below it.
        kwargs: of CatBoost's save_model: format, export_parameters, pool.

    Returns:
        What is known of it; `model_uri` is what loads it.

    Raises:
        InvalidParameter: it is no such model, or something is wrong; nothing is left behind.
        MissingDependency: CatBoost is not installed.
    """
    words = locals()
    return log(flavor, words.pop("cb_model"), words)


def load_model(
    model_uri: str,
    dst_path: str | None = None,
    *,
    trust: bool | None = None,
) -> Any:
    """The model that was saved or logged, by Trackbook or by MLflow.

    Args:
        model_uri: see `trackbook.sklearn.load_model`.
        dst_path: folder for a copy of its files that stays.
        trust: True lets this call run code that comes with the model; None asks your rules (docs/models.md).

    Raises:
        NotFound: there is no such model.
        DamagedArtifact: its files are not what was stored.
        UntrustedModel: loading it runs code, and nobody has said that it may.
        MissingDependency: CatBoost is not installed.
    """
    return load(flavor, model_uri, dst_path, trust)
