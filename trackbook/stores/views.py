"""The contract for saved views: how a page stands, kept by a name; its docstrings are the specification."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["SavedView", "ViewStore"]


@dataclass(frozen=True, slots=True)
class SavedView:
    """A view that somebody saved.

    Attributes:
        name: what it is called.
        state: plain values that JSON can carry; what they mean is the page's matter.
        creation_time, created_by: when it was first saved, in ms since 1970-01-01 UTC, and by whom.
        last_update_time, updated_by: the same of the last change.
    """

    name: str
    state: Mapping[str, Any]
    creation_time: int
    created_by: str
    last_update_time: int
    updated_by: str


class ViewStore(ABC):
    """Saved views, shared by all who read the store. Who changes one is told by `trackbook.stores.actors`."""

    @abstractmethod
    def save_view(self, name: str, state: Mapping[str, Any], replace: bool = False) -> SavedView:
        """Keep a view by a name; AlreadyExists if the name is taken and is not to be replaced.

        Names have 1 to 200 characters on one line and are not blank; they differ by case. A state takes at most
        64,000 characters of JSON and has no NaN; anything else is InvalidParameter.
        """

    @abstractmethod
    def get_view(self, name: str) -> SavedView:
        """By name; NotFound."""

    @abstractmethod
    def list_views(self) -> list[SavedView]:
        """All of them, sorted by name."""

    @abstractmethod
    def rename_view(self, name: str, new_name: str) -> SavedView:
        """Change its name; NotFound, or AlreadyExists if the new one is taken."""

    @abstractmethod
    def delete_view(self, name: str) -> None:
        """Drop it for good; NotFound if there is none."""
