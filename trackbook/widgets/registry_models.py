"""The list of registered models, a page of it at a time: the newest version of each, and what serves."""

from __future__ import annotations

from typing import Any

from trackbook.entities import RegisteredModel
from trackbook.registry.promotion import production_alias
from trackbook.stores.registry import RegistryStore
from trackbook.widgets.registry_sources import cut

__all__ = ["PAGE", "in_production", "list_models"]

PAGE = 100
_MOST = 1_000


def list_models(store: RegistryStore, find: str = "", shown: int = PAGE) -> dict[str, Any]:
    """The first models by name, of those whose name contains a text.

    Args:
        store: whose registry.
        find: the text, in any case; "" for all.
        shown: so many at most.
    """
    wanted = f"name ILIKE '%{find.replace(chr(39), '_')}%'" if find.strip() else None
    page = store.search_registered_models(wanted, max(1, min(shown, _MOST)))
    found = [model for model in page if find.strip().lower() in model.name.lower()] if "'" in find else page
    return {"rows": [_row(model) for model in found], "more": page.token is not None, "find": find}


def _row(model: RegisteredModel) -> dict[str, Any]:
    newest = max((version.version for version in model.latest_versions), default=None)
    return {"name": model.name, "newest": newest, "serves": in_production(model)}


def in_production(model: RegisteredModel) -> str:
    """What serves, in a few words: ``@champion v5, Production``; "" if nothing does."""
    alias = production_alias(model.tags)
    pointed = model.aliases.get(alias)
    stage = max((one.version for one in model.latest_versions if one.current_stage == "Production"), default=None)
    if pointed is None:
        return "" if stage is None else f"v{stage}, Production"
    words = f"@{cut(alias, 60)} v{pointed}"
    if stage is None:
        return words
    return f"{words}, Production" if stage == pointed else f"{words}, v{stage} Production"
