"""How a model is asked: its predictions and, where it has them, its probabilities, whatever kind of model it is."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trackbook.errors import InvalidParameter, NotSupported
from trackbook.models.evaluation.sample import Sample, vector

__all__ = ["Answers", "Predictor", "ask", "predictor_of", "split_answer"]


class Answers(NamedTuple):
    """What a model says of a sample.

    Attributes:
        predictions: one value a row.
        probabilities: one row an example, one column a class; None if it gives none.
        classes: the class of each column of the probabilities; None if the model does not say.
        others: further columns of what it gives, by name.
    """

    predictions: NDArray[Any]
    probabilities: NDArray[np.float64] | None = None
    classes: list[Any] | None = None
    others: Mapping[str, NDArray[Any]] = {}


def _own(features: Any) -> Any:
    """A copy: a model may change what it is given."""
    return features.copy()


@dataclass(frozen=True)
class Predictor:
    """A model as evaluation asks it.

    Attributes:
        predict: features to what the model gives.
        probabilities: features to a column of probabilities a class; None if it cannot.
        classes: the class of each of those columns.
        name: for people: its address, or its type.
        model_id: of the logged model, if it is one.
        raw: the object behind it, such as a scikit-learn estimator; None if there is none to be had.
        prepared: features as that object was fitted to them.
    """

    predict: Callable[[Any], Any]
    probabilities: Callable[[Any], Any] | None = None
    classes: list[Any] | None = None
    name: str = "model"
    model_id: str | None = None
    raw: Any = None
    prepared: Callable[[Any], Any] = _own


def predictor_of(
    model: Any, config: Mapping[str, Any] | None = None, params: Mapping[str, Any] | None = None
) -> Predictor:
    """What a caller gives as a model, to be asked.

    Args:
        model: an address, a loaded model, any object with `predict`, or a function of the features.
        config: for loading a model by its address.
        params: for the `predict` of a loaded model.

    Raises:
        InvalidParameter: it is none of these, or `config` or `params` do not go with it.
    """
    name = type(model).__name__
    if isinstance(model, (str, os.PathLike)):
        from trackbook.models.pyfunc import load_model

        name = os.fspath(model)
        model = load_model(name, model_config=config)
    elif config:
        raise InvalidParameter("model_config goes with the address of a model; this one is loaded already.")
    if hasattr(model, "metadata") and callable(getattr(model, "get_raw_model", None)):
        return _of_pyfunc(model, name, params)
    if params:
        raise InvalidParameter("inference_params go with a logged model; an object or a function takes none.")
    if not isinstance(model, type) and callable(getattr(model, "predict", None)):
        return _of_object(model, name)
    if not isinstance(model, type) and callable(model):
        return Predictor(model, name=getattr(model, "__name__", name))
    raise InvalidParameter(
        f"A model is an address such as models:/digits/1, an object with predict, or a function, not {model!r:.80}."
    )


def _of_object(model: Any, name: str) -> Predictor:
    proba = getattr(model, "predict_proba", None)
    classes = getattr(model, "classes_", None)
    listed = list(classes) if isinstance(classes, np.ndarray) and classes.ndim == 1 else None
    fitted = _without_names if _knows_no_names(model) else _own
    probabilities = (lambda features: proba(fitted(features))) if callable(proba) else None
    return Predictor(lambda features: model.predict(fitted(features)), probabilities, listed, name, None, model, fitted)


def _knows_no_names(model: Any) -> bool:
    """Whether it was fitted to an array, as scikit-learn says it: it warns of columns with names."""
    return hasattr(model, "n_features_in_") and not hasattr(model, "feature_names_in_")


def _without_names(features: Any) -> Any:
    return features.to_numpy() if hasattr(features, "to_numpy") else features.copy()


def _of_pyfunc(model: Any, name: str, params: Mapping[str, Any] | None) -> Predictor:
    """A loaded model: its signature is enforced by `predict`; probabilities come from the object behind it."""
    try:
        raw = model.get_raw_model()
    except NotSupported:  # a PythonModel has none
        raw = None
    inner = _of_object(raw, name) if callable(getattr(raw, "predict", None)) else None
    predict = (lambda features: model.predict(features, params=dict(params))) if params else model.predict
    model_id = getattr(model, "model_id", None) or getattr(model.metadata, "model_id", None)
    if inner is None:
        return Predictor(predict, name=name, model_id=model_id)
    return Predictor(predict, inner.probabilities, inner.classes, name, model_id, raw, inner.prepared)


def ask(predictor: Predictor, sample: Sample, column: str | None = None, probabilities: bool = False) -> Answers:
    """Ask a model once for a whole sample.

    Args:
        predictor: the model.
        sample: the data.
        column: which of several columns of its answer are the predictions.
        probabilities: whether those are wanted too.

    Raises:
        InvalidParameter: it gives more or fewer rows than it was given, or several values a row.
    """
    given = predictor.predict(_own(sample.features))
    main, others = split_answer(given, column)
    proba = None
    if probabilities and predictor.probabilities is not None:
        proba = np.asarray(predictor.probabilities(_own(sample.features)), dtype=np.float64)
        if proba.ndim != 2 or len(proba) != sample.rows:
            proba = None
    if probabilities and getattr(main, "ndim", 1) == 2 and main.shape[1] > 1:
        return Answers(np.empty(0), np.asarray(main, dtype=np.float64), None, others)
    return Answers(vector("predictions", main, sample.rows), proba, predictor.classes, others)


def split_answer(given: Any, column: str | None) -> tuple[Any, dict[str, NDArray[Any]]]:
    """The predictions among what a model gives, and its other columns."""
    import pandas as pd

    if isinstance(given, list) and given and all(isinstance(row, Mapping) for row in given):
        given = pd.DataFrame(given)
    elif isinstance(given, Mapping):
        given = pd.DataFrame({name: list(values) for name, values in given.items()})
    if hasattr(given, "detach"):  # a tensor
        given = given.detach().cpu().numpy()
    if type(given).__module__.startswith("polars") and hasattr(given, "columns"):
        given = pd.DataFrame({name: given[name].to_numpy() for name in given.columns})
    if not isinstance(given, pd.DataFrame):
        return (given if hasattr(given, "to_numpy") else np.asarray(given)), {}
    if column is None and len(given.columns) > 1 and not any(isinstance(name, str) for name in given.columns):
        return given.to_numpy(), {}
    name = given.columns[0] if len(given.columns) == 1 and column not in given.columns else column
    if name not in given.columns:
        listed = ", ".join(repr(known) for known in list(given.columns)[:20])
        raise InvalidParameter(f"The model gives the columns {listed}; say with predictions= which one to measure.")
    return given[name], {str(key): given[key].to_numpy() for key in given.columns if key != name}
