"""Where folders cannot be opened, a download still shows whole files only and follows no link that is there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from trackbook.errors import InvalidParameter
from trackbook.stores.artifacts.paths import SafeFolder
from trackbook.stores.artifacts.plain import PlainFolder, target_folder
from trackbook.uris import SafeRelPath

NOTES = SafeRelPath.parse("texts/notes.txt")


@pytest.fixture
def folder(tmp_path: Path) -> PlainFolder:
    return PlainFolder(str(tmp_path / "copy"), durable=False)


def test_file_is_seen_when_it_is_whole(folder: PlainFolder) -> None:
    for text in (b"first", b"second, longer"):
        with folder.create(NOTES) as sink:
            sink.write(text[:3])
            sink.write(text[3:])
        assert Path(folder.root, "texts", "notes.txt").read_bytes() == text
    assert os.listdir(folder.root) == ["texts"]


def test_broken_write_leaves_the_old_file_and_nothing_else(folder: PlainFolder) -> None:
    with folder.create(NOTES) as sink:
        sink.write(b"old")
    with pytest.raises(KeyboardInterrupt), folder.create(NOTES) as sink:
        sink.write(b"new")
        raise KeyboardInterrupt
    assert Path(folder.root, "texts", "notes.txt").read_bytes() == b"old"
    assert os.listdir(folder.root) == ["texts"]


def test_link_on_the_way_is_refused(folder: PlainFolder, tmp_path: Path) -> None:
    folder.mkdir()
    (tmp_path / "elsewhere").mkdir()
    Path(folder.root, "texts").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InvalidParameter, match="in the way"):
        folder.mkdir(SafeRelPath.parse("texts"))
    with pytest.raises(InvalidParameter, match="in the way"), folder.create(NOTES) as sink:
        sink.write(b"out")
    assert os.listdir(tmp_path / "elsewhere") == []


def test_link_in_the_place_of_the_file_is_replaced_and_not_followed(folder: PlainFolder, tmp_path: Path) -> None:
    folder.mkdir(SafeRelPath.parse("texts"))
    outside = tmp_path / "outside.txt"
    outside.write_bytes(b"mine")
    Path(folder.root, "texts", "notes.txt").symlink_to(outside)
    with folder.create(NOTES) as sink:
        sink.write(b"yours")
    assert (outside.read_bytes(), Path(folder.root, "texts", "notes.txt").read_bytes()) == (b"mine", b"yours")


def test_system_that_opens_folders_uses_them(tmp_path: Path) -> None:
    assert type(target_folder(str(tmp_path))) is SafeFolder
