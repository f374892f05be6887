"""Where the files of a run lie, by the address of their root."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from trackbook.errors import InvalidParameter, NotSupported
from trackbook.stores.artifacts.beneath import opens_folders
from trackbook.stores.artifacts.contract import ArtifactRepository
from trackbook.stores.artifacts.local import LocalArtifacts
from trackbook.stores.artifacts.records import NO_RECORDS, Records
from trackbook.uris import SafeRelPath, check_artifact_root, local_path

__all__ = ["ArtifactRepository", "LocalArtifacts", "join_uri", "open_artifacts"]


def open_artifacts(uri: str, records: Records = NO_RECORDS) -> ArtifactRepository:
    """The repository at an artifact root; nothing is reached before it is used.

    Args:
        uri: an absolute local path, a ``file:`` URI, or an address that fsspec knows, such as ``s3://bucket/folder``.
        records: what is remembered of its files.

    Raises:
        InvalidParameter: the address has a password, a query or a fragment, or is not absolute.
        NotSupported: another scheme; the message says what will serve it.
    """
    scheme = check_artifact_root(uri)
    if scheme == "file":
        if "?" in uri or "#" in uri:
            raise InvalidParameter(f"The file URI {uri!r} has a '?' or '#'; write %3F or %23, or give the plain path.")
        return _on_this_machine(local_path(uri), records)
    if not scheme:
        return _on_this_machine(uri, records)
    if scheme == "mlflow-artifacts":
        raise NotSupported("Artifacts through a server (mlflow-artifacts:) come with the tracking server.")
    from trackbook.stores.artifacts.drivers import is_known
    from trackbook.stores.artifacts.remote import RemoteArtifacts

    if not is_known(scheme):
        raise NotSupported(
            f"Artifacts at {scheme}: are not supported: it is not a scheme of a place that Trackbook or fsspec knows. "
            "Use an absolute path, a file: URI, or an address such as s3://bucket/folder."
        )
    if "://" not in uri:
        raise InvalidParameter(f"{uri!r} is no address of a folder; write {scheme}://<host or bucket>/<folder>.")
    return RemoteArtifacts(uri, records)


def _on_this_machine(path: str, records: Records) -> ArtifactRepository:
    if opens_folders():
        return LocalArtifacts(path, records=records)
    from trackbook.stores.artifacts.remote import RemoteArtifacts  # by paths, as fsspec does it on any system

    return RemoteArtifacts("file://" + Path(path).as_posix(), records)


def join_uri(root: str, path: SafeRelPath) -> str:
    """The address of an artifact below a root, escaped where the root is a URI that is read with escapes."""
    plain = "/".join(path.parts)
    return f"{root.rstrip('/')}/{quote(plain) if root.lower().startswith('file:') else plain}"
