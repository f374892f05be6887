"""Deeds on runs that are there already: name, tags, note, star, delete, restore, move; each tells how to undo it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from trackbook.entities import RunTag
from trackbook.errors import InvalidParameter, TrackbookError
from trackbook.stores.base import Store

__all__ = [
    "NOTE_TAG",
    "STAR_TAG",
    "Done",
    "annotate",
    "delete",
    "move",
    "put_into",
    "put_tags",
    "rename",
    "restore",
    "star",
    "tag",
]

#: Tags of our own meaning: a star is "true" or not there, a note is Markdown, as MLflow keeps it.
STAR_TAG, NOTE_TAG = "trackbook.star", "mlflow.note.content"


@dataclass(frozen=True)
class Done:
    """What a deed did.

    Attributes:
        run_ids: the runs that it changed.
        refused: a sentence for each run that could not be changed, by its id.
        undo: name of the verb that takes it back, and what that verb takes besides the store; None if nothing changed.
    """

    run_ids: list[str]
    refused: dict[str, str] = field(default_factory=dict)
    undo: tuple[str, dict[str, Any]] | None = None


def rename(store: Store, run_id: str, name: str) -> Done:
    """Give a run another name.

    Raises:
        InvalidParameter: the name is none, or the run is deleted.
        NotFound: there is no such run.
    """
    before = store.get_run(run_id).info.run_name
    if name == before:
        return Done([])
    store.update_run(run_id, run_name=name)
    return Done([run_id], undo=("rename", {"run_id": run_id, "name": before}))


def star(store: Store, run_ids: Sequence[str], on: bool = True) -> Done:
    """Star runs, or take their stars away."""
    return tag(store, run_ids, STAR_TAG, "true" if on else None)


def annotate(store: Store, run_id: str, text: str) -> Done:
    """Write a run's note, in Markdown; "" takes it away."""
    return tag(store, [run_id], NOTE_TAG, text or None)


def tag(store: Store, run_ids: Sequence[str], key: str, value: str | None) -> Done:
    """Set a tag of runs; None takes it away."""
    return put_tags(store, {run_id: {key: value} for run_id in run_ids})


def put_tags(store: Store, tags: dict[str, dict[str, str | None]]) -> Done:
    """Set tags, by run id and key; None takes one away. What a run refuses does not stop the others.

    Raises:
        InvalidParameter: there is one run alone, and it refuses.
    """
    before: dict[str, dict[str, str | None]] = {}

    def put(run_id: str) -> None:
        known = store.get_run(run_id).data.tags
        wanted = {key: value for key, value in tags[run_id].items() if known.get(key) != value}
        new = [RunTag(key, value) for key, value in wanted.items() if value is not None]
        if new:
            store.log_batch(run_id, tags=new)
        for key in (key for key, value in wanted.items() if value is None):
            store.delete_tag(run_id, key)
        before[run_id] = {key: known.get(key) for key in wanted}

    done, refused = _each(tags, put)
    changed = [run_id for run_id in done if before[run_id]]
    undo = ("put_tags", {"tags": {run_id: before[run_id] for run_id in changed}}) if changed else None
    return Done(changed, refused, undo)


def delete(store: Store, run_ids: Sequence[str]) -> Done:
    """Delete runs, so that they can be restored; a run from which a registered version came stays, and says so."""
    done, refused = _each(run_ids, store.delete_run)
    return Done(done, refused, ("restore", {"run_ids": done}) if done else None)


def restore(store: Store, run_ids: Sequence[str]) -> Done:
    """Bring deleted runs back."""
    done, refused = _each(run_ids, store.restore_run)
    return Done(done, refused, ("delete", {"run_ids": done}) if done else None)


def move(store: Store, run_ids: Sequence[str], experiment_id: str) -> Done:
    """Move runs to another experiment, all or none; their artifacts stay where they are.

    Raises:
        NotFound, InvalidState: there is no such experiment, or it is deleted.
        InvalidParameter: a run is deleted.
    """
    return _moved(store.move_runs(run_ids, experiment_id))


def put_into(store: Store, experiments: dict[str, str]) -> Done:
    """Move each of some runs to an experiment of its own, by run id; what `move` gives to undo it."""
    before: dict[str, str] = {}
    for experiment_id in dict.fromkeys(experiments.values()):
        runs = [run_id for run_id, home in experiments.items() if home == experiment_id]
        before |= store.move_runs(runs, experiment_id)
    return _moved(before)


def _moved(before: dict[str, str]) -> Done:
    return Done(list(before), undo=("put_into", {"experiments": before}) if before else None)


def _each(run_ids: Iterable[str], deed: Callable[[str], None]) -> tuple[list[str], dict[str, str]]:
    """Do something to each of some runs: those to which it was done, and why not to the others."""
    done: list[str] = []
    refused: dict[str, str] = {}
    wanted = list(dict.fromkeys(run_ids))
    if not wanted:
        raise InvalidParameter("No run is named; give the ids of some.")
    for run_id in wanted:
        try:
            deed(run_id)
        except TrackbookError as error:
            if len(wanted) == 1:
                raise
            refused[run_id] = str(error)
        else:
            done.append(run_id)
    return done, refused
