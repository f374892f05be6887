"""Logging files to a run and getting them back: files, folders, text, dicts, figures, images and tables."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

from trackbook.entities import FileInfo, LifecycleStage, Run, RunTag, ViewType
from trackbook.errors import InvalidParameter, InvalidState, NotFound, NotSupported, ReadOnlyStore, TrackbookError
from trackbook.runs.artifact_places import folder_of, local_path_of, place_in
from trackbook.runs.documents import encode_document, encode_text
from trackbook.runs.pictures import Image, ImageName, encode_figure, encode_image, image_path
from trackbook.runs.recording import RunRecords
from trackbook.runs.tables import append_rows, concatenate, decode_table, encode_table, read_table, with_columns_of
from trackbook.stores.artifacts.archives import write_zip
from trackbook.stores.artifacts.plain import target_folder
from trackbook.stores.artifacts.repository import ArtifactRepository, join_uri, open_artifacts
from trackbook.stores.artifacts.sources import scan_folder
from trackbook.stores.base import Store
from trackbook.uris import SafeRelPath, strip_user_info

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Image",
    "download_artifacts",
    "download_from",
    "download_zip",
    "get_artifact_uri",
    "list_artifacts",
    "load_table",
    "log_artifact",
    "log_artifacts",
    "log_dict",
    "log_figure",
    "log_image",
    "log_stream",
    "log_table",
    "log_text",
    "run_artifacts",
    "zip_from",
]

#: The tag by which MLflow's clients find the tables of a run.
_TABLES_TAG = "mlflow.loggedArtifacts"
_PAGE = 1000


def log_artifact(store: Store, run: Run, local_path: str | os.PathLike[str], artifact_path: str | None = None) -> None:
    """Store a local file, or a folder with its name, in a folder of the run's artifacts.

    Args:
        store: the run's store.
        run: the run.
        local_path: the file or folder.
        artifact_path: folder to store it in; the root if None.

    Raises:
        InvalidParameter: there is no such file, or it has a name that cannot be stored.
    """
    local, path = place_in(local_path, artifact_path)
    repository = _writable(store, run)
    if os.path.isdir(local):
        repository.put_folder(local, path)
    else:
        repository.put_file(local, path)


def log_artifacts(store: Store, run: Run, local_dir: str | os.PathLike[str], artifact_path: str | None = None) -> None:
    """Store the content of a local folder in a folder of the run's artifacts, all of it or nothing.

    Raises:
        InvalidParameter: there is no such folder, or some of its names or links cannot be stored; names all of them.
    """
    local, folder = local_path_of(local_dir), folder_of(artifact_path)
    if not os.path.isdir(local):
        scan_folder(local)  # says what it is instead
    _writable(store, run).put_folder(local, folder)


def log_text(store: Store, run: Run, text: str, artifact_file: str) -> None:
    """Store text as a UTF-8 file."""
    path = _file(artifact_file)
    data = encode_text(text, str(path))
    _writable(store, run).put_bytes(data, path)


def log_dict(store: Store, run: Run, dictionary: Mapping[Any, Any] | Sequence[Any], artifact_file: str) -> None:
    """Store a dict or list as YAML (.yaml, .yml) or JSON (any other ending).

    NumPy and pandas values become plain ones, dates ISO 8601 text, sets sorted lists.
    """
    path = _file(artifact_file)
    data = encode_document(dictionary, str(path))
    _writable(store, run).put_bytes(data, path)


def log_figure(
    store: Store, run: Run, figure: Any, artifact_file: str, *, save_kwargs: Mapping[str, Any] | None = None
) -> None:
    """Store a figure of matplotlib or plotly in the format that the file's ending names.

    Args:
        store: the run's store.
        run: the run.
        figure: a matplotlib Figure, or a plotly Figure (.html, .json, or an image where kaleido is installed).
        artifact_file: path of the file.
        save_kwargs: for matplotlib's savefig, or plotly's to_html, to_json or to_image.
    """
    path = _file(artifact_file)
    data = encode_figure(figure, str(path), save_kwargs)
    _writable(store, run).put_bytes(data, path)


def log_image(
    store: Store,
    run: Run,
    image: Any,
    artifact_file: str | None = None,
    key: str | None = None,
    step: int | None = None,
    timestamp: int | None = None,
) -> None:
    """Store an image under a path, or as a step of the series `key` (see `image_path` for the file's name).

    Args:
        store: the run's store.
        run: the run.
        image: an array (booleans, integers 0 to 255, floats 0 to 1), a Pillow image, an `Image` or a path.
        artifact_file: path of the file; instead of a key.
        key: the series; instead of a path. A small .webp preview is stored beside each image.
        step: int64; 0 if None.
        timestamp: milliseconds since 1970-01-01 UTC; now if None.
    """
    if (artifact_file is None) == (key is None):
        raise InvalidParameter(
            "log_image takes either artifact_file (one image) or key (a series), and exactly one of them."
        )
    if artifact_file is not None:
        if step is not None or timestamp is not None:
            raise InvalidParameter(
                f"log_image takes step and timestamp with a key, not with the file {artifact_file!r}."
            )
        path = _file(artifact_file)
        data = encode_image(image, str(path))
        _writable(store, run).put_bytes(data, path)
        return
    when = time.time_ns() // 1_000_000 if timestamp is None else timestamp
    name = ImageName(key or "", 0 if step is None else step, when, secrets.token_hex(4), "png")
    path, preview = image_path(name), image_path(name._replace(format="webp"))
    data, small = encode_image(image, str(path)), encode_image(image, str(preview), preview=True)
    repository = _writable(store, run)
    repository.put_bytes(small, preview)
    repository.put_bytes(data, path)


def log_stream(store: Store, run: Run, stream: BinaryIO, artifact_file: str) -> None:
    """Store what is left in a binary stream."""
    path = _file(artifact_file)
    if not hasattr(stream, "read"):
        raise InvalidParameter(f"log_stream takes an open binary stream, not a value of type {type(stream).__name__}.")
    _writable(store, run).put_stream(stream, path)


def log_table(store: Store, run: Run, data: Any, artifact_file: str) -> None:
    """Append rows to a table, which is made by the first call.

    Appends of several processes wait for one another, and a reader sees all rows of a call or none.

    Args:
        store: the run's store.
        run: the run.
        data: a DataFrame, or a dict of columns; columns may be new, rows have None where a column was missing.
        artifact_file: path of the table, which ends in .json.
    """
    path = _file(artifact_file)
    rows = read_table(data, str(path))
    repository = _writable(store, run)

    def append(content: bytes | None) -> bytes:
        if content is None:
            _remember_table(store, run, str(path))
            return encode_table(rows, str(path))
        return encode_table(append_rows(decode_table(content, str(path)), rows), str(path))

    repository.update(path, append)


def _remember_table(store: Store, run: Run, path: str) -> None:
    """Add a table to the tag by which MLflow's load_table finds it; called under the repository's lock."""
    text = store.get_run(run.info.run_id).data.tags.get(_TABLES_TAG, "[]")
    try:
        known = json.loads(text)
    except ValueError:
        known = []
    entry = {"path": path, "type": "table"}
    if isinstance(known, list) and entry not in known:
        store.log_batch(run.info.run_id, tags=[RunTag(_TABLES_TAG, json.dumps([*known, entry]))])


def load_table(
    store: Store,
    experiment_id: str,
    artifact_file: str,
    run_ids: Sequence[str] | None = None,
    extra_columns: Sequence[str] | None = None,
) -> pd.DataFrame:
    """The rows of one table over many runs, in one DataFrame.

    Args:
        store: the store.
        experiment_id: whose runs are looked through.
        artifact_file: path of the table in each run; runs without it are passed over.
        run_ids: only these runs.
        extra_columns: attributes of the run to add, such as ``run_id`` or ``params.lr``.

    Raises:
        NotFound: no run has such a table.
    """
    path = _file(artifact_file)
    runs = _runs(store, experiment_id) if run_ids is None else [store.get_run(run_id) for run_id in run_ids]
    tables = []
    for run in runs:
        repository = run_artifacts(store, run)
        if repository.info(path):
            table = decode_table(repository.read_bytes(path), str(path))
            tables.append(with_columns_of(run, table, extra_columns or ()))
    if not tables:
        raise NotFound(
            f"None of {len(runs)} runs of experiment {experiment_id} has a table {str(path)!r}; log_table writes one."
        )
    return concatenate(tables)


def _runs(store: Store, experiment_id: str) -> list[Run]:
    runs: list[Run] = []
    token = None
    while True:
        page = store.search_runs([experiment_id], None, ViewType.ACTIVE_ONLY, _PAGE, None, token)
        runs += page
        token = page.token
        if not token:
            return runs


def get_artifact_uri(store: Store, run: Run, artifact_path: str | None = None) -> str:
    """The address of the run's artifacts, or of one of them."""
    path = folder_of(artifact_path)
    root = _root(store, run)
    return join_uri(root, path) if path else root


def list_artifacts(store: Store, run: Run, path: str | None = None) -> list[FileInfo]:
    """One level of the run's artifacts, sorted, with paths relative to the root; [] if there is no such folder."""
    return run_artifacts(store, run).list_artifacts(folder_of(path))


def download_artifacts(
    store: Store, run: Run, path: str | None = None, dst_path: str | os.PathLike[str] | None = None
) -> str:
    """Copy artifacts to a local folder.

    Args:
        store: the run's store.
        run: the run.
        path: a file or folder; everything if None or empty.
        dst_path: folder to copy to, made if need be; a new private one if None.

    Returns:
        Local path of the copy, ``<dst_path>/<path>``.

    Raises:
        NotFound: there is no such artifact; the message lists what there is.
    """
    return download_from(run_artifacts(store, run), folder_of(path), dst_path)


def download_from(
    repository: ArtifactRepository,
    path: SafeRelPath | None,
    dst_path: str | os.PathLike[str] | None,
    keep_folders: bool = True,
) -> str:
    """`download_artifacts` for a repository; without the folders above the path if they are not to be kept."""
    if dst_path is not None:
        return repository.download(path, local_path_of(dst_path), keep_folders)
    folder = tempfile.mkdtemp(prefix="trackbook-")
    try:
        return repository.download(path, folder, keep_folders)
    except TrackbookError:
        shutil.rmtree(folder)
        raise


def download_zip(
    store: Store, run: Run, path: str | None = None, dst_path: str | os.PathLike[str] | None = None
) -> str:
    """Copy a folder of artifacts, or all of them, into one .zip.

    Args:
        store: the run's store.
        run: the run.
        path: a folder or file; everything if None or empty.
        dst_path: folder for the archive, made if need be; a new private one if None.

    Returns:
        Local path of the archive, ``<dst_path>/<last part of path>.zip``, or ``artifacts.zip`` for everything.
    """
    return zip_from(run_artifacts(store, run), folder_of(path), dst_path)


def zip_from(repository: ArtifactRepository, path: SafeRelPath | None, dst_path: str | os.PathLike[str] | None) -> str:
    """`download_zip` for a repository."""
    name = SafeRelPath((f"{path.parts[-1] if path else 'artifacts'}.zip",))
    folder = tempfile.mkdtemp(prefix="trackbook-") if dst_path is None else local_path_of(dst_path)
    try:
        with target_folder(folder).create(name) as sink:
            write_zip(repository, path, sink)
    except TrackbookError:
        if dst_path is None:
            os.rmdir(folder)
        raise
    return os.path.join(folder, str(name))


def _file(artifact_file: str) -> SafeRelPath:
    return SafeRelPath.parse(artifact_file)


def _writable(store: Store, run: Run) -> ArtifactRepository:
    if store.read_only:
        raise ReadOnlyStore(
            f"{strip_user_info(store.uri)} was opened for reading only. Open it for writing to log artifacts."
        )
    if run.info.lifecycle_stage == LifecycleStage.DELETED:
        raise InvalidState(f"The run {run.info.run_id} is deleted; restore_run brings it back.")
    return run_artifacts(store, run)


def run_artifacts(store: Store, run: Run) -> ArtifactRepository:
    """The repository of a run's artifacts, whose sizes and hashes the store knows."""
    return open_artifacts(_root(store, run), RunRecords(store, run.info.run_id))


def _root(store: Store, run: Run) -> str:
    if not run.info.artifact_uri:
        raise NotSupported(
            f"The run {run.info.run_id} of {strip_user_info(store.uri)} has no place for artifacts: its artifact_uri "
            "is empty."
        )
    return run.info.artifact_uri
