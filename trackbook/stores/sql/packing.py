"""Points as rows and as compressed chunks: reading both as one, and packing the first into the second.

A chunk holds up to 4,096 points of one run and series, in the order of their sequence numbers. Its data are four
zlib-compressed columns, each preceded by its length (u32, little-endian): differences of steps and of times as int64,
values as float64, origins as int32. The bytes of a column are shuffled first (all lowest bytes, then all second ...),
as HDF5's shuffle filter does.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Any

from trackbook.stores.base import PointArrays
from trackbook.stores.sql.engine import Connection, Database

if TYPE_CHECKING:
    import numpy as np

__all__ = ["HOT_LIMIT", "joined", "pack_ended", "pack_run", "read", "sorted_once", "unpack"]

CHUNK = 4096
MINIMUM = 256  # shorter series stay rows
HOT_LIMIT = 16_384  # rows of a series of a running run beyond which it is packed
CHUNKS_A_TRANSACTION = 64
_LEVEL = 6
_LENGTH = struct.Struct("<I")


def read(connection: Connection, run: int, series: int, after: int = 0) -> PointArrays:
    """Points of a series from a sequence number on, in the order of their sequence numbers.

    The caller's transaction makes chunks and rows one state: a point is in one of the two.
    """
    import numpy as np

    chunks = connection.execute(
        "SELECT first_seq, count, data FROM chunks WHERE run = ? AND series = ? AND last_seq >= ? ORDER BY first_seq",
        (run, series, after),
    )
    rows = connection.execute(
        "SELECT step, time, value FROM points WHERE run = ? AND series = ? AND seq >= ? ORDER BY seq",
        (run, series, after),
    )
    parts = [unpack(data, count) for _, count, data in chunks]
    if rows:
        steps, times, values = zip(*rows, strict=True)
        # a NaN is stored as NULL, which NumPy reads back as NaN
        parts.append(PointArrays(np.array(steps, np.int64), np.array(times, np.int64), np.array(values, np.float64)))
    return joined(parts)


def joined(parts: list[PointArrays]) -> PointArrays:
    """Pieces one behind the other."""
    import numpy as np

    if len(parts) == 1:
        return parts[0]
    if not parts:
        return PointArrays(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float64))
    return PointArrays(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def sorted_once(points: PointArrays) -> PointArrays:
    """Sorted by (step, time, value) with NaN before numbers, exact duplicates once."""
    import numpy as np

    steps, times, values = points
    if len(steps) < 2 or bool((steps[1:] > steps[:-1]).all()):
        return points
    bits = values.view(np.int64)
    order = np.lexsort((bits, values, ~np.isnan(values), times, steps))
    steps, times, values, bits = steps[order], times[order], values[order], bits[order]
    nans = np.isnan(values)
    same = (steps[1:] == steps[:-1]) & (times[1:] == times[:-1])
    same &= (bits[1:] == bits[:-1]) | (nans[1:] & nans[:-1])
    keep = np.concatenate(([True], ~same))
    return PointArrays(steps[keep], times[keep], values[keep])


def _shuffled(column: np.ndarray) -> bytes:
    import numpy as np

    planes = column.view(np.uint8).reshape(-1, column.itemsize).T
    data = zlib.compress(np.ascontiguousarray(planes).tobytes(), _LEVEL)
    return _LENGTH.pack(len(data)) + data


def _unshuffled(data: memoryview, dtype: type, count: int) -> tuple[np.ndarray, memoryview]:
    import numpy as np

    (length,) = _LENGTH.unpack_from(data)
    raw = zlib.decompress(data[4 : 4 + length])
    width = np.dtype(dtype).itemsize
    planes = np.frombuffer(raw, np.uint8).reshape(width, count)
    return np.ascontiguousarray(planes.T).reshape(-1).view(dtype), data[4 + length :]


def _pack(rows: list[tuple[Any, ...]]) -> bytes:
    """The data of a chunk from rows of (step, time, value, origin)."""
    import numpy as np

    steps, times, values, origins = zip(*rows, strict=True)
    with np.errstate(over="ignore"):  # differences of int64 limits wrap, and wrap back when summed
        columns = [np.diff(np.array(c, np.int64), prepend=np.int64(0)) for c in (steps, times)]
    columns += [np.array(values, np.float64), np.array(origins, np.int32)]
    return b"".join(_shuffled(column) for column in columns)


def unpack(data: bytes, count: int) -> PointArrays:
    """The points of a chunk; ValueError, struct.error or zlib.error if it is damaged."""
    import numpy as np

    steps, rest = _unshuffled(memoryview(data), np.int64, count)
    times, rest = _unshuffled(rest, np.int64, count)
    values, _ = _unshuffled(rest, np.float64, count)
    with np.errstate(over="ignore"):
        return PointArrays(np.cumsum(steps), np.cumsum(times), values)


def pack_run(database: Database, run: int, minimum: int = MINIMUM) -> int:
    """Pack the long series of a run.

    Args:
        minimum: pack series with at least so many rows.

    Returns:
        how many rows are left.
    """
    with database.read() as connection:
        counted = connection.execute(
            "SELECT series, count(*) FROM points WHERE run = ? GROUP BY series HAVING count(*) >= ?", (run, minimum)
        )
    for series, count in counted:
        left = count
        while left >= MINIMUM:
            with database.write() as connection:
                moved = _pack_rows(connection, run, series)
            left = left - moved if moved else 0
    with database.write() as connection:
        ((rows,),) = connection.execute("SELECT count(*) FROM points WHERE run = ?", (run,))
        # what is left of an ended run stays rows: it is not looked at again until points are added
        hot = "CASE WHEN status IN (1, 2) THEN ? ELSE 0 END"
        connection.execute(f"UPDATE runs SET hot = {hot} WHERE id = ?", (rows, run))
    return int(rows)


def _pack_rows(connection: Connection, run: int, series: int) -> int:
    """Move up to 64 chunks of rows; the number of rows."""
    if connection.dialect.lock:  # on a server two may pack at once, and one waits here
        connection.execute(f"SELECT id FROM runs WHERE id = ?{connection.dialect.lock}", (run,))
    rows = connection.execute(
        "SELECT seq, step, time, value, origin FROM points WHERE run = ? AND series = ? ORDER BY seq LIMIT ?",
        (run, series, CHUNK * CHUNKS_A_TRANSACTION),
    )
    chunks = [rows[at : at + CHUNK] for at in range(0, len(rows), CHUNK)]
    for chunk in chunks:
        first, last = chunk[0][0], chunk[-1][0]
        data = _pack([row[1:] for row in chunk])
        connection.execute(
            "INSERT INTO chunks (run, series, first_seq, last_seq, count, data) VALUES (?, ?, ?, ?, ?, ?)",
            (run, series, first, last, len(chunk), data),
        )
        connection.execute(
            "DELETE FROM points WHERE run = ? AND series = ? AND seq BETWEEN ? AND ?", (run, series, first, last)
        )
    return len(rows)


def pack_ended(database: Database, most: int = 100) -> None:
    """Pack runs that have ended and were left unpacked."""
    with database.read() as connection:
        ended = connection.execute(
            "SELECT id FROM runs WHERE hot >= ? AND status NOT IN (1, 2) LIMIT ?", (MINIMUM, most)
        )
    for (run,) in ended:
        pack_run(database, run)
