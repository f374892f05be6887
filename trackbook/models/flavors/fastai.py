"""fastai: a learner with the way of its data, which the library itself stores as a pickle."""

from __future__ import annotations

import os
import pickle
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from trackbook.errors import InvalidParameter
from trackbook.models.flavors.base import Flavor, NativePredictor, Opened, Predictor, Written
from trackbook.models.loading import load
from trackbook.models.model import Model, ModelInfo
from trackbook.models.package import log, save

__all__ = ["Learners", "flavor", "load_model", "log_model", "save_model"]

_FILE = "model.fastai"
_HAZARD = "is a pickle"


class Learners(Flavor):
    """Learners of any application."""

    name = "fastai"
    library = "fastai"
    loader_module = "mlflow.fastai"
    modules = ("torch",)

    def save(self, model: Any, folder: Path, **options: Any) -> Written:
        """See the contract; the learner keeps its data, which the file does not have."""
        import fastai
        from fastai.learner import Learner

        if not isinstance(model, Learner):
            raise InvalidParameter(f"A fastai model is a Learner, not a {type(model).__name__}.")
        try:
            model.export(folder / _FILE)
        except (AttributeError, RuntimeError, TypeError, pickle.PicklingError) as error:
            raise InvalidParameter(f"The {type(model).__name__} cannot be exported: {error}") from error
        return Written({"data": _FILE, "fastai_version": fastai.__version__}, {"data": _FILE})

    def hazard(self, opened: Opened) -> str:
        """It is always a pickle."""
        return _HAZARD

    def load(self, opened: Opened, **options: Any) -> Any:
        """See the contract."""
        from fastai.learner import Learner, load_learner

        path = opened.file(opened.config.get("data") or opened.pyfunc.get("data"), _FILE)
        opened.trust.require(_HAZARD)
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="load_learner")  # what it warns of was asked for
                model = load_learner(path)
        except (AttributeError, EOFError, ImportError, LookupError, OSError, RuntimeError, TypeError) as error:
            raise InvalidParameter(f"{path.name!r} could not be loaded: {error}") from error
        except (ValueError, pickle.UnpicklingError) as error:
            raise InvalidParameter(f"{path.name!r} holds no learner: {error}") from error
        if not isinstance(model, Learner):
            raise InvalidParameter(f"{path.name!r} holds no learner, but a {type(model).__name__}.")
        return model

    def wrap(self, model: Any, pyfunc: Mapping[str, Any]) -> Predictor:
        """See the contract."""
        return _Predictor(model, "get_preds")


class _Predictor(NativePredictor):
    """Hands data the learner's own way to its network."""

    def predict(self, data: Any, params: Mapping[str, Any] | None = None) -> Any:
        """Scores: a frame with one column ``predictions``, of arrays, as MLflow gives."""
        import pandas as pd

        rows = self.model.dls.test_dl(data)
        with self.model.no_bar(), self.model.no_logging():
            scores, _ = self._predict(dl=rows)
        index = data.index if isinstance(data, pd.DataFrame) else None
        return pd.DataFrame({"predictions": list(scores.numpy())}, index=index)


flavor = Learners()


def save_model(
    fastai_learner: Any,
    path: str | os.PathLike[str],
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    mlflow_model: Model | None = None,
    signature: Any = None,
    input_example: Any = None,
    pip_requirements: Any = None,
    extra_pip_requirements: Any = None,
    metadata: Mapping[str, Any] | None = None,
    **kwargs: Any,
) -> None:
    """Write a fastai learner into a new local folder, in MLflow's format.

    See `trackbook.sklearn.save_model` for what is not listed.

    Args:
        fastai_learner: a Learner.
        kwargs: none is known.

    Raises:
        AlreadyExists: something is at the path.
        InvalidParameter: it is no such model, or something beside it is wrong; nothing is left behind.
        MissingDependency: fastai is not installed.
    """
    words = locals()
    save(flavor, words.pop("fastai_learner"), words.pop("path"), words)


def log_model(
    fastai_learner: Any,
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
    **kwargs: Any,
) -> ModelInfo:
    """Log a fastai learner, of the active run if there is one.

    See `save_model` and `trackbook.sklearn.log_model` for what is not listed.

    Args:
        fastai_learner: a Learner.
        kwargs: name, params, tags and the other words of `trackbook.sklearn.log_model`.

    Returns:
        What is known of it; `model_uri` is what loads it.

    Raises:
        InvalidParameter: it is no such model, or something is wrong; nothing is left behind.
        MissingDependency: fastai is not installed.
    """
    words = locals()
    return log(flavor, words.pop("fastai_learner"), words)


def load_model(
    model_uri: str,
    dst_path: str | None = None,
    *,
    trust: bool | None = None,
) -> Any:
    """The learner that was saved or logged, by Trackbook or by MLflow.

    Args:
        model_uri: see `trackbook.sklearn.load_model`.
        dst_path: folder for a copy of its files that stays.
        trust: True lets this call run code that comes with the model; None asks your rules (docs/models.md).

    Raises:
        NotFound: there is no such model.
        DamagedArtifact: its files are not what was stored.
        UntrustedModel: loading it runs code, and nobody has said that it may.
        MissingDependency: fastai is not installed.
    """
    return load(flavor, model_uri, dst_path, trust)
