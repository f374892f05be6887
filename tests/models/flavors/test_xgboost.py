"""XGBoost models: files of the library's own, and class names that name nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import xgboost
from sklearn.datasets import load_iris

from tests.flavor_contract import FlavorContract, generic_answer, same
from trackbook import xgboost as porch
from trackbook.errors import InvalidParameter
from trackbook.models import Model

pytestmark = pytest.mark.heavy

X, y = load_iris(return_X_y=True, as_frame=True)


class TestBooster(FlavorContract):
    name = "xgboost"
    command = 'pip install "trackbook[xgboost]"'

    @pytest.fixture
    def model(self) -> Any:
        return xgboost.train({"max_depth": 2, "nthread": 1}, xgboost.DMatrix(X, y), num_boost_round=3)

    @pytest.fixture
    def data(self) -> Any:
        return X

    def native(self, model: Any, data: Any) -> Any:
        return model.predict(xgboost.DMatrix(data))


class TestEstimator(TestBooster):
    @pytest.fixture
    def model(self) -> Any:
        return xgboost.XGBClassifier(n_estimators=3, max_depth=2, n_jobs=1).fit(X, y)

    def native(self, model: Any, data: Any) -> Any:
        return model.predict(data)


class Tuned(xgboost.XGBRegressor):  # type: ignore[misc]
    """A class of the user's own."""


@pytest.mark.parametrize("form", ["ubj", "json", "xgb"])
@pytest.mark.parametrize("kind", [xgboost.XGBRegressor, xgboost.XGBRFRegressor, Tuned])
def test_every_format_and_class_comes_back(form: str, kind: Any) -> None:
    model = kind(n_estimators=3, n_jobs=1).fit(X, y)
    porch.save_model(model, "model", model_format=form)
    loaded = porch.load_model("model")
    assert isinstance(loaded, kind.__mro__[1] if kind is Tuned else kind)
    assert Model.load("model").flavors["xgboost"]["data"] == f"model.{form}"
    same(loaded.predict(X), model.predict(X))


@pytest.mark.parametrize(
    "name",
    ["os.system", "subprocess.Popen", "antigravity.Booster", "xgboost.DMatrix", "xgboost.os", "Booster.x", "x" * 999],
)
def test_class_name_imports_nothing(name: str) -> None:
    import sys

    porch.save_model(xgboost.train({}, xgboost.DMatrix(X, y), 1), "model")
    meta = Model.load("model")
    meta.flavors["xgboost"]["model_class"] = name
    meta.save("model/MLmodel")
    with pytest.raises(InvalidParameter, match="no model of xgboost"):
        porch.load_model("model")
    assert "antigravity" not in sys.modules


def test_model_without_class_is_a_booster_as_before_mlflow_1_22() -> None:
    booster = xgboost.train({}, xgboost.DMatrix(X, y), 1)
    porch.save_model(booster, "model", model_format="xgb")
    meta = Model.load("model")
    for key in ("model_class", "model_format", "code"):
        del meta.flavors["xgboost"][key]
    meta.save("model/MLmodel")
    same(porch.load_model("model").predict(xgboost.DMatrix(X)), booster.predict(xgboost.DMatrix(X)))


def test_estimator_of_another_kind_than_mlmodel_says_is_refused() -> None:
    porch.save_model(xgboost.XGBClassifier(n_estimators=1).fit(X, y), "model")
    meta = Model.load("model")
    meta.flavors["xgboost"]["model_class"] = "xgboost.sklearn.XGBRegressor"
    meta.save("model/MLmodel")
    with pytest.raises(InvalidParameter, match="holds no XGBRegressor"):
        porch.load_model("model")


def test_params_reach_predict_and_unknown_ones_are_left_out(caplog: pytest.LogCaptureFixture) -> None:
    from trackbook.models.fetching import fetched
    from trackbook.models.flavors.xgboost import flavor

    booster = xgboost.train({}, xgboost.DMatrix(X, y), 3)
    porch.save_model(booster, "model")
    with fetched("model") as copy:
        answer = flavor.predictor(copy.opened("xgboost")).predict(X, {"pred_leaf": True, "colour": 1})
    same(answer, booster.predict(xgboost.DMatrix(X), pred_leaf=True))
    assert "colour" in caplog.text


def test_columns_of_another_name_are_refused_by_the_library() -> None:
    porch.save_model(xgboost.train({}, xgboost.DMatrix(X, y), 1), "model")
    with pytest.raises(ValueError, match="feature_names"):
        generic_answer("model", X.rename(columns=str.upper))


def test_unknown_format_and_untrained_model_are_refused() -> None:
    with pytest.raises(InvalidParameter, match="model_format"):
        porch.save_model(xgboost.train({}, xgboost.DMatrix(X, y), 1), "model", model_format="pickle")
    with pytest.raises(InvalidParameter, match="cannot be stored"):
        porch.save_model(xgboost.XGBClassifier(), "model")
    assert not Path("model").exists()
