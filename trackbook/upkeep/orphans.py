"""Folders of artifacts whose run exists no more: found, and removed when they are old enough to be nobody's."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import NamedTuple

from trackbook.stores.base import Store
from trackbook.stores.sql.siblings import models_of_siblings, runs_of_siblings
from trackbook.upkeep.folders import (
    MODELS,
    Measure,
    claimed_folders,
    measure,
    remove_model_folder,
    remove_run_folder,
)
from trackbook.uris import parse_store_uri

__all__ = ["Orphan", "orphan_folders", "remove_orphan"]

DAY = 86_400.0
_MADE_BY_US = re.compile(r"[0-9a-f]{32}")  # a folder of another name may be anything
#: A logged model's folder, or one in which a model was being built.
_OF_MODELS = re.compile(r"(m-[0-9a-f]{32})|\.tmp-[0-9a-f]{32}")
_BATCH = 200


class Orphan(NamedTuple):
    """A folder called after a run or a logged model that does not exist, or what was left of a model in the making.

    Attributes:
        path: where it is.
        kind: ``run``, ``model`` or ``unfinished``.
        found: what lies in it.
        old: whether nothing in it was changed for a day, so that nobody is writing it.
    """

    path: str
    kind: str
    found: Measure
    old: bool


def orphan_folders(store: Store, now: float) -> Iterator[Orphan]:
    """Folders of runs and of logged models that do not exist, in the folder beside the database.

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
    folders = _our_folders(store.artifact_root())
    while some := list(islice(folders, _BATCH)):
        known = _known(store, database, some)
        for kind, path in some:
            if os.path.basename(path) not in known and os.path.realpath(path) not in claimed:
                found = measure(path)
                yield Orphan(path, kind, found, now - found.changed > DAY)


def _known(store: Store, database: str, folders: Sequence[tuple[str, str]]) -> set[str]:
    """Those ids among the names of some folders that a run or a model has, of this store or of one beside it."""
    runs, models = ([os.path.basename(path) for kind, path in folders if kind == which] for which in ("run", "model"))
    known = store.existing_runs(runs) | runs_of_siblings(database, runs) if runs else set()
    return known | (store.existing_models(models) | models_of_siblings(database, models) if models else set())


def remove_orphan(store: Store, orphan: Orphan) -> bool:
    """Delete an orphan's folder, if no run or model has come to bear its name; whether it is gone."""
    folder, name = os.path.split(orphan.path)
    known = {"run": store.existing_runs, "model": store.existing_models}.get(orphan.kind)
    if not orphan.old or (known is not None and known([name])):
        return False
    if orphan.kind == "run":
        remove_run_folder(folder, name)
    else:
        remove_model_folder(os.path.dirname(folder), name)
        with suppress(OSError):
            os.rmdir(folder)
        folder = os.path.dirname(folder)
    if os.path.realpath(folder) not in claimed_folders(store.artifact_locations().values()):
        with suppress(OSError):  # that of an experiment that is gone as well, if it is empty now
            os.rmdir(folder)
    return True


def _our_folders(root: str) -> Iterator[tuple[str, str]]:
    """Kind and path of the folders below a root that bear names which we give; no link is followed."""
    for experiment in _folders(root):
        for entry in _folders(experiment.path):
            if _MADE_BY_US.fullmatch(entry.name):
                yield "run", entry.path
            elif entry.name == MODELS:
                for model in _folders(entry.path):
                    if match := _OF_MODELS.fullmatch(model.name):
                        yield "model" if match[1] else "unfinished", model.path


def _folders(path: str) -> Iterator[os.DirEntry[str]]:
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(path) as entries:
        yield from (entry for entry in entries if entry.is_dir(follow_symlinks=False))
