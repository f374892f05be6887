"""Folders of artifacts whose run exists no more: found, and removed when they are old enough to be nobody's."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import NamedTuple

from trackbook.stores.base import Store
from trackbook.stores.sql.siblings import runs_of_siblings
from trackbook.upkeep.folders import Measure, claimed_folders, measure, remove_run_folder
from trackbook.uris import parse_store_uri

__all__ = ["Orphan", "orphan_folders", "remove_orphan"]

DAY = 86_400.0
_MADE_BY_US = re.compile(r"[0-9a-f]{32}")  # a folder of another name may be anything
_BATCH = 200


class Orphan(NamedTuple):
    """A folder called after a run that does not exist.

    Attributes:
        path: where it is.
        found: what lies in it.
        old: whether nothing in it was changed for a day, so that nobody is writing it.
    """

    path: str
    found: Measure
    old: bool


def orphan_folders(store: Store, now: float) -> Iterator[Orphan]:
    """Folders of runs that do not exist, in the folder beside the database.

    A folder that a user gave as artifact_location is not looked into: it may belong to others as well.

    Args:
        store: a store in a SQLite file; others have no folder of their own.
        now: seconds since 1970-01-01 UTC.

    Raises:
        StoreError: another database in the same folder, which may use the same artifacts, cannot be read.
    """
    database = parse_store_uri(store.uri).path
    if database is None:
        return
    claimed = claimed_folders(store.artifact_locations().values())
    folders = _run_folders(store.artifact_root())
    while some := dict(islice(folders, _BATCH)):
        names = list(some.values())
        known = store.existing_runs(names) | runs_of_siblings(database, names)
        for path, name in some.items():
            if name not in known and os.path.realpath(path) not in claimed:
                found = measure(path)
                yield Orphan(path, found, now - found.changed > DAY)


def remove_orphan(store: Store, orphan: Orphan) -> bool:
    """Delete an orphan's folder, if no run has come to bear its name; whether it is gone."""
    folder, name = os.path.split(orphan.path)
    if store.existing_runs([name]) or not orphan.old:
        return False
    remove_run_folder(folder, name)
    if os.path.realpath(folder) not in claimed_folders(store.artifact_locations().values()):
        with suppress(OSError):  # that of an experiment that is gone as well, if it is empty now
            os.rmdir(folder)
    return True


def _run_folders(root: str) -> Iterator[tuple[str, str]]:
    """Path and name of the folders two levels below a root that bear a run's id; no link is followed."""
    for experiment in _folders(root):
        for run in _folders(experiment.path):
            if _MADE_BY_US.fullmatch(run.name):
                yield run.path, run.name


def _folders(path: str) -> Iterator[os.DirEntry[str]]:
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(path) as entries:
        yield from (entry for entry in entries if entry.is_dir(follow_symlinks=False))
