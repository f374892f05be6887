"""The check-up of a store: every file, row and point is looked at, and what can be mended is mended if asked for."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain

from trackbook.errors import TrackbookError
from trackbook.stores import open_store
from trackbook.stores.base import Store
from trackbook.stores.upkeep import UNREADABLE
from trackbook.upkeep.doctor.artifacts import check_artifacts, check_orphans
from trackbook.upkeep.doctor.contents import (
    check_clock,
    check_database,
    check_half_purged,
    check_points,
    check_positions,
    check_rejected,
)
from trackbook.upkeep.doctor.findings import ERROR, Finding, guarded, mended
from trackbook.upkeep.doctor.lives import check_lost_runs
from trackbook.upkeep.doctor.models import check_models, check_versions
from trackbook.upkeep.doctor.places import check_journals, check_permissions
from trackbook.uris import parse_store_uri, strip_user_info

__all__ = ["examine"]


def examine(uri: str, *, fix: bool = False, now: int | None = None) -> Iterator[Finding]:
    """Look at everything in a store.

    Nothing is changed unless `fix` is set, and a store that is damaged or away is a finding, not an exception.

    Args:
        uri: the store.
        fix: mend what can be mended without losing anything.
        now: ms since 1970-01-01 UTC; the clock's if None.

    Yields:
        what was found, as it is found; with `fix`, after its mending.
    """
    for finding in _findings(uri, fix, time.time_ns() // 1_000_000 if now is None else now):
        yield mended(finding) if fix else finding


def _findings(uri: str, fix: bool, now: int) -> Iterator[Finding]:
    path, where = parse_store_uri(uri).path, strip_user_info(uri)
    if path is not None and not os.path.exists(path):
        what = "There is no database here."
        yield Finding("store", where, what, ERROR, "Name another store; the first run makes one.")
        return
    opened: list[Store] = []  # opened for writing, a store adopts journals: they are looked at before

    def flush() -> None:
        for store in opened:
            store.flush()

    early: list[Finding] = []
    if path is not None:
        early += guarded("permissions", where, check_permissions(path))
        early += guarded("journal", where, check_journals(path, flush))
    try:
        store = open_store(uri, read_only=not fix)
        opened.append(store)
    except (TrackbookError, OSError, *UNREADABLE) as error:
        yield from early
        yield Finding("store", where, f"The store cannot be opened: {error}", ERROR, "See what the message names.")
        return
    try:
        yield from early
        yield from _contents(store, where, now)
    finally:
        with suppress(TrackbookError, OSError):
            if store.read_only:
                store.close()


def _contents(store: Store, where: str, now: int) -> Iterator[Finding]:
    seconds = now / 1000
    checks = {
        "database": check_database(store),
        "clock": check_clock(store, now),
        "gc": check_half_purged(store),
        "rejected": check_rejected(store),
        "journal": check_positions(store, now),
        "life": check_lost_runs(store, now),
        "points": check_points(store),
        "artifacts": check_artifacts(store, seconds),
        "models": chain(check_models(store), check_versions(store)),
        "orphans": check_orphans(store, seconds),
    }
    for name, findings in checks.items():
        yield from guarded(name, where, findings)
