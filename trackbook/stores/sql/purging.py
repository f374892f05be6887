"""Deleting runs and experiments for good, so that a kill at any moment leaves work to finish and no harm."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import islice
from typing import Any

from trackbook.entities import LifecycleStage
from trackbook.entities.keys import check_experiment_id, check_run_id
from trackbook.errors import InvalidState, NotFound
from trackbook.stores.sql.engine import Connection, Database, retried
from trackbook.stores.sql.needed import refuse_if_needed
from trackbook.stores.sql.soundness import give_back_pages
from trackbook.stores.sql.tables import PURGING
from trackbook.stores.upkeep import DeletedExperiment, DeletedRun, Purgeable

__all__ = ["Purging", "batches", "delete_rows_of_run", "marks"]

#: Tables of a run's rows: how many go in one transaction, and the rest of the key by which they are cut into slices.
_SLICES = {
    "points": (10_000, ("series", "seq")),
    "chunks": (100, ("series", "first_seq")),
    "metric_summary": (5_000, ("series",)),
    "files": (5_000, ("path_key",)),
    "params": (1_000, ("name",)),
    "run_tags": (1_000, ("name",)),
}
_TABLES = (*_SLICES, "input_tags", "inputs", "run_models", "attempts")
_BATCH = 50

_RUNS = (
    "SELECT r.id, r.run_id, r.experiment, r.name, r.deleted_time, r.lifecycle_stage, "
    "coalesce(r.artifact_location, e.artifact_location) "
    "FROM runs r JOIN experiments e ON e.id = r.experiment WHERE"
)
_EXPERIMENTS = (
    "SELECT e.id, e.name, e.last_update_time, e.lifecycle_stage, e.artifact_location FROM experiments e WHERE"
)
# Deleting an experiment is the last thing that is done to it, so the time of the last update is that of the deletion.
_LATER = (
    "EXISTS (SELECT 1 FROM runs o WHERE o.experiment = e.id AND (o.lifecycle_stage = 'active' "
    "OR (o.lifecycle_stage = 'deleted' AND coalesce(o.deleted_time, 0) > ?)))"
)
#: Whether a registered version needs a logged model of the experiment.
_NEEDED = (
    "EXISTS (SELECT 1 FROM logged_models m JOIN model_versions v ON v.model_id = m.model_id WHERE m.experiment = {})"
)


class Purging:
    """The verbs of PurgingStore."""

    database: Database
    _absolute: Callable[[str], str]
    _refuse_points: Callable[[str, str | None], None]

    def purgeable(
        self,
        deleted_before: int,
        run_ids: Sequence[str] | None = None,
        experiment_ids: Sequence[str] | None = None,
    ) -> Purgeable:
        if run_ids is None and experiment_ids is None:
            with self.database.read() as connection:
                return self._all_purgeable(connection, deleted_before)
        named = [check_run_id(run_id) for run_id in dict.fromkeys(run_ids or ())]
        numbers = [int(check_experiment_id(number)) for number in dict.fromkeys(experiment_ids or ())]
        with self.database.read() as connection:
            experiments, runs = [], {}
            for number in numbers:
                experiments += self._named_experiment(connection, number, deleted_before)
                for run in self._runs_of(connection, number, deleted_before):
                    runs[run.run_id] = run
            for run_id in named:
                runs[run_id] = self._named_run(connection, run_id, deleted_before)
        return Purgeable(experiments, list(runs.values()))

    def _all_purgeable(self, connection: Connection, before: int) -> Purgeable:
        experiments = connection.execute(
            f"{_EXPERIMENTS} e.lifecycle_stage = ? OR (e.id <> 0 AND e.lifecycle_stage = ? AND e.last_update_time <= ? "
            f"AND NOT {_LATER} AND NOT {_NEEDED.format('e.id')}) ORDER BY e.id",
            (PURGING, LifecycleStage.DELETED, before, before),
        )
        runs = connection.execute(
            f"{_RUNS} r.lifecycle_stage = ? OR (r.lifecycle_stage = ? AND coalesce(r.deleted_time, 0) <= ?) "
            "ORDER BY r.id",
            (PURGING, LifecycleStage.DELETED, before),
        )
        return Purgeable([self._experiment_of(row) for row in experiments], [self._run_of(row) for row in runs])

    def _experiment_of(self, row: tuple[Any, ...]) -> DeletedExperiment:
        number, name, updated, stage, location = row
        deleted = None if stage == PURGING else updated
        return DeletedExperiment(str(number), name, deleted, self._absolute(location), location == str(number))

    def _run_of(self, row: tuple[Any, ...]) -> DeletedRun:
        _, run_id, experiment, name, deleted, stage, location = row
        when = None if stage == PURGING else deleted or 0
        return DeletedRun(run_id, str(experiment), name, when, self._absolute(location))

    def _runs_of(self, connection: Connection, experiment: int, before: int) -> list[DeletedRun]:
        rows = connection.execute(
            f"{_RUNS} r.experiment = ? AND (r.lifecycle_stage = ? OR (r.lifecycle_stage = ? AND "
            "coalesce(r.deleted_time, 0) <= ?)) ORDER BY r.id",
            (experiment, PURGING, LifecycleStage.DELETED, before),
        )
        return [self._run_of(row) for row in rows]

    def _named_run(self, connection: Connection, run_id: str, before: int) -> DeletedRun:
        rows = connection.execute(f"{_RUNS} r.run_id = ?", (run_id,))
        if not rows:
            raise NotFound(f"There is no run with the id {run_id!r} in {self.database.where}, deleted or not.")
        if rows[0][5] == LifecycleStage.ACTIVE:
            raise InvalidState(f"The run {run_id} is not deleted. Delete it first: trackbook runs delete -r {run_id}")
        run = self._run_of(rows[0])
        if run.deleted is not None and run.deleted > before:
            raise InvalidState(_too_young(f"run {run_id}"))
        return run

    def _named_experiment(self, connection: Connection, number: int, before: int) -> list[DeletedExperiment]:
        rows = connection.execute(f"{_EXPERIMENTS} e.id = ?", (number,))
        if not rows:
            raise NotFound(f"There is no experiment with the id '{number}' in {self.database.where}, deleted or not.")
        if rows[0][3] == LifecycleStage.ACTIVE:
            raise InvalidState(
                f"The experiment {number} is not deleted. Delete it first: trackbook experiments delete -x {number}"
            )
        found = self._experiment_of(rows[0])
        if found.deleted is None or number == 0:
            return [found] if number else []
        if found.deleted > before:
            raise InvalidState(_too_young(f"experiment {number}"))
        if connection.execute(f"SELECT 1 FROM experiments e WHERE e.id = ? AND {_LATER}", (number, before)):
            raise InvalidState(
                f"The experiment {number} has runs that are not deleted, or were deleted later than the rest. Delete "
                "them first, or say --older-than 0s."
            )
        if connection.execute(f"SELECT 1 FROM experiments e WHERE e.id = ? AND {_NEEDED.format('e.id')}", (number,)):
            refuse_if_needed(connection, "experiment", number, can_force=False)
        return [found]

    @retried
    def begin_purge(self, run_ids: Sequence[str], experiment_ids: Sequence[str] = ()) -> set[str]:
        hidden: set[str] = set()
        with self.database.write(durable=True) as connection:
            for experiment in experiment_ids:
                hidden |= _hide_experiment(connection, int(experiment))
            for some in batches(run_ids):
                which = f"run_id IN ({marks(some)})"
                connection.execute(
                    f"UPDATE runs SET lifecycle_stage = ? WHERE {which} AND lifecycle_stage = ?",
                    (PURGING, *some, LifecycleStage.DELETED),
                )
                rows = connection.execute(
                    f"SELECT run_id FROM runs WHERE {which} AND lifecycle_stage = ?", (*some, PURGING)
                )
                hidden.update(run_id for (run_id,) in rows)
        for run_id in hidden:
            self._refuse_points(run_id, f"The run {run_id} was deleted for good and cannot be changed.")
        return hidden

    @retried
    def finish_purge(self, run_ids: Sequence[str], experiment_ids: Sequence[str] = ()) -> None:
        for some in batches(run_ids):
            self._finish_runs(some)
        for experiment in experiment_ids:
            number = int(experiment)
            with self.database.write(durable=True) as connection:
                if any(
                    connection.execute(f"SELECT 1 FROM {table} WHERE experiment = ? LIMIT 1", (number,))
                    for table in ("runs", "logged_models")
                ):
                    continue
                if connection.change(
                    "DELETE FROM experiments WHERE id = ? AND lifecycle_stage = ?", (number, PURGING)
                ):  # its tags and data sets go with it
                    connection.execute("DELETE FROM experiment_tags WHERE experiment = ?", (number,))

    def _finish_runs(self, run_ids: Sequence[str]) -> None:
        with self.database.read() as connection:
            keys = [
                key
                for (key,) in connection.execute(
                    f"SELECT id FROM runs WHERE run_id IN ({marks(run_ids)}) AND lifecycle_stage = ?",
                    (*run_ids, PURGING),
                )
            ]
        for key in keys:
            delete_slices(self.database, key)
        if not keys:
            return
        with self.database.write() as connection:
            for table in _TABLES:
                connection.execute(f"DELETE FROM {table} WHERE run IN ({marks(keys)})", keys)
            connection.execute(
                f"DELETE FROM runs WHERE id IN ({marks(keys)}) AND lifecycle_stage = ?", (*keys, PURGING)
            )

    def give_back_space(self) -> None:
        give_back_pages(self.database)

    def artifact_locations(self) -> dict[str, str]:
        with self.database.read() as connection:
            rows = connection.execute("SELECT id, artifact_location FROM experiments")
        return {str(number): self._absolute(location) for number, location in rows}

    def existing_runs(self, run_ids: Iterable[str]) -> set[str]:
        found: set[str] = set()
        with self.database.read() as connection:
            for some in batches(run_ids):
                rows = connection.execute(f"SELECT run_id FROM runs WHERE run_id IN ({marks(some)})", some)
                found.update(run_id for (run_id,) in rows)
        return found


def delete_slices(database: Database, run: int) -> None:
    """Delete most of the many rows of a run, so that what is left goes in one short transaction."""
    for table, (size, (key, *rest)) in _SLICES.items():
        listed = ", ".join((key, *rest))
        ahead = f"SELECT {listed} FROM {table} WHERE run = ? ORDER BY {listed} LIMIT 1 OFFSET ?"
        while True:
            with database.read() as connection:
                cut = connection.execute(ahead, (run, size))
            if not cut:
                break
            # two ranges of the index, each as short as what it deletes
            with database.write() as connection:
                connection.execute(f"DELETE FROM {table} WHERE run = ? AND {key} < ?", (run, cut[0][0]))
                if rest:
                    last = f"DELETE FROM {table} WHERE run = ? AND {key} = ? AND {rest[0]} < ?"
                    connection.execute(last, (run, *cut[0]))


def delete_rows_of_run(database: Database, run: int) -> None:
    """Delete rows whose run is gone, by its key."""
    delete_slices(database, run)
    with database.write() as connection:
        if not connection.execute("SELECT 1 FROM runs WHERE id = ?", (run,)):
            for table in _TABLES:
                connection.execute(f"DELETE FROM {table} WHERE run = ?", (run,))


def _hide_experiment(connection: Connection, number: int) -> set[str]:
    """Hide an experiment with its runs, if it is deleted, has no run that is not, and no version needs its models."""
    connection.execute(
        "UPDATE experiments SET lifecycle_stage = ? WHERE id = ? AND id <> 0 AND lifecycle_stage = ? AND NOT EXISTS "
        f"(SELECT 1 FROM runs WHERE experiment = ? AND lifecycle_stage = ?) AND NOT {_NEEDED.format('?')}",
        (PURGING, number, LifecycleStage.DELETED, number, LifecycleStage.ACTIVE, number),
    )
    if not connection.execute("SELECT 1 FROM experiments WHERE id = ? AND lifecycle_stage = ?", (number, PURGING)):
        return set()
    connection.execute("UPDATE runs SET lifecycle_stage = ? WHERE experiment = ?", (PURGING, number))
    return {run_id for (run_id,) in connection.execute("SELECT run_id FROM runs WHERE experiment = ?", (number,))}


def _too_young(thing: str) -> str:
    return (
        f"The {thing} was deleted less long ago than the time after which deleted things go for good. Say "
        "--older-than 0s to delete it now."
    )


def batches(values: Iterable[Any]) -> Iterable[list[Any]]:
    """Values in lists of at most 50: the text of a statement stays short."""
    values = iter(values)
    while some := list(islice(values, _BATCH)):
        yield some


def marks(values: Collection[object]) -> str:
    """As many question marks as there are values, for IN."""
    return ", ".join("?" * len(values))
