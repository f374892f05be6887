"""Experiments in a SQL database."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from trackbook.entities import Experiment, LifecycleStage
from trackbook.entities.keys import check_experiment_id, check_experiment_name, check_key, check_pairs, check_value
from trackbook.errors import AlreadyExists, InvalidParameter, InvalidState, NotFound
from trackbook.stores.sql.engine import Connection, Database, retried
from trackbook.stores.sql.needed import refuse_if_needed
from trackbook.stores.sql.runs import deleted_message
from trackbook.stores.sql.tables import PURGING
from trackbook.uris import check_artifact_root

__all__ = ["Experiments"]

_COLUMNS = "id, name, artifact_location, lifecycle_stage, creation_time, last_update_time"


class Experiments:
    """The verbs of ExperimentStore, but for search."""

    database: Database
    _now: Callable[[], int]
    _absolute: Callable[[str], str]
    _relative: Callable[[str], str]
    _usual_location: Callable[[str], str]
    _run_keys: dict[str, int]
    _refuse_points: Callable[[str, str | None], None]

    @retried
    def create_experiment(
        self, name: str, artifact_location: str | None = None, tags: Mapping[str, str] | None = None
    ) -> str:
        name = check_experiment_name(name)
        checked = _checked_tags({} if tags is None else tags)
        location = self._relative(_checked_location(artifact_location)) if artifact_location else ""
        with self.database.write() as connection:
            if (stage := self._stage_of(connection, name)) is not None:
                raise _taken(name, stage)
            number = self._insert(connection, name, location)
            _put_tags(connection, number, checked)
        return str(number)

    @retried
    def ensure_experiment(self, name: str) -> Experiment:
        name = check_experiment_name(name)
        found = self.get_experiment_by_name(name)
        if found is None:
            with self.database.write() as connection:
                holder = self._stage_of(connection, name)
                if holder is None:
                    self._insert(connection, name, "")
                elif holder[1] == PURGING:
                    raise _taken(name, holder)
            return self.ensure_experiment(name)
        if found.lifecycle_stage == LifecycleStage.DELETED:
            raise InvalidState(
                f"The experiment {name!r} is deleted. Restore it with restore_experiment({found.experiment_id!r}) "
                f"(or: trackbook experiments restore -x {found.experiment_id}), delete it for good with "
                f"trackbook gc --experiment-ids {found.experiment_id} --older-than 0s, or use another name."
            )
        return found

    def _stage_of(self, connection: Connection, name: str) -> tuple[int, str] | None:
        rows = connection.execute("SELECT id, lifecycle_stage FROM experiments WHERE name = ?", (name,))
        return rows[0] if rows else None

    def _insert(self, connection: Connection, name: str, location: str) -> int:
        now = self._now()
        ((number,),) = connection.execute(
            "INSERT INTO experiments (name, artifact_location, lifecycle_stage, creation_time, last_update_time) "
            "VALUES (?, ?, ?, ?, ?) RETURNING id",
            (name, location, LifecycleStage.ACTIVE, now, now),
        )
        if not location:
            location = self._usual_location(str(number))
            connection.execute("UPDATE experiments SET artifact_location = ? WHERE id = ?", (location, number))
        return int(number)

    def get_experiment(self, experiment_id: str) -> Experiment:
        found = self._experiments("id = ?", int(check_experiment_id(experiment_id)))
        if not found:
            raise NotFound(f"There is no experiment with the id {experiment_id!r}; search_experiments() lists them.")
        return found[0]

    def get_experiment_by_name(self, name: str) -> Experiment | None:
        found = self._experiments("name = ?", check_experiment_name(name))
        return found[0] if found else None

    def _experiments(self, condition: str, value: Any) -> list[Experiment]:
        with self.database.read() as connection:
            sql = f"SELECT {_COLUMNS} FROM experiments WHERE {condition} AND lifecycle_stage <> ?"
            rows = connection.execute(sql, (value, PURGING))
            return [self._experiment(connection, row) for row in rows]

    def _experiment(self, connection: Connection, row: tuple[Any, ...]) -> Experiment:
        number, name, location, stage, created, updated = row
        tags = connection.execute("SELECT key, value FROM experiment_tags WHERE experiment = ?", (number,))
        return Experiment(str(number), name, self._absolute(location), stage, dict(tags), created, updated)

    @retried
    def rename_experiment(self, experiment_id: str, new_name: str) -> None:
        new_name = check_experiment_name(new_name)
        with self.database.write() as connection:
            number = self._active(connection, experiment_id)
            taken = self._stage_of(connection, new_name)
            if taken is not None and taken[0] != number:
                raise _taken(new_name, taken)
            self._touch(connection, number, "name = ?", new_name)

    @retried
    def delete_experiment(self, experiment_id: str, force: bool = False) -> None:
        with self.database.write(durable=True) as connection:
            number = self._active(connection, experiment_id, deleted=NotFound)
            if not force:
                refuse_if_needed(connection, "experiment", number)
            now = self._now()
            self._touch(connection, number, "lifecycle_stage = ?", LifecycleStage.DELETED)
            connection.execute(
                "UPDATE runs SET lifecycle_stage = ?, deleted_time = ? WHERE experiment = ? AND lifecycle_stage = ?",
                (LifecycleStage.DELETED, now, number, LifecycleStage.ACTIVE),
            )
            runs = self._known_runs(connection, number)
        for run_id in runs:
            self._refuse_points(run_id, deleted_message(run_id))

    @retried
    def restore_experiment(self, experiment_id: str) -> None:
        number = int(check_experiment_id(experiment_id))
        with self.database.write(durable=True) as connection:
            changed = connection.change(
                "UPDATE experiments SET lifecycle_stage = ?, last_update_time = ? WHERE id = ? AND lifecycle_stage = ?",
                (LifecycleStage.ACTIVE, self._now(), number, LifecycleStage.DELETED),
            )
            if not changed:
                raise NotFound(f"There is no deleted experiment with the id {experiment_id!r} to restore.")
            connection.execute(
                "UPDATE runs SET lifecycle_stage = ?, deleted_time = NULL WHERE experiment = ? AND lifecycle_stage = ?",
                (LifecycleStage.ACTIVE, number, LifecycleStage.DELETED),
            )
            runs = self._known_runs(connection, number)
        for run_id in runs:
            self._refuse_points(run_id, None)

    def _known_runs(self, connection: Connection, number: int) -> list[str]:
        """Runs of an experiment that this process has met, and may hold a recorder of."""
        rows = connection.execute("SELECT run_id FROM runs WHERE experiment = ?", (number,))
        return [run_id for (run_id,) in rows if run_id in self._run_keys]

    @retried
    def set_experiment_tags(self, experiment_id: str, tags: Mapping[str, object]) -> None:
        checked = _checked_tags(tags)
        with self.database.write() as connection:
            number = self._active(connection, experiment_id)
            _put_tags(connection, number, checked)
            self._touch(connection, number, "lifecycle_stage = ?", LifecycleStage.ACTIVE)

    @retried
    def delete_experiment_tag(self, experiment_id: str, key: str) -> None:
        key = check_key("tag", key)
        with self.database.write() as connection:
            number = self._active(connection, experiment_id)
            if not connection.change("DELETE FROM experiment_tags WHERE experiment = ? AND key = ?", (number, key)):
                raise NotFound(f"The experiment {experiment_id} has no tag {key!r}.")

    def _touch(self, connection: Connection, number: int, change: str, value: object) -> None:
        connection.execute(
            f"UPDATE experiments SET {change}, last_update_time = ? WHERE id = ?", (value, self._now(), number)
        )

    def _active(
        self, connection: Connection, experiment_id: str, deleted: type[NotFound | InvalidState] = InvalidState
    ) -> int:
        """The key of an experiment that is not deleted."""
        number = int(check_experiment_id(experiment_id))
        lock = connection.dialect.lock
        rows = connection.execute(f"SELECT lifecycle_stage FROM experiments WHERE id = ?{lock}", (number,))
        if not rows or rows[0][0] == PURGING:
            raise NotFound(f"There is no experiment with the id {experiment_id!r}; search_experiments() lists them.")
        if rows[0][0] != LifecycleStage.ACTIVE:
            raise deleted(
                f"The experiment {experiment_id} is deleted; restore_experiment({experiment_id!r}) brings it back."
            )
        return number


def _checked_tags(tags: object) -> list[tuple[str, str]]:
    return [(check_key("tag", key), check_value("tag", str(key), value)) for key, value in check_pairs("Tags", tags)]


def _checked_location(location: object) -> str:
    if not isinstance(location, (str, os.PathLike)) or "\x00" in os.fspath(location):
        raise InvalidParameter(
            f"artifact_location is a folder or a URI as text, not {location!r:.80}. "
            "Leave it out for one beside the database."
        )
    check_artifact_root(os.fspath(location))
    return os.fspath(location)


def _put_tags(connection: Connection, number: int, tags: list[tuple[str, str]]) -> None:
    connection.executemany(
        "INSERT INTO experiment_tags VALUES (?, ?, ?) "
        "ON CONFLICT (experiment, key) DO UPDATE SET value = excluded.value",
        [(number, key, value) for key, value in tags],
    )


def _taken(name: str, holder: tuple[int, str]) -> AlreadyExists:
    number, stage = holder
    if stage == LifecycleStage.ACTIVE:
        return AlreadyExists(
            f"There is an experiment named {name!r} already (id {number}); set_experiment({name!r}) uses it."
        )
    if stage == PURGING:
        return AlreadyExists(
            f"An experiment (id {number}) that is being deleted for good keeps the name {name!r} until that is done. "
            f"If nobody is at it, finish it with: trackbook gc --experiment-ids {number}"
        )
    return AlreadyExists(
        f"A deleted experiment (id {number}) keeps the name {name!r}. Bring it back with "
        f"restore_experiment('{number}') or: trackbook experiments restore -x {number}; or delete it for good, which "
        f"frees the name, with: trackbook gc --experiment-ids {number} --older-than 0s"
    )
