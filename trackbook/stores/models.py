"""The contract for logged models; its docstrings are the specification."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from trackbook.entities import PagedList, StoredFile
from trackbook.entities.logged_models import LoggedModel, LoggedModelInput, LoggedModelOutput
from trackbook.stores.registry import NewVersion

__all__ = ["LoggedModelStore", "NewModel"]


@dataclass(frozen=True, slots=True)
class NewModel:
    """What `create_logged_model` needs.

    Attributes:
        experiment_id: where it belongs.
        name: none of ``/ : . % " '``; made by the store when absent.
        source_run_id: the run that makes it; it gets the model as an output.
        model_type: such as ``classifier``.
        tags, params: text by key.
        model_id: made by the store when absent (``m-`` and 32 hexadecimal digits).
        step: of the run at which it was made.
        time: when it was made, in ms since 1970-01-01 UTC; now if None.
    """

    experiment_id: str
    name: str | None = None
    source_run_id: str | None = None
    model_type: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    model_id: str | None = None
    step: int = 0
    time: int | None = None


class LoggedModelStore(ABC):
    """Logged models. Their files lie at ``artifact_location``; sizes and hashes of them are fixed when one is READY."""

    @abstractmethod
    def model_location(self, experiment_id: str, model_id: str) -> str:
        """Where the files of a model of an experiment lie, or will; NotFound, or InvalidState if it is deleted."""

    @abstractmethod
    def create_logged_model(self, new: NewModel, files: Sequence[StoredFile] | None = None) -> LoggedModel:
        """Make a model: PENDING, or with files that are at `model_location` already, READY. One transaction.

        Raises:
            NotFound, InvalidState: there is no such experiment or run, or it is deleted.
            InvalidParameter: a name, tag or param breaks the rules.
        """

    @abstractmethod
    def log_model(self, new: NewModel, files: Sequence[StoredFile], version: NewVersion | None = None) -> int | None:
        """Make a READY model and, with it, the next version of a registered model: one transaction.

        Args:
            new: the model.
            files: that are at `model_location` already.
            version: whose `source` is the model; None to register nothing.

        Returns:
            The number of the version; None without one.

        Raises:
            NotFound, InvalidState, InvalidParameter: as `create_logged_model` and `create_model_version`; then
                neither is there.
        """

    @abstractmethod
    def finalize_logged_model(
        self,
        model_id: str,
        status: str,
        files: Sequence[StoredFile] | None = None,
        message: str | None = None,
    ) -> LoggedModel:
        """Make a PENDING model READY (its files are fixed from now on) or FAILED; InvalidState if it is neither.

        The same status once more is no error.
        """

    @abstractmethod
    def get_logged_model(self, model_id: str) -> LoggedModel:
        """A model with its params, tags and metrics; NotFound, also if it is deleted."""

    @abstractmethod
    def logged_model_files(self, model_id: str) -> list[StoredFile]:
        """The files of a READY model, sorted by path; [] if nobody has recorded any."""

    @abstractmethod
    def search_logged_models(
        self,
        experiment_ids: Sequence[str],
        filter_string: str | None = None,
        datasets: Sequence[Mapping[str, str]] | None = None,
        max_results: int = 100,
        order_by: Sequence[Mapping[str, object] | str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[LoggedModel]:
        """A page of models that are not deleted, newest first unless ordered.

        A metric has a value for each run and data set that measured it: a condition holds if one of them fulfils it,
        and of several the latest is sorted by.

        Args:
            experiment_ids: where to look; [] finds nothing.
            filter_string: such as ``metrics.accuracy > 0.9 AND params.depth = '3'``.
            datasets: dicts with ``dataset_name`` and perhaps ``dataset_digest``: only metrics on one of these count,
                and models without one are left out if the filter asks for no metric.
            max_results: size of the page.
            order_by: dicts with ``field_name``, ``ascending`` and, for a metric, a data set; or text as for runs.
            page_token: of the page before.
        """

    @abstractmethod
    def set_logged_model_tags(self, model_id: str, tags: Mapping[str, object]) -> None:
        """Set tags, all or none."""

    @abstractmethod
    def delete_logged_model_tag(self, model_id: str, key: str) -> None:
        """Remove a tag; NotFound if there is none."""

    @abstractmethod
    def log_model_params(self, model_id: str, params: Mapping[str, object]) -> None:
        """Add params, set once: another value for a key is InvalidParameter."""

    @abstractmethod
    def delete_logged_model(self, model_id: str) -> None:
        """Mark it as deleted; InvalidState if a registered version has its files."""

    @abstractmethod
    def log_models(
        self, run_id: str, inputs: Sequence[LoggedModelInput] = (), outputs: Sequence[LoggedModelOutput] = ()
    ) -> None:
        """Note models that a run read and made, all or none; `Run.inputs` and `Run.outputs` list them."""
