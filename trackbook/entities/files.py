"""A file or folder among a run's artifacts, and what is remembered of a file that was stored."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["FileInfo", "StoredFile"]


@dataclass(frozen=True, slots=True)
class FileInfo:
    """One entry of an artifact listing.

    Attributes:
        path: relative to the run's artifact root, with ``/`` between its parts.
        is_dir: whether it is a folder.
        file_size: bytes; None for a folder.
    """

    path: str
    is_dir: bool
    file_size: int | None

    def to_dictionary(self) -> dict[str, Any]:
        """The attributes as a dict."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """An artifact as it was written, by which a later reader knows that it is whole.

    Attributes:
        path: relative to the run's artifact root, with ``/`` between its parts.
        size: bytes.
        sha256: of its content, 64 hexadecimal digits.
        time: when it was stored, in ms since 1970-01-01 UTC.
    """

    path: str
    size: int
    sha256: str
    time: int
