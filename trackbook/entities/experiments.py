"""Experiments: named groups of runs, and the two lives that experiments and runs have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trackbook.entities.cards import card, moment
from trackbook.errors import InvalidParameter

__all__ = ["DEFAULT_EXPERIMENT_NAME", "Experiment", "ExperimentTag", "LifecycleStage", "ViewType"]

DEFAULT_EXPERIMENT_NAME = "Default"


class LifecycleStage:
    """Active, or deleted and not yet purged."""

    ACTIVE = "active"
    DELETED = "deleted"


class ViewType:
    """Which lives a search looks at."""

    ACTIVE_ONLY = 1
    DELETED_ONLY = 2
    ALL = 3
    _NAMES = {"active_only": ACTIVE_ONLY, "deleted_only": DELETED_ONLY, "all": ALL}

    @classmethod
    def from_string(cls, view: str) -> int:
        """The number of ``active_only``, ``deleted_only`` or ``all`` (any case).

        Raises:
            InvalidParameter: another word.
        """
        try:
            return cls._NAMES[view.lower()]
        except (KeyError, AttributeError):
            raise InvalidParameter(f"No view type {view!r}; there are {', '.join(cls._NAMES)}.") from None

    @classmethod
    def to_string(cls, view: int) -> str:
        """The name of a view's number.

        Raises:
            InvalidParameter: there is no such view.
        """
        for name, number in cls._NAMES.items():
            if number == view:
                return name
        raise InvalidParameter(f"No view type {view!r}; there are 1 (active), 2 (deleted) and 3 (all).")

    @classmethod
    def stages(cls, view: int) -> tuple[str, ...]:
        """The lifecycle stages that a view shows.

        Raises:
            InvalidParameter: there is no such view.
        """
        name = cls.to_string(view)
        if name == "all":
            return (LifecycleStage.ACTIVE, LifecycleStage.DELETED)
        return (name.removesuffix("_only"),)


@dataclass(frozen=True, slots=True)
class ExperimentTag:
    """A tag of an experiment."""

    key: str
    value: str


@dataclass(frozen=True)
class Experiment:
    """A named group of runs.

    Attributes:
        experiment_id: a decimal number as text; "0" is the experiment called Default.
        name: unique, deleted experiments included.
        artifact_location: URI of the folder under which runs keep their artifacts.
        lifecycle_stage: ``active`` or ``deleted``.
        tags: tag keys and values.
        creation_time: milliseconds since 1970-01-01 UTC.
        last_update_time: milliseconds since 1970-01-01 UTC.
    """

    experiment_id: str
    name: str
    artifact_location: str
    lifecycle_stage: str = LifecycleStage.ACTIVE
    tags: dict[str, str] = field(default_factory=dict)
    creation_time: int | None = None
    last_update_time: int | None = None

    def __post_init__(self) -> None:
        tags: Any = self.tags or {}  # MLflow's constructor also takes a list of tags, and None
        if not isinstance(tags, Mapping):
            tags = {tag.key: tag.value for tag in tags}
        object.__setattr__(self, "tags", dict(tags))

    def _repr_html_(self) -> str:
        facts = [("id", self.experiment_id), ("artifacts", self.artifact_location)]
        facts += [("created", moment(self.creation_time)), ("state", self.lifecycle_stage)]
        return card("Experiment", self.name, facts, {"Tags": self.tags})
