"""A folder is looked through whole before any of it is stored."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from trackbook.errors import InvalidParameter
from trackbook.stores.artifacts.sources import file_name, scan_folder
from trackbook.uris import SafeRelPath


def scanned(folder: Path) -> dict[str, str]:
    return {str(source.path): str(source.real) for source in scan_folder(str(folder)) if not source.is_folder}


def test_scan_finds_every_file_sorted(tmp_path: Path) -> None:
    for name in ("b/c/deep", "a", "b/x", "ünï/日本.txt"):
        file = tmp_path / "in" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    assert list(scanned(tmp_path / "in")) == ["a", "b/c/deep", "b/x", "ünï/日本.txt"]


def test_scan_follows_links_that_stay_inside(tmp_path: Path) -> None:
    (tmp_path / "checkpoint-5").mkdir()
    (tmp_path / "checkpoint-5" / "w").write_text("x")
    (tmp_path / "latest").symlink_to("checkpoint-5")
    (tmp_path / "best").symlink_to(tmp_path / "latest" / "w")  # absolute, and through another link
    found = scanned(tmp_path)
    assert found["latest/w"] == found["best"] == "checkpoint-5/w"


def test_scan_names_everything_that_cannot_be_stored(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (tmp_path / "in-beside").mkdir()
    for name in ("a:b", "c\\d", "100%", "e%20f", "line\nfeed", "fine", ".tmp-lock"):
        (folder / name).write_text("x")
    (folder / os.fsdecode(b"\xff")).write_text("x")
    (folder / "outside").symlink_to(tmp_path / "in-beside")
    (folder / "beside").symlink_to("../in-beside")
    (folder / "nowhere").symlink_to("absent")
    (folder / "round").symlink_to(".")
    (folder / "self").symlink_to("self")
    os.mkfifo(folder / "pipe")
    with pytest.raises(InvalidParameter, match="13 of the entries") as caught:
        scan_folder(str(folder))
    text = str(caught.value)
    for word in ("a:b", "c\\\\d", "100%", "e%20f", "feed", "udcff", "outside", "beside", "nowhere", "round", "self"):
        assert word in text
    assert "pipe" in text
    assert ".tmp-lock" in text
    assert "fine" not in text


def test_scan_stores_decomposed_names_composed(tmp_path: Path) -> None:
    (tmp_path / "cafe\u0301.txt").write_text("x")
    assert scanned(tmp_path) == {"caf\u00e9.txt": "cafe\u0301.txt"}
    assert file_name(str(tmp_path / "cafe\u0301.txt")) == "caf\u00e9.txt"


def test_scan_refuses_two_files_that_would_get_one_name(tmp_path: Path) -> None:
    (tmp_path / "cafe\u0301").write_text("1")
    (tmp_path / "caf\u00e9").write_text("2")
    with pytest.raises(InvalidParameter, match="same name"):
        scan_folder(str(tmp_path))


def test_scan_counts_the_whole_path(tmp_path: Path) -> None:
    (tmp_path / ("x" * 200)).write_text("1")
    below = SafeRelPath.parse("/".join(["y" * 200] * 5))
    assert scan_folder(str(tmp_path))
    with pytest.raises(InvalidParameter, match="1024"):
        scan_folder(str(tmp_path), below)


@pytest.mark.parametrize("name", ["absent", "file"])
def test_scan_refuses_what_is_no_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(InvalidParameter, match="stores a folder"):
        scan_folder(str(tmp_path / name))
