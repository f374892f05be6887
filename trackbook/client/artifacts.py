"""What a client can do with the artifacts of a run."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

from trackbook.client.connection import Connection
from trackbook.entities import FileInfo, Run
from trackbook.runs import artifacts
from trackbook.runs.operations import RunOperations, when_done
from trackbook.stores.base import Store

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ArtifactCalls"]


class ArtifactCalls(Connection):
    """Artifacts by the run's id and a path in it."""

    def _run(self, run_id: str) -> tuple[Store, Run]:
        store = self._store
        return store, store.get_run(run_id)

    def log_artifact(self, run_id: str, local_path: str | os.PathLike[str], artifact_path: str | None = None) -> None:
        """Store a local file, or a folder with its name, in a folder of the run's artifacts; the root if None.

        Raises:
            InvalidParameter: there is no such file, or it has a name that cannot be stored.
            NotFound: there is no such run.
        """
        artifacts.log_artifact(*self._run(run_id), local_path, artifact_path)

    def log_artifacts(self, run_id: str, local_dir: str | os.PathLike[str], artifact_path: str | None = None) -> None:
        """Store the content of a local folder, all of it or nothing.

        Raises:
            InvalidParameter: there is no such folder, or names or links in it cannot be stored; it lists them all.
            NotFound: there is no such run.
        """
        artifacts.log_artifacts(*self._run(run_id), local_dir, artifact_path)

    def log_text(self, run_id: str, text: str, artifact_file: str) -> None:
        """Store text as a UTF-8 file.

        Raises:
            InvalidParameter: the path cannot be stored, or it is no text.
            NotFound: there is no such run.
        """
        artifacts.log_text(*self._run(run_id), text, artifact_file)

    def log_dict(self, run_id: str, dictionary: Mapping[Any, Any] | Sequence[Any], artifact_file: str) -> None:
        """Store a dict or list as YAML (.yaml, .yml) or JSON (any other ending).

        Raises:
            InvalidParameter: the path cannot be stored, or a value has no plain form.
            NotFound: there is no such run.
        """
        artifacts.log_dict(*self._run(run_id), dictionary, artifact_file)

    def log_figure(
        self, run_id: str, figure: Any, artifact_file: str, *, save_kwargs: Mapping[str, Any] | None = None
    ) -> None:
        """Store a figure of matplotlib or plotly in the format that the file's ending names.

        Raises:
            InvalidParameter: it is no figure, or the format is not known.
            NotFound: there is no such run.
        """
        artifacts.log_figure(*self._run(run_id), figure, artifact_file, save_kwargs=save_kwargs)

    def log_image(
        self,
        run_id: str,
        image: Any,
        artifact_file: str | None = None,
        key: str | None = None,
        step: int | None = None,
        timestamp: int | None = None,
        synchronous: bool | None = None,
    ) -> RunOperations | None:
        """Store an image under a path, or as a step of the series `key`; see `trackbook.log_image`.

        Raises:
            InvalidParameter: it is no image, or there is no such format.
            NotFound: there is no such run.
        """
        artifacts.log_image(*self._run(run_id), image, artifact_file, key, step, timestamp)
        return when_done(synchronous)

    def log_table(self, run_id: str, data: Any, artifact_file: str) -> None:
        """Append rows (a DataFrame, or a dict of columns) to a table, which is made by the first call.

        Raises:
            InvalidParameter: it is no table, or the columns differ in length.
            NotFound: there is no such run.
        """
        artifacts.log_table(*self._run(run_id), data, artifact_file)

    def load_table(
        self,
        experiment_id: str,
        artifact_file: str,
        run_ids: Sequence[str] | None = None,
        extra_columns: Sequence[str] | None = None,
    ) -> pd.DataFrame:
        """The rows of one table over the runs of an experiment, in one DataFrame; NotFound if no run has it."""
        experiment = self._store.get_experiment(experiment_id)
        return artifacts.load_table(self._store, experiment.experiment_id, artifact_file, run_ids, extra_columns)

    def log_stream(self, run_id: str, stream: BinaryIO, artifact_file: str) -> None:
        """Store what is left in a binary stream.

        Raises:
            InvalidParameter: the path cannot be stored, or the stream yields text.
            NotFound: there is no such run.
        """
        artifacts.log_stream(*self._run(run_id), stream, artifact_file)

    def list_artifacts(self, run_id: str, path: str | None = None) -> list[FileInfo]:
        """One level of the run's artifacts, sorted, paths relative to their root; [] if there is no such folder.

        Raises:
            NotFound: there is no such run.
        """
        return artifacts.list_artifacts(*self._run(run_id), path)

    def download_artifacts(self, run_id: str, path: str, dst_path: str | os.PathLike[str] | None = None) -> str:
        """Copy artifacts to a local folder, a new private one if None; "" as path means all of them.

        Returns:
            Local path of the copy, ``<dst_path>/<path>``.

        Raises:
            NotFound: there is no such run or artifact.
        """
        return artifacts.download_artifacts(*self._run(run_id), path, dst_path)

    def download_zip(self, run_id: str, path: str | None = None, dst_path: str | os.PathLike[str] | None = None) -> str:
        """Copy a folder of artifacts, or all of them, into one .zip in a local folder, a new private one if None.

        Returns:
            Local path of the archive, ``<dst_path>/<last part of path>.zip``, or ``artifacts.zip`` for everything.

        Raises:
            NotFound: there is no such run or artifact.
        """
        return artifacts.download_zip(*self._run(run_id), path, dst_path)
