"""A manifest: the files of a model with their sizes and hashes, and the one digest that stands for all of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from trackbook.entities.files import StoredFile

__all__ = ["files_from_json", "files_to_json", "manifest_digest"]


def manifest_digest(files: Iterable[StoredFile]) -> str:
    """SHA-256 over the sorted paths, sizes and hashes of files, 64 hexadecimal digits; times do not count.

    Each file is the line ``<sha256> <size> <path>`` with a newline, in UTF-8, sorted by path.
    """
    lines = [f"{file.sha256} {file.size} {file.path}\n" for file in sorted(files, key=lambda file: file.path)]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def files_to_json(files: Iterable[StoredFile]) -> str:
    """Files as a database keeps them, sorted by path: a list of ``[path, size, sha256, time]``."""
    rows = [[file.path, file.size, file.sha256, file.time] for file in sorted(files, key=lambda file: file.path)]
    return json.dumps(rows, separators=(",", ":"))


def files_from_json(text: str | None) -> list[StoredFile]:
    """Files from what `files_to_json` gave; [] from nothing."""
    return [StoredFile(*row) for row in json.loads(text)] if text else []
