"""What gc tells of each thing that goes, or would."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Piece"]


@dataclass(frozen=True, slots=True)
class Piece:
    """Something that goes, or would.

    Attributes:
        kind: ``run``, ``model``, ``experiment``, ``orphan`` or ``rejected``.
        id, name, experiment_id: which.
        deleted: when it was deleted, in ms; None if that is not known, or if an earlier purge was interrupted.
        files, size: its artifacts, and their bytes; only those on a local disk are counted.
        gone: whether it is gone.
        problem: why it is not, if it should be.
    """

    kind: str
    id: str
    name: str = ""
    experiment_id: str = ""
    deleted: int | None = None
    files: int = 0
    size: int = 0
    gone: bool = False
    problem: str = ""
