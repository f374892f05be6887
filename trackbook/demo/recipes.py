"""How the demo's models are trained: each recipe yields the metrics of a step, and ends with what it predicts.

Everything is computed from the data sets that scikit-learn ships; nothing is downloaded and nothing is made up.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping
from functools import cache
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Outcome", "Recipe", "boost_trees", "fit_linear_regression", "fit_logistic", "fit_network", "grow_forest"]


class Outcome(NamedTuple):
    """What a trained model says of the held-out samples.

    Attributes:
        expected: the truth, shape (samples,).
        predicted: the model's answer, shape (samples,).
        labels: names of the classes; empty for a regression.
    """

    expected: np.ndarray
    predicted: np.ndarray
    labels: list[str]


Params = Mapping[str, Any]
Recipe = Callable[[Params], Generator[dict[str, float], None, Outcome]]


class _Split(NamedTuple):
    train_x: np.ndarray
    val_x: np.ndarray
    train_y: np.ndarray
    val_y: np.ndarray
    labels: list[str]


@cache
def _split(name: str) -> _Split:
    """A data set, standardised by its training part; 65 % to train, 35 % held out, the same for every seed."""
    from sklearn import datasets
    from sklearn.model_selection import train_test_split
    from sklearn.preprocessing import StandardScaler

    data = getattr(datasets, f"load_{name}")()
    labels = [str(label) for label in getattr(data, "target_names", [])]
    stratify = data.target if labels else None
    train_x, val_x, train_y, val_y = train_test_split(
        data.data, data.target, test_size=0.35, random_state=0, stratify=stratify
    )
    scaler = StandardScaler().fit(train_x)
    return _Split(scaler.transform(train_x), scaler.transform(val_x), train_y, val_y, labels)


def fit_network(params: Params) -> Generator[dict[str, float], None, Outcome]:
    """A multi-layer perceptron on the digits, one `partial_fit` an epoch.

    With too large a learning rate it really diverges: the weights reach infinity, then scikit-learn raises ValueError.
    """
    from sklearn.metrics import accuracy_score, f1_score, log_loss
    from sklearn.neural_network import MLPClassifier

    data = _split("digits")
    model = MLPClassifier(
        hidden_layer_sizes=tuple(int(width) for width in params["hidden"].split("x")),
        activation=params["activation"],
        solver=params["solver"],
        alpha=params["alpha"],
        batch_size=params["batch_size"],
        learning_rate_init=params["lr"],
        random_state=params["seed"],
    )
    classes = np.unique(data.train_y)
    for _ in range(params["epochs"]):
        start = time.perf_counter()
        with np.errstate(over="ignore", invalid="ignore"):  # the infinities of a diverging model are logged
            try:
                model.partial_fit(data.train_x, data.train_y, classes=classes)
            except ValueError:
                yield {"weight_norm": _norm(model), "epoch_seconds": time.perf_counter() - start}
                raise
            seconds = time.perf_counter() - start
            chances = model.predict_proba(data.val_x)
            weights = _norm(model)
        yield {
            "train_loss": float(model.loss_),
            "val_loss": log_loss(data.val_y, chances, labels=classes),
            "val_accuracy": accuracy_score(data.val_y, classes[chances.argmax(axis=1)]),
            "val_f1": f1_score(data.val_y, classes[chances.argmax(axis=1)], average="macro", zero_division=0),
            "weight_norm": weights,
            "epoch_seconds": seconds,
        }
    return Outcome(data.val_y, model.predict(data.val_x), data.labels)


def _norm(model: Any) -> float:
    return float(np.sqrt(sum((layer**2).sum() for layer in model.coefs_)))


def fit_logistic(params: Params) -> Generator[dict[str, float], None, Outcome]:
    """Logistic regression by stochastic gradient descent on the breast cancer data, one `partial_fit` an epoch."""
    from sklearn.linear_model import SGDClassifier
    from sklearn.metrics import accuracy_score, log_loss, roc_auc_score

    data = _split("breast_cancer")
    model = SGDClassifier(
        loss="log_loss",
        penalty=params["penalty"],
        alpha=params["alpha"],
        learning_rate="constant",
        eta0=params["eta0"],
        random_state=params["seed"],
    )
    order = np.random.default_rng(params["seed"])
    for _ in range(params["epochs"]):
        shuffled = order.permutation(len(data.train_y))
        model.partial_fit(data.train_x[shuffled], data.train_y[shuffled], classes=[0, 1])
        chances = model.predict_proba(data.val_x)
        yield {
            "train_loss": log_loss(data.train_y, model.predict_proba(data.train_x), labels=[0, 1]),
            "val_loss": log_loss(data.val_y, chances, labels=[0, 1]),
            "val_accuracy": accuracy_score(data.val_y, chances.argmax(axis=1)),
            "val_auc": roc_auc_score(data.val_y, chances[:, 1]),
            "features_used": int(np.count_nonzero(model.coef_)),
        }
    return Outcome(data.val_y, model.predict(data.val_x), data.labels)


def boost_trees(params: Params) -> Generator[dict[str, float], None, Outcome]:
    """Gradient boosting on the diabetes data, ten more trees a step by `warm_start`."""
    from sklearn.ensemble import GradientBoostingRegressor

    data = _split("diabetes")
    model = GradientBoostingRegressor(
        learning_rate=params["lr"],
        max_depth=params["max_depth"],
        subsample=params["subsample"],
        random_state=params["seed"],
        n_estimators=0,
        warm_start=True,
    )
    for _ in range(params["epochs"]):
        model.set_params(n_estimators=model.n_estimators + 10)
        model.fit(data.train_x, data.train_y)
        yield _regression_metrics(data, model) | {"trees": model.n_estimators}
    return Outcome(data.val_y, model.predict(data.val_x), [])


def fit_linear_regression(params: Params) -> Generator[dict[str, float], None, Outcome]:
    """Linear regression by stochastic gradient descent on the diabetes data, one `partial_fit` an epoch."""
    from sklearn.linear_model import SGDRegressor

    data = _split("diabetes")
    model = SGDRegressor(
        alpha=params["alpha"], learning_rate="constant", eta0=params["lr"], random_state=params["seed"]
    )
    for _ in range(params["epochs"]):
        model.partial_fit(data.train_x, data.train_y)
        yield _regression_metrics(data, model)
    return Outcome(data.val_y, model.predict(data.val_x), [])


def _regression_metrics(data: _Split, model: Any) -> dict[str, float]:
    train = data.train_y - model.predict(data.train_x)
    val = data.val_y - model.predict(data.val_x)
    return {
        "train_rmse": float(np.sqrt(np.mean(train**2))),
        "val_rmse": float(np.sqrt(np.mean(val**2))),
        "val_mae": float(np.mean(np.abs(val))),
        "val_r2": float(1 - np.sum(val**2) / np.sum((data.val_y - data.val_y.mean()) ** 2)),
    }


def grow_forest(params: Params) -> Generator[dict[str, float], None, Outcome]:
    """A random forest on the wine data, some trees more a step by `warm_start`."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.metrics import accuracy_score, log_loss

    data = _split("wine")
    model = RandomForestClassifier(
        n_estimators=0,
        max_depth=params["max_depth"],
        max_features=params["max_features"],
        random_state=params["seed"],
        warm_start=True,
    )
    for _ in range(params["epochs"]):
        model.set_params(n_estimators=model.n_estimators + 3)
        model.fit(data.train_x, data.train_y)
        chances = model.predict_proba(data.val_x)
        yield {
            "train_accuracy": accuracy_score(data.train_y, model.predict(data.train_x)),
            "val_accuracy": accuracy_score(data.val_y, chances.argmax(axis=1)),
            "val_loss": log_loss(data.val_y, chances, labels=[0, 1, 2]),
            "trees": model.n_estimators,
        }
    return Outcome(data.val_y, model.predict(data.val_x), data.labels)
