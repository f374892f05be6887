"""No two files of a folder differ only by case, whoever stored the first one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from trackbook.errors import InvalidParameter
from trackbook.stores.artifacts.local import LocalArtifacts
from trackbook.stores.artifacts.paths import SafeFolder
from trackbook.uris import SafeRelPath


def path(text: str) -> SafeRelPath:
    return SafeRelPath.parse(text)


@pytest.fixture
def artifacts(tmp_path: Path) -> LocalArtifacts:
    return LocalArtifacts(str(tmp_path / "run"))


@pytest.mark.parametrize(
    ("first", "second"), [("a.txt", "A.txt"), ("m/weights", "m/Weights"), ("plots/x", "Plots/y"), ("straße", "STRASSE")]
)
def test_other_spelling_of_what_is_there_is_refused(artifacts: LocalArtifacts, first: str, second: str) -> None:
    artifacts.put_bytes(b"1", path(first))
    with pytest.raises(InvalidParameter, match="upper and lower"):
        artifacts.put_bytes(b"2", path(second))
    artifacts.put_bytes(b"3", path(first))
    assert artifacts.read_bytes(path(first)) == b"3"
    assert artifacts.info(path(second)) is None


def test_folder_beside_other_spellings_is_refused_with_all_of_them(artifacts: LocalArtifacts, tmp_path: Path) -> None:
    artifacts.put_bytes(b"1", path("m/Data/x"))
    artifacts.put_bytes(b"1", path("m/mlmodel"))
    for name in ("data/x", "MLmodel", "fine"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_text("2")
    with pytest.raises(InvalidParameter, match=r"'m/MLmodel' \(there is 'mlmodel'\), 'm/data' \(there is 'Data'\)"):
        artifacts.put_folder(str(tmp_path / "in"), path("m"))
    assert artifacts.info(path("m/fine")) is None


def test_what_others_stored_and_removed_is_seen(artifacts: LocalArtifacts) -> None:
    artifacts.put_bytes(b"1", path("a/one"))
    child = os.fork()
    if child == 0:
        artifacts.put_bytes(b"1", path("a/two"))
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    with pytest.raises(InvalidParameter, match="'two'"):
        artifacts.put_bytes(b"1", path("a/TWO"))
    artifacts.remove(path("a/two"))
    artifacts.put_bytes(b"1", path("a/TWO"))
    assert [info.path for info in artifacts.list_artifacts(path("a"))] == ["a/TWO", "a/one"]


def test_many_files_of_one_folder_are_listed_once(artifacts: LocalArtifacts, monkeypatch: pytest.MonkeyPatch) -> None:
    listed: list[object] = []
    names = SafeFolder.names

    def counted(folder: SafeFolder, parts: Sequence[str]) -> Sequence[str]:
        listed.append(parts)
        return names(folder, parts)

    monkeypatch.setattr(SafeFolder, "names", counted)
    for number in range(30):
        artifacts.put_bytes(b"x", path(f"images/{number}"))
        artifacts.put_bytes(b"x", path(f"{number}"))
    assert len(listed) <= 4


def test_file_that_was_just_removed_is_in_nobodys_way(artifacts: LocalArtifacts) -> None:
    for turn in range(50):
        artifacts.put_bytes(b"1", path("a/one" if turn % 2 else "a/ONE"))
        artifacts.remove(path("a/one" if turn % 2 else "a/ONE"))
