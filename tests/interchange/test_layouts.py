"""Folders as MLflow 1.x and 2.x wrote them: fewer keys, a run's relative path, no id of a logged model."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

import trackbook.pyfunc

pytestmark = pytest.mark.heavy

X, y = load_iris(return_X_y=True, as_frame=True)
X = X.set_axis(list("abcd"), axis=1)
COLUMNS = json.dumps([{"name": name, "type": "double"} for name in "abcd"])

Answers = tuple[Any, Callable[[Any], Any]]


def sklearn_folder(place: Path) -> tuple[dict[str, Any], dict[str, Any], Answers]:
    model = LogisticRegression(max_iter=500).fit(X, y)
    place.joinpath("model.pkl").write_bytes(pickle.dumps(model))
    config = {"pickled_model": "model.pkl", "sklearn_version": "0.19.1"}
    return config, {"data": "model.pkl"}, (model.predict(X), lambda found: found.predict(X))


def xgboost_folder(place: Path) -> tuple[dict[str, Any], dict[str, Any], Answers]:
    import xgboost

    rows = xgboost.DMatrix(X, y)
    model = xgboost.train({"max_depth": 2, "nthread": 1}, rows, 3)
    model.save_model(place / "model.ubj")
    place.joinpath("model.ubj").rename(place / "model.xgb")
    config = {"data": "model.xgb", "xgb_version": "0.90"}
    return config, {"data": "model.xgb"}, (model.predict(rows), lambda found: found.predict(rows))


def lightgbm_folder(place: Path) -> tuple[dict[str, Any], dict[str, Any], Answers]:
    import lightgbm

    model = lightgbm.train({"verbose": -1, "num_threads": 1}, lightgbm.Dataset(X, y), 3)
    model.save_model(place / "model.lgb")
    config = {"data": "model.lgb", "lgb_version": "2.3.0"}
    return config, {"data": "model.lgb"}, (model.predict(X), lambda found: found.predict(X))


def statsmodels_folder(place: Path) -> tuple[dict[str, Any], dict[str, Any], Answers]:
    import statsmodels.api as sm

    model = sm.OLS(y, X).fit()
    model.save(str(place / "model.statsmodels"))
    config = {"data": "model.statsmodels", "statsmodels_version": "0.11.1"}
    return config, {"data": "model.statsmodels"}, (model.predict(X), lambda found: found.predict(X))


def pytorch_folder(place: Path) -> tuple[dict[str, Any], dict[str, Any], Answers]:
    import torch

    model = torch.nn.Linear(4, 3)
    place.joinpath("data").mkdir()
    torch.save(model, place / "data" / "model.pth")
    place.joinpath("data", "pickle_module_info.txt").write_text("mlflow.pytorch.pickle_module")
    rows = torch.tensor(X.to_numpy(dtype="float32"))
    config = {"model_data": "data", "pytorch_version": "1.1.0"}
    pyfunc = {"data": "data", "pickle_module_name": "mlflow.pytorch.pickle_module"}
    return config, pyfunc, (model(rows).detach().numpy(), lambda found: found(rows).detach().numpy())


FOLDERS = {
    "lightgbm": lightgbm_folder,
    "pytorch": pytorch_folder,
    "sklearn": sklearn_folder,
    "statsmodels": statsmodels_folder,
    "xgboost": xgboost_folder,
}
#: What stood in MLmodel beside the flavors, version by version.
VERSIONS: dict[str, dict[str, Any]] = {
    "1.0": {"artifact_path": "model", "run_id": "ab" * 16, "utc_time_created": "2019-06-03 12:00:00.123456"},
    "1.30": {
        "artifact_path": "model",
        "run_id": "ab" * 16,
        "utc_time_created": "2022-11-03 12:00:00.123456",
        "mlflow_version": "1.30.0",
        "model_uuid": "cd" * 16,
        "signature": {"inputs": COLUMNS, "outputs": None},
    },
    "2.9": {
        "artifact_path": "model",
        "run_id": "ab" * 16,
        "utc_time_created": "2023-12-03 12:00:00.123456",
        "mlflow_version": "2.9.2",
        "model_uuid": "cd" * 16,
        "model_size_bytes": 1234,
        "signature": {"inputs": COLUMNS, "outputs": None, "params": None},
    },
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", FOLDERS)
def test_older_folder_is_loaded_natively_and_generically(
    name: str, version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACKBOOK_CONFIG_DIR", str(tmp_path / "config"))
    place = tmp_path / "model"
    place.mkdir()
    config, pyfunc, (expected, predict) = FOLDERS[name](place)
    environment: Any = "conda.yaml" if version == "1.0" else {"conda": "conda.yaml", "virtualenv": "python_env.yaml"}
    pyfunc |= {"loader_module": f"mlflow.{name}", "python_version": "3.6.8", "env": environment}
    content = VERSIONS[version] | {"flavors": {"python_function": pyfunc, name: config}}
    place.joinpath("MLmodel").write_text(yaml.safe_dump(content))
    loaded = import_module(f"trackbook.{name}").load_model(str(place), trust=True)
    np.testing.assert_allclose(predict(loaded), expected, rtol=1e-6)
    answer = trackbook.pyfunc.load_model(str(place), trust=True).predict(X)
    np.testing.assert_allclose(np.asarray(answer), expected, rtol=1e-5, atol=1e-6)
