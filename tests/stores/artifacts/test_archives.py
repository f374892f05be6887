"""A folder becomes a .zip as a stream, and an archive is unpacked only if nothing in it is wrong."""

from __future__ import annotations

import io
import os
import stat
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from trackbook.errors import ArchiveError, DamagedArtifact, InvalidParameter, NotFound
from trackbook.stores.artifacts.archives import unpack, write_zip
from trackbook.stores.artifacts.local import LocalArtifacts
from trackbook.uris import SafeRelPath


def path(text: str) -> SafeRelPath:
    return SafeRelPath.parse(text)


@pytest.fixture
def artifacts(tmp_path: Path) -> LocalArtifacts:
    artifacts = LocalArtifacts(str(tmp_path / "store"))
    for name in ("notes.txt", "model/MLmodel", "model/data/日本.bin"):
        artifacts.put_bytes(name.encode() * 500, path(name))
    os.mkdir(tmp_path / "store" / "model" / "empty")
    return artifacts


class OnlyWrites:
    """A pipe to a browser: it cannot seek, tell or be read."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.largest = 0

    def write(self, data: bytes) -> None:
        self.data += data
        self.largest = max(self.largest, len(data))


@pytest.mark.parametrize(
    ("below", "names"),
    [
        (None, ["model/", "model/MLmodel", "model/data/", "model/data/日本.bin", "model/empty/", "notes.txt"]),
        ("model", ["MLmodel", "data/", "data/日本.bin", "empty/"]),
        ("model/data", ["日本.bin"]),
        ("model/MLmodel", ["MLmodel"]),
    ],
)
def test_zip_holds_what_is_below_a_path(
    artifacts: LocalArtifacts, tmp_path: Path, below: str | None, names: list[str]
) -> None:
    sink = OnlyWrites()
    write_zip(artifacts, path(below) if below else None, sink)
    with zipfile.ZipFile(io.BytesIO(sink.data)) as archive:
        assert archive.testzip() is None
        assert sorted(archive.namelist()) == names
        for name in names:
            full = f"{below}/{name}" if below and below != "model/MLmodel" else below or name
            assert name.endswith("/") or archive.read(name) == artifacts.read_bytes(path(full))


def test_zip_is_written_in_memory_that_does_not_grow(artifacts: LocalArtifacts, tmp_path: Path) -> None:
    with open(tmp_path / "store" / "big", "wb") as big:
        big.truncate(64 << 20)
    tracemalloc.start()
    with open(tmp_path / "out.zip", "wb") as sink:
        write_zip(artifacts, None, sink)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 << 20
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert archive.getinfo("big").file_size == 64 << 20


def test_zip_of_nothing_is_not_found(artifacts: LocalArtifacts) -> None:
    with pytest.raises(NotFound, match="none"):
        write_zip(artifacts, path("none"), OnlyWrites())


def test_zip_comes_back(artifacts: LocalArtifacts, tmp_path: Path) -> None:
    with open(tmp_path / "out.zip", "wb") as sink:
        write_zip(artifacts, None, sink)
    unpack(str(tmp_path / "out.zip"), str(tmp_path / "out"))
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700
    assert (tmp_path / "out/model/data/日本.bin").read_bytes() == artifacts.read_bytes(path("model/data/日本.bin"))
    assert (tmp_path / "out/model/empty").is_dir()
    with pytest.raises(InvalidParameter, match="there already"):
        unpack(str(tmp_path / "out.zip"), str(tmp_path / "out"))


def zipped(*members: tuple[str, int]) -> Callable[[Path], None]:
    """A .zip with a good member and others, each with the kind of file that it says it is."""

    def make(archive: Path) -> None:
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
            opened.writestr("good", "x")
            for name, kind in members:
                info = zipfile.ZipInfo(name)
                info.external_attr = (kind | 0o777) << 16
                opened.writestr(info, "/etc/hostname" if kind == stat.S_IFLNK else "owned")

    return make


def tarred(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> Callable[[Path], None]:
    """A .tar.gz with a good member and another."""

    def make(archive: Path) -> None:
        with tarfile.open(archive, "w:gz") as opened:
            good = tarfile.TarInfo("good")
            good.size = 1
            opened.addfile(good, io.BytesIO(b"x"))
            evil = tarfile.TarInfo(name)
            evil.type, evil.linkname = kind, link
            opened.addfile(evil)

    return make


def bomb(archive: Path) -> None:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("zeros", bytes(3 << 20))


def many(archive: Path) -> None:
    with zipfile.ZipFile(archive, "w") as opened:
        for number in range(60):
            opened.writestr(f"{number}", "")


def cut(archive: Path) -> None:
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("random", os.urandom(5_000))
    data = bytearray(archive.read_bytes())
    data[2_000] ^= 1
    archive.write_bytes(data)


def no_archive(archive: Path) -> None:
    archive.write_bytes(b"text")


def tar_bomb(archive: Path) -> None:
    with tarfile.open(archive, "w:gz") as opened:
        info = tarfile.TarInfo("zeros")
        info.size = 3 << 20
        opened.addfile(info, io.BytesIO(bytes(info.size)))


EVIL = {
    "zip up": zipped(("../evil", stat.S_IFREG)),
    "zip absolute": zipped(("/tmp/no-such-folder/evil", stat.S_IFREG)),
    "zip backslash": zipped(("..\\evil", stat.S_IFREG)),
    "zip link": zipped(("link", stat.S_IFLNK)),
    "zip device": zipped(("null", stat.S_IFCHR)),
    "zip link, then through it": zipped(("link", stat.S_IFLNK), ("link/evil", stat.S_IFREG)),
    "zip encoded": zipped(("%2e%2e/evil", stat.S_IFREG)),
    "zip bomb": bomb,
    "zip of many": many,
    "zip with a wrong byte": cut,
    "tar up": tarred("../evil"),
    "tar absolute": tarred("/no-such-folder/evil"),
    "tar link": tarred("link", tarfile.SYMTYPE, "/etc"),
    "tar hard link": tarred("link", tarfile.LNKTYPE, "../../evil"),
    "tar device": tarred("null", tarfile.CHRTYPE),
    "tar pipe": tarred("pipe", tarfile.FIFOTYPE),
    "tar bomb": tar_bomb,
    "no archive": no_archive,
}


@pytest.mark.parametrize("kind", EVIL)
def test_evil_archive_is_refused_and_nothing_is_unpacked(tmp_path: Path, kind: str) -> None:
    archive = tmp_path / "evil.archive"
    EVIL[kind](archive)
    with pytest.raises(ArchiveError, match=r"evil\.archive"):
        unpack(str(archive), str(tmp_path / "out"), most_members=50, most_bytes=2 << 20)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["evil.archive", "work"]


def test_sizes_that_an_archive_tells_are_not_believed(tmp_path: Path) -> None:
    archive = tmp_path / "liar.zip"
    bomb(archive)
    data = archive.read_bytes()
    told = (3 << 20).to_bytes(4, "little")
    archive.write_bytes(data.replace(told, (1).to_bytes(4, "little")))
    with pytest.raises(ArchiveError):
        unpack(str(archive), str(tmp_path / "out"), most_bytes=2 << 20)
    assert not (tmp_path / "out").exists()


def test_damaged_artifact_makes_no_zip(tmp_path: Path) -> None:
    from trackbook.entities import StoredFile
    from trackbook.stores.artifacts.records import NO_RECORDS

    class Wrong(type(NO_RECORDS)):  # type: ignore[misc]
        def known(self, path: str | None = None) -> list[StoredFile]:
            return [StoredFile("a", 7, "0" * 64, 1)]

    artifacts = LocalArtifacts(str(tmp_path / "r"), records=Wrong())
    artifacts.put_bytes(b"x", path("a"))
    with pytest.raises(DamagedArtifact):
        write_zip(artifacts, None, OnlyWrites())
