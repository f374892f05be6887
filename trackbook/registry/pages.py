"""The versions of one registered model, page by page: every name can be asked for, whatever quotes it has."""

from __future__ import annotations

from trackbook.entities import ModelVersion, PagedList
from trackbook.stores.registry import RegistryStore

__all__ = ["in_stage", "name_filter", "versions_page"]


def name_filter(name: str) -> str:
    """The filter that finds a name; one with both kinds of quotes may find others, too."""
    if "'" not in name:
        return f"name = '{name}'"
    if '"' not in name:
        return f'name = "{name}"'
    return f"name LIKE '{name.replace(chr(39), '_')}'"


def versions_page(
    store: RegistryStore, name: str, limit: int = 50, token: str | None = None, stage: str | None = None
) -> PagedList[ModelVersion]:
    """A page of versions, the newest first.

    Args:
        store: whose registry.
        name: of the registered model.
        limit: of the page.
        token: what the page before gave.
        stage: only those in a stage.
    """
    wanted = name_filter(name) + (f" AND stage = '{stage}'" if stage else "")
    page = store.search_model_versions(wanted, limit, ["version_number DESC"], token)
    return PagedList([version for version in page if version.name == name], page.token)


def in_stage(store: RegistryStore, name: str, stage: str) -> list[ModelVersion]:
    """All versions of a model that are in a stage, the newest first."""
    found, token = list[ModelVersion](), None
    while True:
        page = versions_page(store, name, 1_000, token, stage)
        found += page
        token = page.token
        if token is None:
            return found
