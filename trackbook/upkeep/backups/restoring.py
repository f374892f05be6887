"""Bring a backup back: checked first, whole or not at all, and what it replaces is kept."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from trackbook.errors import AlreadyExists, DamagedStore, InvalidState, StorageFull
from trackbook.stores.journal.files import list_segments, living_writers
from trackbook.stores.permissions import make_file, make_folder
from trackbook.stores.sql.alone import alone_at
from trackbook.stores.sql.copying import NASCENT, free_name, put_in_place
from trackbook.stores.sql.places import ARTIFACTS
from trackbook.upkeep.backups.backup import database_file, verify_backup
from trackbook.upkeep.backups.copies import merge_artifacts
from trackbook.upkeep.backups.manifest import Manifest, hash_file
from trackbook.uris import DATABASE_NAME

__all__ = ["Restored", "restore"]


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did.

    Attributes:
        path: the database.
        kept: the folder with the store that was there before; None if there was none.
        unlike: artifacts that were there with another content, and stayed.
    """

    path: Path
    kept: Path | None
    unlike: list[Path]


def restore(folder: Path, uri: str, *, force: bool = False) -> Restored:
    """Make a backup the store at a place.

    Artifacts of the backup that are not there are copied; none is replaced or removed. The database comes last.

    Args:
        folder: the backup.
        uri: path or URI of the store to make.
        force: put a store that is there aside.

    Raises:
        AlreadyExists: there is a database, and no force.
        InvalidState: the database that is to be put aside is in use.
        DamagedStore, InvalidParameter, SchemaTooNew: see `verify_backup`; nothing was changed.
    """
    path = database_file(uri, exists=False)
    manifest = verify_backup(folder)
    _refuse_present(path, force)
    make_folder(path.parent)
    with alone_at(str(path)):
        _refuse_present(path, force)
        _refuse_living(path)
        nascent = path.with_name(path.name + ".restored" + NASCENT)
        try:
            _lay(folder / DATABASE_NAME, nascent, manifest)
            names = dict(manifest.artifacts or {})
            unlike = merge_artifacts(folder / ARTIFACTS, names, path.parent / ARTIFACTS)
            kept = _exchange(nascent, path)
        except OSError as error:
            if error.errno not in (27, 28, 122):
                raise
            full = f"No space left in {str(path.parent)!r} to restore {folder}. {path} is as it was."
            raise StorageFull(full) from error
        finally:
            nascent.unlink(missing_ok=True)
    return Restored(path, kept, unlike)


def _refuse_present(path: Path, force: bool) -> None:
    if os.path.lexists(path) and not force:
        raise AlreadyExists(f"{path} exists. Restore into another path, or put it aside with --force.")


def _refuse_living(path: Path) -> None:
    folder = Path(f"{path}.d") / "writers"
    alive = living_writers(folder, {segment.writer for segment in list_segments(folder)})
    if alive:
        raise _in_use(path)


def _in_use(path: Path) -> InvalidState:
    return InvalidState(f"{path} is in use. End the processes that have it open (kernels, pages), then restore.")


def _lay(copy: Path, nascent: Path, manifest: Manifest) -> None:
    """Copy the database beside the place where it belongs."""
    nascent.unlink(missing_ok=True)
    make_file(nascent)
    with open(copy, "rb") as reading, open(nascent, "wb") as writing:
        shutil.copyfileobj(reading, writing, 1 << 20)
    if hash_file(nascent) != manifest.sha256:
        raise DamagedStore(f"{copy} changed while it was copied. Nothing was restored; try again.")


def _exchange(nascent: Path, path: Path) -> Path | None:
    """Put the new database in place of the old one, which keeps a name in a folder of its own."""
    writers = Path(f"{path}.d") / "writers"
    if not os.path.lexists(path):
        aside = _keep(path, [writers]) if list_segments(writers) else None  # of a database that is gone
        put_in_place(nascent, path)
        return aside
    with _held_alone(path) as whole:
        logs = [] if whole else [Path(f"{path}{ending}") for ending in ("-wal", "-shm", "-journal")]
        aside = _keep(path, [writers, *logs])
        os.link(path, aside / path.name)
        put_in_place(nascent, path)  # from the old to the new at once
    if whole:
        _use_log(aside / path.name)
    return aside


def _keep(path: Path, files: list[Path]) -> Path:
    """Move files that belong to a database into a new folder, where they lie as they lay beside it."""
    aside = free_name(path.with_name(f"{path.name}.replaced-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"))
    make_folder(aside)
    for file in files:
        target = aside / file.relative_to(path.parent)
        make_folder(target.parent)
        with suppress(FileNotFoundError):
            file.rename(target)
    return aside


@contextmanager
def _held_alone(path: Path) -> Iterator[bool]:
    """Shut everybody out of a database whose log has been moved into it; False if it is too damaged for that.

    Raises:
        InvalidState: somebody has it open.
    """
    connection = sqlite3.connect(path, isolation_level=None, timeout=1)
    try:
        # Out of WAL mode only the last one gets; then nothing lies beside the file that could meet the new database.
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("BEGIN EXCLUSIVE")
        whole = True
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            connection.close()
            raise _in_use(path) from error
        whole = False
    except sqlite3.DatabaseError:
        whole = False
    if not whole:
        connection.close()
    try:
        yield whole
    finally:
        connection.close()


def _use_log(path: Path) -> None:
    """Give the store that was put aside its mode back."""
    connection = sqlite3.connect(path, isolation_level=None)
    with suppress(sqlite3.Error):
        connection.execute("PRAGMA journal_mode=WAL")
    connection.close()
