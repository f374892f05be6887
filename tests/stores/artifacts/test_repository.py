"""What goes into an artifact store comes out again, whole, and nothing else is touched."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from trackbook.entities import FileInfo
from trackbook.errors import InvalidParameter, NotSupported
from trackbook.stores.artifacts.paths import SafeFolder
from trackbook.stores.artifacts.repository import LocalArtifacts, join_uri, open_artifacts
from trackbook.uris import SafeRelPath

#: None names a file that exists on any machine: should the check fail, the test must do no harm.
EVIL_PATHS = [
    "../canary",
    "../../no-such-folder/x",
    "a/../../canary",
    "..",
    ".",
    "./a",
    "a/.",
    "",
    "/no-such-folder/x",
    "//no-such-folder/x",
    "a//b",
    "a/",
    "%2e%2e/canary",
    "%2e%2e%2fcanary",
    "..%2fcanary",
    "%252e%252e%252fcanary",
    "%25252e%25252e%25252fcanary",
    "%2Fno-such-folder%2Fx",
    "..\\canary",
    "\\..\\..\\no-such-folder",
    "a%5c..%5ccanary",
    "C:\\windows",
    "C:..",
    "file:///no-such-folder/x",
    "FILE:/no-such-folder/x",
    "http://h/x",
    "a#/../../canary",
    "a%23/..%2f..",
    "a?/../../canary",
    "a;/../../canary",
    "a%3b/x",
    "a\x00b",
    "a%00b",
    "a\nb",
    "a\x7fb",
    "a\x1b[31m",
    "e\u0301",
    "\udcff",
    "x" * 256,
    "/".join(["x" * 200] * 6),
    "100%",
    "....//canary/..",
]


def path(text: str) -> SafeRelPath:
    return SafeRelPath.parse(text)


@pytest.fixture
def artifacts(tmp_path: Path) -> LocalArtifacts:
    return LocalArtifacts(str(tmp_path / "store" / "1" / "run"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A local folder with a few files."""
    folder = tmp_path / "local"
    for name in ("MLmodel", "data/weights.bin", "data/deep/日本.txt"):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(name.encode() * 1000)
    (folder / "empty").mkdir()
    return folder


def everything(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


def test_folder_comes_back(artifacts: LocalArtifacts, folder: Path, tmp_path: Path) -> None:
    artifacts.put_folder(str(folder))
    artifacts.put_folder(str(folder), path("models/one"))
    assert everything(Path(artifacts.download(path("models/one"), str(tmp_path / "out")))) == everything(folder)
    assert (tmp_path / "out/models/one/empty").is_dir()
    assert [info.path for info in artifacts.list_artifacts()] == ["MLmodel", "data", "empty", "models"]


@pytest.mark.parametrize("text", EVIL_PATHS)
def test_evil_path_is_refused_and_nothing_outside_changes(artifacts: LocalArtifacts, tmp_path: Path, text: str) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "canary").write_text("secret")
    before = everything(tmp_path)
    with pytest.raises(InvalidParameter, match="artifact path"):
        artifacts.put_bytes(b"owned", SafeRelPath.parse(text))
    with pytest.raises(InvalidParameter, match="artifact path"):
        artifacts.read_bytes(SafeRelPath.parse(text))
    assert everything(tmp_path) == before


@pytest.mark.parametrize(
    "parts",
    [("..", "canary"), ("..",), (".",), ("a", "", "b"), ("a/../../canary",), ("a", "../../canary"), ("\x00",), ()],
)
def test_path_that_was_not_parsed_does_not_lead_outside_either(
    artifacts: LocalArtifacts, tmp_path: Path, parts: tuple[str, ...]
) -> None:
    _refuses_unparsed(artifacts, tmp_path, parts)


def test_absolute_path_that_was_not_parsed_does_not_lead_outside(artifacts: LocalArtifacts, tmp_path: Path) -> None:
    (tmp_path / "canary").write_text("secret")
    for parts in [(str(tmp_path / "canary"),), ("a", str(tmp_path / "canary")), (str(tmp_path), "canary")]:
        _refuses_unparsed(artifacts, tmp_path, parts)


def _refuses_unparsed(artifacts: LocalArtifacts, tmp_path: Path, parts: tuple[str, ...]) -> None:
    """Every way in; all targets lie in the test's own folder."""
    artifacts.put_bytes(b"x", path("a/file"))
    (tmp_path / "local").mkdir(exist_ok=True)
    (tmp_path / "local" / "canary").write_text("owned")
    with pytest.raises(InvalidParameter, match="artifact path"):
        SafeRelPath(parts)
    evil, before = object.__new__(SafeRelPath), everything(tmp_path)  # as if its own check were not there
    object.__setattr__(evil, "parts", parts)
    for way_in in (
        lambda: artifacts.put_bytes(b"owned", evil),
        lambda: artifacts.put_file(str(tmp_path / "local" / "canary"), evil),
        lambda: artifacts.put_stream(io.BytesIO(b"owned"), evil),
        lambda: artifacts.put_folder(str(tmp_path / "local"), evil),
        lambda: artifacts.update(evil, lambda _: b"owned"),
        lambda: artifacts.read_bytes(evil),
        lambda: artifacts.info(evil),
        lambda: artifacts.list_artifacts(evil),
        lambda: artifacts.download(evil, str(tmp_path / "out")),
    ):
        with pytest.raises(InvalidParameter, match=r"artifact path"):
            way_in()
    assert everything(tmp_path) == before


def test_download_does_not_follow_links_out_of_its_folder(artifacts: LocalArtifacts, tmp_path: Path) -> None:
    artifacts.put_bytes(b"owned", path("a/file"))
    victim = tmp_path / "victim"
    victim.mkdir()
    out = tmp_path / "out"
    out.mkdir()
    (out / "a").symlink_to(victim)
    with pytest.raises(InvalidParameter, match="in the way"):
        artifacts.download(path("a/file"), str(out))
    with pytest.raises(InvalidParameter, match="in the way"):
        artifacts.download(None, str(out))
    assert os.listdir(victim) == []


class Hostile(LocalArtifacts):
    """A store kept by somebody who lies about names."""

    def list_artifacts(self, path: SafeRelPath | None = None) -> list[FileInfo]:
        return [FileInfo("../../.bashrc", False, 3)]


def test_download_refuses_names_that_a_store_makes_up(tmp_path: Path) -> None:
    artifacts = Hostile(str(tmp_path / "root"))
    artifacts.put_bytes(b"x", path("file"))
    with pytest.raises(InvalidParameter, match="artifact path"):
        artifacts.download(None, str(tmp_path / "x" / "y" / "out"))
    assert not (tmp_path / "x" / ".bashrc").exists()


def test_folder_with_bad_names_is_refused_whole(artifacts: LocalArtifacts, folder: Path) -> None:
    (folder / "bad:name").write_text("x")
    (folder / "data" / "out").symlink_to(folder.parent)
    with pytest.raises(InvalidParameter, match=r"2 of the entries"):
        artifacts.put_folder(str(folder))
    assert artifacts.list_artifacts() == []


def test_folder_that_does_not_fit_what_is_there_is_refused_whole(artifacts: LocalArtifacts, folder: Path) -> None:
    artifacts.put_bytes(b"x", path("m/data"))
    artifacts.put_bytes(b"x", path("n/MLmodel/file"))
    for below in ("m", "n", "m/data"):
        with pytest.raises(InvalidParameter, match="cannot be stored there"):
            artifacts.put_folder(str(folder), path(below))
    assert [i.path for i in artifacts.list_artifacts(path("m"))] == ["m/data"]
    assert [i.path for i in artifacts.list_artifacts(path("n"))] == ["n/MLmodel"]


def test_folder_that_holds_the_store_is_refused(artifacts: LocalArtifacts, tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match="in themselves"):
        artifacts.put_folder(str(tmp_path))


@pytest.mark.parametrize("local", ["absent", "folder", "pipe"])
def test_local_file_that_is_none_is_refused(artifacts: LocalArtifacts, tmp_path: Path, local: str) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InvalidParameter, match=local):
        artifacts.put_file(str(tmp_path / local), path("file"))
    assert artifacts.list_artifacts() == []


def test_update_that_raises_leaves_the_file(artifacts: LocalArtifacts) -> None:
    artifacts.update(path("n"), lambda old: (old or b"0") + b"1")
    with pytest.raises(ZeroDivisionError):
        artifacts.update(path("n"), lambda _: bytes(1 // 0))
    assert artifacts.read_bytes(path("n")) == b"01"
    assert os.listdir(artifacts.uri) == ["n"]


def killed_while(work: object, after: float) -> None:
    """Run `work` in a child process that is killed `after` seconds."""
    child = os.fork()
    if child == 0:
        work()  # type: ignore[operator]
        os._exit(0)
    time.sleep(after)
    os.kill(child, 9)
    os.waitpid(child, 0)


def test_kill_in_the_middle_of_a_file_shows_the_old_one_or_the_new_one(artifacts: LocalArtifacts) -> None:
    old, new = b"old" * 100_000, b"new" * 2_000_000
    artifacts.put_bytes(old, path("a/file"))

    def rewrite() -> None:
        while True:
            artifacts.put_bytes(new, path("a/file"))
            artifacts.put_bytes(old, path("a/file"))

    for turn in range(20):
        killed_while(rewrite, 0.002 + turn * 0.0013)
        assert artifacts.read_bytes(path("a/file")) in (old, new)
        assert [info.path for info in artifacts.list_artifacts()] == ["a"]
        assert [info.path for info in artifacts.list_artifacts(path("a"))] == ["a/file"]


def test_kill_in_the_middle_of_a_folder_shows_all_of_it_or_nothing(artifacts: LocalArtifacts, folder: Path) -> None:
    for number in range(40):
        (folder / f"part-{number}").write_bytes(b"x" * 50_000)
    artifacts.put_bytes(b"there", path("first"))  # the root is there, however early a kill comes
    shown = set()
    for turn in range(200):
        target = path(f"model-{turn}")
        pause = 0.001 + (turn % 20) * 0.002 * (1 + turn // 20)  # longer on a busy machine, until one falls into a write
        killed_while(lambda target=target: artifacts.put_folder(str(folder), target), pause)
        found = artifacts.list_artifacts(target)
        shown.add(len(found))
        assert len(found) in (0, 43)
        if turn >= 20 and 0 in shown and any(name.startswith(".tmp") for name in os.listdir(artifacts.uri)):
            break
    assert all(not info.path.startswith(".tmp") for info in artifacts.list_artifacts())
    assert LocalArtifacts(artifacts.uri).remove_leftovers(age=-1) >= 1, "no kill fell into a write"
    assert 0 in shown


BIG = """
import re, sys
from pathlib import Path
from trackbook.stores.artifacts.repository import open_artifacts
from trackbook.uris import SafeRelPath
artifacts, big = open_artifacts(sys.argv[1]), SafeRelPath.parse("big.bin")
def peak():  # KiB of this program alone: what getrusage tells counts the program that started it, too
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
before = peak()
artifacts.put_file(sys.argv[2], big)
artifacts.download(big, sys.argv[3])
print(peak() - before)
"""


def test_big_file_needs_no_more_memory_than_a_small_one(tmp_path: Path) -> None:
    big = tmp_path / "big"
    with big.open("wb") as stream:
        stream.truncate(64 << 20)
        stream.seek(40 << 20)
        stream.write(b"middle")
    command = [sys.executable, "-c", BIG, str(tmp_path / "store"), str(big), str(tmp_path / "out")]
    grown = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    copy = tmp_path / "out" / "big.bin"
    assert copy.stat().st_size == 64 << 20
    with copy.open("rb") as stream:
        stream.seek(40 << 20)
        assert stream.read(6) == b"middle"
    assert grown < 16_384, f"{grown} KiB"


def test_open_takes_paths_and_file_uris(tmp_path: Path) -> None:
    for uri in (str(tmp_path / "a b"), f"file://{tmp_path}/a%20b", f"FILE:{tmp_path}/a%20b"):
        open_artifacts(uri).put_bytes(b"x", path("file"))
        assert os.listdir(tmp_path / "a b") == ["file"]


@pytest.mark.parametrize(
    "uri", ["relative/path", "", "file:relative", "file://host/x", "file:///a?x", "file:///a#/../b"]
)
def test_open_refuses_roots_that_are_not_absolute_paths(uri: str) -> None:
    with pytest.raises(InvalidParameter):
        open_artifacts(uri)


@pytest.mark.parametrize(
    ("uri", "coming"),
    [
        ("mlflow-artifacts:/1/x", "server"),
        ("dbfs:/x", "not a scheme"),
        ("simplecache:/x", "not a scheme"),
        ("zip://x", "not a scheme"),
        ("what://x", "not a scheme"),
    ],
)
def test_open_says_what_will_serve_another_scheme(uri: str, coming: str) -> None:
    with pytest.raises(NotSupported, match=coming):
        open_artifacts(uri)


def test_join_escapes_only_in_a_uri() -> None:
    assert join_uri("/root/", path("a b/ü")) == "/root/a b/ü"
    assert join_uri("file:///root", path("a b/ü")) == "file:///root/a%20b/%C3%BC"


def test_file_mode_setting_reaches_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKBOOK_FILE_MODE", "660")
    artifacts = open_artifacts(str(tmp_path / "root"))
    artifacts.put_bytes(b"x", path("a/file"))
    assert (tmp_path / "root/a/file").stat().st_mode & 0o777 == 0o660
    assert (tmp_path / "root/a").stat().st_mode & 0o777 == 0o770
    monkeypatch.setenv("TRACKBOOK_FILE_MODE", "rw-rw----")
    with pytest.raises(InvalidParameter, match="octal"):
        open_artifacts(str(tmp_path / "root"))


def test_another_way_of_opening_serves_the_same(tmp_path: Path, folder: Path) -> None:
    from trackbook.stores.artifacts.beneath import walk_open

    artifacts = LocalArtifacts(str(tmp_path / "r"), SafeFolder(str(tmp_path / "r"), opener=walk_open))
    artifacts.put_folder(str(folder), path("m"))
    assert everything(tmp_path / "r" / "m") == everything(folder)
