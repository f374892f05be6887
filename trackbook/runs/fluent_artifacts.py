"""The functions that log files to the active run, with MLflow's names and meanings."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

from trackbook.entities import Run
from trackbook.runs import artifacts
from trackbook.runs.active import current_run
from trackbook.runs.fluent import run_to_log_to
from trackbook.runs.operations import RunOperations, when_done
from trackbook.runs.session import current_experiment_id, current_store
from trackbook.stores.base import Store

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "flush_artifact_async_logging",
    "get_artifact_uri",
    "load_table",
    "log_artifact",
    "log_artifacts",
    "log_dict",
    "log_figure",
    "log_image",
    "log_stream",
    "log_table",
    "log_text",
]


class _RunToBe(Run):
    """A run that is started when it is first asked for its info: after the call has been found to be right."""

    def __init__(self) -> None:
        """Nothing is known yet."""

    def __getattr__(self, name: str) -> Any:
        return getattr(run_to_log_to(), name)


def _run(run_id: str | None) -> tuple[Store, Run]:
    """A run as it is stored now; the active one, started if need be, if no id is given."""
    active = current_run() if run_id is None else None
    if active is not None:
        return active.store, active.store.get_run(active.info.run_id)
    store = current_store()
    return store, _RunToBe() if run_id is None else store.get_run(run_id)


def log_artifact(
    local_path: str | os.PathLike[str], artifact_path: str | None = None, run_id: str | None = None
) -> None:
    """Store a local file, or a folder with its name, among the run's artifacts.

    Args:
        local_path: the file or folder.
        artifact_path: folder to store it in; the root if None.
        run_id: log to this run; to the active one, started if need be, if None.

    Raises:
        InvalidParameter: there is no such file, or it has a name that cannot be stored.
    """
    artifacts.log_artifact(*_run(run_id), local_path, artifact_path)


def log_artifacts(
    local_dir: str | os.PathLike[str], artifact_path: str | None = None, run_id: str | None = None
) -> None:
    """Store the content of a local folder among the run's artifacts, all of it or nothing.

    Args:
        local_dir: the folder.
        artifact_path: folder to store it in; the root if None.
        run_id: log to this run; to the active one, started if need be, if None.

    Raises:
        InvalidParameter: there is no such folder, or names or links in it cannot be stored; it lists them all.
        StorageFull: no space is left; nothing of it was stored.
    """
    artifacts.log_artifacts(*_run(run_id), local_dir, artifact_path)


def log_text(text: str, artifact_file: str, run_id: str | None = None) -> None:
    """Store text as a UTF-8 file.

    Args:
        text: what to store.
        artifact_file: path of the file.
        run_id: log to this run; to the active one, started if need be, if None.

    Raises:
        InvalidParameter: the path cannot be stored, or it is no text.
    """
    artifacts.log_text(*_run(run_id), text, artifact_file)


def log_dict(dictionary: Mapping[Any, Any] | Sequence[Any], artifact_file: str, run_id: str | None = None) -> None:
    """Store a dict or list as YAML (.yaml, .yml) or JSON (any other ending).

    Args:
        dictionary: NumPy and pandas values in it become plain ones.
        artifact_file: path of the file.
        run_id: log to this run; to the active one, started if need be, if None.

    Raises:
        InvalidParameter: the path cannot be stored, or a value has no plain form.
    """
    artifacts.log_dict(*_run(run_id), dictionary, artifact_file)


def log_figure(figure: Any, artifact_file: str, *, save_kwargs: Mapping[str, Any] | None = None) -> None:
    """Store a figure in the format that the file's ending names.

    Args:
        figure: a matplotlib Figure, or a plotly Figure (.html, .json, or an image where kaleido is installed).
        artifact_file: path of the file.
        save_kwargs: for matplotlib's savefig, or plotly's to_html, to_json or to_image.

    Raises:
        InvalidParameter: it is no figure, or the format is not known.
        MissingDependency: plotly needs kaleido for that format.
    """
    artifacts.log_figure(*_run(None), figure, artifact_file, save_kwargs=save_kwargs)


def log_image(
    image: Any,
    artifact_file: str | None = None,
    key: str | None = None,
    step: int | None = None,
    timestamp: int | None = None,
    synchronous: bool | None = False,
) -> RunOperations | None:
    """Store an image under a path, or as a step of the series `key`.

    Args:
        image: an array (booleans, integers 0 to 255, floats 0 to 1), a Pillow image, a `trackbook.Image` or a path.
        artifact_file: path of the file; instead of a key.
        key: the series; instead of a path. A small preview is stored beside each image.
        step: a whole number; 0 if None.
        timestamp: ms since 1970-01-01 UTC; now if None.
        synchronous: False for something to `wait` for.

    Raises:
        InvalidParameter: it is no image, or there is no such format.
        MissingDependency: Pillow is not installed.
    """
    artifacts.log_image(*_run(None), image, artifact_file, key, step, timestamp)
    return when_done(synchronous)


def log_table(data: Any, artifact_file: str, run_id: str | None = None) -> None:
    """Append rows to a table, which is made by the first call.

    Args:
        data: a DataFrame, or a dict of columns; columns may be new.
        artifact_file: path of the table, which ends in .json.
        run_id: log to this run; to the active one, started if need be, if None.

    Raises:
        InvalidParameter: it is no table, or the columns differ in length.
    """
    artifacts.log_table(*_run(run_id), data, artifact_file)


def load_table(
    artifact_file: str, run_ids: Sequence[str] | None = None, extra_columns: Sequence[str] | None = None
) -> pd.DataFrame:
    """The rows of one table over the runs of the chosen experiment, in one DataFrame.

    Args:
        artifact_file: path of the table in each run; runs without it are passed over.
        run_ids: only these runs.
        extra_columns: attributes of the run to add, such as ``run_id`` or ``params.lr``.

    Raises:
        NotFound: no run has such a table.
        MissingDependency: pandas is not installed.
    """
    return artifacts.load_table(current_store(), current_experiment_id(), artifact_file, run_ids, extra_columns)


def log_stream(stream: BinaryIO, artifact_file: str, run_id: str | None = None) -> None:
    """Store what is left in a binary stream.

    Raises:
        InvalidParameter: the path cannot be stored, or the stream yields text.
    """
    artifacts.log_stream(*_run(run_id), stream, artifact_file)


def get_artifact_uri(artifact_path: str | None = None) -> str:
    """The address of the active run's artifacts, or of one of them.

    Raises:
        InvalidParameter: the path breaks the rules.
    """
    return artifacts.get_artifact_uri(*_run(None), artifact_path)


def flush_artifact_async_logging() -> None:
    """Nothing is left to wait for: an artifact is stored when the call that logs it returns."""
