"""Client: every store's verbs by explicit ids, with MLflow's method names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trackbook.client.artifacts import ArtifactCalls
from trackbook.client.experiments import ExperimentCalls
from trackbook.client.logged_models import LoggedModelCalls
from trackbook.client.registry import RegisteredModelCalls
from trackbook.client.runs import RunCalls
from trackbook.client.versions import ModelVersionCalls

__all__ = ["Client", "MlflowClient"]


class Client(ExperimentCalls, RunCalls, ArtifactCalls, LoggedModelCalls, RegisteredModelCalls, ModelVersionCalls):
    """Reads and changes a store by explicit ids; nothing that it does touches the active run.

    Args:
        tracking_uri: where runs are kept; what this process uses now if None.
        registry_uri: where registered models are kept; the same.
        workspace_store_uri: taken for MLflow's sake; there are no workspaces.
    """

    if not TYPE_CHECKING:  # a type checker shall find a misspelt name

        def __getattr__(self, name: str) -> object:
            from trackbook.runs.absent import absent_from_client

            raise AttributeError(absent_from_client(name))


MlflowClient = Client
