"""Where the journal of a store lies that is no local file."""

from __future__ import annotations

from pathlib import Path

import pytest

from trackbook.stores.filesystems import FileSystem
from trackbook.stores.spool import spool_folder


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_setting_comes_first(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKBOOK_SPOOL_DIR", str(tmp_path / "spool"))
    folder = spool_folder("ab")
    assert folder == tmp_path / "spool" / "ab" / "writers"
    assert folder is not None
    assert folder.stat().st_mode & 0o777 == 0o700


def test_users_data_folder_comes_next(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert spool_folder("ab") == home / ".local" / "share" / "trackbook" / "ab" / "writers"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert spool_folder("ab") == tmp_path / "data" / "trackbook" / "ab" / "writers"
    monkeypatch.setenv("XDG_DATA_HOME", "relative")  # not allowed by its own rules
    assert spool_folder("ab") == home / ".local" / "share" / "trackbook" / "ab" / "writers"


def test_what_cannot_be_written_is_passed_over(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TRACKBOOK_SPOOL_DIR", str(tmp_path / "file"))
    assert spool_folder("ab") == home / ".local" / "share" / "trackbook" / "ab" / "writers"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    assert spool_folder("ab") == Path.cwd() / ".trackbook" / "ab" / "writers"
    (Path.cwd() / ".trackbook" / "ab" / "writers").rmdir()
    (Path.cwd() / ".trackbook" / "ab").rmdir()
    (Path.cwd() / ".trackbook").rmdir()
    (Path.cwd() / ".trackbook").write_text("")
    assert spool_folder("ab") is None


def test_own_disk_is_rather_taken_than_a_network_drive(home: Path) -> None:
    def systems(folder: object) -> FileSystem:
        return FileSystem("nfs4" if str(home.parent) == str(folder) or str(home) in str(folder) else "ext4", "")

    (home / ".local").mkdir(parents=True)
    assert spool_folder("ab", systems) == Path.cwd() / ".trackbook" / "ab" / "writers"
    assert spool_folder("ab", lambda _: FileSystem("nfs4", "")) == home / ".local/share/trackbook/ab/writers"
