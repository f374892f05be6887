"""fastai learners: pickles, with the way of their data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_iris

from tests.flavor_contract import FlavorContract
from trackbook.models import Model

pytestmark = [pytest.mark.heavy, pytest.mark.filterwarnings("ignore")]  # fastai has not followed pandas 3 everywhere

X, y = load_iris(return_X_y=True, as_frame=True)
X = X.set_axis(list("abcd"), axis=1).astype("float32")


def trained() -> Any:
    from fastai.tabular.all import CategoryBlock, Normalize, TabularDataLoaders, tabular_learner

    loaders = TabularDataLoaders.from_df(
        X.assign(label=y.astype(str)),
        procs=[Normalize],
        cont_names=list("abcd"),
        y_names="label",
        y_block=CategoryBlock(),
        bs=50,
        num_workers=0,
    )
    learner = tabular_learner(loaders, layers=[8])
    with learner.no_bar(), learner.no_logging():
        learner.fit(1)
    return learner


class TestLearner(FlavorContract):
    name = "fastai"
    command = 'pip install "trackbook[fastai]"'
    runs_code = True
    learner: Any = None

    @pytest.fixture
    def model(self) -> Any:
        cls = type(self)
        cls.learner = cls.learner or trained()
        return cls.learner

    @pytest.fixture
    def data(self) -> Any:
        return X

    def native(self, model: Any, data: Any) -> Any:
        with model.no_bar(), model.no_logging():
            return np.stack(model.get_preds(dl=model.dls.test_dl(data))[0].numpy())

    def answer(self, found: Any) -> Any:
        return np.stack(found["predictions"])

    def test_file_is_the_librarys_own(self, porch: Any, model: Any) -> None:
        porch.save_model(model, "model")
        assert Model.load("model").flavors["fastai"]["data"] == "model.fastai"
