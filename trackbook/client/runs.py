"""What a client can do with runs, their params, metrics and tags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from trackbook.client.connection import Connection
from trackbook.entities import (
    Attempt,
    DatasetInput,
    LoggedModelInput,
    LoggedModelOutput,
    Metric,
    PagedList,
    Param,
    Run,
    RunTag,
    ViewType,
)
from trackbook.runs.inputs import checked_models
from trackbook.runs.operations import RunOperations, when_done
from trackbook.runs.queries import known_experiments, parent_of
from trackbook.stores.base import NewRun

__all__ = ["RunCalls"]


class RunCalls(Connection):
    """Runs by their ids; none of these calls makes a run the active one."""

    def create_run(
        self,
        experiment_id: str,
        start_time: int | None = None,
        tags: Mapping[str, Any] | None = None,
        run_name: str | None = None,
    ) -> Run:
        """Make a run that is RUNNING until `set_terminated`; no process owns it, so it is never taken for lost.

        Args:
            experiment_id: where it belongs.
            start_time: ms since 1970-01-01 UTC; now if None.
            tags: tags to begin with; mlflow.user becomes its user_id.
            run_name: a name for people; two words and a number if None.

        Raises:
            NotFound: there is no such experiment.
            InvalidState: the experiment is deleted.

        Returns:
            The run.
        """
        user = tags.get("mlflow.user", "") if isinstance(tags, Mapping) else ""
        given = {} if tags is None else tags
        return self._store.create_run(NewRun(experiment_id, run_name, user, start_time, given))

    def get_run(self, run_id: str) -> Run:
        """A run as it is stored now, a deleted one too; NotFound if there is none."""
        return self._store.get_run(run_id)

    def list_attempts(self, run_id: str) -> list[Attempt]:
        """The attempts of a run, oldest first: one, and another each time that it was resumed.

        Raises:
            NotFound: there is no such run.
        """
        return self._store.list_attempts(run_id)

    def get_parent_run(self, run_id: str) -> Run | None:
        """The run inside which a run was started; None if there is none.

        Raises:
            NotFound: there is no such run, or its parent was deleted for good.
        """
        return parent_of(self._store, run_id)

    def update_run(self, run_id: str, status: str | None = None, name: str | None = None) -> None:
        """Change the status of a run, its name, or both. A final status sets the end time to now.

        Raises:
            NotFound: there is no such run.
            InvalidParameter: it is no status, or the run is deleted.
        """
        self._store.update_run(run_id, status=status, run_name=name or None)

    def set_terminated(self, run_id: str, status: str | None = None, end_time: int | None = None) -> None:
        """End a run.

        Args:
            run_id: which.
            status: FINISHED if None.
            end_time: ms since 1970-01-01 UTC; now if None.

        Raises:
            NotFound: there is no such run.
            InvalidParameter: it is no status, or the run is deleted.
        """
        self._store.update_run(run_id, status=status or "FINISHED", end_time=end_time)

    def delete_run(self, run_id: str, *, force: bool = False) -> None:
        """Mark a run as deleted: it takes nothing more, and searches pass it over. Twice is no error.

        Args:
            run_id: which.
            force: also if registered versions came from it; their files stay.

        Raises:
            NotFound: there is no such run.
            InvalidState: registered versions came from it; the message names them.
        """
        self._store.delete_run(run_id, force)

    def restore_run(self, run_id: str) -> None:
        """Undo `delete_run`.

        Raises:
            NotFound: there is no such run.
        """
        self._store.restore_run(run_id)

    def search_runs(
        self,
        experiment_ids: Sequence[str],
        filter_string: str = "",
        run_view_type: int = ViewType.ACTIVE_ONLY,
        max_results: int = 1000,
        order_by: Sequence[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[Run]:
        """A page of runs.

        Args:
            experiment_ids: where to look; [] finds nothing.
            filter_string: such as ``metrics.loss < 0.1 AND params.model = 'tree'``; everything if empty.
            run_view_type: ViewType.ACTIVE_ONLY, DELETED_ONLY or ALL.
            max_results: size of the page, 1 to 50,000.
            order_by: such as ``["metrics.loss ASC"]``; newest first if None. Missing values come last.
            page_token: `token` of the page before.

        Raises:
            BadFilter: filter_string or order_by does not parse.
            NotFound: there is no such experiment.
        """
        store = self._store
        where = known_experiments(store, experiment_ids)
        return store.search_runs(where, filter_string, run_view_type, max_results, order_by, page_token)

    def log_metric(  # noqa: PLR0913 - MLflow's parameters
        self,
        run_id: str,
        key: str,
        value: float,
        timestamp: int | None = None,
        step: int | None = None,
        synchronous: bool | None = None,
        dataset_name: str | None = None,
        dataset_digest: str | None = None,
        model_id: str | None = None,
    ) -> RunOperations | None:
        """Log one point of a metric; when this returns, it is durable against the death of the process.

        Args:
            run_id: the run.
            key: the metric's name.
            value: anything that float() takes, NaN and the infinities included.
            timestamp: ms since 1970-01-01 UTC; now if None.
            step: a whole number; 0 if None. Any order.
            synchronous: False for something to `wait` for, which is done already.
            dataset_name: the data set it was measured on.
            dataset_digest: the digest of that data set.
            model_id: the logged model that was measured.

        Raises:
            InvalidParameter: a key, value, step or time breaks the rules, or the run is deleted.
            NotFound: there is no such run.
        """
        recorder = self._recorder(run_id)
        if dataset_name is None and dataset_digest is None and model_id is None:
            recorder.log(key, value, step, timestamp)
        else:
            when: Any = timestamp
            recorder.log_points([Metric(key, value, when, step or 0, model_id, dataset_name, dataset_digest)])
        return when_done(synchronous)

    def log_param(self, run_id: str, key: str, value: Any, synchronous: bool | None = None) -> Any:
        """Log one param, as text. A param is set once: the same value again is no error, another one is.

        Returns:
            The value that was given; for ``synchronous=False`` something to `wait` for.

        Raises:
            InvalidParameter: the key or value breaks the rules, or the param has another value already.
            NotFound: there is no such run.
        """
        self._store.log_batch(run_id, params=[Param(key, value)])
        return when_done(synchronous) or value

    def log_batch(
        self,
        run_id: str,
        metrics: Iterable[Metric] = (),
        params: Iterable[Param] = (),
        tags: Iterable[RunTag] = (),
        synchronous: bool | None = None,
    ) -> RunOperations | None:
        """Log metrics, params and tags, all of them or none; as many as you like.

        Raises:
            InvalidParameter: a key or value breaks the rules, or a param has another value already.
            NotFound: there is no such run.
        """
        self._store.log_batch(run_id, metrics, params, tags)
        return when_done(synchronous)

    def log_inputs(
        self, run_id: str, datasets: Sequence[DatasetInput] | None = None, models: Sequence[Any] | None = None
    ) -> None:
        """Note data sets and models that a run read.

        Args:
            run_id: the run.
            datasets: each a `DatasetInput`: a `Dataset` of `trackbook.entities`, with tags.
            models: each a `LoggedModelInput`.

        Raises:
            InvalidParameter: a field of a data set breaks the rules, or the run is deleted.
            NotFound: there is no such run or model.
        """
        read = checked_models(models, LoggedModelInput)
        if read:
            self._store.log_models(run_id, read)
        if datasets or not read:
            self._store.log_inputs(run_id, () if datasets is None else datasets)

    def log_outputs(self, run_id: str, models: Sequence[LoggedModelOutput]) -> None:
        """Note models that a run has made, all or none.

        Raises:
            InvalidParameter: it is no list of `LoggedModelOutput`, or the run is deleted.
            NotFound: there is no such run or model.
        """
        self._store.log_models(run_id, outputs=checked_models(models, LoggedModelOutput))

    def set_tag(self, run_id: str, key: str, value: Any, synchronous: bool | None = None) -> RunOperations | None:
        """Set one tag, as text; the last one wins.

        Raises:
            InvalidParameter: the key or value breaks the rules.
            NotFound: there is no such run.
        """
        self._store.log_batch(run_id, tags=[RunTag(key, value)])
        return when_done(synchronous)

    def delete_tag(self, run_id: str, key: str) -> None:
        """Remove a tag; NotFound if there is none of that key."""
        self._store.delete_tag(run_id, key)

    def get_metric_history(self, run_id: str, key: str) -> list[Metric]:
        """All points of a metric, sorted by (step, time, value); [] if it has none.

        Raises:
            NotFound: there is no such run.
        """
        store = self._store
        history = store.get_metric_history(run_id, key)
        if not history:
            store.get_run(run_id)
        return history
