"""The contracts that every store keeps, one class a noun; their docstrings are the specification.

Rules for all of them:

* A store is shared freely between the threads of a process, and opened anew in a forked child.
* A call either does all of what it says or raises and has done nothing.
* Ids, keys and values are checked before anything is written (`trackbook.entities.keys`).
* What one call has stored is seen by every later call of the same process, and by other processes within 200 ms.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from trackbook.entities import (
    Attempt,
    DatasetInput,
    Experiment,
    Metric,
    PagedList,
    Param,
    Run,
    RunInfo,
    RunTag,
    StoredFile,
    ViewType,
)
from trackbook.stores.models import LoggedModelStore
from trackbook.stores.registry import RegistryStore
from trackbook.stores.upkeep import UpkeepStore
from trackbook.stores.views import ViewStore

if TYPE_CHECKING:
    import numpy as np

__all__ = [
    "ExperimentStore",
    "FeedAnswer",
    "FileStore",
    "NewRun",
    "PointArrays",
    "PointStore",
    "Recorder",
    "RunLife",
    "RunStore",
    "RunTable",
    "Store",
    "Summary",
]


class PointArrays(NamedTuple):
    """Points of one series as equally long NumPy arrays, sorted by (step, time, value)."""

    steps: np.ndarray  # int64
    times: np.ndarray  # int64, milliseconds since 1970-01-01 UTC
    values: np.ndarray  # float64


class FeedAnswer(NamedTuple):
    """What a reader that follows a run gets.

    Attributes:
        cursor: pass it to the next call.
        reload: what the reader holds is no longer a prefix of the truth; drop it and take `points` as everything.
        points: metric key to its points after the cursor, in the order in which they were stored.
    """

    cursor: int
    reload: bool
    points: dict[str, PointArrays]


@dataclass(frozen=True, slots=True)
class Summary:
    """One metric of one run at a glance; `last` is the greatest (step, time, value), the others ignore NaN."""

    key: str
    last: float
    last_step: int
    last_time: int
    minimum: float | None
    min_step: int | None
    maximum: float | None
    max_step: int | None
    first: float | None
    first_step: int | None
    count: int


@dataclass(frozen=True, slots=True)
class NewRun:
    """What `create_run` needs. Times are milliseconds since 1970-01-01 UTC."""

    experiment_id: str
    run_name: str | None = None
    user_id: str = ""
    start_time: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    run_id: str | None = None  # made by the store when absent
    owned: bool = False  # this process runs it: heartbeat, owner and journal


@dataclass(frozen=True, slots=True)
class RunLife:
    """Signs of life of a run, as stored.

    Attributes:
        heartbeat: when its process last beat, in ms; None for a run that no process of ours runs.
        writer: the journal of its process, whose lock tells whether that process is alive.
        host, boot, pid: where that process runs.
        attempt: 1, and one more each time that the run was resumed.
        control: the control word ("" or "stop", ...), for steering.
        lost: heartbeat older than 60 s and the writer's lock free, or on another host or boot.
    """

    heartbeat: int | None
    writer: str | None
    host: str | None
    boot: str | None
    pid: int | None
    attempt: int
    control: str
    lost: bool


@dataclass(frozen=True)
class RunTable:
    """Many runs as columns, each as long as `run_ids`; for DataFrames and for the table in the browser.

    Attributes:
        run_ids: in the order asked for.
        attributes: experiment_id, run_name, status, user_id, artifact_uri, lifecycle_stage (text),
            start_time, end_time (int ms or None), lost (bool).
        metrics: key -> aggregate -> float64 array, NaN where the run has no such metric.
            Aggregates are "last", and "min", "max", "first", "count" where asked for.
        params: key -> list of text or None.
        tags: key -> list of text or None.
    """

    run_ids: list[str]
    attributes: dict[str, list[Any]]
    metrics: dict[str, dict[str, np.ndarray]]
    params: dict[str, list[str | None]]
    tags: dict[str, list[str | None]]


class ExperimentStore(ABC):
    """Experiments. A deleted experiment keeps its name until it is purged; then it is as if it had never been."""

    @abstractmethod
    def create_experiment(
        self, name: str, artifact_location: str | None = None, tags: Mapping[str, str] | None = None
    ) -> str:
        """Make an experiment and return its id; AlreadyExists if the name is taken, also by a deleted one."""

    @abstractmethod
    def ensure_experiment(self, name: str) -> Experiment:
        """The experiment of that name, made if there is none; two callers at once get the same one."""

    @abstractmethod
    def get_experiment(self, experiment_id: str) -> Experiment:
        """By id, deleted ones too; NotFound."""

    @abstractmethod
    def get_experiment_by_name(self, name: str) -> Experiment | None:
        """By name, deleted ones too; None if there is none."""

    @abstractmethod
    def search_experiments(
        self,
        view_type: int = ViewType.ACTIVE_ONLY,
        max_results: int = 1000,
        filter_string: str | None = None,
        order_by: Sequence[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[Experiment]:
        """A page of experiments, newest first unless ordered."""

    @abstractmethod
    def rename_experiment(self, experiment_id: str, new_name: str) -> None:
        """Change the name of an active experiment."""

    @abstractmethod
    def delete_experiment(self, experiment_id: str, force: bool = False) -> None:
        """Mark it and its runs as deleted; NotFound if it is deleted already.

        InvalidState if registered versions came from it, unless forced: their files stay in any case.
        """

    @abstractmethod
    def restore_experiment(self, experiment_id: str) -> None:
        """Undo `delete_experiment`, for the runs too."""

    @abstractmethod
    def set_experiment_tags(self, experiment_id: str, tags: Mapping[str, object]) -> None:
        """Set tags, all or none."""

    @abstractmethod
    def delete_experiment_tag(self, experiment_id: str, key: str) -> None:
        """Remove a tag; NotFound if there is none."""


class RunStore(ABC):
    """Runs with their params and tags."""

    @abstractmethod
    def create_run(self, new: NewRun) -> Run:
        """Make a RUNNING run; NotFound or InvalidState for its experiment."""

    @abstractmethod
    def get_run(self, run_id: str) -> Run:
        """A run with its data and inputs, deleted ones too; NotFound."""

    @abstractmethod
    def resume_run(self, run_id: str) -> Run:
        """Make an existing run RUNNING again, owned by this process, without end time and with attempt + 1.

        The attempt before stays listed as it ended; one that did not end and whose process is gone as KILLED, at its
        last heartbeat.
        """

    @abstractmethod
    def list_attempts(self, run_id: str) -> list[Attempt]:
        """The attempts of a run, oldest first, the present one last; NotFound."""

    @abstractmethod
    def update_run(
        self, run_id: str, status: str | None = None, end_time: int | None = None, run_name: str | None = None
    ) -> RunInfo:
        """Change status, end time or name (and with it the tag mlflow.runName); InvalidParameter if it is deleted."""

    @abstractmethod
    def run_started(self, run_id: str) -> None:
        """Beat for a run of this process until `run_ended`."""

    @abstractmethod
    def run_ended(self, run_id: str, status: str) -> None:
        """End a run of this process; points and status are stored together, or kept while the store is away.

        If another process has resumed it meanwhile, only the attempt of this one ends.
        """

    @abstractmethod
    def delete_run(self, run_id: str, force: bool = False) -> None:
        """Mark a run as deleted; twice is no error.

        InvalidState if registered versions came from it, unless forced: their files stay in any case.
        """

    @abstractmethod
    def restore_run(self, run_id: str) -> None:
        """Undo `delete_run`."""

    @abstractmethod
    def move_runs(self, run_ids: Sequence[str], experiment_id: str) -> dict[str, str]:
        """Move runs to another experiment, all or none; the id of the experiment that each was in, by run id.

        Artifacts stay where they are, and `artifact_uri` goes on naming that place; data sets that a run read come
        along, logged models stay with their experiment. A run that is there already is left out of the answer.

        NotFound or InvalidState if there is no such experiment or it is deleted; InvalidParameter if a run is.
        """

    @abstractmethod
    def log_batch(
        self,
        run_id: str,
        metrics: Iterable[Metric] = (),
        params: Iterable[Param] = (),
        tags: Iterable[RunTag] = (),
    ) -> None:
        """Log all or nothing. Params are set once: another value for a key is InvalidParameter."""

    @abstractmethod
    def log_inputs(self, run_id: str, datasets: Sequence[DatasetInput]) -> None:
        """Note data sets that a run read, all or none; InvalidParameter if the run is deleted.

        Name and digest tell the data sets of an experiment apart: what was stored first for the two stays. Logged
        again, a data set keeps its tags and takes the new ones; a tag's last value wins. User names and passwords in
        addresses are left out. `Run.inputs` lists them by name and digest.
        """

    @abstractmethod
    def delete_tag(self, run_id: str, key: str) -> None:
        """Remove a tag; NotFound if there is none."""

    @abstractmethod
    def search_runs(
        self,
        experiment_ids: Sequence[str],
        filter_string: str | None = None,
        run_view_type: int = ViewType.ACTIVE_ONLY,
        max_results: int = 1000,
        order_by: Sequence[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[Run]:
        """A page of runs, newest first unless ordered; missing values sort last both ways."""

    @abstractmethod
    def run_table(
        self,
        experiment_ids: Sequence[str],
        filter_string: str | None = None,
        run_view_type: int = ViewType.ACTIVE_ONLY,
        max_results: int = 100_000,
        order_by: Sequence[str] | None = None,
        aggregates: Sequence[str] = ("last",),
    ) -> RunTable:
        """The same search as columns."""

    @abstractmethod
    def run_counts(self) -> dict[str, dict[str, int]]:
        """How many active runs each experiment has, by status: ``{"1": {"FINISHED": 38, "RUNNING": 2}}``."""

    @abstractmethod
    def run_life(self, run_id: str, now: int | None = None) -> RunLife:
        """Signs of life of a run; `now` in ms is the clock's unless given."""

    @abstractmethod
    def set_control(self, run_id: str, word: str) -> None:
        """Set the control word that the run's process sees within a second."""


class Recorder(ABC):
    """The quick way into one run: what `log_metric` calls. Safe in any thread.

    Attributes:
        control: the run's control word, read from the store once a second while this process runs it.
    """

    __slots__ = ("__weakref__", "control")

    control: str

    @abstractmethod
    def log(self, key: str, value: float, step: int | None = None, timestamp: int | None = None) -> None:
        """Log one point; when this returns, kill -9 no longer loses it.

        Args:
            key: the metric.
            value: anything that float() takes.
            step: int64; 0 if None.
            timestamp: ms since 1970-01-01 UTC; now if None.
        """

    @abstractmethod
    def log_many(
        self,
        metrics: Mapping[str, float],
        step: int | None = None,
        timestamp: int | None = None,
    ) -> None:
        """Log one point of each metric, all or none."""

    @abstractmethod
    def log_points(self, points: Iterable[Metric]) -> None:
        """Log points, all or none; a timestamp that is None becomes now."""


class PointStore(ABC):
    """Points of metrics, read and written."""

    @abstractmethod
    def recorder(self, run_id: str) -> Recorder:
        """The quick way into a run that exists."""

    @abstractmethod
    def get_metric_history(self, run_id: str, key: str) -> list[Metric]:
        """All points of a metric sorted by (step, time, value), exact duplicates once; [] if there are none."""

    @abstractmethod
    def points(self, run_id: str, key: str) -> PointArrays:
        """The same as arrays."""

    @abstractmethod
    def summaries(self, run_id: str) -> list[Summary]:
        """Every metric of a run at a glance, sorted by key."""

    @abstractmethod
    def read_feed(self, run_id: str, cursor: int = 0, keys: Sequence[str] | None = None) -> FeedAnswer:
        """What was stored after the cursor, of some metrics or of all; nothing new costs one key look-up."""

    @abstractmethod
    def listen(self, nudge: Callable[[], None]) -> Callable[[], None]:
        """Have `nudge` called, without data, after this process has stored points; returns what ends that."""

    @abstractmethod
    def flush(self) -> None:
        """Bring everything that this process has logged into the store."""


class FileStore(ABC):
    """What is remembered of the artifacts of runs: path, size and hash. Where the bytes lie is no matter of a store."""

    @abstractmethod
    def record_files(self, run_id: str, files: Sequence[StoredFile]) -> int:
        """Remember files as they were written, all or none; a file of the same path is replaced.

        Returns:
            How many of them have replaced another one.

        Raises:
            NotFound: there is no such run.
            InvalidParameter: the run is deleted, or a file's path, size or hash cannot be right.
        """

    @abstractmethod
    def stored_files(self, run_id: str, path: str | None = None) -> list[StoredFile]:
        """What is remembered of a run's files, sorted by path, of deleted runs too; NotFound if there is no such run.

        Args:
            run_id: the run.
            path: only that file, or what lies below that folder.
        """

    @abstractmethod
    def forget_files(self, run_id: str, path: str | Sequence[str] | None = None) -> int:
        """Forget what `stored_files` would list, or just the files of a list, of deleted runs too; return how many."""


class Store(
    ExperimentStore,
    RunStore,
    PointStore,
    FileStore,
    LoggedModelStore,
    RegistryStore,
    ViewStore,
    UpkeepStore,
):
    """A backend store: all the nouns of one place.

    Attributes:
        uri: where it is, absolute.
        read_only: whether every write raises ReadOnlyStore.
        closed: whether `close` was called.
    """

    uri: str
    read_only: bool
    closed: bool

    @abstractmethod
    def artifact_root(self) -> str:
        """URI of the folder under which new experiments keep their artifacts."""

    @abstractmethod
    def close(self) -> None:
        """Flush, stop the threads and close the files; twice is no error."""
