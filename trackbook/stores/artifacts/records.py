"""What is remembered of stored files: the seam between the bytes of a run and the store that knows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from trackbook.entities import StoredFile

__all__ = ["NO_RECORDS", "Records"]


class Records(Protocol):
    """Sizes and hashes of the files of one repository.

    A file is written in this order: `replacing` if another one is there, then the bytes, then `written`. Whatever is
    killed in between leaves a file without a record, which is read unchecked, and never one with a wrong record.
    """

    def replacing(self, paths: Sequence[str]) -> None:
        """Files that are there will be something else in a moment."""

    def written(self, files: Sequence[StoredFile]) -> None:
        """Files are there, whole."""

    def known(self, path: str | None = None) -> list[StoredFile]:
        """What was written: one file, or what lies below a folder, or everything."""


class _NoRecords:
    """For files of which nothing is known."""

    def replacing(self, paths: Sequence[str]) -> None:
        pass

    def written(self, files: Sequence[StoredFile]) -> None:
        pass

    def known(self, path: str | None = None) -> list[StoredFile]:
        return []


NO_RECORDS: Records = _NoRecords()
