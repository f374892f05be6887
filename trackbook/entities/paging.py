"""A page of answers and the token of the next."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")

__all__ = ["PagedList"]


class PagedList(list[T]):
    """A list that knows how to go on.

    Attributes:
        token: pass it as ``page_token`` for the next page; None on the last page.
        total_count: how many there are over all pages, where the store counted them.
    """

    def __init__(self, items: Iterable[T], token: str | None = None, total_count: int | None = None) -> None:
        super().__init__(items)
        self.token = token
        self.total_count = total_count

    def to_list(self) -> list[T]:
        """The items as a plain list."""
        return list(self)
