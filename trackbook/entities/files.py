"""A file or folder among a run's artifacts."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["FileInfo"]


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
