"""The SQL store: the nouns put together over one database and one journal."""

from __future__ import annotations

import logging
import os
import time
import weakref
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from pathlib import Path

from trackbook.entities import Metric, Param, Run, RunStatus, RunTag
from trackbook.entities.checks import checked_batch, checked_metric
from trackbook.entities.keys import check_run_id
from trackbook.errors import InvalidParameter, ReadOnlyStore, StoreAway, StoreError
from trackbook.stores.base import Recorder, Store
from trackbook.stores.flock import has_flock
from trackbook.stores.forks import at_fork
from trackbook.stores.journal.drainer import Extra
from trackbook.stores.journal.files import living_writers
from trackbook.stores.journal.journal import Journal
from trackbook.stores.journal.records import END, PARAM, TAG, Batch
from trackbook.stores.permissions import make_file, make_folder
from trackbook.stores.spool import spool_folder
from trackbook.stores.sql import names, packing
from trackbook.stores.sql.attempts import Attempts
from trackbook.stores.sql.engine import Connection, Database, retried
from trackbook.stores.sql.examining import Examining
from trackbook.stores.sql.experiments import Experiments
from trackbook.stores.sql.files import Files
from trackbook.stores.sql.inputs import Inputs
from trackbook.stores.sql.logged_model_search import LoggedModelSearch
from trackbook.stores.sql.logged_models import LoggedModels
from trackbook.stores.sql.moving import Moving
from trackbook.stores.sql.places import Places, root_of
from trackbook.stores.sql.points import Points
from trackbook.stores.sql.purging import Purging
from trackbook.stores.sql.purging_models import PurgingModels
from trackbook.stores.sql.recorder import DirectRecorder
from trackbook.stores.sql.registry.registry import Registry
from trackbook.stores.sql.rejecting import Rejecting
from trackbook.stores.sql.runs import Runs, deleted_message
from trackbook.stores.sql.schema import open_schema
from trackbook.stores.sql.search import ExperimentSearch, RunSearch, load_runs
from trackbook.stores.sql.server_schema import open_server_schema
from trackbook.stores.sql.servers import ServerDatabase
from trackbook.stores.sql.views import Views
from trackbook.uris import StoreUri

__all__ = ["SqlStore"]

log = logging.getLogger("trackbook")


class SqlStore(
    Places,
    Experiments,
    ExperimentSearch,
    Runs,
    Moving,
    Attempts,
    RunSearch,
    Inputs,
    Points,
    Files,
    LoggedModels,
    LoggedModelSearch,
    Registry,
    Views,
    Purging,
    PurgingModels,
    Examining,
    Rejecting,
    Store,
):
    """A store in a SQL database.

    Args:
        uri: where it is.
        read_only: whether nothing may be changed.
        clock: milliseconds since 1970-01-01 UTC, for tests; the journal's clock if None.
    """

    def __init__(self, uri: StoreUri, read_only: bool = False, clock: Callable[[], int] | None = None) -> None:
        self.uri, self.read_only = uri.uri, read_only
        self._clock = clock
        self.closed = False
        self._latest = 0
        self._names, self._series = names.names(), names.series()
        self._run_keys: dict[str, int] = {}
        self._model_folders: dict[str, str] = {}
        self._hot_limits: dict[int, int] = {}
        self._listeners: list[Callable[[], None]] = []
        self._accepting: set[str] = set()  # runs that this process has seen to be there and not deleted
        self._direct: weakref.WeakValueDictionary[str, DirectRecorder] = weakref.WeakValueDictionary()
        self._folder: Path | None = Path(f"{uri.path}.d") / "writers" if uri.path else None
        self._artifact_root = root_of(uri)
        if not read_only and uri.path is not None:
            os.makedirs(os.path.dirname(uri.path), exist_ok=True)
            _make_file(uri.path)
        self.database = Database(uri, read_only) if uri.kind != "sql" else ServerDatabase(uri, read_only)
        self._journal: Journal | None = None
        try:
            store_id = self._open_schema()
        except BaseException:
            self.database.close()
            raise
        self._rejected: set[str] = set()
        if uri.kind == "sql":
            self._folder = spool_folder(store_id)
        if not (read_only or self.database.in_memory):
            self._open_journal(store_id)
        at_fork(self)

    def _open_schema(self) -> str:
        location = self._usual_location("0")
        if isinstance(self.database, ServerDatabase):
            return open_server_schema(self.database, location)
        return open_schema(self.database, location)

    def _open_journal(self, store_id: str) -> None:
        if self._folder is None:
            log.warning("No folder takes a journal: each call waits for the database. Set TRACKBOOK_SPOOL_DIR to one.")
            return
        if not has_flock():
            log.warning("This system has no file locks for a journal: each call waits for the database.")
            return
        try:
            make_folder(self._folder.parent)
            make_folder(self._folder)
        except OSError as error:
            log.warning("No journal can be kept in %s (%s): each call waits for the database.", self._folder, error)
            return
        self._journal = Journal(self._folder, store_id, self)
        self._journal.adopt()
        self._pack()

    def _pack(self) -> None:
        """Pack what others left; nobody waits for that, so nobody is told when it does not work now."""
        try:
            packing.pack_ended(self.database)
        except (StoreError, ReadOnlyStore) as error:
            log.info("Packing waits for the next writer: %s", error)

    def _now(self) -> int:
        if self._clock is not None:
            return self._clock()
        if self._journal is not None:
            return self._journal.writer.now()
        self._latest = max(self._latest, time.time_ns() // 1_000_000)  # times of a process never fall
        return self._latest

    def _load_runs(self, connection: Connection, keys: list[int]) -> list[Run]:
        return load_runs(connection, keys, self._artifact_uri)

    def living_writers(self, candidates: Collection[str]) -> set[str]:
        """Those of some writers whose process is alive on this machine."""
        return set() if self._folder is None else living_writers(self._folder, candidates)

    def _own_writer(self) -> str | None:
        if self._journal is None:
            return None
        self._journal.writer.open()
        return self._journal.writer.id

    def flush(self) -> None:
        if self._journal is not None:
            self._journal.flush()

    def _write_through(self, extra: Extra) -> None:
        """Do something to the database behind everything that this process has logged."""
        if self._journal is None:
            self.apply(None, Batch(0, 0), extra)
        else:
            self._journal.flush(extra, adopt=False)

    def run_started(self, run_id: str) -> None:
        """Beat for a run of this process until `run_ended`."""
        if self._journal is not None:
            self._journal.run_started(run_id)

    def run_ended(self, run_id: str, status: str) -> None:
        """End a run of this process: points and status are in the store when this returns, or in the journal."""
        if self._journal is None:
            self.end_run(run_id, status)
            return
        end = self._now()
        try:
            number = RunStatus.from_string(status)
            self._journal.end(lambda connection: self._end_own(connection, run_id, number, end, self._own_writer()))
        except (StoreError, KeyboardInterrupt) as error:
            self._journal.keep([(END, {"run": run_id, "status": number, "end_time": end})], error)
            if isinstance(error, KeyboardInterrupt):
                raise
        finally:
            self._journal.run_ended(run_id)

    def tidy(self) -> None:
        """See `trackbook.stores.journal.drainer.Sink`."""
        if not self.closed:
            packing.pack_ended(self.database)

    def log_batch(
        self,
        run_id: str,
        metrics: Iterable[Metric] = (),
        params: Iterable[Param] = (),
        tags: Iterable[RunTag] = (),
    ) -> None:
        check_run_id(run_id)
        points, new_params, new_tags = checked_batch(metrics, params, tags)
        if not (new_params or new_tags):
            self.recorder(run_id).log_points(points)
            return
        points = [checked_metric(point, self._now) for point in points]

        def store(connection: Connection) -> None:
            run = self._put_values(connection, run_id, new_params, new_tags)
            if points:
                self.store_points(connection, run, run_id, points)

        away = self._journal.absence() if self._journal is not None and run_id in self._accepting else None
        if away is None:
            try:
                self._write_through(store)
            except StoreAway as error:
                away = error
        if away is not None:
            self._keep_batch(run_id, points, new_params, new_tags, away)
        elif points:
            self.after_commit()

    def _keep_batch(
        self, run_id: str, points: list[Metric], params: list[Param], tags: list[RunTag], reason: StoreAway
    ) -> None:
        """Put a batch into the journal while the database is away, for a run that is known to be there.

        Whether a param is in conflict is found out when the database answers: then its first value stays.
        """
        if self._journal is None or run_id not in self._accepting:
            raise reason
        values = [(PARAM, item) for item in params] + [(TAG, item) for item in tags]
        self._journal.keep(
            [(kind, {"run": run_id, "key": item.key, "value": item.value}) for kind, item in values], reason
        )
        if points:
            self._journal.recorder(run_id).log_points(points)

    def recorder(self, run_id: str) -> Recorder:
        if self.read_only:
            raise ReadOnlyStore(f"The store {self.uri} was opened read-only. Open it without read_only to log to it.")
        if not isinstance(run_id, str):
            check_run_id(run_id)
        if run_id not in self._accepting:
            self._look_up(check_run_id(run_id))
            self._accepting.add(run_id)
        if self._journal is not None:
            return self._journal.recorder(run_id)
        found = self._direct.get(run_id)
        if found is None:
            found = self._direct[run_id] = DirectRecorder(self, run_id, self._now)
        return found

    def _look_up(self, run_id: str) -> None:
        with self.database.read() as connection:
            key = self._key(connection, run_id)
            ((stage,),) = connection.execute("SELECT lifecycle_stage FROM runs WHERE id = ?", (key,))
        if stage != "active":
            raise InvalidParameter(deleted_message(run_id))

    def _refuse_points(self, run_id: str, reason: str | None) -> None:
        self._accepting.discard(run_id)
        if self._journal is not None:
            self._journal.refuse(run_id, reason)

    @retried
    def write_points(self, run_id: str, points: list[Metric]) -> None:
        """Store checked points at once, where there is no journal."""
        with self.database.write() as connection:
            self.store_points(connection, self._changeable(connection, run_id), run_id, points)
        self.after_commit()

    def close(self) -> None:
        if self.closed:
            return
        self.closed = True
        if self._journal is not None:
            self._journal.close()
            self._pack()
        self.database.close()

    def before_fork(self) -> None:
        """See `trackbook.stores.forks`."""
        if self._journal is not None:
            self._journal.before_fork()
        self.database.before_fork()

    def after_fork_in_parent(self) -> None:
        """See `trackbook.stores.forks`."""
        self.database.after_fork_in_parent()
        if self._journal is not None:
            self._journal.after_fork_in_parent()

    def after_fork_in_child(self) -> None:
        """See `trackbook.stores.forks`."""
        self.database.after_fork_in_child()
        if self._journal is not None:
            self._journal.after_fork_in_child()


def _make_file(path: str) -> None:
    """Make a database file with its permissions before SQLite does; if it cannot be made, SQLite's error says why."""
    with suppress(OSError):
        make_file(path)
