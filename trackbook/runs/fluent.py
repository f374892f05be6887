"""The functions that a notebook calls: start a run, log to it, end it, with MLflow's names and meanings."""

from __future__ import annotations

import atexit
import os
import time
from collections import deque
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from trackbook.config import read_settings
from trackbook.entities import Metric, Param, Run, RunTag
from trackbook.entities.checks import checked_batch, checked_metric
from trackbook.entities.keys import check_key, check_pairs, check_run_name
from trackbook.errors import InvalidParameter, InvalidState, NotFound
from trackbook.runs import active_model
from trackbook.runs.active import ActiveRun, current_run, innermost, open_run, open_runs, outer_run, own_run
from trackbook.runs.context.capture import Known, follow, known_context
from trackbook.runs.context.source import user_name
from trackbook.runs.inputs import entity_of, note_dataset, note_model
from trackbook.runs.life import end_with_process, warn_of_another_process
from trackbook.runs.operations import RunOperations, when_done
from trackbook.runs.session import current_experiment_id, current_store
from trackbook.stores.base import NewRun

if TYPE_CHECKING:
    from trackbook.stores.base import Recorder, Store

__all__ = [
    "active_run",
    "delete_tag",
    "end_run",
    "flush_async_logging",
    "last_active_run",
    "log_batch",
    "log_metric",
    "log_metrics",
    "log_param",
    "log_params",
    "run_to_log_to",
    "set_tag",
    "set_tags",
    "start_run",
]

_SOURCE = "mlflow.source.name"
_last: tuple[Any, str] | None = None  # store and id of the run used last
#: Kept, so that a loop with run_id= declares each metric once; a store forgets recorders that nobody holds.
_recorders: deque[Recorder] = deque(maxlen=64)


def start_run(
    run_id: str | None = None,
    experiment_id: str | None = None,
    run_name: str | None = None,
    nested: bool = False,
    parent_run_id: str | None = None,
    tags: Mapping[str, Any] | None = None,
    description: str | None = None,
    log_system_metrics: bool | None = None,
) -> ActiveRun:
    """Start a run, or resume one, and make it the active one.

    As a context manager it ends FINISHED, FAILED after an exception and KILLED after Ctrl-C.

    Args:
        run_id: resume this run; its status becomes RUNNING again. MLFLOW_RUN_ID does the same.
        experiment_id: of the experiment for a new run; the chosen one if None.
        run_name: a name for people; two words and a number if None.
        nested: allow it while another run is active, which becomes its parent.
        parent_run_id: make it a child of this run.
        tags: tags to begin with.
        description: text in Markdown, kept as the tag mlflow.note.content.
        log_system_metrics: sample CPU and memory; not offered yet, so only None and False are taken.

    Returns:
        The run.

    Raises:
        InvalidState: a run is active and `nested` is False, or the experiment is deleted.
        NotFound: no such run, parent or experiment.
        InvalidParameter: a name, tag or id breaks the rules, or the run to resume is deleted.
    """
    if log_system_metrics:
        raise InvalidParameter("System metrics are not logged by this version; leave log_system_metrics out.")
    below = own_run()
    if below is not None and not nested and parent_run_id is None:
        raise InvalidState(
            f"The run {below.info.run_name!r} ({below.info.run_id}) is already active. End it with end_run(), or start "
            "this one inside it with start_run(nested=True)."
        )
    if run_name:
        check_run_name(run_name)
    if below is None and nested:
        below = outer_run()
    store = current_store()
    run_id = run_id or (_run_of_the_environment() if below is None else None)
    active_model.look_again()
    known = known_context(store)
    run = _resumed(store, run_id, tags, description, known) if run_id else None
    if run is None:
        parent = parent_run_id or (below.info.run_id if below else None)
        all_tags = known.tags | _tags(tags, description, parent, store)
        experiment = experiment_id or (below.info.experiment_id if below else current_experiment_id())
        user = user_name() if "mlflow.user" in known.tags else ""
        run = store.create_run(NewRun(experiment, run_name, user, tags=all_tags, owned=True))
    elif run_name:
        store.update_run(run.info.run_id, run_name=run_name)
    active = _activate(store, run, below)
    if _SOURCE not in run.data.tags or run_id is None:
        follow(active, store, known)
    return active


def _run_of_the_environment() -> str | None:
    """The run that whoever started this process wants to be resumed; the first start_run does, and no other."""
    names = ("TRACKBOOK_RUN_ID", "MLFLOW_RUN_ID")
    if not any(name in os.environ for name in names):
        return None
    run_id = read_settings().run_id
    for name in names:
        os.environ.pop(name, None)
    return run_id


def _resumed(store: Store, run_id: str, tags: Mapping[str, Any] | None, description: str | None, known: Known) -> Run:
    if any(run.info.run_id == run_id for run in open_runs()):
        raise InvalidState(f"The run {run_id} is active already; log to it, or end it with end_run() first.")
    given = [] if tags is None else check_pairs("Tags", tags)
    if description is not None:
        given.append(("mlflow.note.content", description))
    _, _, checked = checked_batch((), (), [RunTag(key, value) for key, value in given])
    warn_of_another_process(store, run_id)
    run = store.resume_run(run_id)
    if _SOURCE not in run.data.tags:  # made by a client, for this process to run
        checked += [RunTag(key, value) for key, value in known.tags.items() if key not in run.data.tags]
    if checked:
        store.log_batch(run_id, tags=checked)
    return run


def _tags(tags: Mapping[str, Any] | None, description: str | None, parent: str | None, store: Store) -> dict[str, str]:
    given = [] if tags is None else check_pairs("Tags", tags)
    found: dict[str, str] = {}
    if description is not None:
        found["mlflow.note.content"] = description
    if parent is not None:
        found["mlflow.parentRunId"] = store.get_run(parent).info.run_id
    return found | dict(given)


def _activate(store: Store, run: Run, below: ActiveRun | None) -> ActiveRun:
    global _last
    active = open_run(run, store, below)
    store.run_started(run.info.run_id)
    _last = (store, run.info.run_id)
    return active


def end_run(status: str = "FINISHED") -> None:
    """End the active run; nothing if this thread or task has started none.

    Args:
        status: FINISHED, FAILED or KILLED; InvalidParameter for any other.
    """
    if status not in ("FINISHED", "FAILED", "KILLED"):
        raise InvalidParameter(f"A run ends FINISHED, FAILED or KILLED, not {status!r}.")
    run = own_run()
    if run is not None:
        run.end(status)


def active_run() -> ActiveRun | None:
    """The active run, or None."""
    return current_run()


def last_active_run() -> Run | None:
    """The run that this process used last, as it is stored now; None if it used none."""
    if _last is None:
        return None
    store, run_id = _last
    return (current_store() if store.closed else store).get_run(run_id)


def run_to_log_to() -> ActiveRun:
    """The active run, started if there is none."""
    return current_run() or start_run()


def log_metric(
    key: str,
    value: float,
    step: int | None = None,
    synchronous: bool | None = None,
    timestamp: int | None = None,
    run_id: str | None = None,
    model_id: str | None = None,
    dataset: Any = None,
) -> RunOperations | None:
    """Log one point of a metric. When this returns, it is durable against the death of the process.

    Args:
        key: the metric's name.
        value: anything that float() takes, NaN and the infinities included.
        step: a whole number; 0 if None. Any order.
        synchronous: False for something to `wait` for, done already: logging is always quick and always durable.
        timestamp: ms since 1970-01-01 UTC; now if None.
        run_id: log to this run; to the active one, started if need be, if None.
        model_id: the logged model that was measured; the active one, if `set_active_model` chose one, if None. It
            becomes an input of the run, unless the run has made it.
        dataset: the data set it was measured on, which becomes an input of the run; one of `trackbook.data`, or
            something with `name` and `digest`.

    Raises:
        InvalidParameter: a key, value, step or time breaks the rules, or the run is deleted.
        NotFound: there is no such run or model.
        StorageFull: no space is left; nothing logged before is lost.
    """
    if active_model.in_use and model_id is None:
        model_id = active_model.get_active_model_id()
    run = innermost.get()
    log = run.log_point if run is not None and run_id is None else None
    if log is not None and model_id is None and dataset is None:
        log(key, value, step, timestamp)
    elif model_id is None and dataset is None and (recorder := _recorder(run_id)) is not None:
        recorder.log(key, value, step, timestamp)
    else:
        _log_points([(key, value)], step, timestamp, run_id, model_id, dataset)
    return None if synchronous is not False else when_done(synchronous)


def _recorder(run_id: str | None) -> Recorder | None:
    """The way into a run; None if the active one is meant and there is none."""
    if run_id is None:
        run = current_run()
        return None if run is None else run.recorder
    recorder = current_store().recorder(run_id)
    _recorders.append(recorder)
    return recorder


def log_metrics(
    metrics: Mapping[str, float],
    step: int | None = None,
    synchronous: bool | None = None,
    run_id: str | None = None,
    timestamp: int | None = None,
    model_id: str | None = None,
    dataset: Any = None,
) -> RunOperations | None:
    """Log one point of each metric, all of them or none; arguments and errors as for `log_metric`."""
    if active_model.in_use and model_id is None:
        model_id = active_model.get_active_model_id()
    if model_id is None and dataset is None and (recorder := _recorder(run_id)) is not None:
        recorder.log_many(metrics, step, timestamp)
    else:
        _log_points(check_pairs("Metrics", metrics), step, timestamp, run_id, model_id, dataset)
    return when_done(synchronous)


def _log_points(
    pairs: list[tuple[str, float]],
    step: int | None,
    timestamp: int | None,
    run_id: str | None,
    model_id: str | None,
    dataset: Any,
) -> None:
    name, digest = (None, None) if dataset is None else _name_and_digest(dataset)
    when: Any = timestamp
    points = [Metric(key, value, when, step or 0, model_id, name, digest) for key, value in pairs]
    recorder = _recorder(run_id)
    if recorder is None or model_id is not None:
        now = time.time_ns() // 1_000_000
        points = [checked_metric(point, lambda: now) for point in points]  # before a run is made for them
    if recorder is None:
        recorder = start_run().recorder
    if model_id is not None:
        note_model(*_target(run_id), model_id)
    recorder.log_points(points)
    if dataset is not None:
        note_dataset(*_target(run_id), dataset)


def _name_and_digest(dataset: Any) -> tuple[str, str]:
    try:
        return dataset.name, dataset.digest
    except AttributeError:
        entity_of(dataset)  # says which function describes it
        raise InvalidParameter(
            f"dataset is something with a name and a digest, not a value of type {type(dataset).__name__}."
        ) from None


def log_batch(
    metrics: Iterable[Metric] = (),
    params: Iterable[Param] = (),
    tags: Iterable[RunTag] = (),
    run_id: str | None = None,
) -> None:
    """Log metrics, params and tags to the active run (or to `run_id`), all of them or none.

    Raises:
        InvalidParameter: a key or value breaks the rules, or a param has another value already.
    """
    _log(metrics or (), params or (), tags or (), run_id)


def _log(metrics: Iterable[Metric], params: Iterable[Param], tags: Iterable[RunTag], run_id: str | None = None) -> None:
    if run_id is None and current_run() is None:
        metrics, params, tags = checked_batch(metrics, params, tags)  # before a run is made for them
    store, target = _target(run_id)
    store.log_batch(target, metrics, params, tags)


def _target(run_id: str | None) -> tuple[Store, str]:
    if run_id is not None:
        return current_store(), run_id
    run = run_to_log_to()
    return run.store, run.info.run_id


def log_param(key: str, value: Any, synchronous: bool | None = None) -> Any:
    """Log one param, as text. A param is set once: the same value again is no error, another one is.

    Returns:
        The value that was given; for ``synchronous=False`` something to `wait` for.

    Raises:
        InvalidParameter: the key or value breaks the rules, or the param has another value already.
    """
    _log((), [Param(key, value)], ())
    return when_done(synchronous) or value


def log_params(
    params: Mapping[str, Any], synchronous: bool | None = None, run_id: str | None = None
) -> RunOperations | None:
    """Log params, all of them or none; see `log_param`."""
    _log((), [Param(key, value) for key, value in check_pairs("Params", params)], (), run_id)
    return when_done(synchronous)


def set_tag(key: str, value: Any, synchronous: bool | None = None) -> RunOperations | None:
    """Set one tag, as text; the last one wins. InvalidParameter if the key or value breaks the rules."""
    _log((), (), [RunTag(key, value)])
    return when_done(synchronous)


def set_tags(tags: Mapping[str, Any], synchronous: bool | None = None) -> RunOperations | None:
    """Set tags, all of them or none; see `set_tag`."""
    _log((), (), [RunTag(key, value) for key, value in check_pairs("Tags", tags)])
    return when_done(synchronous)


def delete_tag(key: str) -> None:
    """Remove a tag of the active run; NotFound if it has none of that key."""
    check_key("tag", key)
    run = current_run()
    if run is None:
        raise NotFound(f"No run is active, so there is no tag {key!r} to remove; Client().delete_tag takes a run's id.")
    run.store.delete_tag(run.info.run_id, key)


def flush_async_logging() -> None:
    """Bring everything that this process has logged into the store."""
    current_store().flush()


atexit.register(end_with_process)
