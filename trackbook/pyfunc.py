"""python_function, at MLflow's path: any model behind one predict, and any Python code as a model."""

from __future__ import annotations

from trackbook.models.flavors.pyfunc import log_model, save_model
from trackbook.models.pyfunc import PyFuncModel, add_to_model, get_model_dependencies, load_model
from trackbook.models.python_model import PythonModel, PythonModelContext
from trackbook.models.spark_udf import spark_udf

__all__ = [
    "PyFuncModel",
    "PythonModel",
    "PythonModelContext",
    "add_to_model",
    "get_model_dependencies",
    "load_model",
    "log_model",
    "save_model",
    "spark_udf",
]
