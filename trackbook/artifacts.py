"""MLflow's path for artifacts by address: ``trackbook.artifacts.download_artifacts("runs:/<run_id>/model")``."""

from __future__ import annotations

from trackbook.runs.addresses import (
    download_artifacts,
    download_zip,
    list_artifacts,
    load_dict,
    load_image,
    load_text,
)

__all__ = ["download_artifacts", "download_zip", "list_artifacts", "load_dict", "load_image", "load_text"]
