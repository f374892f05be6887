"""What happened to one registered model, also under its former names, and which versions served before others."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence

from trackbook.entities import AuditEntry
from trackbook.registry.audit import every_entry
from trackbook.stores.registry import RegistryStore

__all__ = ["alias_given", "model_history", "predecessor", "stage_before", "stage_given"]

#: The version to which an entry gives something; None for all other entries.
Given = Callable[[AuditEntry], int | None]


def model_history(store: RegistryStore, name: str) -> list[AuditEntry]:
    """The entries of a model from its beginning on, oldest first.

    Those under its former names are among them; those of another model that once had its name are not.
    """
    entries, current, before = list[AuditEntry](), name, None
    while True:
        found = [entry for entry in every_entry(store, current) if before is None or entry.seq < before]
        start = max((place for place, entry in enumerate(found) if _begins(entry, current)), default=None)
        if start is None:
            return found + entries
        first = found[start]
        entries = found[start:] + entries
        if first.action != "rename_registered_model":
            return entries
        current, before = str(json.loads(first.before)["name"]), first.seq


def _begins(entry: AuditEntry, name: str) -> bool:
    """Whether a model gets its name with this entry."""
    if entry.action == "rename_registered_model":
        return bool(json.loads(entry.after)["name"] == name)
    return entry.action == "create_registered_model"


def stage_given(stage: str) -> Given:
    """The version that an entry brings into a stage."""

    def given(entry: AuditEntry) -> int | None:
        if entry.action != "transition_model_version_stage" or json.loads(entry.after)["stage"] != stage:
            return None
        return entry.version

    return given


def alias_given(alias: str) -> Given:
    """The version at which an entry points an alias."""

    def given(entry: AuditEntry) -> int | None:
        if entry.action != "set_registered_model_alias" or json.loads(entry.after)["alias"] != alias:
            return None
        return entry.version

    return given


def predecessor(entries: Iterable[AuditEntry], given: Given, current: int | None) -> int | None:
    """The version that had something before the one that has it now; None if there is none that still exists.

    To go back twice leads two versions back: who got it again is where it was the first time.

    Args:
        entries: of the model, oldest first.
        given: what they had.
        current: who has it; None if nobody has.
    """
    line, others = list[int](), list[int]()
    for entry in entries:
        if entry.action == "delete_model_version":
            line = [number for number in line if number != entry.version]
            others = [number for number in others if number != entry.version]
        number = given(entry)
        if number is None:
            continue
        line = line[: line.index(number)] if number in line else line
        line.append(number)
        others.append(number)
    if current not in line:
        return line[-1] if line else None
    place = line.index(current)
    if place:
        return line[place - 1]
    return next((number for number in reversed(others) if number != current), None)


def stage_before(entries: Sequence[AuditEntry], version: int, stage: str) -> str:
    """The stage that a version had before it last came into another."""
    given = stage_given(stage)
    for entry in reversed(entries):
        if given(entry) == version:
            return str(json.loads(entry.before)["stage"])
    return "None"
