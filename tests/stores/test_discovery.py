"""Which store a folder means: a kernel, the page and the shell must meet in one file."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from trackbook.config import Settings, read_settings
from trackbook.errors import ForeignDatabase
from trackbook.stores import open_store
from trackbook.stores.discovery import default_store_path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home" / "project" / "deep").mkdir(parents=True)
    return tmp_path / "home"


@pytest.fixture
def settings(home: Path) -> Settings:
    return dataclasses.replace(read_settings(), root=None)


def found(settings: Settings, folder: Path) -> Path:
    return Path(default_store_path(settings, str(folder)))


def test_new_store_belongs_in_the_folder(settings: Settings, home: Path) -> None:
    assert found(settings, home / "project") == home / "project" / "trackbook.db"


def test_nearest_store_above_is_the_one(settings: Settings, home: Path) -> None:
    (home / "trackbook.db").touch()
    assert found(settings, home / "project" / "deep") == home / "trackbook.db"
    (home / "project" / "trackbook.db").touch()
    assert found(settings, home / "project" / "deep") == home / "project" / "trackbook.db"


@pytest.mark.parametrize("git", ["folder", "file"])
def test_git_root_ends_the_search_and_takes_the_new_store(settings: Settings, home: Path, git: str) -> None:
    (home / "trackbook.db").touch()
    mark = home / "project" / ".git"
    mark.mkdir() if git == "folder" else mark.write_text("gitdir: elsewhere")
    assert found(settings, home / "project" / "deep") == home / "project" / "trackbook.db"


def test_store_below_the_git_root_comes_first(settings: Settings, home: Path) -> None:
    (home / "project" / ".git").mkdir()
    (home / "project" / "deep" / "trackbook.db").touch()
    assert found(settings, home / "project" / "deep") == home / "project" / "deep" / "trackbook.db"


def test_store_above_home_is_somebody_elses(settings: Settings, home: Path, tmp_path: Path) -> None:
    (tmp_path / "trackbook.db").touch()
    assert found(settings, home / "project") == home / "project" / "trackbook.db"


def test_folder_of_that_name_is_no_store(settings: Settings, home: Path) -> None:
    (home / "trackbook.db").mkdir()
    assert found(settings, home / "project") == home / "project" / "trackbook.db"


def test_jupyters_root_takes_the_new_store_if_it_is_there(settings: Settings, home: Path) -> None:
    at_root = dataclasses.replace(settings, root=str(home))
    assert found(at_root, home / "project" / "deep") == home / "trackbook.db"
    gone = dataclasses.replace(settings, root=str(home / "none"))
    assert found(gone, home / "project") == home / "project" / "trackbook.db"


def test_working_directory_is_where_the_search_begins(
    settings: Settings, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home / "project")
    assert Path(default_store_path(settings)) == home / "project" / "trackbook.db"


def test_folder_of_mlflow_runs_is_left_alone(tmp_path: Path) -> None:
    experiment = tmp_path / "mlruns" / "0"
    experiment.mkdir(parents=True)
    (experiment / "meta.yaml").write_text("experiment_id: '0'")
    with pytest.raises(ForeignDatabase, match="trackbook import"):
        open_store(tmp_path / "mlruns")
    assert [entry.name for entry in (tmp_path / "mlruns").iterdir()] == ["0"]
