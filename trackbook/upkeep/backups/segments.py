"""What waits in journals: read where it lies, and stored in a copy of the database that it belongs to."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from trackbook.stores.journal.drainer import drain_segment
from trackbook.stores.journal.files import Segment, SegmentFile, list_segments, read_header
from trackbook.stores.journal.records import SERIES, SYNC, Series, read_series, scan
from trackbook.stores.sql.store import SqlStore
from trackbook.upkeep.checking import open_copy, read_positions
from trackbook.uris import parse_store_uri

__all__ = ["OpenSegment", "open_segments", "take_in"]

_NAMES_SERIES = SYNC.to_bytes(2, "little") + bytes([SERIES, 0])  # what a record begins with that names a series
_LONGEST = 1 << 14  # of such a record


@dataclass(frozen=True, slots=True)
class OpenSegment:
    """A segment as long as it was when it was opened.

    Attributes:
        file: which, and where.
        descriptor: open for reading; what it holds can be read even when the file is gone.
        start: length of its header.
        size: of the whole.
    """

    file: SegmentFile
    descriptor: int
    start: int
    size: int


@contextmanager
def open_segments(path: Path) -> Iterator[list[OpenSegment]]:
    """The segments of the journals beside a database, for as long as the block lasts. No lock is taken."""
    with ExitStack() as stack:
        found = [stack.enter_context(_held(file)) for file in list_segments(Path(f"{path}.d") / "writers")]
        yield [segment for segment in found if segment is not None]


@contextmanager
def _held(file: SegmentFile) -> Iterator[OpenSegment | None]:
    """A segment as long as it is now; None if it is gone, and so stored. Open, it stays readable when it goes."""
    try:
        descriptor = os.open(file.path, os.O_RDONLY)
    except FileNotFoundError:
        yield None
        return
    try:
        yield OpenSegment(file, descriptor, read_header(descriptor)[1], os.fstat(descriptor).st_size)
    finally:
        os.close(descriptor)


def take_in(copy: Path, segments: list[OpenSegment]) -> None:
    """Store in a copy of a database, which nobody else uses, what waits in segments."""
    with open_copy(copy) as connection:
        stored = read_positions(connection)
    waiting = [(s, stored.get((s.file.writer, s.file.number), s.start)) for s in segments]
    waiting = [(segment, position) for segment, position in waiting if position < segment.size]
    if not waiting:
        return
    store = SqlStore(parse_store_uri(copy))
    try:
        for segment, position in waiting:
            _drain(store, segment, copy, position)
    finally:
        store.close()
    _sweep(copy)


def _drain(store: SqlStore, held: OpenSegment, copy: Path, position: int) -> None:
    aside = SegmentFile(held.file.writer, held.file.number, Path(f"{copy}.d") / "writers" / held.file.path.name)
    segment = Segment(aside, held.descriptor, held.start, {})
    if position > held.start:
        segment.series.update(_declared(os.pread(held.descriptor, position, 0)))
        segment.pos = position
    end = position  # of what is whole: the last record may be in the middle of being written
    for record in scan(os.pread(held.descriptor, held.size - segment.pos, segment.pos), segment.pos):
        end = record.end
    drain_segment(store, segment, end)


def _declared(data: bytes) -> Iterator[tuple[int, Series]]:
    """The series that a piece of a segment names. All else there is stored, and may be long: it is not decoded."""
    at = data.find(_NAMES_SERIES)
    while at >= 0:
        record = next(scan(data[at : at + _LONGEST]), None)
        if record is not None and record.start == 0 and record.kind == SERIES:
            yield read_series(record.body)
        at = data.find(_NAMES_SERIES, at + 1)


def _sweep(copy: Path) -> None:
    """Leave the database alone, but for damaged pieces of journals that were put aside."""
    beside = Path(f"{copy}.d")
    if not list(beside.glob("writers/*.bad")):
        shutil.rmtree(beside, ignore_errors=True)
