"""Doctor's look into the database: whether it is whole, and what is stored of the journal and of runs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from trackbook.stores.base import Store
from trackbook.stores.upkeep import RejectedRecord, RunFault
from trackbook.upkeep.checking import content_faults
from trackbook.upkeep.doctor.findings import ERROR, NOTE, WARNING, Finding
from trackbook.uris import parse_store_uri, strip_user_info

__all__ = ["check_clock", "check_database", "check_half_purged", "check_points", "check_positions", "check_rejected"]

POSITIONS_MS = 30 * 24 * 3600 * 1000
_CLOCK_MS = 60_000
_DAMAGED = (
    "Stop writing to it and keep a copy. Then trackbook db restore takes a backup, or trackbook db recover saves what "
    "can still be read; the journal beside it is untouched."
)


def check_database(store: Store) -> Iterator[Finding]:
    """What the database finds wrong with itself."""
    path = parse_store_uri(store.uri).path
    for fault in chain(store.database_faults(), () if path is None else content_faults(Path(path))):
        yield Finding("database", strip_user_info(store.uri), f"{fault}.", ERROR, _DAMAGED)


def check_points(store: Store) -> Iterator[Finding]:
    """Runs whose points cannot be read, or are not what is summed up of them; reads every point."""
    for fault in store.run_faults():
        yield _point_finding(store, fault)


def _point_finding(store: Store, fault: RunFault) -> Finding:
    what = f"{fault.what[0].upper()}{fault.what[1:]}."
    if not fault.mendable:
        return Finding("points", fault.run_id, what, ERROR, "Restore a backup; no other run is harmed.")
    remedy = "--fix sets it right; no point is lost."
    return Finding("points", fault.run_id, what, WARNING, remedy, lambda: store.mend_run(fault.run_id))


def check_rejected(store: Store) -> Iterator[Finding]:
    """Records of the journal that the rules refused."""
    for record in store.rejected():
        yield _rejected_finding(store, record)


def _rejected_finding(store: Store, record: RejectedRecord) -> Finding:
    where = f"rejected record {record.number}"
    what = f"{record.size} bytes of the journal {record.writer or '?'} were not stored: {record.reason}"
    if record.storable:
        remedy = "The reason is gone: --fix stores them."
        return Finding("rejected", where, what, WARNING, remedy, lambda: store.retry_rejected(record.number))
    remedy = "They are kept. If their run was deleted for good, trackbook gc --rejected deletes them."
    return Finding("rejected", where, what, NOTE, remedy)


def check_positions(store: Store, now: int) -> Iterator[Finding]:
    """Positions in journals that are gone.

    Args:
        store: the store.
        now: ms since 1970-01-01 UTC.
    """
    writers = store.vanished_writers(now - POSITIONS_MS)
    if writers:
        what = f"It remembers how far {len(writers)} journals were stored that have been gone for more than 30 days."
        yield Finding(
            "journal",
            strip_user_info(store.uri),
            what,
            NOTE,
            "--fix forgets them.",
            lambda: store.forget_writers(writers),
        )


def check_half_purged(store: Store) -> Iterator[Finding]:
    """Runs and experiments that a purge has begun to delete."""
    count = store.half_purged()
    if count:
        what = f"{count} runs and experiments are half deleted: a gc is at work, or was interrupted."
        yield Finding("gc", strip_user_info(store.uri), what, WARNING, "Finish it with: trackbook gc")


def check_clock(store: Store, now: int) -> Iterator[Finding]:
    """A clock that is behind what was stored.

    Args:
        store: the store.
        now: ms since 1970-01-01 UTC.
    """
    newest = store.newest_heartbeat()
    if newest is not None and newest > now + _CLOCK_MS:
        what = (
            f"A run's process beat {(newest - now) // 1000} s in the future: this machine's clock, or that of the one "
            "which ran it, is wrong."
        )
        yield Finding(
            "clock", strip_user_info(store.uri), what, WARNING, "Set the clocks by NTP; times of points follow them."
        )
