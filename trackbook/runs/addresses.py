"""Artifacts by address: runs:/, models:/, a local path, a file: URI, s3:// and so on, or a run's id and a path."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from trackbook.entities import FileInfo
from trackbook.errors import InvalidParameter, NotFound
from trackbook.runs.artifacts import download_from, run_artifacts, zip_from
from trackbook.runs.documents import decode_document, decode_text
from trackbook.runs.model_addresses import locate
from trackbook.runs.pictures import decode_image
from trackbook.runs.session import current_store
from trackbook.stores import open_store
from trackbook.stores.artifacts.repository import ArtifactRepository, open_artifacts
from trackbook.stores.base import Store
from trackbook.uris import SafeRelPath, local_path, parse_run_uri

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

__all__ = ["download_artifacts", "download_zip", "list_artifacts", "load_dict", "load_image", "load_text"]


class _Place(NamedTuple):
    repository: ArtifactRepository
    path: SafeRelPath | None


def download_artifacts(
    artifact_uri: str | None = None,
    run_id: str | None = None,
    artifact_path: str | None = None,
    dst_path: str | os.PathLike[str] | None = None,
    tracking_uri: str | None = None,
    registry_uri: str | None = None,
) -> str:
    """Copy an artifact, or a folder of them, to a local folder.

    Args:
        artifact_uri: ``runs:/<run_id>/<path>``, ``models:/<name>/<version>`` and its other forms, a local path, a
            ``file:`` URI or an address such as ``s3://bucket/folder``; instead of a run id.
        run_id: the run; instead of an address.
        artifact_path: path in that run; everything if None.
        dst_path: folder to copy to, made if need be; a new private one if None.
        tracking_uri: the store of the run; the current one if None.
        registry_uri: the store of registered models; the current one if None.

    Returns:
        Local path of the copy: ``<dst_path>/<artifact_path>`` for a run id, ``<dst_path>/<last part>`` for an address.

    Raises:
        NotFound: there is no such run or artifact.
    """
    place = _place(artifact_uri, run_id, artifact_path, tracking_uri, registry_uri)
    return download_from(place.repository, place.path, dst_path, keep_folders=artifact_uri is None)


def download_zip(
    artifact_uri: str | None = None,
    run_id: str | None = None,
    artifact_path: str | None = None,
    dst_path: str | os.PathLike[str] | None = None,
    tracking_uri: str | None = None,
) -> str:
    """Copy a folder of artifacts, or all artifacts of a run, into one .zip, as a stream.

    Args:
        artifact_uri: as for `download_artifacts`; instead of a run id.
        run_id: the run; instead of an address.
        artifact_path: folder or file in that run; everything if None.
        dst_path: folder for the archive, made if need be; a new private one if None.
        tracking_uri: the store of the run; the current one if None.

    Returns:
        Local path of the archive: ``<dst_path>/<last part>.zip``, or ``<dst_path>/artifacts.zip`` for everything.

    Raises:
        NotFound: there is no such run or artifact.
        DamagedArtifact: a file is not what was stored; there is no archive then.
    """
    place = _place(artifact_uri, run_id, artifact_path, tracking_uri)
    return zip_from(place.repository, place.path, dst_path)


def list_artifacts(
    artifact_uri: str | None = None,
    run_id: str | None = None,
    artifact_path: str | None = None,
    tracking_uri: str | None = None,
) -> list[FileInfo]:
    """One level of a folder of artifacts, sorted; [] if there is no such folder.

    Args:
        artifact_uri: as for `download_artifacts`. Listed paths are relative to the run, or to the folder above.
        run_id: the run; instead of an address.
        artifact_path: folder in that run.
        tracking_uri: the store of the run; the current one if None.

    Raises:
        NotFound: there is no such run.
        InvalidParameter: the address breaks the rules.
    """
    place = _place(artifact_uri, run_id, artifact_path, tracking_uri)
    return place.repository.list_artifacts(place.path)


def load_text(artifact_uri: str) -> str:
    """The text of a UTF-8 artifact.

    Raises:
        NotFound: there is no such run or artifact.
        InvalidParameter: it is no UTF-8 text.
    """
    return decode_text(*_content(artifact_uri))


def load_dict(artifact_uri: str) -> Any:
    """The value of a JSON or YAML artifact.

    Raises:
        NotFound: there is no such run or artifact.
        InvalidParameter: it is neither.
    """
    return decode_document(*_content(artifact_uri))


def load_image(artifact_uri: str) -> PillowImage:
    """The picture of an image artifact, as a Pillow image.

    Raises:
        NotFound: there is no such run or artifact.
        InvalidParameter: it is no image.
        MissingDependency: Pillow is not installed.
    """
    return decode_image(*_content(artifact_uri))


def _content(artifact_uri: str) -> tuple[bytes, str]:
    place = _place(artifact_uri, None, None, None)
    if place.path is None:
        raise InvalidParameter(f"{artifact_uri!r} names all artifacts of a run; add the path of a file in it.")
    return place.repository.read_bytes(place.path), str(place.path)


def _place(
    artifact_uri: str | os.PathLike[str] | None,
    run_id: str | None,
    artifact_path: str | None,
    tracking_uri: str | None,
    registry_uri: str | None = None,
) -> _Place:
    if (artifact_uri is None) == (run_id is None):
        raise InvalidParameter("Give either artifact_uri or run_id (with artifact_path), and exactly one of them.")
    if run_id is not None:
        return _in_run(run_id, artifact_path or "", tracking_uri)
    if artifact_path:
        raise InvalidParameter(f"artifact_path goes with a run_id; add {artifact_path!r} to the artifact_uri instead.")
    address = os.fspath(artifact_uri) if isinstance(artifact_uri, (str, os.PathLike)) else None
    if not address:
        raise InvalidParameter(f"An artifact address is text such as 'runs:/<run_id>/model', not {artifact_uri!r:.80}.")
    scheme = address.partition(":")[0].lower() if ":" in address.partition("/")[0] else ""
    if scheme == "models":
        found = locate(address, tracking_uri, registry_uri)
        return _Place(found.repository, found.path)
    if scheme == "runs":
        return _of_run(address.rstrip("/"), tracking_uri)
    return _at_path(address) if scheme in ("", "file") else _at_address(address)


def _at_path(address: str) -> _Place:
    if "?" in address or "#" in address:
        open_artifacts(address)  # refuses them in a URI
    folder, name = os.path.split(os.path.abspath(os.path.expanduser(local_path(address))))
    return _Place(open_artifacts(folder), SafeRelPath.parse(name))


def _at_address(address: str) -> _Place:
    address = address.rstrip("/")
    above, _, name = address.rpartition("/")
    if above.endswith(("/", ":")):  # the bucket or host itself
        return _Place(open_artifacts(address), None)
    return _Place(open_artifacts(above), SafeRelPath.parse(name))


def _of_run(address: str, tracking_uri: str | None) -> _Place:
    """A run's artifact or, where there is none of that path, the logged model of that name."""
    parsed = parse_run_uri(address)
    place = _in_run(parsed.run_id, parsed.path, tracking_uri)
    if place.path is None or place.repository.info(place.path) is not None:
        return place
    with suppress(NotFound):  # then the run's artifacts say what there is
        found = locate(address, tracking_uri)
        return _Place(found.repository, found.path)
    return place


def _in_run(run_id: str, path: str, tracking_uri: str | None) -> _Place:
    store = _store(tracking_uri)
    repository = run_artifacts(store, store.get_run(run_id))
    return _Place(repository, SafeRelPath.parse(path) if path not in ("", ".") else None)


def _store(tracking_uri: str | None) -> Store:
    """The one place where this module meets the stores that are open."""
    return current_store() if tracking_uri is None else open_store(tracking_uri)
