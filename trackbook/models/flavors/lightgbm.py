"""LightGBM: a Booster as text, which runs no code when loaded; an estimator of its scikit-learn interface by skops."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from trackbook.errors import InvalidParameter
from trackbook.models.flavors.base import Flavor, NativePredictor, Opened, Predictor, Written
from trackbook.models.flavors.classes import library_class
from trackbook.models.flavors.sklearn import FILES, FORMATS, encoded, hazard_of, read_estimator
from trackbook.models.loading import load
from trackbook.models.model import Model, ModelInfo
from trackbook.models.package import log, save

__all__ = ["Boosters", "flavor", "load_model", "log_model", "save_model"]

_BOOSTER = "lightgbm.basic.Booster"
#: What the library's own estimators consist of beyond what skops knows; no file can make these run its code.
_OWN_TYPES = frozenset(
    {
        "collections.OrderedDict",
        "collections.defaultdict",
        _BOOSTER,
        *(f"lightgbm.sklearn.LGBM{kind}" for kind in ("Classifier", "Model", "Ranker", "Regressor")),
    }
)


class Boosters(Flavor):
    """Boosters and the estimators around them."""

    name = "lightgbm"
    library = "lightgbm"
    loader_module = "mlflow.lightgbm"

    def save(
        self,
        model: Any,
        folder: Path,
        serialization_format: str | None = None,
        skops_trusted_types: Sequence[str] | None = None,
        **options: Any,
    ) -> Written:
        """See the contract; `skops_trusted_types` are noted for MLflow's readers."""
        import lightgbm

        types: list[str] = []
        config: dict[str, Any] = {"lgb_version": lightgbm.__version__, "model_class": _BOOSTER}
        if isinstance(model, lightgbm.Booster):
            model.save_model(folder / "model.lgb")
            form, name = "skops", "model.lgb"  # MLflow notes a format here too, and reads none
        elif isinstance(model, lightgbm.LGBMModel):
            form, data, types = encoded(model, serialization_format)
            name = FILES[form]
            folder.joinpath(name).write_bytes(data)
            config["model_class"] = library_class(model, self.library)
        else:
            raise InvalidParameter(
                f"A LightGBM model is a Booster or an estimator of its scikit-learn interface, not a "
                f"{type(model).__name__}."
            )
        trusted = sorted({*types, *(skops_trusted_types or ())}) if form == "skops" else None
        config |= {"data": name, "serialization_format": form, "skops_trusted_types": trusted}
        needed = () if name == "model.lgb" else ("sklearn",) if form == "pickle" else ("sklearn", form)
        return Written(config, {"data": name}, needed)

    def hazard(self, opened: Opened) -> str:
        """Text runs no code; of an estimator the format decides."""
        return "" if _is_booster(opened) else hazard_of(*_file(opened), _OWN_TYPES)

    def load(self, opened: Opened, **options: Any) -> Any:
        """See the contract."""
        import lightgbm

        path, form = _file(opened)
        if not _is_booster(opened):
            return read_estimator(opened, path, form)
        try:
            return lightgbm.Booster(model_str=path.read_text(encoding="utf-8"))
        except (UnicodeDecodeError, lightgbm.basic.LightGBMError) as error:
            raise InvalidParameter(f"{path.name!r} holds no Booster: {error}") from None

    def wrap(self, model: Any, pyfunc: Mapping[str, Any]) -> Predictor:
        """See the contract."""
        return _Predictor(model)


class _Predictor(NativePredictor):
    """Takes data alone, as MLflow's does: predict of a Booster takes anything by name and ignores it."""

    def predict(self, data: Any, params: Mapping[str, Any] | None = None) -> Any:
        """Scores."""
        return self._predict(data)


def _is_booster(opened: Opened) -> bool:
    return (opened.config.get("model_class") or _BOOSTER) == _BOOSTER


def _file(opened: Opened) -> tuple[Path, str]:
    form = str(opened.config.get("serialization_format") or "cloudpickle")
    if form not in FORMATS:
        raise InvalidParameter(f"MLmodel names the format {form!r}; there are {', '.join(FORMATS)}.")
    return opened.file(opened.config.get("data") or opened.pyfunc.get("data"), "model.lgb"), form


flavor = Boosters()


def save_model(
    lgb_model: Any,
    path: str | os.PathLike[str],
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    mlflow_model: Model | None = None,
    signature: Any = None,
    input_example: Any = None,
    pip_requirements: Any = None,
    extra_pip_requirements: Any = None,
    metadata: Mapping[str, Any] | None = None,
    serialization_format: str | None = None,
    skops_trusted_types: Sequence[str] | None = None,
    extra_files: Sequence[str] | None = None,
    **kwargs: Any,
) -> None:
    """Write a LightGBM model into a new local folder, in MLflow's format.

    See `trackbook.sklearn.save_model` for what is not listed.

    Args:
        lgb_model: a Booster, or an estimator of its scikit-learn interface.
        serialization_format: of an estimator, as in `trackbook.sklearn.save_model`.
        skops_trusted_types: noted for MLflow's readers.
        kwargs: none is known.

    Raises:
        AlreadyExists: something is at the path.
        InvalidParameter: it is no such model, or something beside it is wrong; nothing is left behind.
        MissingDependency: LightGBM is not installed.
    """
    words = locals()
    save(flavor, words.pop("lgb_model"), words.pop("path"), words)


def log_model(
    lgb_model: Any,
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
    serialization_format: str | None = None,
    skops_trusted_types: Sequence[str] | None = None,
    **kwargs: Any,
) -> ModelInfo:
    """Log a LightGBM model, of the active run if there is one.

    See `save_model` and `trackbook.sklearn.log_model` for what is not listed.

    Args:
        lgb_model: a Booster, or an estimator of its scikit-learn interface.
        serialization_format: of an estimator, as in `trackbook.sklearn.save_model`.
        skops_trusted_types: noted for MLflow's readers.
        kwargs: none is known.

    Returns:
        What is known of it; `model_uri` is what loads it.

    Raises:
        InvalidParameter: it is no such model, or something is wrong; nothing is left behind.
        MissingDependency: LightGBM is not installed.
    """
    words = locals()
    return log(flavor, words.pop("lgb_model"), words)


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
        MissingDependency: LightGBM is not installed.
    """
    return load(flavor, model_uri, dst_path, trust)
