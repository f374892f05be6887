"""The contract for registered models and their versions; its docstrings are the specification.

Every call that changes something writes an entry of the audit trail in the same transaction, with the actor of
`trackbook.stores.actors`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from trackbook.entities import PagedList, StoredFile
from trackbook.entities.registry import AuditEntry, AuditHead, ModelVersion, RegisteredModel

__all__ = ["Move", "NewVersion", "RegistryStore"]


@dataclass(frozen=True, slots=True)
class NewVersion:
    """What `create_model_version` needs.

    Attributes:
        name: of the registered model.
        source: ``models:/m-...``, whose files are fixed.
        files: those files, with their sizes and hashes.
        run_id: the run that made them.
        model_id: the logged model that has them.
        tags: text by key.
        description: Markdown.
        run_link: address of the run on another server.
        make_model: make the registered model if there is none.
    """

    name: str
    source: str
    files: Sequence[StoredFile] = ()
    run_id: str | None = None
    model_id: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    description: str | None = None
    run_link: str | None = None
    make_model: bool = False


@dataclass(frozen=True, slots=True)
class Move:
    """One step of `RegistryStore.move`: a version into a stage, or an alias to a version.

    Attributes:
        version: its number; None drops the alias.
        stage: one of STAGES, if it is about a stage.
        alias: if it is about an alias.
        note: what the audit trail says besides.
    """

    version: int | None
    stage: str | None = None
    alias: str | None = None
    note: str | None = None


class RegistryStore(ABC):
    """Registered models.

    Versions are numbered from 1 without gaps, and no number is used twice, not even after a model is deleted and made
    again.
    """

    @abstractmethod
    def create_registered_model(
        self, name: str, tags: Mapping[str, object] | None = None, description: str | None = None
    ) -> RegisteredModel:
        """Make a registered model; AlreadyExists if the name is taken."""

    @abstractmethod
    def rename_registered_model(self, name: str, new_name: str) -> RegisteredModel:
        """Change its name; versions, tags and aliases follow."""

    @abstractmethod
    def update_registered_model(self, name: str, description: str | None) -> RegisteredModel:
        """Change its description."""

    @abstractmethod
    def delete_registered_model(self, name: str) -> None:
        """Delete it with its versions, for good; the files stay with the logged models."""

    @abstractmethod
    def get_registered_model(self, name: str) -> RegisteredModel:
        """By name; NotFound."""

    @abstractmethod
    def search_registered_models(
        self,
        filter_string: str | None = None,
        max_results: int = 100,
        order_by: Sequence[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[RegisteredModel]:
        """A page of registered models, by name unless ordered."""

    @abstractmethod
    def set_registered_model_tag(self, name: str, key: str, value: object) -> None:
        """Set a tag."""

    @abstractmethod
    def delete_registered_model_tag(self, name: str, key: str) -> None:
        """Remove a tag; none there is no error."""

    @abstractmethod
    def create_model_version(self, new: NewVersion) -> ModelVersion:
        """Make the next version; NotFound if there is no such registered model and it is not to be made."""

    @abstractmethod
    def get_model_version(self, name: str, version: int | str) -> ModelVersion:
        """One version; NotFound."""

    @abstractmethod
    def model_version_files(self, name: str, version: int | str) -> list[StoredFile]:
        """The files of a version as they were registered, sorted by path."""

    @abstractmethod
    def update_model_version(self, name: str, version: int | str, description: str | None) -> ModelVersion:
        """Change its description."""

    @abstractmethod
    def transition_model_version_stage(
        self,
        name: str,
        version: int | str,
        stage: str,
        archive_existing_versions: bool = False,
        note: str | None = None,
    ) -> ModelVersion:
        """Change its stage, and archive the other versions of that stage in the same transaction.

        Args:
            name, version: of the version.
            stage: one of STAGES.
            archive_existing_versions: only for Staging and Production.
            note: what the audit trail says besides.
        """

    @abstractmethod
    def move(self, name: str, moves: Sequence[Move], seen: int | None = None) -> None:
        """Bring versions into stages and aliases to versions, all of it in one transaction or nothing.

        Args:
            name: of the registered model.
            moves: one after the other; what is there already is left alone and has no entry.
            seen: the last entry of the audit trail that the caller has seen. InvalidState, and nothing is changed, if
                somebody has moved a stage or an alias of this model or deleted a version since; None does not ask.
        """

    @abstractmethod
    def delete_model_version(self, name: str, version: int | str) -> None:
        """Delete a version with its aliases."""

    @abstractmethod
    def search_model_versions(
        self,
        filter_string: str | None = None,
        max_results: int = 10_000,
        order_by: Sequence[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[ModelVersion]:
        """A page of versions, last changed first unless ordered."""

    @abstractmethod
    def get_latest_versions(self, name: str, stages: Sequence[str] | None = None) -> list[ModelVersion]:
        """The newest version of each stage that has one, or of some stages."""

    @abstractmethod
    def set_model_version_tag(self, name: str, version: int | str, key: str, value: object) -> None:
        """Set a tag."""

    @abstractmethod
    def delete_model_version_tag(self, name: str, version: int | str, key: str) -> None:
        """Remove a tag; none there is no error."""

    @abstractmethod
    def set_registered_model_alias(self, name: str, alias: str, version: int | str, note: str | None = None) -> None:
        """Point an alias at a version; the audit trail also has the note."""

    @abstractmethod
    def delete_registered_model_alias(self, name: str, alias: str) -> None:
        """Drop an alias; none there is no error."""

    @abstractmethod
    def get_model_version_by_alias(self, name: str, alias: str) -> ModelVersion:
        """The version that an alias points at; InvalidParameter if there is no such alias, as in MLflow."""

    @abstractmethod
    def versions_of(self, run_id: str | None = None, model_id: str | None = None) -> list[ModelVersion]:
        """The versions that came from a run or have the files of a logged model: lineage, and what must not go."""

    @abstractmethod
    def audit_trail(self, after: int = 0, limit: int = 1000, name: str | None = None) -> list[AuditEntry]:
        """Entries of the audit trail after a number, oldest first, of one registered model or of all."""

    @abstractmethod
    def audit_head(self) -> AuditHead:
        """The end of the audit trail; 0 and 64 zeros while nothing has changed."""
