"""An audit trail as a chain: what an entry's hash covers, and what is changed as text of one form."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from trackbook.entities.registry import AuditEntry

__all__ = ["BEGINNING", "canonical_json", "entry_hash"]

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
