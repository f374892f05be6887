"""What a client can do with experiments."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from trackbook.client.connection import Connection
from trackbook.entities import Experiment, PagedList, ViewType
from trackbook.entities.keys import check_key

__all__ = ["ExperimentCalls"]


class ExperimentCalls(Connection):
    """Experiments by their ids."""

    def create_experiment(
        self,
        name: str,
        artifact_location: str | os.PathLike[str] | None = None,
        tags: Mapping[str, Any] | None = None,
    ) -> str:
        """Make an experiment; see `trackbook.create_experiment`.

        Returns:
            Its id.

        Raises:
            AlreadyExists: the name is taken, perhaps by a deleted experiment.
        """
        return self._store.create_experiment(name, artifact_location, tags)  # type: ignore[arg-type]

    def get_experiment(self, experiment_id: str) -> Experiment:
        """An experiment by its id, a deleted one too; NotFound if there is none."""
        return self._store.get_experiment(experiment_id)

    def get_experiment_by_name(self, name: str) -> Experiment | None:
        """An experiment by its name, a deleted one too; None if there is none.

        Raises:
            InvalidParameter: it is no name.
        """
        return self._store.get_experiment_by_name(name)

    def search_experiments(
        self,
        view_type: int = ViewType.ACTIVE_ONLY,
        max_results: int | None = 1000,
        filter_string: str | None = None,
        order_by: Sequence[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[Experiment]:
        """A page of experiments.

        Args:
            view_type: ViewType.ACTIVE_ONLY, DELETED_ONLY or ALL.
            max_results: size of the page, 1 to 50,000.
            filter_string: such as ``name LIKE 'digits%'``.
            order_by: such as ``["name ASC"]``; newest first if None.
            page_token: `token` of the page before.

        Raises:
            BadFilter: filter_string or order_by does not parse.
        """
        most = 1000 if max_results is None else max_results
        return self._store.search_experiments(view_type, most, filter_string, order_by, page_token)

    def delete_experiment(self, experiment_id: str, *, force: bool = False) -> None:
        """Mark an experiment and its runs as deleted.

        Args:
            experiment_id: which.
            force: also if registered versions came from it; their files stay.

        Raises:
            NotFound: there is no such experiment, or it is deleted already.
            InvalidState: registered versions came from it; the message names them.
        """
        self._store.delete_experiment(experiment_id, force)

    def restore_experiment(self, experiment_id: str) -> None:
        """Undo `delete_experiment`, for its runs too.

        Raises:
            NotFound: there is no such deleted experiment.
        """
        self._store.restore_experiment(experiment_id)

    def rename_experiment(self, experiment_id: str, new_name: str) -> None:
        """Change the name of an active experiment; AlreadyExists if another one has it."""
        self._store.rename_experiment(experiment_id, new_name)

    def set_experiment_tag(self, experiment_id: str, key: str, value: Any) -> None:
        """Set one tag, as text; the last one wins.

        Raises:
            InvalidParameter: the key or value breaks the rules.
            NotFound: there is no such experiment.
        """
        self._store.set_experiment_tags(experiment_id, {check_key("tag", key): value})

    def delete_experiment_tag(self, experiment_id: str, key: str) -> None:
        """Remove a tag; NotFound if there is none of that key."""
        self._store.delete_experiment_tag(experiment_id, key)
