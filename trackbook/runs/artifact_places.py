"""What a caller means by a local path and by a path among artifacts."""

from __future__ import annotations

import os

from trackbook.errors import InvalidParameter
from trackbook.stores.artifacts.problems import reading_source
from trackbook.stores.artifacts.sources import file_name
from trackbook.uris import SafeRelPath

__all__ = ["folder_of", "local_path_of", "place_in"]


def local_path_of(path: object) -> str:
    """A local path that somebody gave, absolute."""
    if not isinstance(path, (str, os.PathLike)) or not os.fspath(path):
        raise InvalidParameter(f"A local path is text or a pathlib.Path, not {path!r:.80}.")
    text = os.fspath(path)
    if not isinstance(text, str) or "\x00" in text:
        raise InvalidParameter(f"A local path is text without NUL characters, not {text!r:.80}.")
    return os.path.abspath(os.path.expanduser(text))


def folder_of(artifact_path: str | None) -> SafeRelPath | None:
    """None, "" and "." are the root; a slash at the end says only that a folder is meant."""
    if isinstance(artifact_path, str):
        artifact_path = artifact_path[:-1] if artifact_path.endswith("/") and artifact_path != "/" else artifact_path
    return None if artifact_path in (None, "", ".") else SafeRelPath.parse(artifact_path)


def place_in(local_path: str | os.PathLike[str], artifact_path: str | None) -> tuple[str, SafeRelPath]:
    """The absolute path of a local file or folder, and where it comes when it is stored, with its name, in a folder.

    Raises:
        InvalidParameter: there is no such file, or it has a name that cannot be stored.
    """
    local = local_path_of(local_path)
    with reading_source(local):
        os.stat(local)
    name, folder = file_name(local), folder_of(artifact_path)
    path = SafeRelPath.parse(f"{folder}/{name}" if folder else name)
    if path.parts[-1] != name:
        raise InvalidParameter(
            f"The file name {name!r} has a percent sign, which no artifact may have. Rename the file."
        )
    return local, path
