"""Rows for what is gone and others refer to, so that what is left of a run can be found."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable
from typing import Any

from trackbook.entities import DEFAULT_EXPERIMENT_NAME, LifecycleStage, RunStatus

__all__ = ["stand_in"]

#: Which columns refer to the rows of a table; runs before experiments, since a run that is made up is in one.
_REFERRING = {
    "runs": [
        (table, "run")
        for table in (
            "attempts",
            "chunks",
            "files",
            "input_tags",
            "inputs",
            "metric_summary",
            "params",
            "points",
            "run_tags",
        )
    ],
    "names": [("params", "name"), ("run_tags", "name")],
    "series": [("chunks", "series"), ("metric_summary", "series"), ("points", "series")],
    "datasets": [("inputs", "dataset"), ("input_tags", "dataset")],
    "experiments": [("runs", "experiment"), ("experiment_tags", "experiment"), ("datasets", "experiment")],
}


def stand_in(connection: sqlite3.Connection) -> dict[str, int]:
    """Make up the rows that are missing; how many, by table."""
    made = {}
    for table, columns in _REFERRING.items():
        referred = " UNION ".join(f'SELECT "{column}" FROM "{name}"' for name, column in columns)  # noqa: S608  # our own
        sql = f'{referred} EXCEPT SELECT id FROM "{table}"'  # noqa: S608
        missing = [key for (key,) in connection.execute(sql).fetchall() if type(key) is int]
        if table == "experiments" and not connection.execute("SELECT 1 FROM experiments WHERE id = 0").fetchall():
            missing = sorted({0, *missing})  # the experiment Default
        for key in missing:
            row = _MAKERS[table](connection, key)
            names = ", ".join(f'"{name}"' for name in row)
            marks = ", ".join("?" * len(row))
            sql = f'INSERT OR IGNORE INTO "{table}" ({names}) VALUES ({marks})'  # noqa: S608  # our own names
            connection.execute(sql, tuple(row.values()))
        if missing:
            made[table] = len(missing)
    return made


def _run(connection: sqlite3.Connection, key: int) -> dict[str, Any]:
    """A run under a new id; what comes to it later is numbered behind what it has."""
    ((points, last, first),) = connection.execute(
        "SELECT count(*), coalesce(max(seq), -1), min(time) FROM points WHERE run = ?", (key,)
    ).fetchall()
    ((packed,),) = connection.execute("SELECT coalesce(max(last_seq), -1) FROM chunks WHERE run = ?", (key,)).fetchall()
    return {
        "id": key,
        "run_id": secrets.token_hex(16),
        "experiment": 0,
        "name": f"recovered-{key}",
        "status": RunStatus.from_string("FAILED"),
        "start_time": first,
        "lifecycle_stage": LifecycleStage.ACTIVE,
        "next_seq": max(last, packed) + 1,
        "hot": points,
    }


def _experiment(_: sqlite3.Connection, key: int) -> dict[str, Any]:
    return {
        "id": key,
        "name": f"recovered-{key}" if key else DEFAULT_EXPERIMENT_NAME,
        "artifact_location": str(key),
        "lifecycle_stage": LifecycleStage.ACTIVE,
        "creation_time": 0,
        "last_update_time": 0,
    }


def _dataset(_: sqlite3.Connection, key: int) -> dict[str, Any]:
    named = {"name": f"recovered-{key}", "digest": ""}
    return {"id": key, "experiment": 0, **named, "source_type": "unknown", "source": ""}


_MAKERS: dict[str, Callable[[sqlite3.Connection, int], dict[str, Any]]] = {
    "runs": _run,
    "names": lambda _, key: {"id": key, "name": f"recovered-{key}"},
    "series": lambda _, key: {"id": key, "key": f"recovered-{key}"},
    "datasets": _dataset,
    "experiments": _experiment,
}
