"""The registry in a SQL database: its verbs together."""

from __future__ import annotations

from trackbook.stores.sql.registry.models import RegisteredModels
from trackbook.stores.sql.registry.search import RegistrySearch
from trackbook.stores.sql.registry.stages import StagesAndAliases
from trackbook.stores.sql.registry.trail import Trail
from trackbook.stores.sql.registry.versions import ModelVersions

__all__ = ["Registry"]


class Registry(RegisteredModels, ModelVersions, StagesAndAliases, RegistrySearch, Trail):
    """The verbs of RegistryStore."""
