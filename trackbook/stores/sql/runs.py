"""Runs in a SQL database, with their params and tags; search is in search.py, points in points.py."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Collection, Iterable
from secrets import token_hex
from typing import Any

from trackbook.entities import LifecycleStage, Param, Run, RunData, RunInfo, RunStatus, RunTag
from trackbook.entities.keys import (
    check_experiment_id,
    check_int64,
    check_key,
    check_pairs,
    check_run_id,
    check_run_name,
    check_text,
    check_value,
)
from trackbook.entities.run_names import random_run_name
from trackbook.errors import AlreadyExists, InvalidParameter, InvalidState, NotFound, TrackbookError
from trackbook.stores.base import NewRun, RunLife
from trackbook.stores.journal.drainer import Extra
from trackbook.stores.journal.files import Segment, host_and_boot
from trackbook.stores.journal.records import END, PARAM, TAG, Record
from trackbook.stores.sql.engine import Connection, Database, retried
from trackbook.stores.sql.names import Interned
from trackbook.stores.sql.needed import refuse_if_needed
from trackbook.stores.sql.tables import PURGING

__all__ = ["LOST_AFTER_MS", "Runs"]

log = logging.getLogger("trackbook")

LOST_AFTER_MS = 60_000
RUN_NAME_TAG = "mlflow.runName"

_NEW_RUN = (
    "INSERT INTO runs (run_id, experiment, name, user_id, status, start_time, lifecycle_stage, heartbeat, writer, "
    "host, boot, pid) VALUES (?, ?, ?, ?, 1, ?, 'active', ?, ?, ?, ?, ?) RETURNING id"
)
_PUT_TAG = "INSERT INTO run_tags VALUES (?, ?, ?) ON CONFLICT (run, name) DO UPDATE SET value = excluded.value"
_PUT_PARAM = "INSERT INTO params VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_OWN = "heartbeat = ?, writer = ?, host = ?, boot = ?, pid = ?"


class Runs:
    """The verbs of RunStore, but for search."""

    database: Database
    _names: Interned
    _run_keys: dict[str, int]
    _accepting: set[str]
    _now: Callable[[], int]
    _artifact_uri: Callable[[str, str], str]
    _load_runs: Callable[[Connection, list[int]], list[Run]]
    _run_key: Callable[[Connection, str], int | None]
    _write_through: Callable[[Extra], None]
    _own_writer: Callable[[], str | None]
    _refuse_points: Callable[[str, str | None], None]
    _keep_attempt: Callable[[Connection, int], None]
    _end_own: Callable[[Connection, str, int, int, str | None], None]
    living_writers: Callable[[Collection[str]], set[str]]
    flush: Callable[[], None]
    pack_hot: Callable[[], None]

    @retried
    def create_run(self, new: NewRun) -> Run:
        experiment = int(check_experiment_id(new.experiment_id))
        run_id = token_hex(16) if new.run_id is None else _chosen_id(new.run_id)
        tags = dict(_checked_tags(check_pairs("Tags", new.tags)))
        name = check_run_name(new.run_name or tags.get(RUN_NAME_TAG) or random_run_name())
        start = self._now() if new.start_time is None else check_int64("start_time", new.start_time)
        user = check_text("user_id", new.user_id)
        tags[RUN_NAME_TAG] = name
        owner = self._owner(new.owned)  # takes the journal's lock, which a fork takes before the database's
        with self.database.write() as connection:
            location = self._location_for_new_run(connection, experiment, run_id, given=new.run_id is not None)
            ((key,),) = connection.execute(_NEW_RUN, (run_id, experiment, name, user, start, *owner))
            connection.executemany(_PUT_TAG, self._tag_rows(connection, key, tags.items()))
        self._run_keys[run_id] = key
        self._accepting.add(run_id)
        uri = self._artifact_uri(location, run_id)
        info = RunInfo(run_id, str(experiment), user, "RUNNING", start, None, LifecycleStage.ACTIVE, uri, name)
        return Run(info, RunData({}, {}, tags))

    def _owner(self, owned: bool) -> tuple[Any, ...]:
        if not owned:
            return (None,) * 5
        return (self._now(), self._own_writer(), *host_and_boot(), os.getpid())

    def _location_for_new_run(self, connection: Connection, experiment: int, run_id: str, *, given: bool) -> str:
        rows = connection.execute(
            "SELECT artifact_location, lifecycle_stage FROM experiments WHERE id = ?", (experiment,)
        )
        if not rows or rows[0][1] == PURGING:
            raise NotFound(f"There is no experiment with the id '{experiment}'; set_experiment(name) makes one.")
        location, stage = rows[0]
        if stage != LifecycleStage.ACTIVE:
            raise InvalidState(
                f"The experiment {experiment} is deleted and takes no new runs; "
                f"restore_experiment('{experiment}') brings it back."
            )
        if given and connection.execute("SELECT 1 FROM runs WHERE run_id = ?", (run_id,)):
            raise AlreadyExists(f"There is a run with the id {run_id!r} already; start_run(run_id=...) resumes it.")
        return str(location)

    def get_run(self, run_id: str) -> Run:
        check_run_id(run_id)
        self.flush()
        with self.database.read() as connection:
            return self._load_runs(connection, [self._key(connection, run_id)])[0]

    def _key(self, connection: Connection, run_id: str) -> int:
        key = self._run_key(connection, run_id)
        if key is None:
            raise NotFound(
                f"There is no run with the id {run_id!r} in {self.database.where}; search_runs() lists them."
            )
        return key

    def _changeable(self, connection: Connection, run_id: str) -> int:
        """The key of a run that may be changed."""
        key = self._key(connection, check_run_id(run_id))
        lock = connection.dialect.lock  # the run first, as everybody does: so no two wait for each other
        ((stage,),) = connection.execute(f"SELECT lifecycle_stage FROM runs WHERE id = ?{lock}", (key,))
        if stage != LifecycleStage.ACTIVE:
            raise InvalidParameter(deleted_message(run_id))
        return key

    def resume_run(self, run_id: str) -> Run:
        check_run_id(run_id)
        owner = self._owner(True)

        def resume(connection: Connection) -> None:
            key = self._changeable(connection, run_id)
            self._keep_attempt(connection, key)
            connection.execute(
                "UPDATE runs SET status = 1, end_time = NULL, attempt = attempt + 1, resumed = ?, control = '', "
                f"{_OWN} WHERE id = ?",
                (owner[0], *owner, key),
            )

        self._write_through(resume)
        return self.get_run(run_id)

    def update_run(
        self, run_id: str, status: str | None = None, end_time: int | None = None, run_name: str | None = None
    ) -> RunInfo:
        check_run_id(run_id)
        number = None if status is None else RunStatus.from_string(status)
        end = None if end_time is None else check_int64("end_time", end_time)
        name = None if run_name is None else check_run_name(run_name)
        if number is not None and RunStatus.is_terminated(number) and end is None:
            end = self._now()
        self._write_through(lambda connection: self._update(connection, run_id, number, end, name))
        with self.database.read() as connection:
            return self._load_runs(connection, [self._key(connection, run_id)])[0].info

    def end_run(self, run_id: str, status: str, end_time: int | None = None) -> None:
        """Store what was logged and the status in one transaction; the quick half of `update_run`."""
        number, end = RunStatus.from_string(status), self._now() if end_time is None else end_time
        self._write_through(lambda connection: self._update(connection, run_id, number, end, None))

    def _update(
        self, connection: Connection, run_id: str, status: int | None, end: int | None, name: str | None
    ) -> None:
        key = self._changeable(connection, run_id)
        if status is not None:
            running = status in (RunStatus.RUNNING, RunStatus.SCHEDULED)
            connection.execute(
                "UPDATE runs SET status = ?, end_time = ? WHERE id = ?", (status, None if running else end, key)
            )
        elif end is not None:
            connection.execute("UPDATE runs SET end_time = ? WHERE id = ?", (end, key))
        if name is not None:
            self._put_tags(connection, key, [(RUN_NAME_TAG, name)])

    def delete_run(self, run_id: str, force: bool = False) -> None:
        self._set_stage(run_id, LifecycleStage.DELETED, self._now(), keep_needed=not force)
        self._refuse_points(run_id, deleted_message(run_id))

    def restore_run(self, run_id: str) -> None:
        self._set_stage(run_id, LifecycleStage.ACTIVE, None)
        self._refuse_points(run_id, None)

    @retried
    def _set_stage(self, run_id: str, stage: str, deleted_time: int | None, keep_needed: bool = False) -> None:
        check_run_id(run_id)
        with self.database.write(durable=True) as connection:
            key = self._key(connection, run_id)
            if keep_needed:
                refuse_if_needed(connection, "run", run_id)
            connection.execute(
                "UPDATE runs SET lifecycle_stage = ?, deleted_time = ? WHERE id = ? AND lifecycle_stage <> ?",
                (stage, deleted_time, key, stage),
            )

    def _put_values(self, connection: Connection, run_id: str, params: list[Param], tags: list[RunTag]) -> int:
        """Put checked params and tags of a run; the run's key."""
        key = self._changeable(connection, run_id)
        if params:
            self._put_params(connection, key, run_id, [(param.key, param.value) for param in params])
        if tags:
            self._put_tags(connection, key, [(tag.key, tag.value) for tag in tags])
        return key

    def _put_params(self, connection: Connection, run: int, run_id: str, params: list[tuple[str, str]]) -> None:
        rows = self._tag_rows(connection, run, params)
        if connection.executemany(_PUT_PARAM, rows) == len(rows):
            return
        known = dict(connection.execute("SELECT name, value FROM params WHERE run = ?", (run,)))
        for (_, number, value), (name, _) in zip(rows, params, strict=True):
            if (stored := known[number]) != value:
                raise InvalidParameter(
                    f"The param {name!r} of run {run_id} is {stored!r:.100} and cannot become {value!r:.100}: params "
                    "are set once. Log a changing value as a metric or tag, or start a new run."
                )

    def _put_tags(self, connection: Connection, run: int, tags: list[tuple[str, str]]) -> None:
        connection.executemany(_PUT_TAG, self._tag_rows(connection, run, tags))
        for key, value in tags:
            if key == RUN_NAME_TAG:
                connection.execute("UPDATE runs SET name = ? WHERE id = ?", (value, run))

    def _tag_rows(
        self, connection: Connection, run: int, pairs: Iterable[tuple[str, str]]
    ) -> list[tuple[int, int, str]]:
        return [(run, self._names.key(connection, (key,)), value) for key, value in pairs]

    @retried
    def delete_tag(self, run_id: str, key: str) -> None:
        check_run_id(run_id)
        key = check_key("tag", key)
        with self.database.write() as connection:
            run = self._changeable(connection, run_id)
            name = self._names.find(connection, (key,))
            if not connection.change("DELETE FROM run_tags WHERE run = ? AND name = ?", (run, name)):
                raise NotFound(f"The run {run_id} has no tag {key!r}.")

    def run_counts(self) -> dict[str, dict[str, int]]:
        with self.database.read() as connection:
            rows = connection.execute(
                "SELECT experiment, status, count(*) FROM runs WHERE lifecycle_stage = ? GROUP BY experiment, status",
                (LifecycleStage.ACTIVE,),
            )
        counts: dict[str, dict[str, int]] = {}
        for experiment, status, number in rows:
            counts.setdefault(str(experiment), {})[RunStatus.to_string(status)] = number
        return counts

    def run_life(self, run_id: str, now: int | None = None) -> RunLife:
        with self.database.read() as connection:
            key = self._key(connection, check_run_id(run_id))
            row = connection.execute(
                "SELECT heartbeat, writer, host, boot, pid, attempt, control, status FROM runs WHERE id = ?", (key,)
            )[0]
        heartbeat, writer, host, boot, pid, attempt, control, status = row
        silent = status == RunStatus.RUNNING and heartbeat is not None
        silent = silent and heartbeat < (self._now() if now is None else now) - LOST_AFTER_MS
        lost = silent and not self.living_writers([writer or ""])
        return RunLife(heartbeat, writer, host, boot, pid, attempt, control, lost)

    @retried
    def set_control(self, run_id: str, word: str) -> None:
        if not isinstance(word, str) or len(word) > 64:
            raise InvalidParameter(f"A control word is text of at most 64 characters, not {word!r:.100}.")
        with self.database.write() as connection:
            connection.execute("UPDATE runs SET control = ? WHERE id = ?", (word, self._changeable(connection, run_id)))

    @retried
    def beat(self, runs: Collection[str], now: int) -> dict[str, str]:
        """See `trackbook.stores.journal.drainer.Sink`."""
        with self.database.write() as connection:
            words: dict[str, str] = {}
            for run_id in runs:
                words.update(
                    connection.execute(
                        "UPDATE runs SET heartbeat = ? WHERE run_id = ? AND status = 1 RETURNING run_id, control",
                        (now, run_id),
                    )
                )
        self.pack_hot()
        self.database.checkpoint_if_long()
        return words

    def _other_record(self, connection: Connection, segment: Segment, record: Record) -> None:
        """Store a param, tag or ending that waited in the journal; what the rules refuse is put aside."""
        connection.execute("SAVEPOINT record")
        try:
            self._replay(connection, record.kind, json.loads(record.body), segment.writer)
        except (NotFound, InvalidParameter, ValueError, KeyError, TypeError) as error:
            reason = str(error) if isinstance(error, TrackbookError) else f"a record that makes no sense: {error!r}"
            connection.execute("ROLLBACK TO record")
            connection.execute(
                "INSERT INTO rejected (writer, segment, offset, reason, body, time) VALUES (?, ?, ?, ?, ?, ?)",
                (segment.writer, segment.number, record.start, reason, record.body, self._now()),
            )
            log.warning("A record of the journal cannot be stored, and is kept in the table 'rejected': %s", reason)
        connection.execute("RELEASE SAVEPOINT record")

    def _replay(self, connection: Connection, kind: int, content: dict[str, Any], writer: str) -> None:
        run_id = content["run"]
        if kind == PARAM:
            self._put_values(connection, run_id, [Param(content["key"], content["value"])], [])
        elif kind == TAG:
            self._put_values(connection, run_id, [], [RunTag(content["key"], content["value"])])
        elif kind == END:
            self._end_own(connection, run_id, content["status"], content["end_time"], writer)
        else:
            raise InvalidParameter(f"records of kind {kind} are not known here")


def _chosen_id(run_id: object) -> str:
    """A run id that a caller chose: its folder may not be that of an experiment's models."""
    checked = check_run_id(run_id)
    if checked.lower() == "models":
        raise InvalidParameter(
            f"A run cannot have the id {checked!r}: an experiment keeps the files of its models in the folder of that "
            "name. Choose another id, or leave it out."
        )
    return checked


def deleted_message(run_id: str) -> str:
    """Why a deleted run is not changed."""
    return f"The run {run_id} is deleted and cannot be changed; restore_run({run_id!r}) brings it back."


def _checked_tags(tags: Iterable[tuple[str, object]]) -> list[tuple[str, str]]:
    return [(check_key("tag", key), check_value("tag", key, value)) for key, value in tags]
