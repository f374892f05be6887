"""Sizes and hashes of runs' artifacts in a SQL database."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence

from trackbook.entities import StoredFile
from trackbook.entities.keys import check_int64, check_run_id
from trackbook.errors import InvalidParameter
from trackbook.stores.sql.engine import Connection, Database, retried
from trackbook.uris import SafeRelPath

__all__ = ["Files", "checked_file"]

_PUT = "INSERT INTO files (run, path_key, path, size, sha256, time) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
_REPLACE = "UPDATE files SET size = ?, sha256 = ?, time = ? WHERE run = ? AND path_key = ?"
_LISTED = "SELECT path, size, sha256, time FROM files WHERE run = ?"
_FORGET = "DELETE FROM files WHERE run = ?"
_ONE = " AND path_key = ?"
_BELOW = " AND substr(path, 1, ?) = ?"
_SHA256 = re.compile("[0-9a-f]{64}")


class Files:
    """The verbs of FileStore."""

    database: Database
    _key: Callable[[Connection, str], int]
    _changeable: Callable[[Connection, str], int]

    @retried
    def record_files(self, run_id: str, files: Sequence[StoredFile]) -> int:
        check_run_id(run_id)
        checked = {_path_key(file.path): file for file in map(checked_file, files)}
        with self.database.write() as connection:
            run = self._changeable(connection, run_id)
            rows = [(run, key, file.path, file.size, file.sha256, file.time) for key, file in checked.items()]
            replaced = len(rows) - connection.executemany(_PUT, rows) if rows else 0
            if replaced:
                changes = [(file.size, file.sha256, file.time, run, key) for key, file in checked.items()]
                connection.executemany(_REPLACE, changes)
        return replaced

    def stored_files(self, run_id: str, path: str | None = None) -> list[StoredFile]:
        check_run_id(run_id)
        with self.database.read() as connection:
            run = self._key(connection, run_id)
            rows = connection.execute(_LISTED + (_ONE if path else ""), (run, _path_key(path)) if path else (run,))
            if path and not rows:
                rows = connection.execute(_LISTED + _BELOW, (run, len(path) + 1, f"{path}/"))
        return sorted((StoredFile(*row) for row in rows), key=lambda file: file.path)

    @retried
    def forget_files(self, run_id: str, path: str | Sequence[str] | None = None) -> int:
        check_run_id(run_id)
        with self.database.write() as connection:
            run = self._key(connection, run_id)
            if path is not None and not isinstance(path, str):
                return connection.executemany(_FORGET + _ONE, [(run, _path_key(each)) for each in path]) if path else 0
            if not path:
                return connection.change(_FORGET, (run,))
            return connection.change(_FORGET + _ONE, (run, _path_key(path))) or connection.change(
                _FORGET + _BELOW, (run, len(path) + 1, f"{path}/")
            )


def _path_key(path: str) -> str:
    return hashlib.sha256(path.encode(errors="surrogatepass")).hexdigest()[:32]


def checked_file(file: StoredFile) -> StoredFile:
    """A file whose path, size and hash can be right.

    Raises:
        InvalidParameter: they cannot.
    """
    if str(SafeRelPath.parse(file.path)) != file.path:
        raise InvalidParameter(f"The artifact path {file.path!r:.200} has a percent sign, which is not allowed.")
    check_int64(f"The time of {file.path!r}", file.time)
    if check_int64(f"The size of {file.path!r}", file.size) < 0 or not _SHA256.fullmatch(file.sha256):
        raise InvalidParameter(
            f"{file.path!r} cannot have the size {file.size} and the SHA-256 {file.sha256!r:.80}; a size is 0 or more, "
            "and a hash is 64 lower-case hexadecimal digits."
        )
    return file
