"""Trust: a user's own file of digests, and what each policy lets run."""

from __future__ import annotations

import os
import pickle
import threading
from pathlib import Path

import pytest

from trackbook.errors import InvalidParameter, UntrustedModel
from trackbook.models.trust import Origin, Trust, config_folder, is_trusted, remember, trusted_digests

DIGEST, OTHER = "a" * 64, "b" * 64
NOWHERE = Origin("models:/digits/1")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRACKBOOK_CONFIG_DIR", str(tmp_path / "config"))
    return tmp_path / "config"


def test_remembered_digest_is_in_a_file_that_only_its_user_can_open(folder: Path) -> None:
    remember(DIGEST, "models:/digits/1")
    assert trusted_digests() == {DIGEST}
    assert folder.stat().st_mode & 0o077 == 0
    assert (folder / "trusted-models").stat().st_mode & 0o777 == 0o600
    remember(OTHER, "a\nname " + DIGEST)
    assert trusted_digests() == {DIGEST, OTHER}
    assert len((folder / "trusted-models").read_text().splitlines()) == 2


def test_file_that_others_can_write_to_is_not_believed(folder: Path) -> None:
    remember(DIGEST, "mine")
    (folder / "trusted-models").chmod(0o622)
    os.utime(folder / "trusted-models", ns=(1, 1))
    with pytest.raises(UntrustedModel, match="chmod 600"):
        trusted_digests()


def test_many_threads_remember_without_mixing_lines(folder: Path) -> None:
    digests = [f"{number:064x}" for number in range(40)]
    threads = [threading.Thread(target=remember, args=(digest, "x" * 200)) for digest in digests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert trusted_digests() == set(digests)


def test_what_is_no_digest_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="64 hexadecimal"):
        remember("abc", "x")


@pytest.mark.parametrize(
    ("policy", "origin", "known", "granted"),
    [
        ("own", NOWHERE, False, False),
        ("own", NOWHERE, True, True),
        ("own", Origin("x", own=True), False, True),
        ("own", Origin("x", registered=True), False, False),
        ("store", Origin("x", registered=True), False, True),
        ("store", NOWHERE, False, False),
        ("store", NOWHERE, True, True),
        ("none", Origin("x", own=True, registered=True), True, False),
    ],
)
def test_policy_decides(
    policy: str, origin: Origin, known: bool, granted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACKBOOK_TRUST", policy)
    if known:
        remember(DIGEST, "x")
    assert is_trusted(DIGEST, origin) is granted
    assert Trust(DIGEST, origin).granted is granted


def test_unknown_policy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKBOOK_TRUST", "everybody")
    with pytest.raises(InvalidParameter, match=r"TRACKBOOK_TRUST is 'everybody'; it is own, store or none"):
        is_trusted(DIGEST, NOWHERE)


def test_one_call_may_be_allowed_and_nothing_is_stored(tmp_path: Path) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps({"a": 1}))
    assert Trust(DIGEST, NOWHERE, given=True).unpickle(path) == {"a": 1}
    assert trusted_digests() == frozenset()
    assert not Trust(DIGEST, Origin("x", own=True), given=False).granted


class Payload:
    """What an attacker puts into a pickle."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return os.mkdir, (self.marker,)


def test_pickle_of_somebody_else_runs_nothing_and_the_error_says_what_to_do(tmp_path: Path) -> None:
    path, marker = tmp_path / "model.pkl", tmp_path / "marker"
    path.write_bytes(pickle.dumps(Payload(marker)))
    origin = Origin("models:/digits/1", logged_by="eve")
    with pytest.raises(UntrustedModel) as caught:
        Trust(DIGEST, origin).unpickle(path)
    assert not marker.exists()
    message = str(caught.value)
    assert DIGEST in message
    assert "logged by eve" in message
    assert f"trackbook models trust {DIGEST}" in message
    assert caught.value.error_code == "PERMISSION_DENIED"


def test_configuration_folder_follows_the_desktop_rules(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("TRACKBOOK_CONFIG_DIR")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert config_folder() == tmp_path / "trackbook"
    monkeypatch.setenv("XDG_CONFIG_HOME", "relative")
    assert config_folder() == Path.home() / ".config" / "trackbook"


def test_globals_of_a_pickle_are_found_by_a_function_first(tmp_path: Path) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(b"cmlflow.pyfunc.model\nPythonModel\n.")
    seen: list[tuple[str, str]] = []

    def find(module: str, name: str) -> object:
        seen.append((module, name))
        return int

    assert Trust(DIGEST, NOWHERE, given=True).unpickle(path, find=find) is int
    assert seen == [("mlflow.pyfunc.model", "PythonModel")]
