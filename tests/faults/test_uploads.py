"""Artifacts that are cut off, huge, or too large for the disk: none is seen in part, and memory does not grow."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from trackbook.client import Client
from trackbook.errors import StorageFull
from trackbook.stores.artifacts.contract import ArtifactRepository
from trackbook.stores.artifacts.local import LocalArtifacts
from trackbook.stores.artifacts.remote import RemoteArtifacts
from trackbook.uris import SafeRelPath

SIZE = 5 << 20
BIG = SafeRelPath.parse("models/big.bin")


class Killing(io.RawIOBase):
    """A stream whose process dies when it has given so many bytes."""

    def __init__(self, offset: int) -> None:
        self._left = offset

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        if not self._left:
            os.kill(os.getpid(), signal.SIGKILL)
        given = min(size, self._left, 100_000)
        self._left -= given
        return b"x" * given


@pytest.mark.parametrize("kind", ["local", "fsspec"])
def test_upload_that_is_cut_off_anywhere_is_not_seen_and_the_next_one_succeeds(tmp_path: Path, kind: str) -> None:
    root = tmp_path / "run"
    artifacts: ArtifactRepository = LocalArtifacts(str(root)) if kind == "local" else RemoteArtifacts(f"file://{root}")
    artifacts.put_bytes(b"there", SafeRelPath.parse("first"))
    for offset in range(SIZE // 20, SIZE + 1, SIZE // 20):
        child = os.fork()
        if child == 0:
            artifacts.put_stream(Killing(offset), BIG)  # type: ignore[arg-type]
            os._exit(0)
        assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
        assert [info.path for info in artifacts.list_artifacts()] == ["first"]
        assert artifacts.info(BIG) is None
    artifacts.put_bytes(b"whole", BIG)
    assert artifacts.read_bytes(BIG) == b"whole"
    left = sorted(root.glob(".tmp-*"))
    assert len(left) == 20
    assert artifacts.remove_leftovers() == 0
    day_ago = time.time() - 86_500
    os.utime(left[0], (day_ago, day_ago))
    assert artifacts.remove_leftovers() == 1
    assert sorted(root.glob(".tmp-*")) == left[1:]
    assert artifacts.remove_leftovers(age=-1) == 19


UP_AND_DOWN = """
import re, sys
from pathlib import Path
from trackbook.client import Client
client = Client(sys.argv[1])
run_id = client.create_run("0").info.run_id
client.log_text(run_id, "x", "small.txt")
client.download_artifacts(run_id, "small.txt", sys.argv[3])
def peak():  # KiB of this program alone: what getrusage tells counts the program that started it, too
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
before = peak()
client.log_artifact(run_id, sys.argv[2])
client.download_artifacts(run_id, "big", sys.argv[3])
print(peak() - before)
"""


@pytest.mark.slow
@pytest.mark.parametrize("size", [256 << 20, pytest.param(2 << 30, marks=pytest.mark.fuzz)], ids=["256 MiB", "2 GiB"])
def test_huge_file_goes_up_and_down_in_little_memory(tmp_path: Path, size: int) -> None:
    big = tmp_path / "big"
    with big.open("wb") as stream:
        stream.truncate(size)
        stream.seek(size - 100)
        stream.write(b"end")
    command = [sys.executable, "-c", UP_AND_DOWN, str(tmp_path / "t.db"), str(big), str(tmp_path / "out")]
    grown = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    copy = tmp_path / "out" / "big"
    assert copy.stat().st_size == size
    with copy.open("rb") as stream:
        stream.seek(size - 100)
        assert stream.read(3) == b"end"
    assert grown < 64 << 10, f"{grown} KiB"


def test_disk_that_artifacts_fill_keeps_all_that_was_stored(small_disk: Path, tmp_path: Path) -> None:
    client = Client(small_disk / "trackbook.db")
    run_id = client.create_run("0").info.run_id
    stored = 0
    with pytest.raises(StorageFull, match="bytes are free"):
        for stored in range(1_000):
            client.log_stream(run_id, io.BytesIO(os.urandom(500_000)), f"{stored}.txt")
    with pytest.raises(StorageFull):
        client.log_text(run_id, "y" * SIZE, "0.txt")  # over one that is there
    assert len(client.list_artifacts(run_id)) == stored
    assert not list(small_disk.rglob(".tmp-*"))
    client.download_artifacts(run_id, "", tmp_path / "out")  # each is what was stored
    with pytest.raises(StorageFull):
        client.download_zip(run_id, dst_path=small_disk)
    assert not list(small_disk.glob("*.zip"))
    Path(client.get_run(run_id).info.artifact_uri or "", "0.txt").unlink()
    client.log_text(run_id, "again", "again.txt")
    assert len(client.list_artifacts(run_id)) == stored
    client._store.close()
