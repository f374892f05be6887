"""Names in pickles: MLflow's are ours, and what nothing asks for is passed over."""

from __future__ import annotations

import pytest

import trackbook
from trackbook.errors import (
    MissingDependency,
)
from trackbook.pyfunc import PythonModel


def test_names_that_mlflow_pickled_and_nothing_asks_for_are_passed_over() -> None:
    from trackbook.models.pickles import find_global

    made = find_global("mlflow.types.schema", "Schema")(1, a=2)
    made.__setstate__({"x": 1})
    assert find_global("mlflow.pyfunc.model", "PythonModel") is PythonModel
    assert find_global("builtins", "len") is None
    assert find_global("cloudpickle.cloudpickle", "subimport")("mlflow") is trackbook
    with pytest.raises(MissingDependency, match="pip install mlflow"):
        find_global("mlflow.gateway", "anything")
