"""What changed in a table of runs since a page got it, where that is little: the rows that changed, as columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from trackbook.stores.base import RunTable
from trackbook.widgets.columns import ROW_LIMIT, encode_table

__all__ = ["patch_of"]

#: Smaller tables are sent whole, and so is a table of which more than a fourth has changed.
_SMALL, _MOST = 200, 0.25


def patch_of(before: RunTable, now: RunTable, experiments: Mapping[str, str] | None = None) -> dict[str, Any] | None:
    """What makes a page's table the present one; {} if it is, and None if the whole table is to be sent.

    Args:
        before: the table that the page has.
        now: the present one.
        experiments: names of experiments by their ids.

    Returns:
        ``meta`` and ``buffers`` of the changed rows as `encode_table` gives them; with ``gone`` (ids) and, unless the
        new ones come first and the others stay in their order, ``order`` (place of a buffer: for each row its place
        among the page's rows, or, behind those, among the changed ones).
    """
    if len(now.run_ids) > ROW_LIMIT or _shape(before) != _shape(now):
        return None
    places = {run_id: place for place, run_id in enumerate(before.run_ids)}
    old = np.fromiter((places.get(run_id, -1) for run_id in now.run_ids), dtype=np.int64, count=len(now.run_ids))
    changed = np.flatnonzero((old < 0) | _changes(before, now, old))
    here = set(now.run_ids)
    gone = [run_id for run_id in before.run_ids if run_id not in here]
    if not len(changed) and not gone and np.array_equal(old, np.arange(len(old))):
        return {}
    if len(now.run_ids) < _SMALL or len(changed) + len(gone) > _MOST * len(now.run_ids):
        return None
    columns = encode_table(_rows_of(now, changed), experiments, len(now.run_ids))
    order = old.copy()
    order[changed] = len(before.run_ids) + np.arange(len(changed))
    columns.meta["gone"] = gone
    if not _stays(old):
        columns.meta["order"] = columns.add(order, "<i4")
    return columns.packed()


def _stays(old: np.ndarray) -> bool:
    """Whether the new rows come first and the others stand as they stood."""
    new = int((old < 0).sum())
    return bool((old[:new] < 0).all() and (np.diff(old[new:]) > 0).all())


def _shape(table: RunTable) -> tuple[Any, ...]:
    """The columns of a table: where those differ, the page gets all of it."""
    metrics = tuple((key, tuple(each)) for key, each in table.metrics.items())
    return tuple(table.attributes), metrics, tuple(table.params), tuple(table.tags)


def _changes(before: RunTable, now: RunTable, old: np.ndarray) -> np.ndarray:
    """Which rows do not show what they showed, by the place `old` of each in the table before."""
    changed = np.zeros(len(old), dtype=bool)
    for key, aggregates in now.metrics.items():
        for name, values in aggregates.items():
            was = before.metrics[key][name]
            if len(was):
                was = np.asarray(was)[old]
                changed |= (was != values) & ~(np.isnan(was) & np.isnan(values))
    places = old.tolist()
    for group, earlier in ((now.attributes, before.attributes), (now.params, before.params), (now.tags, before.tags)):
        for key, column in group.items():
            changed |= _differences(earlier[key], column, places)
    return changed


def _differences(was: Sequence[Any], values: Sequence[Any], places: list[int]) -> np.ndarray:
    if not was:
        return np.ones(len(values), dtype=bool)
    return np.fromiter(
        (was[place] != value for place, value in zip(places, values, strict=True)), dtype=bool, count=len(values)
    )


def _rows_of(table: RunTable, rows: np.ndarray) -> RunTable:
    """Some rows of a table."""
    places = rows.tolist()
    attributes, params, tags = (
        {key: [column[place] for place in places] for key, column in group.items()}
        for group in (table.attributes, table.params, table.tags)
    )
    metrics = {key: {name: values[rows] for name, values in each.items()} for key, each in table.metrics.items()}
    return RunTable([table.run_ids[place] for place in places], attributes, metrics, params, tags)
