"""A folder shows whole files only, whatever interrupts their writing."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from trackbook.errors import InvalidParameter, NotFound, TrackbookError
from trackbook.stores.artifacts.beneath import Opener, open_beneath, walk_open
from trackbook.stores.artifacts.paths import SafeFolder, is_reserved
from trackbook.uris import SafeRelPath


def path(text: str) -> SafeRelPath:
    return SafeRelPath.parse(text)


@pytest.fixture(params=[open_beneath, walk_open], ids=["best", "walk"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> SafeFolder:
    opener: Opener = request.param
    return SafeFolder(str(tmp_path / "a" / "root"), opener=opener)


def put(folder: SafeFolder, name: str, data: bytes = b"x") -> None:
    with folder.create(path(name)) as sink:
        sink.write(data)


def names(folder: SafeFolder, below: str | None = None) -> list[str]:
    return [info.path for info in folder.list(path(below) if below else None)]


def test_create_makes_the_folders_and_replaces_a_file(folder: SafeFolder) -> None:
    put(folder, "plots/roc/curve.txt", b"one")
    put(folder, "plots/roc/curve.txt", b"two")
    with folder.open(path("plots/roc/curve.txt")) as stream:
        assert stream.read() == b"two"
    assert names(folder) == ["plots"]
    assert names(folder, "plots/roc") == ["plots/roc/curve.txt"]


def test_nothing_is_made_before_the_first_write(folder: SafeFolder, tmp_path: Path) -> None:
    assert names(folder) == []
    assert folder.info(None) is None
    assert os.listdir(tmp_path) == ["work"]


def test_create_shows_nothing_until_it_is_done(folder: SafeFolder) -> None:
    with folder.create(path("file")) as sink:
        sink.write(b"half")
        assert names(folder) == []
    assert names(folder) == ["file"]


def test_create_that_fails_keeps_the_old_file_and_no_trace(folder: SafeFolder) -> None:
    put(folder, "file", b"old")

    def interrupted() -> None:
        with folder.create(path("file")) as sink:
            sink.write(b"new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with folder.open(path("file")) as stream:
        assert stream.read() == b"old"
    assert os.listdir(folder.root) == ["file"]


def test_create_folder_shows_all_at_once(folder: SafeFolder) -> None:
    with folder.create_folder(path("model/v1")) as staged:
        for name in ("MLmodel", "data/weights"):
            with staged.write_new(path(name)) as sink:
                sink.write(b"x")
        assert names(folder) == []
    assert names(folder, "model/v1") == ["model/v1/MLmodel", "model/v1/data"]


def test_create_folder_merges_into_one_that_is_there(folder: SafeFolder) -> None:
    put(folder, "model/data/old")
    put(folder, "model/data/same", b"old")
    with folder.create_folder(path("model")) as staged, staged.write_new(path("data/same")) as sink:
        sink.write(b"new")
    assert names(folder, "model/data") == ["model/data/old", "model/data/same"]
    with folder.open(path("model/data/same")) as stream:
        assert stream.read() == b"new"
    assert os.listdir(folder.root) == ["model"]


def test_create_folder_that_fails_leaves_no_trace(folder: SafeFolder) -> None:
    put(folder, "kept")

    def failing() -> None:
        with folder.create_folder(None) as staged:
            with staged.write_new(path("a/b")) as sink:
                sink.write(b"x")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        failing()
    assert os.listdir(folder.root) == ["kept"]


def test_links_in_the_folder_are_neither_shown_nor_followed(folder: SafeFolder, tmp_path: Path) -> None:
    put(folder, "file")
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "canary").write_text("secret")
    os.symlink(secret, os.path.join(folder.root, "out"))
    os.symlink(secret / "canary", os.path.join(folder.root, "canary"))
    assert names(folder) == ["file"]
    assert names(folder, "out") == []
    assert folder.info(path("canary")) is None
    for name in ("out/canary", "canary", "out"):
        with pytest.raises(NotFound):
            folder.open(path(name))
    with pytest.raises(TrackbookError):
        put(folder, "out/planted")
    put(folder, "canary", b"mine")  # takes the link's place and does not write through it
    assert (secret / "canary").read_text() == "secret"
    assert os.listdir(secret) == ["canary"]


def test_a_pipe_neither_blocks_nor_is_shown(folder: SafeFolder) -> None:
    put(folder, "file")
    os.mkfifo(os.path.join(folder.root, "pipe"))
    assert names(folder) == ["file"]
    with pytest.raises(NotFound):
        folder.open(path("pipe"))


def test_list_shows_only_what_can_be_opened(folder: SafeFolder) -> None:
    put(folder, "file")
    for name in ("a:b", "100%", "a\\b", "e\u0301", ".tmp-" + "0" * 32):
        Path(folder.root, name).write_text("by another program")
    for name in names(folder):
        folder.open(path(name)).close()
    assert names(folder) == ["file"]


def test_list_of_a_file_and_of_nothing_is_empty(folder: SafeFolder) -> None:
    put(folder, "file")
    assert names(folder, "file") == names(folder, "absent") == names(folder, "file/below") == []


def test_a_folder_is_not_opened_as_a_file(folder: SafeFolder) -> None:
    folder.mkdir(path("folder"))
    with pytest.raises(InvalidParameter, match="is a folder"):
        folder.open(path("folder"))


def test_a_file_in_the_way_of_a_folder_is_an_error_that_changes_nothing(folder: SafeFolder) -> None:
    put(folder, "a", b"file")
    with pytest.raises(InvalidParameter, match="in the way"):
        put(folder, "a/b")
    assert os.listdir(folder.root) == ["a"]


def test_permissions_follow_the_mode_given(tmp_path: Path) -> None:
    folder = SafeFolder(str(tmp_path / "new" / "root"), file_mode=0o660)
    put(folder, "plots/file")
    modes = {name: os.stat(tmp_path / "new" / name).st_mode & 0o777 for name in ("", "root", "root/plots")}
    assert set(modes.values()) == {0o770}
    assert os.stat(tmp_path / "new/root/plots/file").st_mode & 0o777 == 0o660


def test_leftovers_are_removed_once_they_are_old(folder: SafeFolder) -> None:
    put(folder, "file")
    leftover = Path(folder.root, ".tmp-" + "a" * 32)
    (leftover / "deep").mkdir(parents=True)
    now = leftover.stat().st_mtime
    assert folder.remove_leftovers(now=now + 3600) == 0
    assert folder.remove_leftovers(now=now + 100_000) == 1
    assert os.listdir(folder.root) == ["file"]


def test_only_names_of_unfinished_writes_are_reserved() -> None:
    assert is_reserved(".tmp-" + "0f" * 16)
    assert not any(is_reserved(name) for name in (".tmp", ".tmp-data", "tmp-" + "0" * 32, ".tmp-" + "0" * 31))


def test_threads_that_write_one_file_leave_one_whole_file(folder: SafeFolder) -> None:
    def write(letter: bytes) -> None:
        for _ in range(20):
            put(folder, "deep/file", letter * 10_000)

    threads = [threading.Thread(target=write, args=(letter,)) for letter in (b"a", b"b", b"c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with folder.open(path("deep/file")) as stream:
        content = stream.read()
    assert content in {letter * 10_000 for letter in (b"a", b"b", b"c")}
    assert os.listdir(folder.root) == ["deep"]


def test_a_folder_swapped_for_a_link_while_it_is_read_lets_nothing_out(folder: SafeFolder, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "file").write_bytes(b"secret")
    put(folder, "d/file", b"mine")
    place, aside, link = (os.path.join(folder.root, name) for name in ("d", "aside", "link"))
    os.symlink(secret, link)
    done = threading.Event()

    def swap() -> None:
        while not done.is_set():
            os.rename(place, aside)
            os.rename(link, place)
            os.rename(place, link)
            os.rename(aside, place)

    thread = threading.Thread(target=swap)
    thread.start()
    seen: list[bytes] = []
    refused, deadline = 0, time.monotonic() + 20
    while min(len(seen), refused) < 50 and time.monotonic() < deadline:
        try:
            with folder.open(path("d/file")) as stream:
                seen.append(stream.read())
        except NotFound:
            refused += 1
    done.set()
    thread.join()
    assert min(len(seen), refused) >= 50, "the reads never met both states"
    assert set(seen) == {b"mine"}
