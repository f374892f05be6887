"""Artifacts through fsspec: what breaks on the way, what a bucket makes up, and what an address may hold."""

from __future__ import annotations

import random
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import fsspec
import pytest

from trackbook.entities import StoredFile
from trackbook.errors import (
    DamagedArtifact,
    IncompleteDownload,
    InvalidParameter,
    MissingDependency,
    NotFound,
    PermissionDenied,
    ReadOnlyStore,
    StorageFull,
    StoreAway,
)
from trackbook.stores.artifacts.digests import Digest
from trackbook.stores.artifacts.drivers import reached
from trackbook.stores.artifacts.remote import RemoteArtifacts
from trackbook.stores.artifacts.repository import open_artifacts
from trackbook.stores.base import Store
from trackbook.uris import SafeRelPath

CONTENT = random.Random(7).randbytes(300_000)


def path(text: str) -> SafeRelPath:
    return SafeRelPath.parse(text)


class FileServer(ThreadingHTTPServer):
    """Serves one file with ranges, and closes connections after as many bytes as it is told."""

    daemon_threads = True
    cuts: list[int]
    served: int


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FileServer

    def do_HEAD(self) -> None:
        self.answer(head=True)

    def do_GET(self) -> None:
        self.answer(head=False)

    def answer(self, head: bool) -> None:
        if self.path != "/store/file.bin":
            self.send_error(404)
            return
        first, last = 0, len(CONTENT) - 1
        wanted = self.headers.get("Range", "").removeprefix("bytes=")
        if wanted:
            first, last = int(wanted.split("-")[0]), min(last, int(wanted.split("-")[1] or last))
        body = CONTENT[first : last + 1]
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Accept-Ranges", "bytes")
        if wanted:
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(CONTENT)}")
        self.end_headers()
        if head:
            return
        cut = self.server.cuts.pop(0) if self.server.cuts else len(body)
        self.wfile.write(body[:cut])
        self.server.served += len(body[:cut])
        if cut < len(body):
            self.wfile.flush()
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[FileServer]:
    server = FileServer(("127.0.0.1", 0), Handler)
    server.cuts, server.served = [], 0
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


class Known:
    """One record."""

    def __init__(self, content: bytes) -> None:
        self.file = Digest(content).file("file.bin")

    def replacing(self, paths: object) -> None:
        raise AssertionError

    def written(self, files: object) -> None:
        raise AssertionError

    def known(self, path: str | None = None) -> list[StoredFile]:
        return [self.file]


@pytest.fixture
def web(server: FileServer) -> RemoteArtifacts:
    found = RemoteArtifacts(f"http://127.0.0.1:{server.server_port}/store", Known(CONTENT), pauses=(0, 0, 0, 0))
    found.patience = ()
    return found


def test_connection_that_breaks_at_any_byte_is_taken_up_where_it_broke(
    web: RemoteArtifacts, server: FileServer, tmp_path: Path
) -> None:
    chance = random.Random(1)
    for turn in range(50):
        server.cuts, server.served = [chance.randrange(len(CONTENT)) for _ in range(turn % 4 + 1)], 0
        local = Path(web.download(path("file.bin"), str(tmp_path / f"{turn}")))
        assert local.read_bytes() == CONTENT
        assert not server.cuts


def test_connection_that_always_breaks_is_an_incomplete_download(
    web: RemoteArtifacts, server: FileServer, tmp_path: Path
) -> None:
    server.cuts = [1_000] + [0] * 200
    with pytest.raises(IncompleteDownload, match=r"of 300000 bytes of 'file\.bin'"):
        web.download(path("file.bin"), str(tmp_path / "out"))
    assert not list((tmp_path / "out").iterdir())
    server.cuts = []
    assert Path(web.download(path("file.bin"), str(tmp_path / "out"))).read_bytes() == CONTENT


def test_other_bytes_on_the_way_are_damage(web: RemoteArtifacts, tmp_path: Path) -> None:
    web.records = Known(CONTENT[:-1] + b"x")
    with pytest.raises(DamagedArtifact):
        web.download(path("file.bin"), str(tmp_path / "out"))
    assert not list((tmp_path / "out").iterdir())


def test_web_address_is_read_in_ranges_and_takes_nothing(web: RemoteArtifacts, server: FileServer) -> None:
    assert web.read_range(path("file.bin"), 1_000, 50) == CONTENT[1_000:1_050]
    assert server.served < 100_000
    with pytest.raises(ReadOnlyStore, match="only be read"):
        web.put_bytes(b"x", path("new.bin"))
    with pytest.raises(NotFound):
        web.read_bytes(path("none.bin"))


def test_server_that_is_not_there_is_away() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    with pytest.raises(StoreAway, match="Try again"):
        RemoteArtifacts(f"http://127.0.0.1:{port}/store", pauses=()).read_bytes(path("a"))


# -- what a bucket makes up


@pytest.fixture(params=[1, 4], ids=["one at a time", "four at a time"])
def bucket(request: pytest.FixtureRequest) -> Iterator[RemoteArtifacts]:
    yield RemoteArtifacts("memory://bucket/run", threads=request.param)
    fsspec.filesystem("memory").store.clear()


@pytest.mark.parametrize("name", ["../../.bashrc", "..", "a/../../../x", "a\\..\\x", "C:x", "a%2f..%2fx", "a\nb"])
def test_hostile_name_in_a_bucket_is_not_listed_and_never_written(
    bucket: RemoteArtifacts, tmp_path: Path, name: str
) -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe_file("/bucket/run/good", b"x")
    memory.store[f"/bucket/run/{name}"] = memory.store["/bucket/run/good"]
    assert [info.path for info in bucket.list_artifacts()] in (["good"], ["a", "good"])
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(InvalidParameter, match="artifact path"):
        bucket.download(None, str(tmp_path / "deep" / "out"))
    assert sorted(tmp_path.rglob("*")) == before
    assert Path(bucket.download(path("good"), str(tmp_path / "out"))).read_bytes() == b"x"


def test_name_that_is_only_odd_can_be_fetched(bucket: RemoteArtifacts, tmp_path: Path) -> None:
    fsspec.filesystem("memory").pipe(
        {"/bucket/run/aux.py": b"1", "/bucket/run/Data/x": b"2", "/bucket/run/data/x": b"3"}
    )
    bucket.download(None, str(tmp_path / "out"))
    assert [(tmp_path / "out" / name).read_bytes() for name in ("aux.py", "Data/x", "data/x")] == [b"1", b"2", b"3"]


def test_folder_that_fails_half_way_leaves_nothing_new(
    bucket: RemoteArtifacts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "source"
    folder.mkdir()
    for name in "abcdefgh":
        (folder / name).write_text(name)
    bucket.put_bytes(b"old", path("m/b"))
    move = type(fsspec.filesystem("memory")).mv

    def full(fs: object, source: str, target: str, **more: object) -> None:
        if target.endswith("/c"):
            raise OSError(28, "No space left on device")
        move(fs, source, target, **more)

    monkeypatch.setattr(type(fsspec.filesystem("memory")), "mv", full)
    with pytest.raises(StorageFull, match="No space"):
        bucket.put_folder(str(folder), path("m"))
    assert [info.path for info in bucket.list_artifacts(path("m"))] == ["m/b"]
    assert list(fsspec.filesystem("memory").store) == ["/bucket/run/m/b"]


def test_many_files_go_and_come_back(bucket: RemoteArtifacts, tmp_path: Path) -> None:
    folder = tmp_path / "source"
    folder.mkdir()
    for number in range(40):
        (folder / f"{number:02}").write_text(f"{number}" * 1_000)
    stored = bucket.put_folder(str(folder), path("m"))
    assert [(file.path, file.size) for file in stored[::30]] == [("m/00", 1_000), ("m/30", 2_000)]
    copy = Path(bucket.download(path("m"), str(tmp_path / "out")))
    assert {file.name: file.read_text() for file in copy.iterdir()} == {
        file.name: file.read_text() for file in folder.iterdir()
    }


# -- addresses


@pytest.mark.parametrize(
    "uri",
    [
        "sftp://ada:secret@host/x",
        "https://secret@host/x",
        "s3://secret:secret@bucket/x",
        "s3://secret@bucket/x",
        "https://host/x?sig=secret",
        "https://host/x#secret",
        "simplecache::s3://bucket/x",
        "s3://bucket/a/../b",
        "abfss://box:secret@host/x",
    ],
)
def test_address_with_a_secret_is_refused_and_not_shown(file_store: Store, uri: str) -> None:
    for call in (open_artifacts, lambda uri: file_store.create_experiment("x", artifact_location=uri)):
        with pytest.raises(InvalidParameter) as caught:
            call(uri)
        assert "secret" not in str(caught.value)
    assert file_store.get_experiment_by_name("x") is None


@pytest.mark.parametrize("uri", ["abfss://box@account.dfs.core.windows.net/x", "sftp://ada@host/x", "s3://bucket"])
def test_address_without_one_is_kept_as_it_is(file_store: Store, uri: str) -> None:
    experiment = file_store.get_experiment(file_store.create_experiment("x", artifact_location=uri))
    assert experiment.artifact_location == uri
    assert open_artifacts(uri).uri == uri


@pytest.mark.parametrize(
    ("uri", "command"),
    [
        ("s3://bucket/x", r"pip install 'trackbook\[s3\]'"),
        ("gs://bucket/x", r"pip install 'trackbook\[gcs\]'"),
        ("abfs://box/x", r"pip install 'trackbook\[azure\]'"),
        ("sftp://host/x", "pip install paramiko"),
        ("oss://bucket/x", "ossfs"),
    ],
)
def test_missing_library_is_named_with_its_command(uri: str, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str, *arguments: object) -> object:
        raise ImportError(f"Install {name.partition('.')[0]}")

    registry = sys.modules["fsspec.registry"]  # fsspec.registry is a dict in it
    monkeypatch.setattr(registry, "_import_class", absent)
    monkeypatch.delitem(registry._registry, uri.partition(":")[0], raising=False)
    with pytest.raises(MissingDependency, match=command):
        open_artifacts(uri).read_bytes(path("a"))


def failing(problem: Exception) -> Callable[[], None]:
    def fail() -> None:
        raise problem

    return fail


def test_library_error_shows_no_password() -> None:
    with pytest.raises(StoreAway) as caught, reached("s3://bucket", "a"):
        failing(OSError("no answer from https://ada:secret@host/x"))()
    assert "secret" not in str(caught.value)
    assert "https://host/x" in str(caught.value)


@pytest.mark.parametrize(("writing", "kind"), [(False, PermissionDenied), (True, ReadOnlyStore)])
def test_refusal_names_what_is_wrong(writing: bool, kind: type[Exception]) -> None:
    with pytest.raises(kind, match="credentials"), reached("s3://bucket", "a", writing=writing):
        failing(PermissionError("Access Denied"))()


def test_error_of_ours_or_of_nobodys_passes_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError), reached("s3://bucket", "a"):
        failing(ZeroDivisionError())()
    with pytest.raises(NotFound, match="mine"), reached("s3://bucket", "a"):
        failing(NotFound("mine"))()
