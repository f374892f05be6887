"""The journal's format: framed records, how they are written, read back and found again behind damage.

A segment is a header line and then records. All numbers are little-endian.

    record   sync u16 = 0x54A7, kind u8, 0 u8, length u32, body (length bytes), crc32 u32 of all before it
    SERIES   number u32, then run id, key, model, data set as UTF-8 with NUL between them
    POINTS   any number of: series number u32, step i64, time i64 (ms since 1970), value f64
    others   JSON

    POINT    the short form of one point, which is most of what is written: sync u16, kind u8, 22 u8,
             series number u16, step i32, time i64 (ns since 1970), value f64, crc32 u32 of all before it

The header is a record too: kind HEADER, JSON with format, store, writer, segment, host, boot and pid.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from trackbook.entities import Metric
from trackbook.errors import InvalidParameter

__all__ = [
    "END",
    "HEADER",
    "MAX_BODY",
    "ONE_POINT_HEAD",
    "ONE_POINT_SIZE",
    "PACK_CRC",
    "PACK_ONE_POINT",
    "PARAM",
    "POINT",
    "POINTS",
    "POINT_SIZE",
    "SERIES",
    "SHORT_NUMBERS",
    "SYNC",
    "TAG",
    "Batch",
    "Record",
    "Series",
    "dataset_of",
    "frame",
    "json_record",
    "points_packer",
    "read_batch",
    "scan",
    "series_record",
    "short_prefix",
]

SYNC = 0x54A7
HEADER, SERIES, POINT, POINTS, PARAM, TAG, END, CREATE, FILE = range(1, 10)
_KINDS = frozenset(range(1, 10))
MAX_BODY = 1 << 26

_HEAD = struct.Struct("<HBBI")
_CRC = struct.Struct("<I")
_POINT = struct.Struct("<Iqqd")
_SHORT = struct.Struct("<Hiqd")
_NUMBER = struct.Struct("<I")
_ONE_POINT = struct.Struct("<6siqd")
_ONE_POINT_READ = struct.Struct("<4sHiqdI")
ONE_POINT_HEAD = struct.pack("<HBB", SYNC, POINT, _ONE_POINT.size - 4)
SHORT_NUMBERS = 0xFFFF
ONE_POINT_SIZE = _ONE_POINT_READ.size
_SYNC_BYTES = SYNC.to_bytes(2, "little")

PACK_CRC = _CRC.pack
PACK_ONE_POINT = _ONE_POINT.pack
POINT_SIZE = _POINT.size
_AROUND = _HEAD.size + _CRC.size


class Series(NamedTuple):
    """What a series number of a segment stands for."""

    run_id: str
    key: str
    model: str = ""
    dataset: str = ""


def dataset_of(metric: Metric) -> str:
    """A metric's data set as series have it: name, newline, digest; "" without one."""
    return f"{metric.dataset_name}\n{metric.dataset_digest or ''}" if metric.dataset_name else ""


class Record(NamedTuple):
    """One intact record: where it begins and ends in its segment, its kind and its body."""

    start: int
    end: int
    kind: int
    body: bytes


@dataclass(slots=True)
class Batch:
    """What one transaction takes from a segment.

    Attributes:
        points: (series number, step, time, value), in file order.
        others: params, tags and endings, in file order.
        start, end: bytes of the segment that the batch covers, damage included.
        damage: ranges of bytes between intact records.
    """

    start: int
    end: int
    points: list[tuple[int, int, int, float]] = field(default_factory=list)
    others: list[Record] = field(default_factory=list)
    damage: list[tuple[int, int]] = field(default_factory=list)


def frame(kind: int, body: bytes) -> bytes:
    """A record around a body."""
    framed = _HEAD.pack(SYNC, kind, 0, len(body)) + body
    return framed + _CRC.pack(zlib.crc32(framed))


def short_prefix(number: int) -> bytes:
    """What the short form of a point of a series begins with; for numbers up to `SHORT_NUMBERS`."""
    return ONE_POINT_HEAD + number.to_bytes(2, "little")


def series_record(number: int, series: Series) -> bytes:
    """A record that gives a series its number within the segment."""
    return frame(SERIES, _NUMBER.pack(number) + "\0".join(series).encode())


def json_record(kind: int, content: dict[str, Any]) -> bytes:
    """A record whose body is JSON."""
    return frame(kind, json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode())


def scan(data: bytes | memoryview, base: int = 0) -> Iterator[Record]:
    """The intact records in a piece of a segment, with whatever lies between them skipped.

    Args:
        data: bytes of the segment.
        base: offset of the first byte within the segment.
    """
    data = bytes(data)
    at = 0
    while (found := _next(data, at)) is not None:
        end = found[1]
        yield _record(data, found, base)
        at = end


def _next(data: bytes, at: int) -> tuple[int, int, int] | None:
    """The first intact record at or behind a place: its start, end and kind."""
    while len(data) - at >= _AROUND:
        if (end := _intact(data, at)) is not None:
            return at, end, data[at + 2]
        at = data.find(_SYNC_BYTES, at + 1)
        if at < 0:
            return None
    return None


def _record(data: bytes, found: tuple[int, int, int], base: int) -> Record:
    start, end, kind = found
    body = start + (len(ONE_POINT_HEAD) if kind == POINT else _HEAD.size)
    return Record(base + start, base + end, kind, data[body : end - _CRC.size])


def _intact(data: bytes, at: int) -> int | None:
    if data.startswith(ONE_POINT_HEAD, at):
        return _checked(data, at, at + ONE_POINT_SIZE)
    sync, kind, zero, length = _HEAD.unpack_from(data, at)
    end = at + _AROUND + length
    if sync != SYNC or kind == POINT or kind not in _KINDS or zero or length > MAX_BODY or end > len(data):
        return None
    return _checked(data, at, end)


def _checked(data: bytes, at: int, end: int) -> int | None:
    body_end = end - _CRC.size
    if end > len(data) or _CRC.unpack_from(data, body_end)[0] != zlib.crc32(data[at:body_end]):
        return None
    return end


def read_batch(data: bytes, base: int, series: dict[int, Series], most: int) -> Batch:
    """Decode whole records into a batch.

    Args:
        data: bytes of the segment from `base` on; a record cut off at its end is left for the next time.
        base: offset of the data within its segment.
        series: numbers met so far; new ones are added.
        most: stop after this many points, give or take one record.
    """
    batch = Batch(base, base)
    at = _read_single_points(data, 0, batch, most)
    while len(batch.points) < most and (found := _next(data, at)) is not None:
        start, end, _ = found
        if start > at:
            batch.damage.append((base + at, base + start))
        _take(batch, _record(data, found, base), series)
        at = _read_single_points(data, end, batch, most)
    return batch


def _read_single_points(data: bytes, at: int, batch: Batch, most: int) -> int:
    """Take the run of one-point records that begins at a place, which is most of what there is; where it ends."""
    points, crc32, size = batch.points, zlib.crc32, _ONE_POINT_READ.size
    count = min((len(data) - at) // size, most - len(batch.points))
    if count > 0 and data.startswith(ONE_POINT_HEAD, at):
        for head, number, step, time, value, crc in _ONE_POINT_READ.iter_unpack(data[at : at + count * size]):
            if head != ONE_POINT_HEAD or crc != crc32(data[at : at + size - 4]):
                break
            points.append((number, step, time // 1_000_000, value))
            at += size
        batch.end = batch.start + at
    return at


def _take(batch: Batch, record: Record, series: dict[int, Series]) -> None:
    if record.kind == POINT:
        number, step, time, value = _SHORT.unpack(record.body)
        batch.points.append((number, step, time // 1_000_000, value))
    elif record.kind == POINTS:
        batch.points.extend(_POINT.iter_unpack(record.body))
    elif record.kind == SERIES:
        number, named = read_series(record.body)
        series[number] = named
    elif record.kind != HEADER:
        batch.others.append(record)
    batch.end = record.end


def read_series(body: bytes) -> tuple[int, Series]:
    """A series record's number and meaning."""
    return _NUMBER.unpack_from(body)[0], Series(*body[_NUMBER.size :].decode().split("\0"))


_packers: dict[int, Callable[..., bytes]] = {}


def points_packer(count: int) -> Callable[..., bytes]:
    """What packs so many points; made once a count, since a loop logs the same number each time."""
    packer = _packers.get(count)
    if packer is None:
        if count * POINT_SIZE > MAX_BODY:
            raise InvalidParameter(f"{count} points in one call; log at most {MAX_BODY // POINT_SIZE} at once.")
        packer = struct.Struct("<" + "Iqqd" * count).pack
        if len(_packers) < 256:
            _packers[count] = packer
    return packer
