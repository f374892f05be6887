"""What a backup says of itself: a file beside it with everything that a check of it needs."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from trackbook.errors import DamagedStore, InvalidParameter, NotSupported
from trackbook.stores.permissions import make_file
from trackbook.uris import SafeRelPath

__all__ = ["MANIFEST", "Manifest", "hash_file", "read_manifest", "write_manifest"]

MANIFEST = "manifest.json"
_FORMAT = 1
_PIECE = 1 << 20
_MOST_BYTES = 1 << 30  # of a manifest: some ten million artifacts


@dataclass(frozen=True, slots=True)
class Manifest:
    """A backup's contents.

    Attributes:
        made: when, by ISO 8601.
        source: the database that it is of.
        schema: version of its schema.
        size, sha256: of the database.
        rows: by table.
        artifacts: SHA-256 by path below the artifacts' folder; None if the artifacts are not in it.
        elsewhere: folders of experiments that keep their artifacts in a place of their own: never in it.
    """

    made: str
    source: str
    schema: int
    size: int
    sha256: str
    rows: Mapping[str, int]
    artifacts: Mapping[str, str] | None = None
    elsewhere: list[str] = field(default_factory=list)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Put a manifest beside a backup; the disk has it when this returns."""
    make_file(folder / MANIFEST)
    with open(folder / MANIFEST, "w", encoding="utf-8") as file:
        json.dump({"format": _FORMAT, **asdict(manifest)}, file, indent=1, sort_keys=True)
        file.flush()
        os.fsync(file.fileno())


def read_manifest(folder: Path) -> Manifest:
    """A backup's manifest.

    Raises:
        InvalidParameter: the folder holds no backup.
        DamagedStore: the manifest is not as one is written.
        NotSupported: a newer Trackbook wrote it.
    """
    path = folder / MANIFEST
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise DamagedStore(f"{path} is too large to be the list of a backup. Take another backup.")
        content = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise InvalidParameter(
            f"{folder} is no backup: it holds no {MANIFEST}. `trackbook db backup` makes one."
        ) from None
    except (ValueError, RecursionError) as error:
        raise DamagedStore(f"{path} is damaged: {error}. Take another backup.") from error
    if isinstance(content, dict) and isinstance(content.get("format"), int) and content.pop("format") > _FORMAT:
        raise NotSupported(f"{folder} was made by a newer Trackbook. Update with: pip install --upgrade trackbook")
    try:
        return _checked(Manifest(**content))
    except (TypeError, ValueError, InvalidParameter) as error:
        raise DamagedStore(f"{path} is damaged: {error}. Take another backup.") from error


def _checked(manifest: Manifest) -> Manifest:
    """Refuse what nobody wrote who meant a backup: a path that leads out of it, a word where a number belongs."""
    if not isinstance(manifest.rows, dict) or not isinstance(manifest.artifacts, dict | None):
        raise TypeError("it has a value of the wrong type")
    numbers = (manifest.schema, manifest.size, *manifest.rows.values())
    texts = (manifest.made, manifest.source, manifest.sha256, *manifest.elsewhere)
    hashes = (manifest.artifacts or {}).values()
    if not all(type(number) is int for number in numbers) or not all(isinstance(t, str) for t in (*texts, *hashes)):
        raise TypeError("it has a value of the wrong type")
    for path in manifest.artifacts or ():
        SafeRelPath(tuple(path.split("/")))
    return manifest


def hash_file(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal; a link is not followed."""
    digest = hashlib.sha256()
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    with open(descriptor, "rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
