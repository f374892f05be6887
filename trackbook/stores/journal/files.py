"""Where journals lie: segments, their headers and locks, who is alive and what is orphaned."""

from __future__ import annotations

import logging
import os
import re
import secrets
import shutil
import socket
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from json import loads
from pathlib import Path
from typing import Any, NamedTuple

from trackbook.errors import StorageFull, StoreError
from trackbook.stores.flock import lock
from trackbook.stores.journal.records import HEADER, Series, json_record, scan
from trackbook.stores.permissions import file_mode, make_folder

__all__ = [
    "Segment",
    "SegmentFile",
    "create_segment",
    "host_and_boot",
    "list_segments",
    "living_writers",
    "lock_orphan",
    "new_writer_id",
    "orphans",
    "put_aside",
    "read_header",
    "segment_path",
    "storage_error",
]

log = logging.getLogger("trackbook")

FORMAT = 1
_FULL = frozenset({27, 28, 122})  # EFBIG, ENOSPC, EDQUOT
NASCENT = ".new"
_HEADER_ROOM = 4096
_SEGMENT_NAME = re.compile(r"([0-9a-f]{32})(?:\.([0-9]{1,9}))?\.log")


class SegmentFile(NamedTuple):
    """A segment on disk: which writer's, which of its segments, and where."""

    writer: str
    number: int
    path: Path


class Segment:
    """An open segment as its reader sees it.

    Attributes:
        writer, number, path: whose, which of its segments, and where.
        descriptor: open for reading.
        start: length of the header.
        pos: everything before it is in the store.
        series: numbers met before `pos`, or all of them.
    """

    __slots__ = ("descriptor", "number", "path", "pos", "series", "start", "writer")

    def __init__(self, file: SegmentFile, descriptor: int, start: int, series: dict[int, Series]) -> None:
        self.writer, self.number, self.path = file
        self.descriptor, self.series = descriptor, series
        self.start = self.pos = start


def put_aside(segment: Segment, damage: list[tuple[int, int]]) -> None:
    """Keep damaged bytes of a segment in ``<writer>.bad``, and say so once a piece."""
    aside = segment.path.with_name(f"{segment.writer}.bad")

    def opener(path: str, flags: int) -> int:
        return os.open(path, flags | os.O_CLOEXEC, file_mode())

    with suppress(OSError), open(aside, "ab", opener=opener) as out:
        out.writelines(os.pread(segment.descriptor, end - start, start) for start, end in damage)
    log.warning(
        "%d damaged pieces of the journal %s were skipped and kept in %s; every intact record is stored.",
        *(len(damage), segment.path, aside),
    )


def new_writer_id() -> str:
    """128 random bits, as 32 hexadecimal digits."""
    return secrets.token_hex(16)


@cache
def host_and_boot() -> tuple[str, str]:
    """This host's name and the id of its present boot ("" where the system has none)."""
    boot = ""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return socket.gethostname(), boot


def segment_path(folder: Path, writer: str, number: int) -> Path:
    """``<writer>.log``, then ``<writer>.1.log`` and so on."""
    return folder / (f"{writer}.{number}.log" if number else f"{writer}.log")


def list_segments(folder: Path) -> list[SegmentFile]:
    """Every segment in a folder, in the order in which each writer wrote them; [] if there is no folder."""
    found = []
    with suppress(FileNotFoundError):
        for name in os.listdir(folder):
            parts = _SEGMENT_NAME.fullmatch(name)
            if parts:
                found.append(SegmentFile(parts[1], int(parts[2] or 0), folder / name))
    return sorted(found)


def create_segment(folder: Path, store_id: str, writer: str, number: int) -> tuple[int, int]:
    """Make and lock a new segment.

    Returns:
        its descriptor, opened for appending, and the length of its header.
    """
    make_folder(folder)
    # Under its own name only when it is locked and has its header: else another process could take it for an orphan.
    path = segment_path(folder, writer, number).with_suffix(NASCENT)
    descriptor = _make_locked(path, file_mode())
    try:
        host, boot = host_and_boot()
        header = json_record(
            HEADER,
            {"format": FORMAT, "store": store_id, "writer": writer, "segment": number}
            | {"host": host, "boot": boot, "pid": os.getpid()},
        )
        if os.write(descriptor, header) != len(header):
            raise OSError(28, os.strerror(28), str(path))
        path.rename(segment_path(folder, writer, number))
    except OSError:
        os.close(descriptor)
        with suppress(OSError):
            path.unlink()
        raise
    return descriptor, len(header)


def _make_locked(path: Path, mode: int) -> int:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, mode)
        try:
            lock(descriptor, wait=True)
        except OSError:
            os.close(descriptor)
            raise
        if os.fstat(descriptor).st_nlink:
            return descriptor
        os.close(descriptor)  # somebody tidied it away before it was locked


def _remove_nascent(folder: Path, own: str | None) -> None:
    """Remove what writers left that were killed while they made a segment."""
    for name in os.listdir(folder):
        if not name.endswith(NASCENT) or name.startswith(own or "."):
            continue
        with suppress(OSError), open(folder / name, "rb") as file:
            lock(file.fileno())
            if os.fstat(file.fileno()).st_ino == os.stat(folder / name).st_ino:
                os.unlink(folder / name)


def read_header(descriptor: int) -> tuple[dict[str, Any], int]:
    """A segment's header and its length; ({}, 0) if it is damaged."""
    for record in scan(os.pread(descriptor, _HEADER_ROOM, 0)):
        if record.kind == HEADER and record.start == 0:
            return loads(record.body), record.end
        break
    return {}, 0


def living_writers(folder: Path, writers: Iterable[str]) -> set[str]:
    """Those of some writers whose process is alive on this machine: one of their segments is locked."""
    wanted = set(writers)
    alive = set()
    try:
        segments = list_segments(folder) if wanted else []
    except PermissionError:  # another user's: whether they live cannot be seen, and so nobody is called dead
        return wanted
    for segment in segments:
        if segment.writer in wanted and segment.writer not in alive and _is_locked(segment.path):
            alive.add(segment.writer)
    return alive


def _is_locked(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        lock(descriptor, shared=True)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def _others(folder: Path, own: str | None) -> bool:
    """Whether anybody else's file is there; asked at every flush, so it is one call."""
    try:
        return any(not name.startswith(own or ".") for name in os.listdir(folder))
    except FileNotFoundError:
        return False


def lock_orphan(segment: SegmentFile) -> int | None:
    """Lock a segment whose writer is gone; None if it lives, is adopted by another or lies on another host.

    Returns:
        the descriptor, locked; the caller closes it after it has unlinked the file.
    """
    try:
        descriptor = os.open(segment.path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        lock(descriptor)
        header = read_header(descriptor)[0]
        known = header.get("host", host_and_boot()[0]) == host_and_boot()[0] and header.get("format", FORMAT) <= FORMAT
        if known and os.fstat(descriptor).st_nlink:
            return descriptor
    except OSError:
        pass
    os.close(descriptor)
    return None


def orphans(folder: Path, own: str | None) -> Iterator[tuple[SegmentFile, int]]:
    """Lock, one after another, the segments that other writers left behind."""
    if not _others(folder, own):
        return
    _remove_nascent(folder, own)
    for segment in list_segments(folder):
        if segment.writer == own:
            continue
        descriptor = lock_orphan(segment)
        if descriptor is not None:
            yield segment, descriptor


def storage_error(error: OSError, folder: Path) -> StoreError:
    """A failed write as an error that names the place and the room that is left."""
    if error.errno in _FULL:
        return StorageFull(
            f"No space left to log to {str(folder)!r}: {shutil.disk_usage(folder).free} bytes are free. "
            "Nothing logged before is lost; free some space and go on."
        )
    return StoreError(
        f"Cannot write to the journal in {str(folder)!r}: {error}. Check that the disk is there and writable."
    )
