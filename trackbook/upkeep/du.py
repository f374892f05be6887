"""What takes the room: bytes of a store by experiment, by run and by kind."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from trackbook.entities import ViewType
from trackbook.stores.base import Store
from trackbook.stores.upkeep import RunUsage
from trackbook.upkeep.folders import local_root, measure
from trackbook.uris import parse_store_uri

__all__ = ["Share", "by_experiment", "by_kind", "by_run"]

_PAGE = 1000


@dataclass(slots=True)
class Share:
    """What a run or an experiment takes.

    Attributes:
        id, name, experiment_id: which; deleted ones too.
        runs: how many there are in it.
        points: of its metrics.
        point_bytes: about what they take in the database.
        files, file_bytes: its artifacts; elsewhere than on a local disk only those that were recorded.
    """

    id: str
    name: str
    experiment_id: str
    runs: int = 0
    points: int = 0
    point_bytes: int = 0
    files: int = 0
    file_bytes: int = 0

    @property
    def total(self) -> int:
        """Bytes."""
        return self.point_bytes + self.file_bytes

    def add(self, other: Share) -> None:
        """Count another share in."""
        self.runs += other.runs
        self.points += other.points
        self.point_bytes += other.point_bytes
        self.files += other.files
        self.file_bytes += other.file_bytes


def by_run(store: Store, *, walk: bool = False) -> list[Share]:
    """Every run, the largest first.

    Args:
        store: the store.
        walk: measure every file instead of trusting the sizes recorded when they were written.
    """
    return sorted(_shares(store, walk), key=lambda share: (-share.total, share.id))


def by_experiment(store: Store, *, walk: bool = False) -> list[Share]:
    """Every experiment with its logged models, the largest first; arguments as for `by_run`."""
    shares = {number: Share(number, name, number) for number, name in _experiments(store)}
    for share in _shares(store, walk):
        number = share.experiment_id
        shares.setdefault(number, Share(number, "", number)).add(share)
    for number, files, size in _models(store, walk):
        shares.setdefault(number, Share(number, "", number)).add(Share("", "", number, files=files, file_bytes=size))
    return sorted(shares.values(), key=lambda share: (-share.total, int(share.id)))


def by_kind(store: Store, *, walk: bool = False) -> dict[str, int]:
    """Bytes by what they are for, the most first; arguments as for `by_run`."""
    kinds = {f"database: {kind}": size for kind, size in store.database_usage().kinds.items()}
    path = parse_store_uri(store.uri).path
    if path is not None:
        kinds["database: write-ahead log"] = _size(f"{path}-wal")
        kinds["journals"] = measure(os.path.join(f"{path}.d", "writers")).size
    kinds["logged models"] = sum(size for _, _, size in _models(store, walk))
    kinds["artifacts"] = sum(share.file_bytes for share in _shares(store, walk))
    return dict(sorted(kinds.items(), key=lambda kind: (-kind[1], kind[0])))


def _size(path: str) -> int:
    with suppress(OSError):
        return Path(path).stat().st_size
    return 0


def _shares(store: Store, walk: bool) -> Iterator[Share]:
    for run in store.usage():
        files, size = _files_of(run, walk)
        yield Share(run.run_id, run.name, run.experiment_id, 1, run.points, run.point_bytes, files, size)


def _models(store: Store, walk: bool) -> Iterator[tuple[str, int, int]]:
    """The experiment, the number of files and the bytes of each logged model."""
    for model in store.kept_models():
        root = local_root(model.artifact_uri)
        if root is not None and (walk or model.files is None):
            found = measure(root)
            yield model.experiment_id, found.files, found.size
        else:
            files = model.files or []
            yield model.experiment_id, len(files), sum(file.size for file in files)


def _files_of(run: RunUsage, walk: bool) -> tuple[int, int]:
    root = local_root(run.artifact_uri)
    if root is None or (run.files is not None and not walk):
        return run.files or 0, run.file_bytes
    found = measure(root)
    return found.files, found.size


def _experiments(store: Store) -> Iterator[tuple[str, str]]:
    token = None
    while True:
        page = store.search_experiments(ViewType.ALL, _PAGE, page_token=token)
        yield from ((experiment.experiment_id, experiment.name) for experiment in page)
        token = page.token
        if not token:
            return
