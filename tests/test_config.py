"""Settings are read from TRACKBOOK_* first and from MLFLOW_* where MLflow's clients have the name."""

from __future__ import annotations

import pytest

from trackbook.config import CAPTURE_PARTS, Settings, read_capture, read_settings
from trackbook.errors import InvalidParameter


def test_empty_environment_gives_the_defaults() -> None:
    assert read_settings({}) == Settings()


def test_our_name_wins_over_mlflows() -> None:
    both = {"TRACKBOOK_TRACKING_URI": "ours.db", "MLFLOW_TRACKING_URI": "theirs.db", "MLFLOW_RUN_ID": "r"}
    assert read_settings(both).tracking_uri == "ours.db"
    assert read_settings(both).run_id == "r"


def test_empty_value_counts_as_not_set() -> None:
    assert read_settings({"TRACKBOOK_TRACKING_URI": "", "MLFLOW_TRACKING_URI": "theirs.db"}).tracking_uri == "theirs.db"


def test_setting_of_ours_alone_has_no_mlflow_name() -> None:
    assert read_settings({"MLFLOW_ROOT": "/data"}).root is None


@pytest.mark.parametrize(
    ("word", "on"), [("1", True), ("TRUE", True), ("Yes", True), ("on", True), ("0", False), ("off", False)]
)
def test_switch_is_on_or_off(word: str, on: bool) -> None:
    assert read_settings({"MLFLOW_TRACKING_INSECURE_TLS": word}).tracking_insecure_tls is on


def test_switch_of_another_word_names_the_variable_and_the_words() -> None:
    with pytest.raises(InvalidParameter, match=r"TRACKBOOK_TRACKING_INSECURE_TLS is 'maybe'.*yes"):
        read_settings({"TRACKBOOK_TRACKING_INSECURE_TLS": "maybe"})


def test_process_environment_is_read_when_none_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "digits")
    assert read_settings().experiment_name == "digits"


@pytest.mark.parametrize(
    ("text", "left_out"),
    [
        ("", set()),
        ("all", set()),
        (" , ", set()),
        ("none", set(CAPTURE_PARTS)),
        ("git, USER", set(CAPTURE_PARTS) - {"git", "user"}),
        ("-diff", {"diff"}),
        ("all,-diff,-git", {"diff", "git"}),
        ("-all", set(CAPTURE_PARTS)),
    ],
)
def test_capture_names_parts(monkeypatch: pytest.MonkeyPatch, text: str, left_out: set[str]) -> None:
    monkeypatch.setenv("TRACKBOOK_CAPTURE", text)
    assert read_capture() == set(CAPTURE_PARTS) - left_out


@pytest.mark.parametrize("text", ["gitt", "git,everything", "-x", "-none", "git;diff"])
def test_capture_of_an_unknown_part_is_refused_with_those_that_there_are(text: str) -> None:
    with pytest.raises(InvalidParameter, match=r"all, none, or some of user, source, notebook, git, diff"):
        read_settings({"TRACKBOOK_CAPTURE": text})
