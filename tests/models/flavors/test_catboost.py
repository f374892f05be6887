"""CatBoost models: files of the library's own, and class names that name nothing else."""

from __future__ import annotations

from typing import Any

import catboost
import pytest
from sklearn.datasets import load_diabetes, load_iris

from tests.flavor_contract import FlavorContract, generic_answer, same
from trackbook import catboost as porch
from trackbook.errors import InvalidParameter
from trackbook.models import Model

pytestmark = pytest.mark.heavy

X, y = load_iris(return_X_y=True, as_frame=True)
FEW = {"iterations": 3, "depth": 2, "thread_count": 1, "verbose": False, "allow_writing_files": False}


class TestClassifier(FlavorContract):
    name = "catboost"
    command = 'pip install "trackbook[catboost]"'

    @pytest.fixture
    def model(self) -> Any:
        return catboost.CatBoostClassifier(**FEW).fit(X, y)

    @pytest.fixture
    def data(self) -> Any:
        return X


@pytest.mark.parametrize("form", ["cbm", "json"])
@pytest.mark.parametrize("kind", [catboost.CatBoost, catboost.CatBoostRegressor])
def test_every_format_and_class_comes_back(form: str, kind: Any) -> None:
    rows, values = load_diabetes(return_X_y=True, as_frame=True)
    model = kind(FEW) if kind is catboost.CatBoost else kind(**FEW)
    model.fit(rows, values)
    porch.save_model(model, "model", format=form)
    assert type(porch.load_model("model")) is kind
    assert Model.load("model").flavors["catboost"]["save_format"] == form
    same(generic_answer("model", rows), model.predict(rows))


@pytest.mark.parametrize("name", ["os.system", "Pool", "antigravity.CatBoost", "catboost.utils", "__builtins__"])
def test_class_name_imports_nothing(name: str) -> None:
    porch.save_model(catboost.CatBoostClassifier(**FEW).fit(X, y), "model")
    meta = Model.load("model")
    meta.flavors["catboost"]["model_type"] = name
    meta.save("model/MLmodel")
    with pytest.raises(InvalidParameter, match="no model of catboost"):
        porch.load_model("model")


def test_unknown_format_and_untrained_model_are_refused() -> None:
    with pytest.raises(InvalidParameter, match="format is one of"):
        porch.save_model(catboost.CatBoostClassifier(**FEW).fit(X, y), "model", format="python")
    with pytest.raises(InvalidParameter, match="cannot be stored"):
        porch.save_model(catboost.CatBoostClassifier(), "model")
