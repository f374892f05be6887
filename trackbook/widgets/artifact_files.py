"""The files of one run as a panel reads them: listed, measured and read piece by piece, never outside the run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from trackbook.entities import FileInfo, Run, StoredFile
from trackbook.entities.keys import NOT_IN_MODEL_NAMES
from trackbook.errors import DamagedArtifact, InvalidParameter, NotFound, StoreAway
from trackbook.runs.artifact_places import folder_of
from trackbook.runs.artifacts import run_artifacts
from trackbook.runs.model_addresses import Located, locate, model_repository
from trackbook.stores.artifacts.digests import Digest, damaged
from trackbook.stores.artifacts.repository import ArtifactRepository, open_artifacts
from trackbook.stores.base import Store
from trackbook.uris import SafeRelPath

__all__ = ["WALKED", "ArtifactFile", "ArtifactFiles", "check_whole", "files_of_address", "files_of_run", "first_of"]

#: Names looked through for a file, or summed up, at the most: a run may have a million.
WALKED = 20_000
_MODELS = 100


@dataclass(frozen=True)
class ArtifactFile:
    """One file, as it stands now; it is read in pieces that the reader bounds.

    Attributes:
        path: from the root that the panel shows.
        size: bytes that are there.
        expected: what was stored, where that is known.
    """

    path: str
    size: int
    expected: StoredFile | None
    _repository: ArtifactRepository = field(repr=False)
    _place: SafeRelPath = field(repr=False)

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def mark(self) -> str:
        """What is another one as soon as the file has been replaced, as far as that is known."""
        return f"{self.expected.sha256[:16]}-{self.size}" if self.expected else str(self.size)

    @property
    def missing(self) -> int:
        """Bytes that were stored and are gone."""
        return max(0, self.expected.size - self.size) if self.expected else 0

    def read(self, start: int, length: int) -> bytes:
        """Some bytes, fewer where the file ends.

        Raises:
            StoreAway: the file has become shorter than it was a moment ago.
        """
        length = max(0, min(length, self.size - start))
        data = open_artifacts(self._repository.uri).read_range(self._place, start, length) if length else b""
        if len(data) < length:
            raise StoreAway(f"{self.path!r} became shorter while it was read. Open it again.")
        return data

    def pieces(self, size: int, as_is: bool = False) -> Iterator[bytes]:
        """All bytes, piece by piece, each read when it is asked for.

        Args:
            size: of a piece.
            as_is: do not compare them with what was stored.

        Raises:
            DamagedArtifact: at the end, they are not what was stored.
            StoreAway: at the end, the file was replaced while it was read.
        """
        repository = open_artifacts(self._repository.uri) if as_is else self._repository
        with repository.open(self._place) as stream:
            while piece := stream.read(size):
                yield piece

    def whole(self) -> bytes:
        """All bytes that there were when the file was opened, compared with what was stored.

        Raises:
            DamagedArtifact: they are not what was stored.
            StoreAway: the file was replaced while it was read.
        """
        data = self.read(0, self.size)
        found = Digest(data)
        if self.expected is None or found.matches(self.expected):
            return data
        if _record(self._repository, self._place) != self.expected:
            raise StoreAway(f"{self.path!r} was replaced while it was read. Open it again.")
        raise damaged(self._repository.uri, self.expected, found)


@dataclass(frozen=True)
class _Model:
    """A logged model of the run, whose files stand in a folder of its name."""

    repository: ArtifactRepository
    model_id: str


class ArtifactFiles:
    """The files of a run, with those of the models that it has logged, each in a folder of the model's name.

    Args:
        repository: of the run's own files.
        address: what `trackbook.artifacts` calls the root, such as ``runs:/<id>``.
        models: by name.
    """

    def __init__(self, repository: ArtifactRepository, address: str, models: dict[str, _Model] | None = None) -> None:
        self.repository, self.address, self.models = repository, address, models or {}

    def list(self, folder: str = "") -> list[FileInfo]:
        """One level of a folder, folders first; [] if there is none.

        Raises:
            InvalidParameter: the path leads elsewhere.
        """
        path = folder_of(folder)
        repository, inside, above = self._place(path)
        found = [_below(entry, above) for entry in repository.list_artifacts(inside)]
        if path is None:
            own = {entry.path for entry in found}
            found += [FileInfo(name, True, None) for name in self.models if name not in own]
        return sorted(found, key=lambda entry: (not entry.is_dir, entry.path))

    def info(self, path: str) -> FileInfo | None:
        """What is at a path."""
        repository, inside, above = self._place(folder_of(path))
        found = repository.info(inside)
        return None if found is None else _below(found, above)

    def open(self, path: str) -> ArtifactFile:
        """A file, to read pieces of it.

        Raises:
            NotFound: there is no such file.
            InvalidParameter: the path leads elsewhere, or to a folder.
        """
        repository, inside, above = self._place(SafeRelPath.parse(path))
        found = repository.info(inside) if inside else None
        if inside is None or (found is not None and found.is_dir):
            raise InvalidParameter(f"{path!r} is a folder; open one of its files.")
        if found is None:
            raise NotFound(f"{path!r} is no longer there. It was deleted, moved or never stored.")
        return ArtifactFile(above + str(inside), found.file_size or 0, _record(repository, inside), repository, inside)

    def known(self) -> dict[str, StoredFile]:
        """What the store remembers of all files, by path from the root."""
        found = {file.path: file for file in self.repository.records.known()}
        for name, model in self.models.items():
            found |= {f"{name}/{file.path}": file for file in model.repository.records.known()}
        return found

    def walk(self, folder: str = "") -> Iterator[FileInfo]:
        """Everything below a folder, each folder before what is in it; the reader stops when it has enough."""
        for entry in self.list(folder):
            yield entry
            if entry.is_dir:
                yield from self.walk(entry.path)

    def repository_of(self, path: str) -> tuple[ArtifactRepository, SafeRelPath | None]:
        """Where a file or folder lies, and its path there."""
        repository, inside, _ = self._place(folder_of(path))
        return repository, inside

    def uri_of(self, path: str) -> str:
        """The address of a file or folder, as code writes it."""
        return f"{self.address}/{path}" if path else self.address

    def _place(self, path: SafeRelPath | None) -> tuple[ArtifactRepository, SafeRelPath | None, str]:
        """The repository, the path in it, and what stands before that on the page."""
        if path is None:
            return self.repository, None, ""
        name, rest = path.parts[0], path.parts[1:]
        if name in self.models and self.repository.info(SafeRelPath((name,))) is None:
            return self.models[name].repository, SafeRelPath(rest) if rest else None, f"{name}/"
        return self.repository, path, ""


def files_of_run(store: Store, run: Run) -> ArtifactFiles:
    """The files of a run, and of its logged models, the newest of each name."""
    wanted = f"source_run_id = '{run.info.run_id}'"
    found = store.search_logged_models([run.info.experiment_id], wanted, None, _MODELS)
    models: dict[str, _Model] = {}
    for model in found:
        if model.name and not any(letter in model.name for letter in NOT_IN_MODEL_NAMES):
            models.setdefault(model.name, _Model(model_repository(store, model), model.model_id))
    return ArtifactFiles(run_artifacts(store, run), f"runs:/{run.info.run_id}", models)


def files_of_address(uri: str, store: Store) -> tuple[ArtifactFiles, Located]:
    """The files at a ``models:/`` address of a store.

    Raises:
        NotFound: there is no such model.
    """
    located = locate(uri, store.uri, store.uri)
    if located.path is not None:
        raise InvalidParameter(f"{uri!r} names a part of a model; show the model, and the part by its path.")
    return ArtifactFiles(located.repository, uri.rstrip("/")), located


def first_of(entries: Iterable[FileInfo], most: int = WALKED) -> tuple[list[FileInfo], bool]:
    """As many entries as may be looked through, and whether that was all."""
    found: list[FileInfo] = []
    for entry in entries:
        if len(found) >= most:
            return found, False
        found.append(entry)
    return found, True


def _record(repository: ArtifactRepository, path: SafeRelPath) -> StoredFile | None:
    return next((file for file in repository.records.known(str(path)) if file.path == str(path)), None)


def _below(entry: FileInfo, above: str) -> FileInfo:
    return FileInfo(above + entry.path, entry.is_dir, entry.file_size) if above else entry


def check_whole(file: ArtifactFile) -> None:
    """Refuse a file of which a part is gone.

    Raises:
        DamagedArtifact: with a sentence for the page.
    """
    if file.missing:
        raise DamagedArtifact(f"{file.path!r} ends after {file.size} of {file.size + file.missing} bytes.")
