"""URIs name one place each, and no path of somebody else's leaves its folder."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackbook.errors import InvalidParameter, NotSupported
from trackbook.uris import SafeRelPath, parse_run_uri, parse_store_uri, strip_user_info, strip_user_info_within


@pytest.mark.parametrize(
    ("given_uri", "path"),
    [
        ("runs.db", "/base/runs.db"),
        ("runs", "/base/runs/trackbook.db"),
        ("sqlite:///runs.sqlite", "/base/runs.sqlite"),
        ("sqlite:////abs/x.db", "/abs/x.db"),
        ("file:///data/a%20b.db", "/data/a b.db"),
        ("file://localhost/data", "/data/trackbook.db"),
        ("a/../b.db", "/base/b.db"),
    ],
)
def test_path_of_a_sqlite_store_becomes_absolute(given_uri: str, path: str) -> None:
    parsed = parse_store_uri(given_uri, folder="/base")
    assert (parsed.kind, parsed.path, parsed.uri) == ("sqlite", path, "sqlite:///" + path)
    assert parse_store_uri(parsed.uri) == parsed


def test_existing_file_is_the_database_whatever_its_name(tmp_path: Path) -> None:
    (tmp_path / "store").touch()
    assert parse_store_uri(tmp_path / "store").path == str(tmp_path / "store")


@pytest.mark.parametrize("uri", ["sqlite://", "sqlite:///:memory:", "sqlite:"])
def test_sqlite_without_a_path_is_in_memory(uri: str) -> None:
    assert parse_store_uri(uri).kind == "memory"


@pytest.mark.parametrize(
    ("uri", "kind"),
    [
        ("postgresql+psycopg://u@h/db", "sql"),
        ("mysql://h/db", "sql"),
        ("https://host/", "http"),
        ("HTTP://host", "http"),
    ],
)
def test_kind_of_a_store_is_told_by_its_scheme(uri: str, kind: str) -> None:
    assert parse_store_uri(uri).kind == kind


@pytest.mark.parametrize("uri", ["", "  ", None, 7, "ftp://h/x", "sqlite://runs.db", "file://other/x.db"])
def test_uri_that_names_no_store_is_refused(uri: object) -> None:
    with pytest.raises(InvalidParameter):
        parse_store_uri(uri)


def test_databricks_is_named_as_not_supported() -> None:
    with pytest.raises(NotSupported, match="tracking server"):
        parse_store_uri("databricks://profile")


def test_password_is_not_shown() -> None:
    assert strip_user_info("postgresql://ada:secret@h:5432/db") == "postgresql://h:5432/db"
    assert strip_user_info("postgresql+psycopg://ada:se/cr@et@h/db?password=secret&x=1") == (
        "postgresql+psycopg://h/db?password=***&x=1"
    )
    assert strip_user_info("https://ada:secret@[bad/a@b") == "https://[bad/a@b"
    assert strip_user_info("runs.db") == "runs.db"
    with pytest.raises(InvalidParameter) as told:
        parse_store_uri("ftp://ada:secret@h/x")
    assert "secret" not in str(told.value)


def test_run_uri_has_a_run_and_a_safe_path() -> None:
    parsed = parse_run_uri("runs:/abc/plots/roc.png")
    assert (parsed.run_id, parsed.path) == ("abc", "plots/roc.png")
    assert parse_run_uri("runs:/abc").path == ""
    for bad in ("runs:/", "models:/abc", "runs:/abc/../x"):
        with pytest.raises(InvalidParameter):
            parse_run_uri(bad)


ESCAPES = [
    "", ".", "..", "/etc/passwd", "a/../b", "a//b", "a/", "./a", "%2e%2e/x", "%252e%252e%252fx", "..%2f..%2fx",
    "a%23/..%2f..", "..\\x", "C:x", "file:///etc", "a?b", "a;b", "a#b", "a\x00b", "a\nb", "a\x7fb", "x" * 256,
    "/".join(["ab"] * 400), "e\u0301", "\ud800", "%", "a%zz",
]  # fmt: skip


@pytest.mark.parametrize("raw", ESCAPES)
def test_path_that_could_escape_is_refused(raw: str) -> None:
    with pytest.raises(InvalidParameter, match="artifact path"):
        SafeRelPath.parse(raw)


@pytest.mark.parametrize(
    "raw", ["a", "plots/roc.png", ".hydra/config.yaml", "läuft/数据.csv", "a b/c-d_e.1", "...", "a..b"]
)
def test_tidy_relative_path_is_kept_as_it_is(raw: str) -> None:
    assert str(SafeRelPath.parse(raw)) == raw


@given(st.text(max_size=40))
def test_any_text_is_refused_or_stays_beneath_its_folder(raw: str) -> None:
    try:
        parts = SafeRelPath.parse(raw).parts
    except InvalidParameter:
        return
    assert Path("/root/store", *parts).resolve().is_relative_to("/root/store")
    assert parts
    assert not {"", ".", ".."} & set(parts)


@pytest.mark.parametrize(
    "uri",
    [
        "postgresql://ada:s3cr@h/db",
        "postgresql+psycopg://ada:s3c/r?x@h/db",
        "mysql://h/db?password=s3cr&charset=utf8mb4",
        "mssql+pyodbc:///?odbc_connect=Pwd%3Ds3cr",
        "https://ada:s3cr@h/path?PASSWORD=s3cr",
    ],
)
def test_shown_uri_has_no_password(uri: str) -> None:
    shown = strip_user_info(uri)
    assert "s3c" not in shown
    assert "ada" not in shown
    assert shown.startswith(uri.partition("://")[0])


def test_shown_uri_keeps_what_is_no_secret() -> None:
    assert strip_user_info("http://h:80/a@b?x=1") == "http://h:80/a@b?x=1"
    assert strip_user_info("mysql://u:p@h:1/db?charset=utf8mb4") == "mysql://h:1/db?charset=utf8mb4"


@pytest.mark.parametrize(
    "uri", ["databricks", "databricks://profile", "Databricks-UC", "databricks-uc://x", "uc:c.s", "uc"]
)
def test_databricks_is_refused_with_what_to_use(uri: str) -> None:
    with pytest.raises(NotSupported, match=r"http\(s\)://"):
        parse_store_uri(uri)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("https://ada:s3cret@example.org/a@b", "https://example.org/a@b"),
        ("git clone ssh://git@example.org/x and http://u@h", "git clone ssh://example.org/x and http://h"),
        ('{"url": "https://ada:p\\"w@h/x", "more": ["ftp://u:p@h"]}', '{"url":"https://h/x","more":["ftp://h"]}'),
        ('{"uri": "abfss://box@account/x"}', '{"uri": "abfss://box@account/x"}'),
        ('{"uri": "abfss://box:key@account/x"}', '{"uri":"abfss://account/x"}'),
        ("https://h/x?token=abc&n=1", "https://h/x?token=***&n=1"),
        ('{"n": 1.50}', '{"n": 1.50}'),
        ("", ""),
        ("s" * 60_000, "s" * 60_000),
        ("://" * 20_000, "://" * 20_000),
    ],
    ids=lambda text: text[:20],
)
def test_text_loses_the_user_names_and_passwords_of_its_addresses(text: str, left: str) -> None:
    began = time.process_time()
    assert strip_user_info_within(text) == left
    assert time.process_time() - began < 1
