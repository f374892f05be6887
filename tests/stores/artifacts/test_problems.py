"""A full or read-only disk is a typed error, and nothing half-written is seen."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from trackbook.errors import PermissionDenied, ReadOnlyStore, StorageFull, TrackbookError
from trackbook.stores.artifacts.problems import free_bytes, reading, writing
from trackbook.stores.artifacts.repository import LocalArtifacts
from trackbook.uris import SafeRelPath

SIZE = 4 << 20
NOBODY = 65534


@pytest.fixture(params=["disk", "limit"])
def small(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A folder where no more than 4 MiB can be written: a small disk where we may mount one, or a limit."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "none", str(folder)]
    mounted = request.param == "disk" and os.getuid() == 0 and subprocess.run(mount, check=False).returncode == 0
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    if not mounted:
        resource.setrlimit(resource.RLIMIT_FSIZE, (SIZE, before[1]))
    yield folder
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    if mounted:
        subprocess.run(["umount", str(folder)], check=True)


def path(text: str) -> SafeRelPath:
    return SafeRelPath.parse(text)


def test_full_disk_names_path_and_space_and_shows_nothing(small: Path) -> None:
    artifacts = LocalArtifacts(str(small / "run"))
    artifacts.put_bytes(b"kept", path("a/file"))
    with pytest.raises(StorageFull, match=r"'a/file' in .*small/run.* [0-9]+ bytes are free") as caught:
        artifacts.put_bytes(b"x" * (SIZE + 1), path("a/file"))
    assert caught.value.get_http_status_code() == 507
    assert artifacts.read_bytes(path("a/file")) == b"kept"
    assert os.listdir(small / "run") == ["a"]
    artifacts.put_bytes(b"y" * 1000, path("b"))  # the room is there again


def test_full_disk_leaves_nothing_of_a_folder(small: Path, tmp_path: Path) -> None:
    local = tmp_path / "local"
    local.mkdir()
    for number in range(3):
        (local / f"small-{number}").write_bytes(b"x" * 1000)
    with (local / "zbig").open("wb") as stream:
        for _ in range(2):  # longer than the limit of a process would let us write
            stream.write(b"x" * (SIZE // 2))
    (local / "zbig2").write_bytes(b"x" * SIZE)
    os.truncate(local / "zbig2", 0)
    os.link(local / "zbig", local / "zbig3")
    artifacts = LocalArtifacts(str(small / "run"))
    resource.setrlimit(resource.RLIMIT_FSIZE, (SIZE // 4, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    with pytest.raises(StorageFull):
        artifacts.put_folder(str(local), path("model"))
    assert artifacts.list_artifacts() == []
    assert os.listdir(small / "run") == []


@pytest.fixture
def as_nobody() -> Iterator[None]:
    """Without the rights of root, which may write anywhere."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    yield
    if root:
        os.seteuid(0)


@pytest.fixture
def locked_run(tmp_path: Path) -> Iterator[Path]:
    root = tmp_path / "run"
    root.mkdir()
    (root / "file").write_text("kept")
    (root / "private").write_text("kept")
    (root / "private").chmod(0o000)
    for folder in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        folder.chmod(0o755)
    root.chmod(0o555)
    yield root
    root.chmod(0o755)


def test_read_only_folder_is_named_and_still_read(locked_run: Path, as_nobody: None) -> None:
    artifacts = LocalArtifacts(str(locked_run))
    for write in (artifacts.put_bytes, lambda data, name: artifacts.update(name, lambda _: data)):
        with pytest.raises(ReadOnlyStore, match="run is read-only"):
            write(b"x", path("new"))
    with pytest.raises(ReadOnlyStore):
        LocalArtifacts(str(locked_run / "deeper")).put_bytes(b"x", path("new"))
    assert artifacts.read_bytes(path("file")) == b"kept"
    assert [info.path for info in artifacts.list_artifacts()] == ["file", "private"]


def test_file_without_permission_is_named(locked_run: Path, as_nobody: None) -> None:
    with pytest.raises(PermissionDenied, match="'private'"):
        LocalArtifacts(str(locked_run)).read_bytes(path("private"))


@pytest.mark.parametrize("seam", [reading, writing])
def test_any_other_failure_is_a_typed_error_with_its_cause(seam: object) -> None:
    with pytest.raises(TrackbookError, match="Input/output error") as caught, seam("/root", "a"):  # type: ignore[operator]
        raise OSError(5, "Input/output error")
    assert isinstance(caught.value.__cause__, OSError)


def test_free_bytes_of_an_absent_folder_are_those_of_its_disk(tmp_path: Path) -> None:
    assert free_bytes(str(tmp_path / "not" / "there")) > 0
