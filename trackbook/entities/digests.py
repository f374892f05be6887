"""What is hashed, and how: the files of a model, and the entries of an audit trail, each as the one text of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from trackbook.entities.files import StoredFile
from trackbook.entities.registry import AuditEntry

__all__ = ["BEGINNING", "canonical_json", "entry_hash", "files_from_json", "files_to_json", "manifest_digest"]

#: The hash before the first entry.
BEGINNING = "0" * 64


def canonical_json(content: Mapping[str, Any] | None) -> str:
    """The content as the one text that stands for it: sorted keys, no blanks, ASCII; "" for None."""
    if content is None:
        return ""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)


def entry_hash(entry: AuditEntry) -> str:
    """SHA-256 of all that an entry says and of the hash before it, 64 hexadecimal digits.

    What is hashed is the JSON list, in ASCII and without blanks, of the fields in their order; ``hash`` is left out.
    """
    fields = [getattr(entry, name) for name in entry.__dataclass_fields__ if name != "hash"]
    return hashlib.sha256(json.dumps(fields, separators=(",", ":")).encode()).hexdigest()


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
