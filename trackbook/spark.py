"""Spark ML, at MLflow's path."""

from __future__ import annotations

from trackbook.models.flavors.spark import load_model, log_model, save_model

__all__ = ["load_model", "log_model", "save_model"]
