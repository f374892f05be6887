"""The pages of a SQLite file whose tree is broken: which tree each belongs to, by the map that auto-vacuum keeps."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

__all__ = ["PageFile"]

_ENTRY = 5  # bytes of the map: what the page is, and its parent (big-endian)
_ROOT, _TREE = 1, 5
_LEAVES = (0x0A, 0x0D)  # the first byte of a leaf of an index or of a table without rowid, and of a table
_INNER = 0x02  # of a page of the first kind that has rows of its own and children
_DEEPEST = 20


class PageFile:
    """A file as pages; the first has the number 1.

    Args:
        path: of the file, which nobody else uses.
    """

    def __init__(self, path: Path) -> None:
        self._file = open(path, "r+b")  # noqa: SIM115  # closed by close
        size = int.from_bytes(os.pread(self._file.fileno(), 2, 16), "big")
        self.size = 65536 if size == 1 else size
        self.count = os.fstat(self._file.fileno()).st_size // self.size

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def read(self, page: int) -> bytes:
        """A page."""
        return os.pread(self._file.fileno(), self.size, (page - 1) * self.size)

    def write(self, page: int, content: bytes) -> None:
        """Replace a page."""
        os.pwrite(self._file.fileno(), content, (page - 1) * self.size)

    def parent(self, page: int) -> int:
        """The page above a page of a tree; 0 for a root, and for what is no page of a tree."""
        entry = self._entry(page)
        return int.from_bytes(entry[1:], "big") if len(entry) == _ENTRY and entry[0] == _TREE else 0

    def _entry(self, page: int) -> bytes:
        """What the map says of a page."""
        between = self.size // _ENTRY + 1
        here = (page - 2) // between * between + 2
        if page <= 2 or page == here:
            return b""
        offset = (here - 1) * self.size + _ENTRY * (page - here - 1)
        return os.pread(self._file.fileno(), _ENTRY, offset)

    def kind(self, page: int) -> int:
        """What a page of a tree says that it is, by its first byte."""
        return next(iter(os.pread(self._file.fileno(), 1, (page - 1) * self.size)), 0)

    def roots(self) -> list[int]:
        """The pages where trees begin, in the order in which the tables and indexes were made."""
        return [page for page in range(3, self.count + 1) if self._entry(page)[:1] == bytes([_ROOT])]

    def below(self, root: int) -> Iterator[int]:
        """Pages with rows that belong to the tree of a root, but for the root itself."""
        for page in range(3, self.count + 1):
            if self.kind(page) in (*_LEAVES, _INNER) and self._root(page) == root:
                yield page

    def _root(self, page: int) -> int:
        for _ in range(_DEEPEST):
            above = self.parent(page)
            if not above:
                return page
            page = above
        return 0
