"""PyTorch, at MLflow's path."""

from __future__ import annotations

from trackbook.models.flavors.pytorch import load_model, log_model, save_model
from trackbook.models.flavors.state_dicts import load_state_dict, log_state_dict, save_state_dict

__all__ = ["load_model", "load_state_dict", "log_model", "log_state_dict", "save_model", "save_state_dict"]
