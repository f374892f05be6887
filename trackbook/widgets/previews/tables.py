"""CSV, Parquet and JSON tables, a hundred rows at a time; nothing that is not shown is kept."""

from __future__ import annotations

import csv
import math
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from trackbook.widgets.artifact_files import ArtifactFile
from trackbook.widgets.previews.preview import READ, Preview, Unreadable, in_bytes
from trackbook.widgets.previews.text import encoding_of

__all__ = ["PAGE_ROWS", "Places", "as_table", "cell", "csv_page", "rows_preview"]

PAGE_ROWS = 100
_COLUMNS, _LETTERS = 200, 300
_STEP = 128_000
_SEPARATORS = ",;\t|"
_REMEMBERED = 16


class Places:
    """Where the pages of the last files begin, so that the next page needs no reading of those before."""

    def __init__(self) -> None:
        self._starts: OrderedDict[str, dict[int, int]] = OrderedDict()

    def of(self, key: str) -> dict[int, int]:
        """Row to byte, of one file."""
        starts = self._starts.setdefault(key, {})
        self._starts.move_to_end(key)
        while len(self._starts) > _REMEMBERED:
            self._starts.popitem(last=False)
        return starts


class _Page(NamedTuple):
    rows: list[list[str]]
    after: int  # the byte behind the last row
    more: bool


def csv_page(file: ArtifactFile, start: int, places: Places) -> Preview:
    """A page of a CSV or TSV file.

    Args:
        file: the file.
        start: the first row, counted from 0; pages that were not reached yet are found by going on from the nearest.
        places: where pages begin, as far as they were read.

    Raises:
        Unreadable: it is no table.
    """
    head = file.read(0, 64_000)
    encoding = encoding_of(head)
    if encoding.startswith("utf-16"):
        raise Unreadable("It is a table in UTF-16, which is not read row by row.", "Save it as UTF-8.")
    dialect = _separator(head.decode(encoding, errors="replace"), file.name)
    known = places.of(f"{file.path} {file.mark}")
    if 0 not in known:
        first = _read_rows(file, 0, 1, encoding, dialect)
        known[0] = first.after
    columns = [name.strip() for name in _read_rows(file, 0, 1, encoding, dialect).rows[0]] if file.size else []
    row = max((place for place in known if place <= start), default=0)
    budget = READ
    while row < start:
        page = _read_rows(file, known[row], min(PAGE_ROWS, start - row), encoding, dialect)
        budget -= page.after - known[row]
        row += len(page.rows)
        known[row] = page.after
        if not page.more or budget < 0:
            start = row
    page = _read_rows(file, known[row], PAGE_ROWS, encoding, dialect)
    if row and not page.rows:  # somebody asked for a page behind the last
        row = max(place for place in known if place < row)
        page = _read_rows(file, known[row], PAGE_ROWS, encoding, dialect)
    known[row + len(page.rows)] = page.after
    total = None if page.more else row + len(page.rows)
    note = "" if encoding.startswith("utf-8") else "The file is not UTF-8; it is shown as Windows-1252."
    return rows_preview(columns, page.rows, row, total, note)


def _separator(head: str, name: str) -> str:
    if name.lower().endswith(".tsv"):
        return "\t"
    line = head.partition("\n")[0]
    return max(_SEPARATORS, key=line.count) if any(mark in line for mark in _SEPARATORS) else ","


def _read_rows(file: ArtifactFile, start: int, most: int, encoding: str, separator: str) -> _Page:
    lines = _Lines(file, start, encoding)
    rows: list[list[str]] = []
    try:
        for row in csv.reader(lines, delimiter=separator):
            if row:
                rows.append(row)
            if len(rows) >= most:
                break
    except csv.Error as problem:
        raise Unreadable("It is no table that can be read row by row.", str(problem)) from None
    return _Page(rows, lines.used, lines.used < file.size)


class _Lines:
    """The lines of a file from a byte on; remembers how many bytes were handed out."""

    def __init__(self, file: ArtifactFile, start: int, encoding: str) -> None:
        self._file, self._start, self.used = file, start, start
        self._encoding = "utf-8" if encoding == "utf-8-sig" else encoding

    def __iter__(self) -> Iterator[str]:
        rest, place = b"", self._start
        while place < self._file.size:
            piece = self._file.read(place, _STEP)
            place += len(piece)
            *whole, rest = (rest + piece).split(b"\n")
            for line in whole:
                yield self._hand_out(line + b"\n")
            if place - self.used > READ:
                raise Unreadable(f"One row is larger than {in_bytes(READ)}, which is no table that can be shown.")
        if rest:
            yield self._hand_out(rest)

    def _hand_out(self, line: bytes) -> str:
        self.used += len(line)
        return line.decode(self._encoding, errors="replace").removeprefix("\ufeff").replace("\0", "\ufffd")


def as_table(value: Any) -> Preview | None:
    """A value as `trackbook.log_table` and ``DataFrame.to_json(orient="split")`` write it; None if it is another."""
    if not isinstance(value, dict) or not isinstance(value.get("columns"), list):
        return None
    rows = value.get("data")
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        return None
    names = [str(name) for name in value["columns"]]
    return rows_preview(names, rows, 0, len(rows))


def rows_preview(
    columns: Sequence[str], rows: Sequence[Sequence[Any]], start: int, total: int | None, note: str = ""
) -> Preview:
    """One page of a table.

    Args:
        columns: names.
        rows: of this page; of a table that is there whole, all.
        start: number of the first.
        total: how many the table has; None if nobody has counted.
        note: a sentence above it.
    """
    shown = list(rows[start : start + PAGE_ROWS]) if total == len(rows) else list(rows[:PAGE_ROWS])
    width = max([len(columns), *(len(row) for row in shown)], default=0)
    names = [columns[place] if place < len(columns) else "" for place in range(min(width, _COLUMNS))]
    cells = [[cell(row[place]) if place < len(row) else None for place in range(len(names))] for row in shown]
    numeric = [_is_numeric([row[place] for row in cells]) for place in range(len(names))]
    return Preview({
        "kind": "table",
        "columns": [_cut(name) for name in names],
        "numeric": numeric,
        "rows": cells,
        "start": start,
        "total": total,
        "hidden": max(0, width - _COLUMNS),
        "note": note,
    })  # fmt: skip


def cell(value: Any) -> str | None:
    """A value as text; None where there is none."""
    if value is None:
        return None
    if isinstance(value, float):
        return "NaN" if math.isnan(value) else repr(value)
    if isinstance(value, bytes):
        return f"{in_bytes(len(value))} of bytes"
    return _cut(str(value))


def _cut(written: str) -> str:
    return written if len(written) <= _LETTERS else written[:_LETTERS] + "…"


def _is_numeric(cells: Sequence[str | None]) -> bool:
    there = [one for one in cells if one not in (None, "")]
    return bool(there) and all(_is_number(str(one)) for one in there)


def _is_number(written: str) -> bool:
    try:
        float(written)
    except ValueError:
        return False
    return "_" not in written
