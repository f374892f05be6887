"""Garbage collection: what was deleted long enough ago goes for good, with its artifacts."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from trackbook.errors import StoreError, TrackbookError
from trackbook.stores.base import Store
from trackbook.stores.upkeep import DeletedExperiment, DeletedModel, DeletedRun, Purgeable
from trackbook.upkeep.folders import (
    MODELS,
    Measure,
    claimed_folders,
    local_root,
    measure,
    remove_run_folder,
    run_folder,
)
from trackbook.upkeep.gc_models import has_models, planned_models, purge_models
from trackbook.upkeep.orphans import Orphan, orphan_folders, remove_orphan
from trackbook.upkeep.pieces import Piece

__all__ = ["UNDO_PERIOD_MS", "Piece", "Wanted", "collect_garbage", "collect_orphans", "forget_rejected"]

#: How long what was deleted can be restored, unless somebody asks for it to go sooner.
UNDO_PERIOD_MS = 7 * 24 * 3600 * 1000

_BATCH = 50
_FOR_EVER = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Wanted:
    """What shall go.

    Attributes:
        older_than: only what was deleted that long ago or longer, in ms; 0 for all.
        run_ids, experiment_ids: only these; whatever is old enough if both are None.
        now: ms since 1970-01-01 UTC; the clock's if None.
    """

    older_than: int = UNDO_PERIOD_MS
    run_ids: Sequence[str] | None = None
    experiment_ids: Sequence[str] | None = None
    now: int | None = None

    @property
    def deleted_before(self) -> int:
        """The last moment at which what shall go was deleted; times of other machines may lie in the future."""
        now = time.time_ns() // 1_000_000 if self.now is None else self.now
        return now - self.older_than if self.older_than else _FOR_EVER


def collect_garbage(store: Store, wanted: Wanted, *, dry_run: bool = False) -> Iterator[Piece]:
    """Delete for good what was deleted: rows and artifacts of runs, then of logged models, then experiments.

    Each step may be interrupted, also by kill -9, and the next call goes on from there: runs are hidden for good
    first, then their artifacts are deleted, then their rows. A run takes its logged models along, but for those whose
    files a registered version needs.

    Args:
        store: the store.
        wanted: what shall go.
        dry_run: delete nothing.

    Yields:
        what goes, as it goes; a run whose files cannot be deleted stays hidden, and is tried again by the next call.

    Raises:
        NotFound, InvalidState: something named is not there, or not deleted; then nothing was deleted.
    """
    store.flush()
    found = store.purgeable(wanted.deleted_before, wanted.run_ids, wanted.experiment_ids)
    if dry_run:
        yield from _planned(found)
        yield from planned_models(_models(store, found, wanted))
        yield from (_experiment_piece(experiment) for experiment in found.experiments)
        return
    going = [experiment.experiment_id for experiment in found.experiments]
    store.begin_purge((), going)
    held = claimed_folders(
        location for number, location in store.artifact_locations().items() if number not in set(going)
    )
    for start in range(0, len(found.runs), _BATCH):
        yield from _purge_runs(store, found.runs[start : start + _BATCH], held)
    models = _models(store, found, wanted)
    yield from purge_models(store, models, held)
    for experiment in found.experiments:
        yield _purge_experiment(store, experiment)
    if found.runs or models or found.experiments:
        with suppress(StoreError):  # a busy database shrinks another time
            store.give_back_space()


def _models(store: Store, found: Purgeable, wanted: Wanted) -> list[DeletedModel]:
    """Logged models that go with runs and experiments and, where nothing is named, all that are due."""
    named = wanted.run_ids is not None or wanted.experiment_ids is not None
    runs = [run.run_id for run in found.runs]
    experiments = [experiment.experiment_id for experiment in found.experiments]
    return store.purgeable_models(None if named else wanted.deleted_before, runs, experiments)


def _planned(found: Purgeable) -> Iterator[Piece]:
    for run in found.runs:
        yield _piece(run, _measured(run))


def _measured(run: DeletedRun) -> Measure:
    root = local_root(run.artifact_location)
    return measure(run_folder(root, run.run_id)) if root is not None else Measure(0, 0, 0.0)


def _piece(run: DeletedRun, found: Measure, gone: bool = False, problem: str = "") -> Piece:
    return Piece("run", run.run_id, run.name, run.experiment_id, run.deleted, found.files, found.size, gone, problem)


def _experiment_piece(experiment: DeletedExperiment, gone: bool = False, problem: str = "") -> Piece:
    number = experiment.experiment_id
    return Piece("experiment", number, experiment.name, number, experiment.deleted, 0, 0, gone, problem)


def _purge_runs(store: Store, runs: Sequence[DeletedRun], held: set[str]) -> Iterator[Piece]:
    """Purge some runs that are deleted.

    Args:
        store: the store.
        runs: which.
        held: folders that something else needs.
    """
    problems = {run.run_id: problem for run in runs if (problem := _holder(run, held))}
    hidden = store.begin_purge([run.run_id for run in runs if run.run_id not in problems])
    removed: list[tuple[DeletedRun, Measure]] = []
    for run in runs:
        if run.run_id not in hidden:
            problems.setdefault(run.run_id, "")  # restored meanwhile
            continue
        found = _measured(run)
        try:
            remove_run_folder(run.artifact_location, run.run_id)
            removed.append((run, found))
        except TrackbookError as error:
            problems[run.run_id] = str(error)
    store.finish_purge([run.run_id for run, _ in removed])
    for run, found in removed:
        yield _piece(run, found, gone=True)
    for run in runs:
        if problems.get(run.run_id):
            yield _piece(run, _measured(run), problem=problems[run.run_id])


def _holder(run: DeletedRun, held: set[str]) -> str:
    """Why the files of a run must stay, though it is deleted; "" if nothing needs them.

    This is the place to ask whoever else may refer to a run's files.
    """
    root = local_root(run.artifact_location)
    folder = None if root is None else os.path.realpath(run_folder(root, run.run_id))
    if folder is not None and run.run_id.lower() == MODELS and has_models(folder):
        return f"Its experiment keeps logged models in {folder}; the run stays until those are purged."
    if folder in held:
        return f"Another experiment keeps its artifacts in {folder}; the run stays until that experiment is purged."
    return ""


def _purge_experiment(store: Store, experiment: DeletedExperiment) -> Piece:
    number = experiment.experiment_id
    store.finish_purge((), [number])
    if number in store.artifact_locations():
        return _experiment_piece(experiment, problem="Some of its runs or models are not gone; run gc again.")
    root = local_root(experiment.artifact_location)
    if experiment.beside_database and root is not None:
        for folder in (f"{root}/{MODELS}", root):
            with suppress(OSError):  # it may never have been made, or hold what is not ours
                os.rmdir(folder)
    return _experiment_piece(experiment, gone=True)


def collect_orphans(store: Store, now: float | None = None, *, dry_run: bool = False) -> Iterator[Piece]:
    """Delete folders of artifacts whose run does not exist, if nothing in them was changed for a day.

    Args:
        store: the store.
        now: seconds since 1970-01-01 UTC; the clock's if None.
        dry_run: delete nothing.
    """
    for orphan in orphan_folders(store, time.time() if now is None else now):
        if orphan.old:
            yield _collect_orphan(store, orphan, dry_run)


def _collect_orphan(store: Store, orphan: Orphan, dry_run: bool) -> Piece:
    gone, problem = False, ""
    if not dry_run:
        try:
            gone = remove_orphan(store, orphan)
        except TrackbookError as error:
            problem = str(error)
    return Piece("orphan", orphan.path, files=orphan.found.files, size=orphan.found.size, gone=gone, problem=problem)


def forget_rejected(store: Store, wanted: Wanted, *, dry_run: bool = False) -> Iterator[Piece]:
    """Delete refused records of the journal whose run does not exist.

    Args:
        store: the store.
        wanted: how old they are at least; its ids are not looked at.
        dry_run: delete nothing.
    """
    before = wanted.deleted_before
    for record in store.rejected():
        if record.homeless and record.time <= before:
            name = record.reason
            yield Piece("rejected", str(record.number), name, "", None, 1, record.size, gone=not dry_run)
    if not dry_run:
        store.forget_rejected(before)
