"""statsmodels results: a pickle, and forecasts of time series."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from sklearn.datasets import load_diabetes
from statsmodels.tsa.arima.model import ARIMA

from tests.flavor_contract import FlavorContract, generic_answer, same
from trackbook import statsmodels as porch
from trackbook.errors import InvalidParameter

pytestmark = pytest.mark.heavy

X, y = load_diabetes(return_X_y=True, as_frame=True)
X = X[["bmi", "bp"]]


class TestLeastSquares(FlavorContract):
    name = "statsmodels"
    command = 'pip install "trackbook[statsmodels]"'
    runs_code = True
    wrong = (7, "model", None, object(), sm.OLS(y, X))

    @pytest.fixture
    def model(self) -> Any:
        return sm.OLS(y, X).fit()

    @pytest.fixture
    def data(self) -> Any:
        return X


class TestFormula(TestLeastSquares):
    @pytest.fixture
    def model(self) -> Any:
        return smf.glm("target ~ bmi + bp", X.assign(target=y)).fit()


def test_without_data_the_folder_is_small_and_the_object_keeps_its_own() -> None:
    model = sm.OLS(y, X).fit()
    porch.save_model(model, "large")
    porch.save_model(model, "small", remove_data=True)
    sizes = [Path(name, "model.statsmodels").stat().st_size for name in ("large", "small")]
    assert sizes[1] < sizes[0] / 3
    assert model.model.endog is not None
    same(generic_answer("small", X), model.predict(X))


def test_time_series_is_forecast_from_when_to_when() -> None:
    model = ARIMA(np.sin(np.arange(60.0)), order=(1, 0, 0)).fit()
    porch.save_model(model, "model")
    span = pd.DataFrame({"start": [60], "end": [64]}, index=[7])
    same(generic_answer("model", span), model.predict(60, 64))
    with pytest.raises(InvalidParameter, match="'start' and 'end'"):
        generic_answer("model", pd.DataFrame({"start": [60, 61], "end": [64, 65]}))
