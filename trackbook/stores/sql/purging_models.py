"""Deleting logged models for good, but for those whose files a registered version needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

from trackbook.entities.digests import files_from_json
from trackbook.entities.logged_models import LoggedModelStatus
from trackbook.stores.sql.engine import Connection, Database, retried
from trackbook.stores.sql.logged_model_rows import MODEL_LOCATION
from trackbook.stores.sql.needed import NEEDED
from trackbook.stores.sql.purging import batches, marks
from trackbook.stores.sql.tables import PURGING
from trackbook.stores.upkeep import DeletedModel, KeptModel, LostVersion

__all__ = ["PurgingModels"]

_PAGE = 200
_MODELS = (
    "SELECT m.model_id, m.experiment, m.name, m.deleted_time, m.lifecycle_stage, e.artifact_location "
    "FROM logged_models m JOIN experiments e ON e.id = m.experiment WHERE"
)
_GONE = (
    "(m.lifecycle_stage = 'purging' OR (m.lifecycle_stage = 'deleted' AND coalesce(m.deleted_time, 0) <= ?) "
    "OR (m.source_run IS NOT NULL AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.run_id = m.source_run)))"
)
_KEPT = (
    "SELECT m.id, m.model_id, m.experiment, m.name, m.status, m.files, e.artifact_location "
    "FROM logged_models m JOIN experiments e ON e.id = m.experiment "
    "WHERE m.id > ? AND m.lifecycle_stage <> ? ORDER BY m.id LIMIT ?"
)
_LOST = (
    "SELECT r.name, v.version, v.model_id, m.lifecycle_stage FROM model_versions v "
    "JOIN registered_models r ON r.id = v.model LEFT JOIN logged_models m ON m.model_id = v.model_id "
    "WHERE m.id IS NULL OR m.lifecycle_stage <> 'active' ORDER BY r.name, v.version"
)
_ROWS = ("logged_model_tags", "logged_model_params")


class PurgingModels:
    """The verbs of upkeep that concern logged models."""

    database: Database
    _absolute: Callable[[str], str]

    def purgeable_models(
        self, deleted_before: int | None, run_ids: Iterable[str] = (), experiment_ids: Iterable[str] = ()
    ) -> list[DeletedModel]:
        found: dict[str, DeletedModel] = {}
        with self.database.read() as connection:
            for some in batches(run_ids):
                found |= self._found(connection, f"m.source_run IN ({marks(some)})", some)
            for some in batches(int(number) for number in experiment_ids):
                found |= self._found(connection, f"m.experiment IN ({marks(some)})", some)
            if deleted_before is not None:
                found |= self._found(connection, _GONE, [deleted_before])
        return list(found.values())

    def _found(self, connection: Connection, condition: str, values: Sequence[object]) -> dict[str, DeletedModel]:
        rows = connection.execute(f"{_MODELS} {condition} AND NOT {NEEDED} ORDER BY m.id", values)
        return {
            model_id: DeletedModel(
                model_id, str(experiment), name, None if stage == PURGING else deleted, self._absolute(location)
            )
            for model_id, experiment, name, deleted, stage, location in rows
        }

    @retried
    def begin_model_purge(self, model_ids: Sequence[str]) -> set[str]:
        hidden: set[str] = set()
        with self.database.write(durable=True) as connection:
            for some in batches(model_ids):
                # the rows first: who registers one of them holds its row, and is then seen among the versions
                which = f"model_id IN ({marks(some)})"
                rows = connection.execute(
                    f"SELECT model_id FROM logged_models WHERE {which} ORDER BY id{connection.dialect.lock}", some
                )
                needed = connection.execute(f"SELECT model_id FROM model_versions WHERE {which}", some)
                hidden |= {model_id for (model_id,) in rows} - {model_id for (model_id,) in needed}
            for some in batches(sorted(hidden)):
                connection.execute(
                    f"UPDATE logged_models SET lifecycle_stage = ? WHERE model_id IN ({marks(some)})", (PURGING, *some)
                )
        return hidden

    @retried
    def finish_model_purge(self, model_ids: Sequence[str]) -> None:
        for some in batches(model_ids):
            with self.database.write() as connection:
                rows = connection.execute(
                    f"SELECT id, model_id FROM logged_models WHERE model_id IN ({marks(some)}) AND lifecycle_stage = ?",
                    (*some, PURGING),
                )
                keys, ids = [key for key, _ in rows], [model_id for _, model_id in rows]
                if not keys:
                    continue
                for table in _ROWS:
                    connection.execute(f"DELETE FROM {table} WHERE model IN ({marks(keys)})", keys)
                connection.execute(f"DELETE FROM run_models WHERE model_id IN ({marks(ids)})", ids)
                connection.execute(f"DELETE FROM logged_models WHERE id IN ({marks(keys)})", keys)

    def existing_models(self, model_ids: Iterable[str]) -> set[str]:
        found: set[str] = set()
        with self.database.read() as connection:
            for some in batches(model_ids):
                rows = connection.execute(f"SELECT model_id FROM logged_models WHERE model_id IN ({marks(some)})", some)
                found.update(chain.from_iterable(rows))
        return found

    def kept_models(self) -> Iterator[KeptModel]:
        after = -1
        while True:
            with self.database.read() as connection:
                rows = connection.execute(_KEPT, (after, PURGING, _PAGE))
            for _, model_id, experiment, name, status, files, location in rows:
                place = MODEL_LOCATION.format(self._absolute(location).rstrip("/"), model_id)
                fixed = files_from_json(files) if status == LoggedModelStatus.READY.number else None
                yield KeptModel(model_id, str(experiment), name, place, fixed)
            if len(rows) < _PAGE:
                return
            after = rows[-1][0]

    def lost_versions(self) -> list[LostVersion]:
        with self.database.read() as connection:
            rows = connection.execute(_LOST)
        return [LostVersion(name, version, str(model_id), stage is not None) for name, version, model_id, stage in rows]
