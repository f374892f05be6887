"""Files that are scored, as tables of so many rows: CSV, Parquet, JSON lines, and MLflow's JSON in one piece."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable, Iterator
from typing import IO, Any

from trackbook.errors import InvalidParameter
from trackbook.libraries import require
from trackbook.models.scoring.bodies import Question, read_json
from trackbook.signature.payloads import csv_tables, parse_payload
from trackbook.signature.schema import Schema

__all__ = ["CONTENT_TYPES", "content_type_of", "questions"]

CONTENT_TYPES = ("json", "csv", "parquet", "jsonl")
_BY_ENDING = {
    ".csv": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
}


def content_type_of(name: str | None, given: str | None) -> str:
    """What a file holds: as the caller says, else as its name ends, else JSON.

    Raises:
        InvalidParameter: the caller says something else than `CONTENT_TYPES`.
    """
    if given is not None and given not in CONTENT_TYPES:
        raise InvalidParameter(f"The content type is one of {', '.join(CONTENT_TYPES)}, not {given!r:.80}.")
    ending = os.path.splitext(name or "")[1].lower()
    return given or _BY_ENDING.get(ending, "json")


def questions(source: IO[bytes], kind: str, schema: Schema | None, rows: int) -> Iterator[Question]:
    """What is asked of the model, part after part, so that no more than `rows` rows are in memory; JSON in one.

    Raises:
        InvalidParameter: it cannot be read, or a value does not fit the signature.
    """
    read: dict[str, Callable[[IO[bytes], Schema | None, int], Iterator[Question]]]
    read = {"json": _json, "csv": _csv, "parquet": _parquet, "jsonl": _lines}
    return read[kind](source, schema, rows)


def _json(source: IO[bytes], schema: Schema | None, _rows: int) -> Iterator[Question]:
    yield read_json(source.read(), schema)


def _csv(source: IO[bytes], schema: Schema | None, rows: int) -> Iterator[Question]:
    require("CSV", "pandas")
    return (Question(table) for table in csv_tables(source, schema, rows))


def _parquet(source: IO[bytes], _schema: Schema | None, rows: int) -> Iterator[Question]:
    require("Parquet", "pyarrow", "pandas")
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        for batch in pq.ParquetFile(source, pre_buffer=False).iter_batches(rows):
            yield Question(batch.to_pandas())
    except (pa.ArrowException, OSError) as error:
        raise InvalidParameter(f"It is no Parquet file: {error!s:.200}", "BAD_REQUEST") from None


def _lines(source: IO[bytes], schema: Schema | None, rows: int) -> Iterator[Question]:
    numbered = enumerate(source, 1)
    while part := list(itertools.islice(numbered, rows)):
        records = [_record(number, line) for number, line in part if line.strip()]
        if records:
            yield Question(*parse_payload({"dataframe_records": records}, schema))


def _record(number: int, line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise InvalidParameter(f"Line {number} is no JSON object: {line[:80]!r}", "BAD_REQUEST")
    return found
