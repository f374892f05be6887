"""LightGBM models: text for a Booster, skops or a pickle for an estimator."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pytest
from sklearn.datasets import load_iris

from tests.flavor_contract import FlavorContract, generic_answer, same
from trackbook import lightgbm as porch
from trackbook.errors import InvalidParameter, UntrustedModel
from trackbook.models import Model

pytestmark = pytest.mark.heavy

X, y = load_iris(return_X_y=True, as_frame=True)
COMMAND = 'pip install "trackbook[lightgbm]"'
QUIET = {"verbose": -1, "num_threads": 1}


def estimator(kind: Any = lightgbm.LGBMClassifier) -> Any:
    return kind(n_estimators=3, n_jobs=1, verbose=-1).fit(X, y)


class TestBooster(FlavorContract):
    name = "lightgbm"
    command = COMMAND

    @pytest.fixture
    def model(self) -> Any:
        return lightgbm.train(QUIET, lightgbm.Dataset(X, y), num_boost_round=3)

    @pytest.fixture
    def data(self) -> Any:
        return X


class TestEstimator(FlavorContract):
    """Stored by skops, which no other user has to trust: it holds nothing but the library's own types."""

    name = "lightgbm"
    command = COMMAND

    @pytest.fixture
    def model(self) -> Any:
        return estimator()

    @pytest.fixture
    def data(self) -> Any:
        return X


class TestPickledEstimator(TestEstimator):
    runs_code = True

    def options(self) -> dict[str, Any]:
        return {"serialization_format": "cloudpickle"}


@pytest.mark.parametrize("kind", [lightgbm.LGBMRegressor, lightgbm.LGBMClassifier])
@pytest.mark.parametrize("form", ["skops", "pickle", "cloudpickle"])
def test_every_format_and_class_comes_back(
    form: str, kind: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACKBOOK_CONFIG_DIR", str(tmp_path / "config"))
    model = estimator(kind)
    porch.save_model(model, "model", serialization_format=form)
    assert type(porch.load_model("model")) is kind
    same(generic_answer("model", X), model.predict(X))
    flavor = Model.load("model").flavors["lightgbm"]
    assert (flavor["serialization_format"], flavor["data"]) == (form, "model.skops" if form == "skops" else "model.pkl")


def test_ranker_comes_back() -> None:
    model = lightgbm.LGBMRanker(n_estimators=2, n_jobs=1, verbose=-1).fit(X, y, group=[50, 50, 50])
    porch.save_model(model, "model")
    assert type(porch.load_model("model", trust=False)) is lightgbm.LGBMRanker


def test_skops_file_with_other_types_has_to_be_trusted() -> None:
    porch.save_model(estimator(), "model", skops_trusted_types=["subprocess.Popen"])
    path = Path("model/model.skops")
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    schema = parts.pop("schema.json").decode()
    schema = schema.replace('"LGBMClassifier"', '"Popen"').replace('"lightgbm.sklearn"', '"subprocess"')
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("schema.json", schema)
        for name, content in parts.items():
            archive.writestr(name, content)
    with pytest.raises(UntrustedModel, match=r"subprocess\.Popen"):
        porch.load_model("model")


def test_pickle_that_mlmodel_calls_a_booster_is_read_as_text(tmp_path: Path) -> None:
    porch.save_model(estimator(), "model", serialization_format="pickle")
    meta = Model.load("model")
    meta.flavors["lightgbm"]["model_class"] = "lightgbm.basic.Booster"
    meta.save("model/MLmodel")
    with pytest.raises(InvalidParameter, match="holds no Booster"):
        porch.load_model("model", trust=False)


def test_unknown_format_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="serialization_format"):
        porch.save_model(estimator(), "model", serialization_format="json")


def test_array_is_scored_as_a_frame_is() -> None:
    porch.save_model(lightgbm.train(QUIET, lightgbm.Dataset(X, y), num_boost_round=3), "model")
    np.testing.assert_array_equal(generic_answer("model", X.to_numpy()), generic_answer("model", X))
