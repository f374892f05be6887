"""Parquet files that somebody sends -> DataFrames, after a look at how large they would become in memory."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from trackbook.libraries import require
from trackbook.models.scoring.limits import check_memory, check_size

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["from_parquet"]

_BATCH = 65_536


def from_parquet(body: bytes) -> pd.DataFrame:
    """The table of a Parquet file.

    A few bytes may stand for a thousand million equal values, so texts stay dictionaries until their size is known.

    Raises:
        TrackbookError: it has too many columns or cells, or takes too much memory.
        OSError, ValueError: it is none.
    """
    require("Parquet", "pandas", "pyarrow")
    import pyarrow.parquet as pq

    whole = pq.ParquetFile(io.BytesIO(body))
    facts = whole.metadata
    check_size(facts.num_rows, facts.num_columns)
    check_memory(sum(facts.row_group(place).total_byte_size for place in range(facts.num_row_groups)))
    texts = [field.name for field in whole.schema_arrow if _is_long(field.type)]
    table = _checked(body, texts) if texts else None
    found: pd.DataFrame = (table if table is not None else whole.read()).cast(whole.schema_arrow).to_pandas()
    return found


def _checked(body: bytes, texts: list[str]) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    taken, batches = 0, []
    for batch in pq.ParquetFile(io.BytesIO(body), read_dictionary=texts).iter_batches(_BATCH):
        taken += sum(_unpacked(column) for column in batch.columns)
        check_memory(taken)
        batches.append(batch)
    return pa.Table.from_batches(batches) if batches else None


def _is_long(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_binary(kind) or pa.types.is_large_string(kind))


def _unpacked(column: Any) -> int:
    """Bytes that a column takes once each value stands for itself."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_dictionary(column.type):
        return int(column.nbytes)
    lengths = pc.binary_length(column.dictionary)
    return int(pc.sum(lengths.take(column.indices)).as_py() or 0)
