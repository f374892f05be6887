"""Every kind of place keeps the contract: on a disk, and through fsspec in memory and on a disk."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import fsspec
import pytest

from trackbook.entities import FileInfo, StoredFile
from trackbook.errors import DamagedArtifact, InvalidParameter, NotFound, StoreAway
from trackbook.stores.artifacts.contract import ArtifactRepository
from trackbook.stores.artifacts.local import LocalArtifacts
from trackbook.stores.artifacts.remote import RemoteArtifacts
from trackbook.uris import SafeRelPath


def path(text: str) -> SafeRelPath:
    return SafeRelPath.parse(text)


class Remembered:
    """Records in a dict, which says in which order it was called."""

    def __init__(self) -> None:
        self.files: dict[str, StoredFile] = {}
        self.calls: list[str] = []

    def replacing(self, paths: Sequence[str]) -> None:
        self.calls.append(f"replacing {' '.join(paths)}")
        for each in paths:
            self.files.pop(each, None)

    def written(self, files: Sequence[StoredFile]) -> None:
        self.calls.append(f"written {' '.join(file.path for file in files)}")
        self.files.update({file.path: file for file in files})

    def known(self, path: str | None = None) -> list[StoredFile]:
        return [file for file in self.files.values() if not path or f"{file.path}/".startswith(f"{path}/")]


@pytest.fixture
def records() -> Remembered:
    return Remembered()


@pytest.fixture(params=["local", "memory", "file"])
def artifacts(request: pytest.FixtureRequest, tmp_path: Path, records: Remembered) -> Iterator[ArtifactRepository]:
    if request.param == "local":
        yield LocalArtifacts(str(tmp_path / "store" / "run"), records=records)
    elif request.param == "file":
        yield RemoteArtifacts(f"file://{tmp_path}/store/run", records)
    else:
        yield RemoteArtifacts("memory://bucket/store/run", records)
        memory = fsspec.filesystem("memory")
        if memory.exists("/bucket"):
            memory.rm("/bucket", recursive=True)


@pytest.fixture
def overwrite(artifacts: ArtifactRepository) -> Callable[[str, bytes], None]:
    """Change a file behind the repository's back."""

    def change(name: str, data: bytes) -> None:
        if isinstance(artifacts, LocalArtifacts):
            Path(artifacts.uri, name).write_bytes(data)
        else:
            with fsspec.open(f"{artifacts.uri}/{name}", "wb") as stream:
                stream.write(data)

    return change


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A local folder with a few files."""
    folder = tmp_path / "source"
    for name in ("MLmodel", "data/weights.bin", "data/deep/日本.txt"):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(name.encode() * 1000)
    return folder


def everything(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


def test_bytes_streams_and_files_come_back(artifacts: ArtifactRepository, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"from a file")
    artifacts.put_bytes(b"bytes", path("a/bytes"))
    artifacts.put_stream(io.BytesIO(b"from a stream"), path("a/stream"))
    artifacts.put_file(str(tmp_path / "file"), path("file"))
    artifacts.put_bytes(b"", path("empty"))
    assert artifacts.read_bytes(path("a/bytes")) == b"bytes"
    assert artifacts.read_bytes(path("empty")) == b""
    with artifacts.open(path("a/stream")) as stream:
        assert stream.read(4) + stream.read() == b"from a stream"
    assert artifacts.list_artifacts() == [
        FileInfo("a", True, None),
        FileInfo("empty", False, 0),
        FileInfo("file", False, 11),
    ]
    assert artifacts.info(path("a")) == FileInfo("a", True, None)
    assert artifacts.info(path("file")) == FileInfo("file", False, 11)
    assert artifacts.info(path("none")) is None


def test_later_write_replaces(artifacts: ArtifactRepository) -> None:
    for content in (b"first, and long", b"second"):
        artifacts.put_bytes(content, path("a/file"))
        assert artifacts.read_bytes(path("a/file")) == content
    assert [info.path for info in artifacts.list_artifacts()] == ["a"]


def test_folder_comes_back(artifacts: ArtifactRepository, folder: Path, tmp_path: Path) -> None:
    artifacts.put_folder(str(folder))
    artifacts.put_folder(str(folder), path("models/one"))
    assert everything(Path(artifacts.download(path("models/one"), str(tmp_path / "out")))) == everything(folder)
    assert [info.path for info in artifacts.list_artifacts()] == ["MLmodel", "data", "models"]
    assert [info.path for info in artifacts.list_artifacts(path("data"))] == ["data/deep", "data/weights.bin"]
    assert artifacts.list_artifacts(path("none")) == artifacts.list_artifacts(path("MLmodel")) == []


def test_download_lands_where_it_says(artifacts: ArtifactRepository, tmp_path: Path) -> None:
    artifacts.put_bytes(b"x", path("a/b/file"))
    out = tmp_path / "out"
    assert artifacts.download(path("a/b/file"), str(out)) == str(out / "a/b/file")
    assert artifacts.download(path("a/b/file"), str(out), keep_folders=False) == str(out / "file")
    assert artifacts.download(path("a/b"), str(out / "c"), keep_folders=False) == str(out / "c/b")
    assert artifacts.download(None, str(out / "all")) == str(out / "all")
    assert sorted(everything(out)) == ["a/b/file", "all/a/b/file", "c/b/file", "file"]


def test_names_of_any_script_are_kept(artifacts: ArtifactRepository) -> None:
    names = ["日本/グラフ.png", "ελληνικά.txt", "emoji 🎉.json", "naïve façade (1)", "a=b&c+d@e,f'g(h)[i]{j}~!$^`"]
    for name in names:
        artifacts.put_bytes(name.encode(), path(name))
    assert [artifacts.read_bytes(path(name)) for name in names] == [name.encode() for name in names]
    assert {info.path for info in artifacts.list_artifacts()} == {name.partition("/")[0] for name in names}


def test_missing_artifact_names_what_there_is(artifacts: ArtifactRepository, tmp_path: Path) -> None:
    artifacts.put_bytes(b"x", path("plots/roc.png"))
    artifacts.put_bytes(b"x", path("notes.txt"))
    for reading in (artifacts.read_bytes, artifacts.open, lambda p: artifacts.read_range(p, 0, 1)):
        with pytest.raises(NotFound, match=r"'rco.png'.*listing .*notes.txt, plots/"):
            reading(path("rco.png"))
    with pytest.raises(NotFound, match="listing"):
        artifacts.download(path("rco.png"), str(tmp_path / "out"))


def test_range_is_read(artifacts: ArtifactRepository) -> None:
    artifacts.put_bytes(bytes(range(100)), path("file"))
    for start, length in [(0, 3), (40, 20), (95, 5), (95, 50), (100, 5), (500, 1), (0, 0)]:
        assert artifacts.read_range(path("file"), start, length) == bytes(range(100))[start : start + length]
    wrong: list[tuple[Any, Any]] = [(-1, 3), (0, -3), (0.5, 1), ("a", 1)]
    for start, length in wrong:
        with pytest.raises(InvalidParameter, match="range"):
            artifacts.read_range(path("file"), start, length)


def test_update_changes_what_is_there(artifacts: ArtifactRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    artifacts.update(path("n"), lambda old: (old or b"0") + b"1")
    artifacts.update(path("n"), lambda old: (old or b"0") + b"2")
    with pytest.raises(ZeroDivisionError):
        artifacts.update(path("n"), lambda _: bytes(1 // 0))
    assert artifacts.read_bytes(path("n")) == b"012"
    assert [info.path for info in artifacts.list_artifacts()] == ["n"]


def test_removed_files_and_folders_are_gone(artifacts: ArtifactRepository) -> None:
    for name in ("a/b/file", "a/other", "c", "d"):
        artifacts.put_bytes(b"x", path(name))
    artifacts.remove(path("a/b"))
    artifacts.remove(path("c"))
    artifacts.remove(path("none"))
    assert [info.path for info in artifacts.list_artifacts()] == ["a", "d"]
    artifacts.remove()
    artifacts.remove()
    assert artifacts.list_artifacts() == []
    assert artifacts.info() is None


def test_file_over_a_folder_and_below_a_file_are_refused(artifacts: ArtifactRepository, folder: Path) -> None:
    artifacts.put_bytes(b"x", path("folder/file"))
    artifacts.put_bytes(b"x", path("n/MLmodel/file"))
    for name in ("folder", "folder/file/below"):
        with pytest.raises(InvalidParameter, match="cannot be stored there"):
            artifacts.put_bytes(b"x", path(name))
    for name in ("n", "folder/file"):
        with pytest.raises(InvalidParameter, match="cannot be stored there"):
            artifacts.put_folder(str(folder), path(name))
    assert [i.path for i in artifacts.list_artifacts(path("n"))] == ["n/MLmodel"]


@pytest.mark.parametrize("name", [".tmp-" + "0" * 32, "a/.tmp-lock", ".tmp-lock/a"])
def test_names_of_unfinished_writes_are_refused(artifacts: ArtifactRepository, name: str) -> None:
    with pytest.raises(InvalidParameter, match="unfinished"):
        artifacts.put_bytes(b"x", path(name))


@pytest.mark.parametrize(
    "name", ["CON", "nul.txt", "a/COM1/b", "dot.", "space ", "what?".replace("?", "<"), "a|b", "*"]
)
def test_name_that_another_file_system_cannot_hold_is_refused(artifacts: ArtifactRepository, name: str) -> None:
    with pytest.raises(InvalidParameter, match="Windows"):
        artifacts.put_bytes(b"x", path(name))
    assert artifacts.list_artifacts() == []


def test_folder_with_bad_names_is_refused_with_all_of_them(artifacts: ArtifactRepository, folder: Path) -> None:
    for name in ("bad:name", "aux.py", "data/end.", "data/Weights.bin"):
        (folder / name).write_text("x")
    with pytest.raises(InvalidParameter, match=r"4 of the entries") as caught:
        artifacts.put_folder(str(folder))
    for word in ("bad:name", "aux.py", "data/end.", "only by upper and lower case"):
        assert word in str(caught.value)
    assert artifacts.list_artifacts() == []


def test_failing_stream_leaves_nothing_and_the_next_one_succeeds(artifacts: ArtifactRepository) -> None:
    class Breaking(io.BytesIO):
        cut = 0

        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() > self.cut:
                raise ZeroDivisionError
            return super().read(size)

    artifacts.put_bytes(b"old", path("old"))
    for mebibytes in range(3):
        for name in ("new", "old"):
            stream = Breaking(b"x" * (4 << 20))
            stream.cut = mebibytes << 20
            with pytest.raises(ZeroDivisionError):
                artifacts.put_stream(stream, path(name))
    assert artifacts.list_artifacts() == [FileInfo("old", False, 3)]
    assert artifacts.read_bytes(path("old")) == b"old"
    assert artifacts.remove_leftovers(age=-1) == 0
    artifacts.put_bytes(b"new", path("new"))
    assert artifacts.read_bytes(path("new")) == b"new"


def test_stream_of_text_is_refused(artifacts: ArtifactRepository) -> None:
    with pytest.raises(InvalidParameter, match="mode 'rb'"):
        artifacts.put_stream(io.StringIO("text"), path("file"))  # type: ignore[arg-type]
    assert artifacts.list_artifacts() == []


# -- sizes and hashes


def test_what_is_written_is_remembered(artifacts: ArtifactRepository, records: Remembered, folder: Path) -> None:
    artifacts.put_bytes(b"abc", path("a"))
    artifacts.put_folder(str(folder), path("m"))
    artifacts.put_bytes(b"abcd", path("a"))
    artifacts.update(path("a"), lambda old: (old or b"") + b"e")
    assert records.calls == [
        "written a",
        "written m/MLmodel m/data/deep/日本.txt m/data/weights.bin",
        "replacing a",
        "written a",
        "replacing a",
        "written a",
    ]
    assert (records.files["a"].size, records.files["a"].sha256) == (5, hashlib.sha256(b"abcde").hexdigest())
    assert records.files["m/MLmodel"].sha256 == hashlib.sha256(b"MLmodel" * 1000).hexdigest()


@pytest.mark.parametrize("content", [b"abX", b"ab", b"", b"abcd"])
def test_file_that_is_not_what_was_stored_is_never_handed_out(
    artifacts: ArtifactRepository, overwrite: Callable[[str, bytes], None], tmp_path: Path, content: bytes
) -> None:
    artifacts.put_bytes(b"abc", path("m/file"))
    artifacts.put_bytes(b"fine", path("m/other"))
    overwrite("m/file", content)
    with pytest.raises(DamagedArtifact, match=r"'m/file'.*3 bytes"):
        artifacts.read_bytes(path("m/file"))
    with artifacts.open(path("m/file")) as stream, pytest.raises(DamagedArtifact):
        stream.read()
    with pytest.raises(DamagedArtifact):
        artifacts.download(path("m"), str(tmp_path / "out"))
    with pytest.raises(DamagedArtifact):
        artifacts.update(path("m/file"), lambda old: old or b"")
    assert not (tmp_path / "out/m/file").exists()
    assert artifacts.read_bytes(path("m/other")) == b"fine"
    artifacts.put_bytes(b"again", path("m/file"))
    assert artifacts.read_bytes(path("m/file")) == b"again"


def test_range_of_a_file_that_became_shorter_is_refused(
    artifacts: ArtifactRepository, overwrite: Callable[[str, bytes], None]
) -> None:
    artifacts.put_bytes(bytes(100), path("file"))
    overwrite("file", bytes(50))
    assert artifacts.read_range(path("file"), 10, 40) == bytes(40)
    with pytest.raises(DamagedArtifact):
        artifacts.read_range(path("file"), 10, 41)


def test_file_of_which_nothing_is_known_is_read_as_it_is(
    artifacts: ArtifactRepository, overwrite: Callable[[str, bytes], None], tmp_path: Path
) -> None:
    artifacts.put_bytes(b"x", path("known"))
    overwrite("foreign", b"from another tool")
    assert artifacts.read_bytes(path("foreign")) == b"from another tool"
    assert everything(Path(artifacts.download(None, str(tmp_path / "out")))) == {
        "foreign": b"from another tool",
        "known": b"x",
    }


def test_file_that_is_replaced_while_it_is_read_is_read_again(
    artifacts: ArtifactRepository, records: Remembered, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    artifacts.put_bytes(b"old", path("file"))
    known = records.known
    asked: list[str | None] = []

    def replace_after_the_question(path_: str | None = None) -> list[StoredFile]:
        found = known(path_)
        if not asked:
            asked.append(path_)
            artifacts.put_bytes(b"new one", path("file"))
        return found

    monkeypatch.setattr(records, "known", replace_after_the_question)
    assert artifacts.read_bytes(path("file")) == b"new one"
    asked.clear()
    assert Path(artifacts.download(path("file"), str(tmp_path))).read_bytes() == b"new one"
    asked.clear()
    records.files["file"] = StoredFile("file", 1, "0" * 64, 0)
    with artifacts.open(path("file")) as stream:
        assert stream.read() == b"new one"


def test_open_file_that_is_replaced_twice_says_so(artifacts: ArtifactRepository, records: Remembered) -> None:
    artifacts.put_bytes(b"old", path("file"))
    records.files["file"] = StoredFile("file", 1, "0" * 64, 0)
    with artifacts.open(path("file")) as stream:
        records.files["file"] = StoredFile("file", 2, "0" * 64, 0)
        with pytest.raises(StoreAway, match="replaced"):
            stream.read()


def test_jumping_reader_gets_the_bytes(artifacts: ArtifactRepository) -> None:
    artifacts.put_bytes(bytes(range(100)), path("file"))
    with artifacts.open(path("file")) as stream:
        stream.seek(90)
        assert stream.read() == bytes(range(90, 100))
        assert stream.tell() == 100
        stream.seek(0)
        assert stream.read() == bytes(range(100))
        assert stream.seek(-5, os.SEEK_END) == 95


def test_folder_that_cannot_be_read_is_stored_not_at_all(artifacts: ArtifactRepository, folder: Path) -> None:
    artifacts.put_bytes(b"mine", path("MLmodel"))
    os.mkfifo(folder / "zzz")
    with pytest.raises(InvalidParameter, match="zzz"):
        artifacts.put_folder(str(folder))
    assert [info.path for info in artifacts.list_artifacts()] == ["MLmodel"]
