"""What whoever looks after a store asks of it: to be examined, mended and freed of what was deleted."""

from __future__ import annotations

import struct
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from trackbook.entities.files import StoredFile

__all__ = [
    "UNREADABLE",
    "DeletedExperiment",
    "DeletedModel",
    "DeletedRun",
    "ExaminedStore",
    "KeptModel",
    "KeptRun",
    "LostVersion",
    "Purgeable",
    "PurgingStore",
    "RejectedRecord",
    "RunFault",
    "RunUsage",
    "StoreUsage",
    "UpkeepStore",
]

#: What decoding something damaged raises, besides the errors of the store.
UNREADABLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, struct.error, zlib.error)


class DeletedRun(NamedTuple):
    """A run that may go for good.

    Attributes:
        run_id, experiment_id, name: which.
        deleted: when it was deleted, in ms; None if a purge of it has begun already.
        artifact_location: its experiment's folder for artifacts, absolute; the run's own bears its id in there.
    """

    run_id: str
    experiment_id: str
    name: str
    deleted: int | None
    artifact_location: str


class DeletedExperiment(NamedTuple):
    """An experiment that may go for good, with all its runs.

    Attributes:
        experiment_id, name: which.
        deleted: when it was deleted, in ms; None if a purge of it has begun already.
        artifact_location: its folder for artifacts, absolute.
        beside_database: whether the store chose that folder, and not a user.
    """

    experiment_id: str
    name: str
    deleted: int | None
    artifact_location: str
    beside_database: bool


class DeletedModel(NamedTuple):
    """A logged model that may go for good.

    Attributes:
        model_id, experiment_id, name: which.
        deleted: when it was deleted, in ms; None if a purge of it has begun, or its run or experiment takes it along.
        artifact_location: its experiment's folder for artifacts, absolute; its own lies below ``models`` in there.
    """

    model_id: str
    experiment_id: str
    name: str
    deleted: int | None
    artifact_location: str


class KeptModel(NamedTuple):
    """A logged model, where its files lie, and which they are; None where they are not fixed yet."""

    model_id: str
    experiment_id: str
    name: str
    artifact_uri: str
    files: list[StoredFile] | None


class LostVersion(NamedTuple):
    """A registered version whose logged model is not there.

    Attributes:
        name, version, model_id: which.
        deleted: whether the model was deleted; else no row of it is there, or another store has it.
    """

    name: str
    version: int
    model_id: str
    deleted: bool


class Purgeable(NamedTuple):
    """What may go for good: experiments, and runs, theirs included."""

    experiments: list[DeletedExperiment]
    runs: list[DeletedRun]


class KeptRun(NamedTuple):
    """A run, and where its artifacts lie."""

    run_id: str
    experiment_id: str
    artifact_uri: str
    lifecycle_stage: str


class RunFault(NamedTuple):
    """Something wrong with what is stored of a run.

    Attributes:
        run_id: which; for rows that belong to no run, what tells them.
        what: a sentence.
        mendable: whether `mend_run` sets it right.
    """

    run_id: str
    what: str
    mendable: bool


class RejectedRecord(NamedTuple):
    """A journal record that the rules refused.

    Attributes:
        number: its key.
        writer: whose journal it was in.
        reason: why it was refused.
        time: when, in ms.
        size: bytes.
        storable: whether the reason is gone, so that `retry_rejected` stores it.
        homeless: whether it belongs to a run that does not exist.
    """

    number: int
    writer: str
    reason: str
    time: int
    size: int
    storable: bool
    homeless: bool


class RunUsage(NamedTuple):
    """What a run takes.

    Attributes:
        run_id, name, experiment_id, artifact_uri: which, and where its artifacts lie.
        files: artifacts that were recorded as they were written; None if none were.
        file_bytes: their size.
        points: points of its metrics.
        point_bytes: about what they take in the database.
    """

    run_id: str
    name: str
    experiment_id: str
    artifact_uri: str
    files: int | None
    file_bytes: int
    points: int
    point_bytes: int


class StoreUsage(NamedTuple):
    """Bytes of a store by kind, such as "points" or "free pages"; what cannot be told apart is one kind."""

    kinds: dict[str, int]


class PurgingStore(ABC):
    """The end of what was deleted, in three steps: hide it for good, delete its files, delete its rows.

    The files are the caller's, between the first step and the last. Whatever is interrupted is found by `purgeable`
    again and goes on from there.
    """

    @abstractmethod
    def purgeable(
        self,
        deleted_before: int,
        run_ids: Sequence[str] | None = None,
        experiment_ids: Sequence[str] | None = None,
    ) -> Purgeable:
        """What was deleted at a time (ms) or before it, or is half gone already.

        An experiment goes with all its runs and logged models or stays, if a run is not deleted or was deleted later,
        or a registered version needs a model. Where runs or experiments are named, only those are looked at. The
        experiment Default stays: its deleted runs go.

        Raises:
            NotFound: there is no such run or experiment.
            InvalidState: one that was named is not deleted, or was deleted later.
        """

    @abstractmethod
    def begin_purge(self, run_ids: Sequence[str], experiment_ids: Sequence[str] = ()) -> set[str]:
        """Hide deleted runs, and experiments with their runs, for good: no call finds or restores them any more.

        Returns:
            those of the runs, and the runs of those experiments, that are hidden now; not those restored meanwhile.
        """

    @abstractmethod
    def finish_purge(self, run_ids: Sequence[str], experiment_ids: Sequence[str] = ()) -> None:
        """Delete the rows of hidden runs and experiments, in transactions that hold nobody up. Twice is no error.

        An experiment keeps its row while it has a run or a logged model.
        """

    @abstractmethod
    def purgeable_models(
        self, deleted_before: int | None, run_ids: Iterable[str] = (), experiment_ids: Iterable[str] = ()
    ) -> list[DeletedModel]:
        """Logged models that may go for good: never one whose files a registered version needs.

        Args:
            deleted_before: those that were deleted at that time (ms) or before it, whose purge has begun, or whose run
                is gone; none of these if None.
            run_ids: and those that these runs have made.
            experiment_ids: and those of these experiments.
        """

    @abstractmethod
    def begin_model_purge(self, model_ids: Sequence[str]) -> set[str]:
        """Hide logged models for good; those that are hidden now, without those that have been registered meanwhile."""

    @abstractmethod
    def finish_model_purge(self, model_ids: Sequence[str]) -> None:
        """Delete the rows of hidden logged models. Twice is no error."""

    @abstractmethod
    def existing_models(self, model_ids: Iterable[str]) -> set[str]:
        """Those of some ids that a logged model has, in whatever stage of its life."""

    @abstractmethod
    def give_back_space(self) -> None:
        """Have the database's file shrink by the space that nothing uses any more, where it can."""

    @abstractmethod
    def artifact_locations(self) -> dict[str, str]:
        """Where each experiment keeps artifacts, absolute, by its id; those whose purge has begun included."""

    @abstractmethod
    def existing_runs(self, run_ids: Iterable[str]) -> set[str]:
        """Those of some ids that a run has, in whatever stage of its life."""


class ExaminedStore(ABC):
    """What `trackbook doctor` and `trackbook du` look at. Reading takes little memory, however large the store is."""

    @abstractmethod
    def database_faults(self) -> Iterator[str]:
        """What the database finds wrong with itself, a sentence each."""

    @abstractmethod
    def run_faults(self) -> Iterator[RunFault]:
        """Runs whose points cannot be read or disagree with what is summed up of them; every point is read."""

    @abstractmethod
    def mend_run(self, run_id: str) -> None:
        """Sum up a run anew from its points, or delete rows that belong to no run, by the id of a `RunFault`."""

    @abstractmethod
    def kept_runs(self) -> Iterator[KeptRun]:
        """Every run, deleted ones too, but none whose purge has begun."""

    @abstractmethod
    def kept_models(self) -> Iterator[KeptModel]:
        """Every logged model, deleted ones too, but none whose purge has begun."""

    @abstractmethod
    def lost_versions(self) -> list[LostVersion]:
        """Registered versions whose logged model is not there, by name and number."""

    @abstractmethod
    def half_purged(self) -> int:
        """How many runs, logged models and experiments a purge has hidden and not finished."""

    @abstractmethod
    def newest_heartbeat(self) -> int | None:
        """When the last process beat, in ms; None if none ever did."""

    @abstractmethod
    def rejected(self) -> Iterator[RejectedRecord]:
        """The journal records that the rules refused, oldest first."""

    @abstractmethod
    def retry_rejected(self, number: int) -> bool:
        """Store a refused record, if its reason is gone; whether it was."""

    @abstractmethod
    def forget_rejected(self, before: int) -> int:
        """Delete refused records of runs that do not exist, from before a time (ms); how many there were."""

    @abstractmethod
    def vanished_writers(self, before: int) -> list[str]:
        """Journals that are known to be gone, of which positions from before a time (ms) are still kept."""

    @abstractmethod
    def forget_writers(self, writers: Sequence[str]) -> None:
        """Delete the positions of journals that are gone."""

    @abstractmethod
    def usage(self) -> Iterator[RunUsage]:
        """What each run takes, deleted ones too."""

    @abstractmethod
    def database_usage(self) -> StoreUsage:
        """What the database takes, by kind."""


class UpkeepStore(PurgingStore, ExaminedStore):
    """A store that can be looked after."""
