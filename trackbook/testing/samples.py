"""What the contract suites store, and small steps that all of them take."""

from __future__ import annotations

import math
import struct
from typing import Any

from trackbook.entities import ModelVersion, Run, StoredFile
from trackbook.stores.base import NewRun, Store
from trackbook.stores.registry import NewVersion

__all__ = ["EXACT", "INT64_LIMITS", "bits", "named", "new_run", "new_version", "numbers", "stored_file"]

#: Floats that a store may not change by a single bit (any NaN is the same NaN).
EXACT = [0.0, -0.0, 0.1, 5e-324, -2.2e-308, 1.7976931348623157e308, math.inf, -math.inf, math.nan, 1e-7, 16777217.0]
INT64_LIMITS = [-(2**63), -1, 0, 2**53 + 1, 2**63 - 1]


def bits(value: float) -> bytes:
    """The eight bytes of a float, one pattern for every NaN: what `==` cannot compare."""
    return b"nan" if math.isnan(value) else struct.pack(">d", value)


def new_run(store: Store, name: str | None = None, experiment_id: str = "0", start_time: int = 1_000) -> Run:
    """A run of no process, so that nothing beats for it."""
    return store.create_run(NewRun(experiment_id, run_name=name, start_time=start_time))


def stored_file(path: str, size: int = 7) -> StoredFile:
    """A file as it was written."""
    return StoredFile(path, size, "0123456789abcdef" * 4, 1_000)


def named(runs: list[Run]) -> list[str | None]:
    """The names of runs, in their order."""
    return [run.info.run_name for run in runs]


def new_version(store: Store, name: str = "digits", model: int = 1, **more: Any) -> ModelVersion:
    """A version with the files of a logged model that is in another store."""
    more = {"make_model": True} | more
    return store.create_model_version(NewVersion(name, f"models:/m-{model:032x}", **more))


def numbers(versions: list[ModelVersion]) -> list[int]:
    """The numbers of versions, in their order."""
    return [version.version for version in versions]
