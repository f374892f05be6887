"""What a client can do with registered models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trackbook.client.connection import Connection
from trackbook.entities import PagedList, RegisteredModel
from trackbook.errors import NotSupported

__all__ = ["RegisteredModelCalls"]


class RegisteredModelCalls(Connection):
    """Registered models by their names, in the store that `registry_uri` names."""

    def create_registered_model(
        self,
        name: str,
        tags: Mapping[str, Any] | None = None,
        description: str | None = None,
        deployment_job_id: None = None,
    ) -> RegisteredModel:
        """Make a registered model, without versions.

        Args:
            name: 1 to 256 characters without ``/`` and ``:``, taken by no other registered model.
            tags: tags to begin with.
            description: Markdown.
            deployment_job_id: refused; only Databricks has such jobs.

        Returns:
            The registered model as it is now.

        Raises:
            AlreadyExists: the name is taken.
            InvalidParameter: the name or a tag breaks the rules.
        """
        _refuse_jobs(deployment_job_id)
        return self._registry.create_registered_model(name, tags, description)

    def rename_registered_model(self, name: str, new_name: str) -> RegisteredModel:
        """Change its name; versions, tags and aliases follow.

        Returns:
            The registered model as it is now.

        Raises:
            NotFound: there is no such registered model.
            AlreadyExists: the new name is taken.
            InvalidState: another model once had versions of the same numbers under the new name.
        """
        return self._registry.rename_registered_model(name, new_name)

    def update_registered_model(
        self, name: str, description: str | None = None, deployment_job_id: None = None
    ) -> RegisteredModel:
        """Change its description.

        Returns:
            The registered model as it is now.

        Raises:
            NotFound: there is no such registered model.
        """
        _refuse_jobs(deployment_job_id)
        return self._registry.update_registered_model(name, description)

    def delete_registered_model(self, name: str) -> None:
        """Delete it with its versions, for good; the files stay with the logged models.

        Raises:
            NotFound: there is no such registered model.
        """
        self._registry.delete_registered_model(name)

    def get_registered_model(self, name: str) -> RegisteredModel:
        """A registered model with its tags, its aliases and the newest version of each stage.

        Raises:
            NotFound: there is no such registered model.
        """
        return self._registry.get_registered_model(name)

    def search_registered_models(
        self,
        filter_string: str | None = None,
        max_results: int = 100,
        order_by: Sequence[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[RegisteredModel]:
        """A page of registered models.

        Args:
            filter_string: such as ``name LIKE 'digits%' AND tags.team = 'vision'``.
            max_results: of the page, 1000 at most.
            order_by: such as ``["last_updated_timestamp DESC"]``; by name if None.
            page_token: what the page before gave as its ``token``.

        Raises:
            BadFilter: filter_string or order_by does not parse.
        """
        return self._registry.search_registered_models(filter_string, max_results, order_by, page_token)

    def set_registered_model_tag(self, name: str, key: str, value: Any) -> None:
        """Set a tag, as text; the last one wins.

        Raises:
            NotFound: there is no such registered model.
            InvalidParameter: the key or value breaks the rules.
        """
        self._registry.set_registered_model_tag(name, key, value)

    def delete_registered_model_tag(self, name: str, key: str) -> None:
        """Remove a tag; none there is no error.

        Raises:
            NotFound: there is no such registered model.
        """
        self._registry.delete_registered_model_tag(name, key)


def _refuse_jobs(deployment_job_id: object) -> None:
    if deployment_job_id is not None:
        raise NotSupported("Deployment jobs are Databricks' own; leave deployment_job_id out.")
