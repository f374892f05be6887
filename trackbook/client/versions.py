"""What a client can do with versions of registered models."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from trackbook.client.connection import Connection
from trackbook.entities import ModelVersion, PagedList
from trackbook.entities.registry import STAGES
from trackbook.errors import InvalidParameter, NotFound
from trackbook.registry import promotion
from trackbook.registry.versions import copy_version, create_version
from trackbook.stores.registry import NewVersion

__all__ = ["ModelVersionCalls"]


class ModelVersionCalls(Connection):
    """Versions by the name of their registered model and their number."""

    def create_model_version(
        self,
        name: str,
        source: str,
        run_id: str | None = None,
        tags: Mapping[str, Any] | None = None,
        run_link: str | None = None,
        description: str | None = None,
        await_creation_for: int | None = 300,
        model_id: str | None = None,
    ) -> ModelVersion:
        """Make the next version of a registered model.

        A logged model is taken as it is; artifacts of a run, a local path and files elsewhere are copied into a new
        logged model first, for the files of a version never change.

        Args:
            name: of the registered model.
            source: ``models:/m-...``, ``runs:/<run_id>/<path>``, ``models:/<name>/<version>``, a path or an address.
            run_id: the run that made it; found by the source if None.
            tags: tags to begin with.
            run_link: address of the run on another server.
            description: Markdown.
            await_creation_for: taken for compatibility; a version is READY at once.
            model_id: the logged model whose files are meant.

        Returns:
            The new version.

        Raises:
            NotFound: there is no such registered model, or nothing at the source.
            InvalidParameter: an argument breaks the rules.
            InvalidState: the logged model is not READY.
        """
        place = os.fspath(source) if isinstance(source, os.PathLike) else source
        given = {} if tags is None else tags
        return create_version(self._places, NewVersion(name, place, (), run_id, model_id, given, description, run_link))

    def copy_model_version(self, src_model_uri: str, dst_name: str) -> ModelVersion:
        """Make a version of another registered model of a version: the same files, tags and description.

        Args:
            src_model_uri: ``models:/<name>/<version>``, or by stage or alias.
            dst_name: of the registered model that gets it, made if there is none.

        Returns:
            The new version.

        Raises:
            NotFound: there is no such version.
            InvalidParameter: it is no address of a version.
        """
        return copy_version(self._places, src_model_uri, dst_name)

    def get_model_version(self, name: str, version: int | str) -> ModelVersion:
        """One version, with the params and metrics of its logged model.

        Raises:
            NotFound: there is no such version.
        """
        return self._with_values(self._registry.get_model_version(name, version))

    def _with_values(self, version: ModelVersion) -> ModelVersion:
        """A version with the params and metrics of its logged model, where that is known."""
        try:
            model = self._store.get_logged_model(str(version.model_id))
        except NotFound:
            return version
        return replace(version, params=model.params, metrics=model.metrics)

    def get_model_version_download_uri(self, name: str, version: int | str) -> str:
        """Where the files of a version lie.

        Raises:
            NotFound: there is no such version, or its logged model is in another store.
        """
        model_id = str(self._registry.get_model_version(name, version).model_id)
        return self._store.get_logged_model(model_id).artifact_location

    def get_model_version_stages(self, name: str, version: int | str) -> list[str]:
        """The stages that there are.

        Raises:
            NotFound: there is no such version.
        """
        self._registry.get_model_version(name, version)
        return list(STAGES)

    def get_latest_versions(self, name: str, stages: Sequence[str] | None = None) -> list[ModelVersion]:
        """The newest version of each stage that has one, or of some stages.

        Raises:
            NotFound: there is no such registered model.
            InvalidParameter: there is no such stage.
        """
        return self._registry.get_latest_versions(name, stages)

    def search_model_versions(
        self,
        filter_string: str | None = None,
        max_results: int = 10_000,
        order_by: Sequence[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[ModelVersion]:
        """A page of versions.

        Args:
            filter_string: such as ``name = 'digits' AND stage = 'Production'``, or ``run_id = '...'``.
            max_results: of the page, 200,000 at most.
            order_by: such as ``["version_number DESC"]``; the last changed first if None.
            page_token: what the page before gave as its ``token``.

        Raises:
            BadFilter: filter_string or order_by does not parse.
        """
        return self._registry.search_model_versions(filter_string, max_results, order_by, page_token)

    def update_model_version(self, name: str, version: int | str, description: str | None = None) -> ModelVersion:
        """Change its description.

        Returns:
            The version as it is now.

        Raises:
            NotFound: there is no such version.
        """
        return self._registry.update_model_version(name, version, description)

    def delete_model_version(self, name: str, version: int | str) -> None:
        """Delete a version with its aliases, for good; the files stay with the logged model.

        Raises:
            NotFound: there is no such version.
        """
        self._registry.delete_model_version(name, version)

    def transition_model_version_stage(
        self, name: str, version: int | str, stage: str, archive_existing_versions: bool = False
    ) -> ModelVersion:
        """Change its stage.

        Args:
            name: of the registered model.
            version: its number.
            stage: None, Staging, Production or Archived; capitals do not matter.
            archive_existing_versions: archive the other versions of that stage; for Staging and Production.

        Returns:
            The version as it is now.

        Raises:
            NotFound: there is no such version.
            InvalidParameter: there is no such stage.
            InvalidState: the registered model asks for a passed evaluation first, and there is none.
        """
        return promotion.transition(self._places, name, version, stage, archive_existing_versions)

    def promote_model_version(
        self, name: str, version: int | str, archive_existing_versions: bool = True, force: bool = False
    ) -> ModelVersion:
        """Bring a version into Production, and archive those that are there.

        Args:
            name: of the registered model.
            version: its number.
            archive_existing_versions: False leaves the others there.
            force: do so without the verdict that the registered model may ask for; the audit trail notes it.

        Returns:
            The version as it is now.

        Raises:
            NotFound: there is no such version.
            InvalidState: the registered model asks for a passed evaluation first, and there is none.
        """
        return promotion.transition(self._places, name, version, "Production", archive_existing_versions, force)

    def set_model_version_tag(
        self,
        name: str,
        version: int | str | None = None,
        key: str | None = None,
        value: Any = None,
        stage: str | None = None,
    ) -> None:
        """Set a tag of a version, as text; the last one wins.

        Args:
            name: of the registered model.
            version: its number.
            key: of the tag.
            value: of the tag.
            stage: instead of a version: the newest one of that stage.

        Raises:
            NotFound: there is no such version.
            InvalidParameter: both or neither of version and stage were given, or the key or value breaks the rules.
        """
        number = self._meant(name, version, stage)
        self._registry.set_model_version_tag(name, number, key, value)  # type: ignore[arg-type]  # None is refused there

    def delete_model_version_tag(
        self, name: str, version: int | str | None = None, key: str | None = None, stage: str | None = None
    ) -> None:
        """Remove a tag of a version; none there is no error.

        Args:
            name: of the registered model.
            version: its number.
            key: of the tag.
            stage: instead of a version: the newest one of that stage.

        Raises:
            NotFound: there is no such version.
            InvalidParameter: both or neither of version and stage were given, or it is no key.
        """
        number = self._meant(name, version, stage)
        self._registry.delete_model_version_tag(name, number, key)  # type: ignore[arg-type]  # as above

    def _meant(self, name: str, version: int | str | None, stage: str | None) -> int | str:
        if (version is None) == (stage is None):
            raise InvalidParameter("A version is given by its number or by its stage, one of the two.")
        if version is not None:
            return version
        found = self._registry.get_latest_versions(name, [str(stage)])
        if not found:
            raise NotFound(f"The registered model {name!r} has no version in the stage {stage}.")
        return found[0].version

    def set_registered_model_alias(self, name: str, alias: str, version: int | str) -> None:
        """Point an alias at a version; `models:/<name>@<alias>` then means that one.

        Raises:
            NotFound: there is no such version.
            InvalidParameter: it is no alias: a word of letters, digits, ``_`` and ``-``, not ``latest`` and not ``v1``.
            InvalidState: the registered model asks for a passed evaluation first, and there is none.
        """
        promotion.point_alias(self._places, name, alias, version)

    def delete_registered_model_alias(self, name: str, alias: str) -> None:
        """Drop an alias; none there is no error.

        Raises:
            NotFound: there is no such registered model.
        """
        self._registry.delete_registered_model_alias(name, alias)

    def get_model_version_by_alias(self, name: str, alias: str) -> ModelVersion:
        """The version that an alias points at, with the params and metrics of its logged model.

        Raises:
            NotFound: there is no such registered model.
            InvalidParameter: it has no such alias.
        """
        return self._with_values(self._registry.get_model_version_by_alias(name, alias))
