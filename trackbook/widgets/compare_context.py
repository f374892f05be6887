"""The runs around those compared: up to 2,000 of their experiments as axes, which a page gets as numbers in buffers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from trackbook.entities import ViewType
from trackbook.figures.axes import MOST_CATEGORIES, Axis, duration_axis, metric_axis, param_axis
from trackbook.figures.direction import better
from trackbook.stores.base import RunTable, Store
from trackbook.widgets.compare_rows import is_held_out

__all__ = ["CONTEXT_ROWS", "SENT_COLUMNS", "Surroundings", "changed_columns"]

#: Runs around those compared, the newest; more lines are not told apart.
CONTEXT_ROWS = 2_000
#: Columns that a page gets unasked.
SENT_COLUMNS = 48
_PARALLEL = 8
_AGGREGATES = ("last", "min", "max", "count")
_DURATION = "attributes.duration"
_LABEL = 60
_NAMED = 2_000  # columns that a page may pick from


class Surroundings(NamedTuple):
    """What was read around the runs that are compared.

    Attributes:
        table: these runs and up to `CONTEXT_ROWS` others.
        total: how many there are in all.
        version: changes with what a page would get.
    """

    table: RunTable
    total: int
    version: str

    @classmethod
    def read(cls, store: Store, experiment_ids: Sequence[str], run_ids: Sequence[str]) -> Surroundings:
        """Read them, the newest first, those compared in any case."""
        table = store.run_table(list(experiment_ids), max_results=CONTEXT_ROWS, aggregates=_AGGREGATES)
        inside = set(table.run_ids)
        outside = [run_id for run_id in run_ids if run_id not in inside]
        if outside:
            wanted = ", ".join(f"'{run_id}'" for run_id in outside if "'" not in run_id)
            homes = sorted({store.get_run(run_id).info.experiment_id for run_id in outside})
            found = f"attributes.run_id IN ({wanted})"
            more = store.run_table(homes, found, ViewType.ALL, aggregates=_AGGREGATES)
            table = _joined(table, more)
        counts = store.run_counts() if len(inside) >= CONTEXT_ROWS else {}
        total = sum(sum(counts.get(each, {}).values()) for each in experiment_ids)
        return cls(table, max(total, len(table.run_ids)), _version(table))

    def finished(self) -> list[bool]:
        """Which runs have finished."""
        return [status == "FINISHED" for status in self.table.attributes.get("status", [])]

    def ids(self) -> list[str]:
        """The id of every column, in the order in which they were logged."""
        found = [f"params.{key}" for key in self.table.params] + [f"metrics.{key}" for key in self.table.metrics]
        return [*found, _DURATION]

    def axis(self, column: str) -> Axis | None:
        """The axis of a column; None if there is none."""
        group, _, key = column.partition(".")
        if column == _DURATION:
            return duration_axis(self._durations())
        if group == "params" and key in self.table.params:
            return param_axis(key, self.table.params[key])
        if group == "metrics" and key in self.table.metrics:
            goal, each = better(key), self.table.metrics[key]
            logged = each["count"] > 0 if "count" in each else None
            return metric_axis(key, each[goal or "last"], logged, goal)
        return None

    def target(self, wanted: str = "") -> str:
        """The metric that everything is about: the one asked for, else the likeliest; "" if there is none."""
        if wanted in self.table.metrics:
            return wanted

        def worth(key: str) -> tuple[bool, bool, bool, int]:
            count = int(np.isfinite(self.table.metrics[key]["last"]).sum())
            return better(key) is not None and count > 0, is_held_out(key), "loss" in key.lower(), count

        return max(self.table.metrics, key=worth, default="")

    def parallel(self, target: str) -> list[str]:
        """The axes of the parallel coordinates at first: params that differ, and the target at the end."""
        found = []
        for key in self.table.params:
            axis = self.axis(f"params.{key}")
            if axis is not None and axis.varies and len(axis.texts) < MOST_CATEGORIES:
                found.append(axis.id)
            if len(found) == _PARALLEL:
                break
        return found + ([f"metrics.{target}"] if target else [_DURATION])

    def delivered(self, wanted: Iterable[str]) -> dict[str, Any]:
        """What a page gets: the runs and their columns, values as float64 in bytes.

        Args:
            wanted: these and, up to `SENT_COLUMNS`, all others that have a value; an unknown id is passed over.
        """
        first = list(dict.fromkeys(wanted))
        order = list(dict.fromkeys([*first, _DURATION, *self._by_worth()]))[: max(SENT_COLUMNS, len(first))]
        axes = [_plain(axis) for axis in map(self.axis, order) if axis is not None]
        attributes, run_ids = self.table.attributes, self.table.run_ids
        names = attributes.get("run_name") or run_ids
        lost = zip(attributes.get("status") or [], attributes.get("lost") or [], strict=True)
        return {
            "version": self.version,
            "ids": run_ids,
            "names": [name or run_id for name, run_id in zip(names, run_ids, strict=True)],
            "statuses": ["LOST" if gone else status for status, gone in lost],
            "all": self.ids()[:_NAMED],
            "axes": axes,
        }

    def _by_worth(self) -> list[str]:
        """Params that differ, metrics, then the rest."""
        params, metrics = self.table.params, self.table.metrics
        differing = [f"params.{key}" for key, values in params.items() if len(set(values)) > 1][:SENT_COLUMNS]
        return [*differing[:32], *(f"metrics.{key}" for key in metrics), *differing[32:]]

    def _durations(self) -> list[float]:
        ends, starts = self.table.attributes["end_time"], self.table.attributes["start_time"]
        pairs = zip(starts, ends, strict=True)
        return [np.nan if start is None or end is None else max(0, end - start) for start, end in pairs]


def _plain(axis: Axis) -> dict[str, Any]:
    def short(text: str) -> str:
        return text if len(text) <= _LABEL else text[: _LABEL - 1] + "…"

    plain: dict[str, Any] = {"id": axis.id, "label": axis.label, "kind": axis.kind, "goal": axis.goal}
    plain |= {"low": axis.low, "high": axis.high, "missing": axis.missing, "strange": axis.strange}
    plain |= {
        "ticks": [[value, short(text)] for value, text in axis.ticks],
        "texts": [short(each) for each in axis.texts],
    }
    return plain | {"varies": axis.varies, "values": np.ascontiguousarray(axis.values, dtype="<f8").tobytes()}


def changed_columns(before: Mapping[str, Any], now: Mapping[str, Any]) -> Mapping[str, Any]:
    """What of `Surroundings.delivered` a page lacks that has an earlier one; all of it where other runs are in it."""
    if before["ids"] != now["ids"] or before["names"] != now["names"]:
        return now
    known = {axis["id"]: axis for axis in before["axes"]}
    changed = [axis for axis in now["axes"] if known.get(axis["id"]) != axis]
    return {
        "base": before["version"],
        "version": now["version"],
        "statuses": now["statuses"],
        "all": now["all"],
        "axes": changed,
    }


def _version(table: RunTable) -> str:
    """A short fingerprint of everything that a page draws."""
    told = hashlib.sha256()
    for part in (table.run_ids, table.attributes, table.params):
        told.update(repr(part).encode("utf-8", "replace"))
    for key, each in table.metrics.items():
        told.update(key.encode("utf-8", "replace"))
        for values in each.values():
            told.update(np.ascontiguousarray(values).tobytes())
    return told.hexdigest()[:16]


def _joined(first: RunTable, second: RunTable) -> RunTable:
    """Two tables below one another."""
    sizes = len(first.run_ids), len(second.run_ids)
    return RunTable(
        first.run_ids + second.run_ids,
        {key: list(first.attributes[key]) + list(second.attributes[key]) for key in first.attributes},
        _joined_metrics(first.metrics, second.metrics, sizes),
        _joined_texts(first.params, second.params, sizes),
        _joined_texts(first.tags, second.tags, sizes),
    )


def _joined_texts(
    first: Mapping[str, list[str | None]], second: Mapping[str, list[str | None]], sizes: tuple[int, int]
) -> dict[str, list[str | None]]:
    none: tuple[list[str | None], list[str | None]] = ([None] * sizes[0], [None] * sizes[1])
    keys = dict.fromkeys([*first, *second])
    return {key: list(first.get(key, none[0])) + list(second.get(key, none[1])) for key in keys}


def _joined_metrics(
    first: Mapping[str, Mapping[str, np.ndarray]],
    second: Mapping[str, Mapping[str, np.ndarray]],
    sizes: tuple[int, int],
) -> dict[str, dict[str, np.ndarray]]:
    def part(of: Mapping[str, Mapping[str, np.ndarray]], key: str, name: str, size: int) -> np.ndarray:
        return of[key][name] if key in of else np.full(size, 0.0 if name == "count" else np.nan)

    keys = dict.fromkeys([*first, *second])
    return {
        key: {
            name: np.concatenate([part(first, key, name, sizes[0]), part(second, key, name, sizes[1])])
            for name in _AGGREGATES
        }
        for key in keys
    }
