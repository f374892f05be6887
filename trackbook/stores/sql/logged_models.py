"""Logged models in a SQL database: made, finished, changed and deleted; they are read in logged_model_rows.py."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from secrets import token_hex
from typing import Any, NamedTuple

from trackbook.entities import LifecycleStage, StoredFile
from trackbook.entities.checks import check_label
from trackbook.entities.digests import files_from_json, files_to_json, manifest_digest
from trackbook.entities.keys import (
    check_experiment_id,
    check_int64,
    check_key,
    check_model_id,
    check_model_name,
    check_pairs,
    check_run_id,
    check_text,
    check_value,
)
from trackbook.entities.logged_models import LoggedModel, LoggedModelInput, LoggedModelOutput, LoggedModelStatus
from trackbook.entities.run_names import random_run_name
from trackbook.errors import AlreadyExists, InvalidParameter, InvalidState, NotFound
from trackbook.stores.models import NewModel
from trackbook.stores.registry import NewVersion
from trackbook.stores.sql.engine import Connection, retried
from trackbook.stores.sql.files import checked_file
from trackbook.stores.sql.logged_model_rows import INPUT, MODEL_LOCATION, OUTPUT, load_models
from trackbook.stores.sql.needed import refuse_if_needed
from trackbook.stores.sql.registry.trail import Ledger, Trail
from trackbook.stores.sql.registry.versions import CheckedVersion
from trackbook.stores.sql.tables import PURGING

__all__ = ["LoggedModels"]

_NEW = (
    "INSERT INTO logged_models (model_id, experiment, name, model_type, source_run, status, creation_time, "
    "last_update_time, lifecycle_stage, digest, files) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id"
)
_PUT_TAG = (
    "INSERT INTO logged_model_tags (model, key, value) VALUES (?, ?, ?) "
    "ON CONFLICT (model, key) DO UPDATE SET value = excluded.value"
)
_PUT_PARAM = "INSERT INTO logged_model_params (model, key, value) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_READ = "INSERT INTO run_models (run, direction, model_id, step) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
_MADE = (
    "INSERT INTO run_models (run, direction, model_id, step) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (run, direction, model_id) DO UPDATE SET step = excluded.step"
)


_READY = LoggedModelStatus.READY.number
#: Each part begins with what no part with a meaning begins with.
_PLAIN_PATH = re.compile(r"\w[\w.+=@ -]*(?:/\w[\w.+=@ -]*)*", re.ASCII)
_SHA256 = re.compile("[0-9a-f]{64}")


class _NewRow(NamedTuple):
    """A new logged model that keeps the rules."""

    model_id: str
    experiment: int
    name: str
    kind: str | None
    run_id: str | None
    step: int
    tags: list[tuple[str, str]]
    params: list[tuple[str, str]]
    fixed: tuple[int, str | None, str | None]

    @classmethod
    def of(cls, new: NewModel, files: Sequence[StoredFile] | None) -> _NewRow:
        return cls(
            f"m-{token_hex(16)}" if new.model_id is None else check_model_id(new.model_id),
            int(check_experiment_id(new.experiment_id)),
            check_model_name(random_run_name() if new.name is None else new.name),
            None if new.model_type is None else check_label("The type of a logged model", new.model_type),
            new.source_run_id,
            check_int64("The step of a logged model", new.step),
            _checked("tag", new.tags),
            _checked("param", new.params),
            _fixed(files),
        )

    def insert(self, connection: Connection, now: int) -> int:
        """Put it into the database; the key of its row."""
        _experiment_location(connection, self.experiment)
        run = None if self.run_id is None else _active_run(connection, self.run_id)
        if connection.execute("SELECT 1 FROM logged_models WHERE model_id = ?", (self.model_id,)):
            raise AlreadyExists(f"There is a logged model with the id {self.model_id} already; leave the id out.")
        status, digest, manifest = self.fixed
        what = (self.model_id, self.experiment, self.name, self.kind, self.run_id)
        ((key,),) = connection.execute(_NEW, (*what, status, now, now, LifecycleStage.ACTIVE, digest, manifest))
        connection.executemany(_PUT_TAG, [(key, *pair) for pair in self.tags])
        connection.executemany(_PUT_PARAM, [(key, *pair) for pair in self.params])
        if run is not None:
            connection.execute(_MADE, (run, OUTPUT, self.model_id, self.step))
        return int(key)


class LoggedModels(Trail):
    """The verbs of LoggedModelStore, but for search."""

    flush: Callable[[], None]
    _absolute: Callable[[str], str]
    _changeable: Callable[[Connection, str], int]
    _next_version: Callable[[Ledger, CheckedVersion], int]
    _model_folders: dict[str, str]  # experiment id -> its folder, which never changes

    def model_location(self, experiment_id: str, model_id: str) -> str:
        folder = self._model_folders.get(experiment_id)
        if folder is None:
            with self.database.read() as connection:
                location = _experiment_location(connection, int(check_experiment_id(experiment_id)))
            folder = self._model_folders[experiment_id] = self._absolute(location).rstrip("/")
        return MODEL_LOCATION.format(folder, check_model_id(model_id))

    @retried
    def create_logged_model(self, new: NewModel, files: Sequence[StoredFile] | None = None) -> LoggedModel:
        row = _NewRow.of(new, files)
        now = self._now() if new.time is None else new.time
        with self.database.write() as connection:
            return load_models(connection, [row.insert(connection, now)], self._absolute)[0]

    @retried
    def log_model(self, new: NewModel, files: Sequence[StoredFile], version: NewVersion | None = None) -> int | None:
        row = _NewRow.of(new, files)
        now = self._now() if new.time is None else new.time
        if version is None:
            with self.database.write() as connection:
                row.insert(connection, now)
            return None
        checked = CheckedVersion.of(version)
        with self._registry(now) as ledger:
            row.insert(ledger.connection, now)
            return self._next_version(ledger, checked)

    @retried
    def finalize_logged_model(
        self,
        model_id: str,
        status: str,
        files: Sequence[StoredFile] | None = None,
        message: str | None = None,
    ) -> LoggedModel:
        wanted = LoggedModelStatus.of(status)
        if not LoggedModelStatus.is_finalized(wanted):
            raise InvalidParameter(f"A logged model is finalized as READY or FAILED, not as {wanted.value}.")
        said = None if message is None else check_text("Why a logged model failed", message)
        ready = wanted == LoggedModelStatus.READY
        _, digest, manifest = _fixed(files if ready else None)
        with self.database.write() as connection:
            key, present = self._active_model(connection, model_id)
            if present == LoggedModelStatus.PENDING.number:
                connection.execute(
                    "UPDATE logged_models SET status = ?, status_message = ?, digest = ?, files = ?, "
                    "last_update_time = ? WHERE id = ?",
                    (wanted.number, said, digest, manifest, self._now(), key),
                )
            elif present != wanted.number:
                raise InvalidState(
                    f"The logged model {model_id} is {_word(present)} and stays so; log another model instead."
                )
            return load_models(connection, [key], self._absolute)[0]

    def get_logged_model(self, model_id: str) -> LoggedModel:
        check_model_id(model_id)
        self.flush()
        with self.database.read() as connection:
            return load_models(connection, [self._active_model(connection, model_id, lock=False)[0]], self._absolute)[0]

    def logged_model_files(self, model_id: str) -> list[StoredFile]:
        with self.database.read() as connection:
            key, _ = self._active_model(connection, model_id, lock=False)
            ((text,),) = connection.execute("SELECT files FROM logged_models WHERE id = ?", (key,))
        return files_from_json(text)

    @retried
    def set_logged_model_tags(self, model_id: str, tags: Mapping[str, object]) -> None:
        checked = _checked("tag", tags)
        with self.database.write() as connection:
            key, _ = self._active_model(connection, model_id)
            connection.executemany(_PUT_TAG, [(key, *pair) for pair in checked])
            self._touch_model(connection, key)

    @retried
    def delete_logged_model_tag(self, model_id: str, key: str) -> None:
        name = check_key("tag", key)
        with self.database.write() as connection:
            model, _ = self._active_model(connection, model_id)
            if not connection.change("DELETE FROM logged_model_tags WHERE model = ? AND key = ?", (model, name)):
                raise NotFound(f"The logged model {model_id} has no tag {name!r}.")
            self._touch_model(connection, model)

    @retried
    def log_model_params(self, model_id: str, params: Mapping[str, object]) -> None:
        checked = _checked("param", params)
        with self.database.write() as connection:
            key, _ = self._active_model(connection, model_id)
            if connection.executemany(_PUT_PARAM, [(key, *pair) for pair in checked]) < len(checked):
                _refuse_another_value(connection, key, model_id, checked)
            self._touch_model(connection, key)

    @retried
    def delete_logged_model(self, model_id: str) -> None:
        with self.database.write(durable=True) as connection:
            key, _ = self._active_model(connection, model_id)
            refuse_if_needed(connection, "logged model", model_id, can_force=False)
            connection.execute(
                "UPDATE logged_models SET lifecycle_stage = ?, deleted_time = ?, last_update_time = ? WHERE id = ?",
                (LifecycleStage.DELETED, self._now(), self._now(), key),
            )

    @retried
    def log_models(
        self, run_id: str, inputs: Sequence[LoggedModelInput] = (), outputs: Sequence[LoggedModelOutput] = ()
    ) -> None:
        read = [check_model_id(item.model_id) for item in inputs]
        made = {check_model_id(item.model_id): check_int64("The step of a model", item.step) for item in outputs}
        check_run_id(run_id)
        with self.database.write() as connection:
            run = self._changeable(connection, run_id)
            for model_id in {*read, *made}:
                self._active_model(connection, model_id, lock=False)
            if read:
                connection.executemany(_READ, [(run, INPUT, model_id, 0) for model_id in read])
            if made:
                connection.executemany(_MADE, [(run, OUTPUT, *pair) for pair in made.items()])

    def _active_model(self, connection: Connection, model_id: str, *, lock: bool = True) -> tuple[int, int]:
        """The key and the status of a model that is not deleted."""
        locked = connection.dialect.lock if lock else ""
        rows = connection.execute(
            f"SELECT id, status, lifecycle_stage FROM logged_models WHERE model_id = ?{locked}",
            (check_model_id(model_id),),
        )
        if not rows or rows[0][2] != LifecycleStage.ACTIVE:
            gone = " It was deleted." if rows and rows[0][2] == LifecycleStage.DELETED else ""
            raise NotFound(
                f"There is no logged model with the id {model_id} in {self.database.where}.{gone} "
                "search_logged_models() lists them."
            )
        return int(rows[0][0]), int(rows[0][1])

    def _touch_model(self, connection: Connection, key: int) -> None:
        connection.execute("UPDATE logged_models SET last_update_time = ? WHERE id = ?", (self._now(), key))


def _experiment_location(connection: Connection, experiment: int) -> str:
    """Where an active experiment keeps its artifacts, as stored."""
    rows = connection.execute("SELECT artifact_location, lifecycle_stage FROM experiments WHERE id = ?", (experiment,))
    if not rows or rows[0][1] == PURGING:
        raise NotFound(f"There is no experiment with the id '{experiment}'; set_experiment(name) makes one.")
    if rows[0][1] != LifecycleStage.ACTIVE:
        raise InvalidState(
            f"The experiment {experiment} is deleted and takes no models; "
            f"restore_experiment('{experiment}') brings it back."
        )
    return str(rows[0][0])


def _active_run(connection: Connection, run_id: str) -> int:
    lock = connection.dialect.lock
    rows = connection.execute(f"SELECT id, lifecycle_stage FROM runs WHERE run_id = ?{lock}", (check_run_id(run_id),))
    if not rows or rows[0][1] == PURGING:
        raise NotFound(f"There is no run with the id {run_id!r}; search_runs() lists them.")
    if rows[0][1] != LifecycleStage.ACTIVE:
        raise InvalidState(f"The run {run_id} is deleted and makes no models; restore_run({run_id!r}) brings it back.")
    return int(rows[0][0])


def _fixed(files: Sequence[StoredFile] | None) -> tuple[int, str | None, str | None]:
    """The status of a model with such files, their digest, and the files as they are stored."""
    if files is None:
        return LoggedModelStatus.PENDING.number, None, None
    checked = [file if _is_plain(file) else checked_file(file) for file in files]
    if len({file.path for file in checked}) < len(checked):
        raise InvalidParameter("A file stands twice among the files of a logged model; give each path once.")
    return _READY, manifest_digest(checked), files_to_json(checked)


def _is_plain(file: StoredFile) -> bool:
    """Whether a file keeps the rules at first sight, as most do: few steps for what logs a model."""
    return bool(
        type(file.size) is type(file.time) is int
        and file.size >= 0
        and len(file.path) < 250
        and _PLAIN_PATH.fullmatch(file.path)
        and _SHA256.fullmatch(file.sha256)
    )


def _checked(kind: str, pairs: object) -> list[tuple[str, str]]:
    given = check_pairs(f"{kind.capitalize()}s of a logged model", pairs)
    return [(check_key(kind, key), check_value(kind, str(key), value)) for key, value in given]


def _refuse_another_value(connection: Connection, model: int, model_id: str, params: list[tuple[str, Any]]) -> None:
    known = dict(connection.execute("SELECT key, value FROM logged_model_params WHERE model = ?", (model,)))
    for name, value in params:
        if known[name] != value:
            raise InvalidParameter(
                f"The param {name!r} of the logged model {model_id} is {known[name]!r:.100} and cannot become "
                f"{value!r:.100}: params are set once. Use a tag for what changes."
            )


def _word(status: int) -> str:
    return LoggedModelStatus.of(status).value
