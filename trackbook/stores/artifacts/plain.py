"""Writing below a folder by paths, on a system that opens no folders: Windows."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress

from trackbook.stores.artifacts.beneath import opens_folders
from trackbook.stores.artifacts.paths import Around, SafeFolder, Sink
from trackbook.stores.artifacts.problems import writing
from trackbook.uris import SafeRelPath

__all__ = ["PlainFolder", "target_folder"]

_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


class PlainFolder(SafeFolder):
    """What a download needs of a `SafeFolder`: to make folders, and files that are seen when they are whole.

    Every folder on the way is looked at before it is used. Who changes it into a link between the two is not noticed,
    which `SafeFolder` rules out.
    """

    def mkdir(self, path: SafeRelPath | None = None) -> None:
        with writing(self.root, path or ""):
            self._make(path.parts if path else ())

    @contextmanager
    def create(self, path: SafeRelPath, around: Around = nullcontext) -> Iterator[Sink]:
        with writing(self.root, path):
            above = self._make(path.parts[:-1])
            staged = os.path.join(self.root, f".tmp-{secrets.token_hex(16)}")
            descriptor = os.open(staged, _NEW_FILE, 0o666)
        try:
            try:
                yield Sink(descriptor, self.root, path)
            finally:
                os.close(descriptor)
            with around(), writing(self.root, path):
                os.replace(staged, os.path.join(above, path.parts[-1]))
        except BaseException:
            with suppress(OSError):
                os.unlink(staged)
            raise

    def _make(self, parts: Sequence[str]) -> str:
        """The path of a folder below the root, made if need be."""
        os.makedirs(self.root, exist_ok=True)
        folder = self.root
        for part in parts:
            folder = os.path.join(folder, part)
            if os.path.islink(folder):
                raise NotADirectoryError(20, "a link is in the way", folder)
            os.makedirs(folder, exist_ok=True)
        return folder


def target_folder(path: str) -> SafeFolder:
    """A folder of the user's to copy to, reached in the safest way that the system has."""
    return (SafeFolder if opens_folders() else PlainFolder)(os.path.abspath(path), durable=False)
