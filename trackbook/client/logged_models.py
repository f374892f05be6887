"""What a client can do with logged models and their files."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from trackbook.client.connection import Connection
from trackbook.entities import FileInfo, LoggedModel, PagedList
from trackbook.runs import model_files
from trackbook.stores.models import NewModel

__all__ = ["LoggedModelCalls"]


class LoggedModelCalls(Connection):
    """Logged models by their ids."""

    def create_logged_model(
        self,
        experiment_id: str,
        name: str | None = None,
        source_run_id: str | None = None,
        tags: Mapping[str, Any] | None = None,
        params: Mapping[str, Any] | None = None,
        model_type: str | None = None,
    ) -> LoggedModel:
        """Make a logged model that is PENDING: it takes files until `finalize_logged_model`.

        Args:
            experiment_id: where it belongs.
            name: what people call it; two words and a number if None.
            source_run_id: the run that makes it; it lists the model among its outputs.
            tags: tags to begin with.
            params: params, set once.
            model_type: such as ``classifier``.

        Returns:
            The model.

        Raises:
            NotFound: there is no such experiment or run.
            InvalidState: it is deleted.
            InvalidParameter: a name, tag or param breaks the rules.
        """
        new = NewModel(
            experiment_id,
            name,
            source_run_id,
            model_type,
            {} if tags is None else tags,
            {} if params is None else params,
        )
        return self._store.create_logged_model(new)

    def get_logged_model(self, model_id: str) -> LoggedModel:
        """A logged model as it is stored now; NotFound, also if it is deleted."""
        return self._store.get_logged_model(model_id)

    def finalize_logged_model(self, model_id: str, status: str) -> LoggedModel:
        """Make a PENDING model READY or FAILED. Sizes and hashes of the files of a READY one are fixed from then on.

        Returns:
            The model.

        Raises:
            NotFound: there is no such model.
            InvalidParameter: it is another status.
            InvalidState: the model has the other final status already.
        """
        return model_files.finalize(self._store, model_id, status)

    def delete_logged_model(self, model_id: str) -> None:
        """Mark a logged model as deleted; nothing finds it any more.

        Raises:
            NotFound: there is no such model, or it is deleted already.
            InvalidState: a registered version has its files; the message names it.
        """
        self._store.delete_logged_model(model_id)

    def search_logged_models(
        self,
        experiment_ids: Sequence[str],
        filter_string: str | None = None,
        datasets: Sequence[Mapping[str, str]] | None = None,
        max_results: int | None = None,
        order_by: Sequence[Mapping[str, Any]] | None = None,
        page_token: str | None = None,
    ) -> PagedList[LoggedModel]:
        """A page of logged models.

        Args:
            experiment_ids: where to look; [] finds nothing.
            filter_string: such as ``metrics.accuracy > 0.9 AND params.depth = '3'``; everything if None.
            datasets: dicts with ``dataset_name`` and perhaps ``dataset_digest``: only metrics on one of these count.
            max_results: size of the page, 1 to 50,000; 100 if None.
            order_by: dicts with ``field_name``, ``ascending`` and, for a metric, ``dataset_name`` and
                ``dataset_digest``; newest first if None. What is missing comes last.
            page_token: `token` of the page before.

        Raises:
            BadFilter: filter_string or order_by does not parse.
            InvalidParameter: another word breaks the rules.
        """
        most = 100 if max_results is None else max_results
        return self._store.search_logged_models(experiment_ids, filter_string, datasets, most, order_by, page_token)

    def set_logged_model_tags(self, model_id: str, tags: Mapping[str, Any]) -> None:
        """Set tags of a logged model, all or none; NotFound if there is no such model."""
        self._store.set_logged_model_tags(model_id, tags)

    def delete_logged_model_tag(self, model_id: str, key: str) -> None:
        """Remove a tag of a logged model; NotFound if there is none of that key."""
        self._store.delete_logged_model_tag(model_id, key)

    def log_model_params(self, model_id: str, params: Mapping[str, Any]) -> None:
        """Add params to a logged model, all or none; a param is set once.

        Raises:
            NotFound: there is no such model.
            InvalidParameter: a key or value breaks the rules, or a param has another value already.
        """
        self._store.log_model_params(model_id, params)

    def log_model_artifact(
        self, model_id: str, local_path: str | os.PathLike[str], artifact_path: str | None = None
    ) -> None:
        """Store a local file, or a folder with its name, among the files of a PENDING model.

        Args:
            model_id: the model.
            local_path: the file or folder.
            artifact_path: folder to store it in; the root if None.

        Raises:
            NotFound: there is no such model.
            InvalidParameter: there is no such file, or it has a name that cannot be stored.
            InvalidState: the model is READY or FAILED, and its files are fixed.
        """
        model_files.put_file(self._store, model_id, local_path, artifact_path)

    def log_model_artifacts(
        self, model_id: str, local_dir: str | os.PathLike[str], artifact_path: str | None = None
    ) -> None:
        """Store the content of a local folder among the files of a PENDING model, all of it or nothing.

        Raises:
            NotFound: there is no such model.
            InvalidParameter: there is no such folder, or names or links in it cannot be stored; it lists them all.
            InvalidState: the model is READY or FAILED, and its files are fixed.
        """
        model_files.put_folder(self._store, model_id, local_dir, artifact_path)

    def list_logged_model_artifacts(self, model_id: str, path: str | None = None) -> list[FileInfo]:
        """One level of a folder of a model's files, sorted; [] if there is no such folder.

        Raises:
            NotFound: there is no such model.
        """
        return model_files.list_files(self._store, model_id, path)
