"""What one machine stores every other one can fetch."""

from __future__ import annotations

import pytest

from trackbook.errors import InvalidParameter
from trackbook.stores.artifacts.names import check_portable, portability_problem
from trackbook.uris import SafeRelPath


@pytest.mark.parametrize(
    "name",
    [
        "CON",
        "con",
        "Prn.txt",
        "aux.tar.gz",
        "NUL",
        "COM1",
        "com9.log",
        "LPT0",
        "COM¹",
        "CONIN$",
        "CON .txt",
        "a.",
        "a ",
        "...",
    ]
    + [f"a{c}b" for c in '<>"|?*'],
)
def test_name_that_some_disk_cannot_hold_has_a_problem(name: str) -> None:
    assert portability_problem(name)


@pytest.mark.parametrize(
    "name",
    [
        "a",
        ".hidden",
        "a b (1).txt",
        "console",
        "nullable",
        "com",
        "COM10",
        "auxiliary.py",
        "a.b.c",
        " a",
        "日本.png",
        "x~1",
    ],
)
def test_name_that_every_disk_holds_has_none(name: str) -> None:
    assert portability_problem(name) == ""


def test_error_names_every_bad_path() -> None:
    paths = [SafeRelPath.parse(text) for text in ("fine", "a/nul", "b./c", "d|")]
    with pytest.raises(InvalidParameter) as caught:
        check_portable(paths)
    assert all(f"'{text}'" in str(caught.value) for text in ("a/nul", "b./c", "d|"))
    assert "fine" not in str(caught.value)
    check_portable(paths[:1])
