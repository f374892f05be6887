"""Runs as typed columns for a browser: text once per distinct value in JSON, numbers and codes as raw buffers.

JSON knows no NaN, so every float travels in a buffer; a reader finds its buffers by their place in the list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from trackbook.figures.direction import better
from trackbook.stores.base import RunTable

__all__ = ["ROW_LIMIT", "Columns", "encode_table"]

#: Rows that one browser holds; beyond it, the first of the asked order.
ROW_LIMIT = 20_000
#: Characters of one cell that travel; a param may be 64 KiB long and there are thousands of them.
CELL_LIMIT = 1_000


@dataclass
class Columns:
    """Columns on their way to a browser.

    Attributes:
        meta: what fits in JSON; ``values``, ``codes``, ``nan`` and ``lost`` in it are places in `buffers`.
        buffers: little-endian float64 and int32 arrays.
    """

    meta: dict[str, Any] = field(default_factory=dict)
    buffers: list[bytes] = field(default_factory=list)

    def add(self, array: np.ndarray, dtype: str) -> int:
        """Append an array and return its place."""
        self.buffers.append(np.ascontiguousarray(array, dtype=dtype).tobytes())
        return len(self.buffers) - 1

    def packed(self) -> dict[str, Any]:
        """All buffers as one, with ``spans`` of [start, length] in `meta`: 10,000 metrics would be 40,000 frames."""
        spans, start = [], 0
        for part in self.buffers:
            spans.append([start, len(part)])
            start += len(part)
        return {"meta": {**self.meta, "spans": spans}, "buffers": [b"".join(self.buffers)]}


def encode_table(table: RunTable, experiments: Mapping[str, str] | None = None, total: int | None = None) -> Columns:
    """A table as columns.

    Args:
        table: of runs; rows beyond `ROW_LIMIT` are left out.
        experiments: names of experiments by their ids, for those that are known.
        total: how many runs there are, if more than the table holds.
    """
    out, count = Columns(), min(len(table.run_ids), ROW_LIMIT)
    attributes = table.attributes
    lost = attributes.get("lost") or []
    names = dict(experiments or {})
    places = [names.get(each, each) for each in attributes.get("experiment_id", [])]
    columns = [
        _text(out, "attributes", "run_name", attributes.get("run_name") or [], count),
        _text(out, "attributes", "status", attributes.get("status") or [], count),
        _time(out, "start_time", attributes.get("start_time") or [], count),
        _time(out, "end_time", attributes.get("end_time") or [], count),
        _text(out, "attributes", "user_id", attributes.get("user_id") or [], count),
        _text(out, "attributes", "experiment", places, count),
    ]
    columns += [_metric(out, key, aggregates, count) for key, aggregates in table.metrics.items()]
    columns += [_text(out, "params", key, values, count) for key, values in table.params.items()]
    columns += [_text(out, "tags", key, values, count) for key, values in table.tags.items()]
    out.meta = {
        "rows": count,
        "total": max(total or 0, len(table.run_ids)),
        "ids": list(table.run_ids[:count]),
        "lost": out.add(np.flatnonzero(np.asarray(lost[:count], dtype=bool)), "<i4"),
        "columns": columns,
    }
    return out


def _text(out: Columns, group: str, key: str, values: Sequence[str | None], count: int) -> dict[str, Any]:
    shown = values[:count]
    order = dict.fromkeys(shown)
    order.pop(None, None)
    known = [text for text in order if text is not None]
    place_of: dict[str | None, int] = {None: -1}
    place_of.update(zip(known, range(len(known)), strict=True))
    codes = np.fromiter(map(place_of.__getitem__, shown), dtype=np.int32, count=len(shown))
    cut = any(len(value) > CELL_LIMIT for value in known)
    texts = [value[:CELL_LIMIT] + "…" if len(value) > CELL_LIMIT else value for value in known] if cut else known
    return {"kind": "text", "group": group, "key": key, "texts": texts, "cut": cut, "codes": out.add(codes, "<i4")}


def _time(out: Columns, key: str, values: Sequence[int | None], count: int) -> dict[str, Any]:
    floats = [np.nan if value is None else value for value in values[:count]]
    place = out.add(np.asarray(floats, dtype=np.float64), "<f8")
    return {"kind": "time", "group": "attributes", "key": key, "values": place}


def _metric(out: Columns, key: str, aggregates: Mapping[str, np.ndarray], count: int) -> dict[str, Any]:
    """One metric; an aggregate equal to the last value (a metric logged once) shares its buffer."""
    last = np.asarray(aggregates["last"][:count], dtype=np.float64)
    places = {"last": out.add(last, "<f8")}
    for name in ("min", "max"):
        if name in aggregates:
            values = np.asarray(aggregates[name][:count], dtype=np.float64)
            same = np.array_equal(values, last, equal_nan=True)
            places[name] = places["last"] if same else out.add(values, "<f8")
    counts = np.asarray(aggregates["count"][:count] if "count" in aggregates else np.zeros(count))
    logged = np.flatnonzero(np.isnan(last) & (counts > 0))
    return {
        "kind": "metric",
        "group": "metrics",
        "key": key,
        "goal": better(key),
        "values": places,
        "nan": out.add(logged, "<i4"),
    }
