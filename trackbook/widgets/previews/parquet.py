"""Parquet, a hundred rows at a time: its foot says where they are, and only their part of the file is read."""

from __future__ import annotations

import io
from typing import Any

from trackbook.errors import TrackbookError
from trackbook.libraries import is_installed
from trackbook.widgets.artifact_files import ArtifactFile
from trackbook.widgets.previews.preview import Preview, Unreadable, in_bytes
from trackbook.widgets.previews.tables import PAGE_ROWS, rows_preview

__all__ = ["parquet_page"]

#: Bytes of columns that one page may read; a group of rows may be larger than all memory.
_BUDGET = 32_000_000
_MOST_COLUMNS = 200


def parquet_page(file: ArtifactFile, start: int) -> Preview:
    """The rows from `start` on.

    Raises:
        Unreadable: it is no Parquet, pyarrow is not there, or a page would need too much of the file.
    """
    if not is_installed("pyarrow"):
        raise Unreadable("Parquet files are read by pyarrow, which is not installed here. Run: pip install pyarrow")
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(_Range(file), pre_buffer=False, buffer_size=1 << 16) as opened:
            return _page(opened, start)
    except (pa.ArrowException, OSError, ValueError, OverflowError) as problem:
        if isinstance(problem, _OverBudget):
            raise Unreadable(str(problem)) from None
        raise Unreadable("It is no Parquet file that pyarrow can read.", str(problem)) from None


def _page(opened: Any, start: int) -> Preview:
    meta = opened.metadata
    total = meta.num_rows
    start = min(start, max(0, total - 1)) // PAGE_ROWS * PAGE_ROWS
    columns = [str(name) for name in opened.schema_arrow.names]
    rows: list[list[Any]] = []
    group, before = 0, 0
    while group < meta.num_row_groups and before + meta.row_group(group).num_rows <= start:
        before += meta.row_group(group).num_rows
        group += 1
    skip = start - before
    groups = list(range(group, meta.num_row_groups))
    for batch in opened.iter_batches(PAGE_ROWS, row_groups=groups, columns=columns[:_MOST_COLUMNS]):
        if skip >= batch.num_rows:
            skip -= batch.num_rows
            continue
        part = batch.slice(skip, PAGE_ROWS - len(rows))
        skip = 0
        rows += [list(row) for row in zip(*(column.to_pylist() for column in part.columns), strict=True)]
        if len(rows) >= PAGE_ROWS:
            break
    types = [str(each) for each in opened.schema_arrow.types]
    found = rows_preview(columns, rows, 0, None)
    return Preview({**found.value, "start": start, "total": total, "types": types[: len(found.value["columns"])]})


class _OverBudget(OSError):
    """A page would read more than it may."""


class _Range(io.RawIOBase):
    """A file as pyarrow reads it, which says no where that becomes too much."""

    def __init__(self, file: ArtifactFile) -> None:
        self._file, self._place, self._left = file, 0, _BUDGET

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go elsewhere."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._file.size}[whence]
        self._place = max(0, base + offset)
        return self._place

    def tell(self) -> int:
        """Where the next byte comes from."""
        return self._place

    def size(self) -> int:
        """Bytes in all, which pyarrow asks for."""
        return self._file.size

    def read(self, size: int | None = -1) -> bytes:
        """Some bytes.

        Raises:
            OSError: the page has read all that it may.
        """
        wanted = self._file.size - self._place if size is None or size < 0 else size
        self._left -= wanted
        if self._left < 0:
            raise _OverBudget(
                f"A page of this table needs more than {in_bytes(_BUDGET)} of the file, because its rows lie in very "
                "large groups. Read it by pandas.read_parquet."
            )
        try:
            data = self._file.read(self._place, wanted)
        except TrackbookError as problem:
            raise OSError(str(problem)) from problem
        self._place += len(data)
        return data
