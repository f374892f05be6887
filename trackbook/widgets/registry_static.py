"""Registered models as plain HTML tables and a picture, for a saved notebook without a kernel; all of it is escaped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trackbook.entities.cards import moment
from trackbook.figures.dots import dots_svg
from trackbook.widgets.showing import MOST_TABLE
from trackbook.widgets.static_table import plain_table

__all__ = ["registry_picture", "registry_table"]

_MODELS, _VERSIONS = 10, 20
_MARKS = {"Production": "● ", "Staging": "◐ ", "Archived": "○ "}


def registry_table(models: Mapping[str, Any], model: Mapping[str, Any]) -> str:
    """The models, and the versions of one.

    Args:
        models: as `list_models` gives them.
        model: the facts of the chosen one, with its ``versions``; {} if there is none.
    """
    rows = models.get("rows", [])
    found = [(row["name"], _version(row["newest"]), row["serves"] or None) for row in rows[:_MODELS]]
    count = f"{len(rows)} and more" if models.get("more") else str(len(rows))
    listed = plain_table(f"Registered models, {count}", ("Model", "Newest", "In production"), found, total=len(rows))
    if not model.get("versions"):
        return listed
    versions = _versions(model)
    both = listed + versions
    return both if len(both.encode()) <= MOST_TABLE else versions


def registry_picture(model: Mapping[str, Any]) -> str:
    """The versions of a model by the first metric beside them; "" if there is none."""
    if not model.get("versions") or not model["columns"]:
        return ""
    key, goal = model["columns"][0]
    rows = [(f"v{row['number']}", _value(row["values"][0])) for row in model["versions"]]
    return dots_svg(f"{key} of the versions of {model['name']}", rows, goal)


def _value(value: object) -> float | None:
    return float(value) if isinstance(value, float | int) else None


def _versions(model: Mapping[str, Any]) -> str:
    versions = model["versions"]
    head = ("Version", "Aliases", "Stage", "Run", *(key for key, _ in model["columns"]), "Registered", "By")
    count = f"{len(versions)} newest" if model["more"] else str(len(versions))
    lines = (_line(row) for row in versions[:_VERSIONS])
    numbers = range(4, 4 + len(model["columns"]))
    return plain_table(f"Versions of {model['name']}, {count}", head, lines, right=numbers, total=len(versions))


def _line(row: Mapping[str, Any]) -> tuple[object, ...]:
    stage = row["stage"]
    run = row["run"]["name"] if row["run"] else None
    values = [f"{value:.6g}" if isinstance(value, float | int) else value for value in row["values"]]
    staged = None if stage == "None" else f"{_MARKS.get(stage, '')}{stage}"
    aliases = ", ".join(f"@{alias}" for alias in row["aliases"]) or None
    return _version(row["number"]), aliases, staged, run, *values, moment(row["made"]), row["by"]


def _version(number: int | None) -> str | None:
    return None if number is None else f"v{number}"
