"""A model's files in a private folder, as they were stored: nobody can swap them between the check and the load."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trackbook.entities.digests import manifest_digest
from trackbook.errors import DamagedArtifact, InvalidParameter
from trackbook.models.model import LARGEST, MLMODEL, Model
from trackbook.models.trust import Trust, origin_of
from trackbook.runs.model_addresses import Located, locate
from trackbook.stores.artifacts.staging import hash_files
from trackbook.uris import SafeRelPath

if TYPE_CHECKING:
    from trackbook.models.flavors.base import Opened

__all__ = ["Fetched", "digest_of", "fetched", "read_input_example", "read_mlmodel"]


class Fetched:
    """A private copy of a model's files.

    Attributes:
        root: the private folder.
        folder: where the model is in it.
        located: where it came from.
        files: what it consists of, with hashes of the bytes that were copied.
        digest: of all of them.
    """

    def __init__(self, root: str, folder: str, located: Located) -> None:
        self.root, self.folder, self.located = root, Path(folder), located
        self.files = hash_files(folder) if located.files is None else located.files
        self.digest = manifest_digest(self.files)
        self._keep = False

    @cached_property
    def meta(self) -> Model:
        """What its MLmodel says."""
        return Model.load(self.folder)

    def keep(self) -> None:
        """Let the copy stay until the process ends, for a model that reads its files later."""
        if not self._keep:
            self._keep = True
            atexit.register(shutil.rmtree, self.root, ignore_errors=True)

    def drop(self) -> None:
        """Delete the copy, unless it is kept."""
        if not self._keep:
            shutil.rmtree(self.root, ignore_errors=True)

    def opened(self, flavor: str, trust: bool | None = None) -> Opened:
        """The copy as a flavor sees it.

        Args:
            flavor: whose section of MLmodel is meant.
            trust: what the caller said.

        Raises:
            InvalidParameter: MLmodel has no such section; the message lists those that it has.
        """
        from trackbook.models.flavors.base import Opened

        meta = self.meta
        if flavor not in meta.flavors:
            raise InvalidParameter(
                f"{self.located.uri} has no flavor {flavor!r}; it has {', '.join(sorted(meta.flavors)) or 'none'}."
            )
        decision = Trust(self.digest, origin_of(self.located), trust)
        return Opened(self.folder, meta, meta.flavors[flavor], meta.flavors.get("python_function", {}), decision)


@contextmanager
def fetched(uri: object, dst_path: str | os.PathLike[str] | None = None) -> Iterator[Fetched]:
    """A private copy of the model at an address, which is deleted at the end of the block unless it is kept.

    Args:
        uri: see `trackbook.runs.model_addresses.locate`.
        dst_path: folder for a copy that stays; a new private one if None.

    Raises:
        NotFound: there is no such model.
        DamagedArtifact: a file is not what was stored, is missing, or one is there that was not.
    """
    copy = _fetch(uri if isinstance(uri, Located) else locate(uri), dst_path)
    try:
        yield copy
    finally:
        copy.drop()


def _fetch(located: Located, dst_path: str | os.PathLike[str] | None) -> Fetched:
    root = tempfile.mkdtemp(prefix="trackbook-model-")  # 0700
    try:
        if located.files is not None:
            _check_names(located)
        place = located.repository.download(located.path, root, keep_folders=False)
        copy = Fetched(root, place if os.path.isdir(place) else root, located)
    except BaseException:
        shutil.rmtree(root, ignore_errors=True)
        raise
    if dst_path is not None:
        shutil.copytree(copy.folder, Path(dst_path, Path(located.uri.rstrip("/")).name), dirs_exist_ok=True)
    return copy


def _check_names(located: Located) -> None:
    """Compare which files are there with which should be; their bytes are compared as they are copied."""
    there = {str(path) for path, _ in located.repository.tree(located.path)[0]}
    above = f"{located.path}/" if located.path else ""
    wanted = {above + file.path for file in located.files or ()}
    if located.path is not None and str(located.path) in there:
        return  # one file
    if there != wanted:
        lost, new = sorted(wanted - there), sorted(there - wanted)
        facts = [f"{', '.join(lost)} is missing"] * bool(lost) + [f"{', '.join(new)} was added"] * bool(new)
        raise DamagedArtifact(f"The model {located} is not what was stored: {' and '.join(facts)}. Nothing was loaded.")


def digest_of(uri: object) -> tuple[str, Located]:
    """The digest of a model's files, and where they are: what trust is given to.

    Known hashes are believed here: loading compares them with the bytes.
    """
    located = uri if isinstance(uri, Located) else locate(uri)
    if located.files is not None:
        return manifest_digest(located.files), located
    with fetched(located) as copy:
        return copy.digest, located


def read_mlmodel(uri: str) -> bytes:
    """The bytes of a model's MLmodel, without the rest.

    Raises:
        NotFound: there is no such model, or it has no MLmodel.
        InvalidParameter: it is larger than 1 MiB.
    """
    located = locate(uri)
    inside = located.path.parts if located.path else ()
    path = SafeRelPath(inside if inside and inside[-1] == MLMODEL else (*inside, MLMODEL))
    found = located.repository.info(path)
    if found is not None and (found.file_size or 0) > LARGEST:
        raise InvalidParameter(f"The MLmodel of {uri} is larger than 1 MiB, which no MLmodel is.")
    return located.repository.read_bytes(path)


def read_input_example(meta: Model, uri: str) -> Any:
    """The input example of the model at an address; None if MLmodel names none."""
    if not meta.saved_input_example_info:
        return None
    from trackbook.models.examples import read_example

    with fetched(uri) as copy:
        return read_example(meta, copy.folder)
