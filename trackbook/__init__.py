"""Trackbook: an experiment tracker that lives in the notebook.

``import trackbook as mlflow`` runs code that was written for MLflow.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"
