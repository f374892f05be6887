"""The static files put together: one text a module, no imports, the same colours everywhere."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from trackbook.errors import InvalidParameter
from trackbook.figures.palette import DARK, DASHES, LIGHT, MARK_PATHS, MARKS
from trackbook.widgets.assets import module, styles, tokens

STATIC = files("trackbook.widgets").joinpath("static")
SCRIPTS = sorted(entry.name for entry in STATIC.iterdir() if entry.name.endswith(".js"))


def test_module_joins_files_in_the_order_given() -> None:
    text = module("shared", "plotly_slot")
    assert text.index("function columnFormat") < text.index("function plotlySlot")


def test_module_names_a_file_that_is_missing() -> None:
    with pytest.raises(InvalidParameter, match=r"'sharde\.js'"):
        module("sharde")


def test_module_does_not_leave_the_static_folder() -> None:
    with pytest.raises(InvalidParameter):
        module("../static/shared")


@pytest.mark.parametrize("name", SCRIPTS)
def test_script_puts_logged_text_nowhere_but_into_text(name: str) -> None:
    text = STATIC.joinpath(name).read_text()
    if name == "artifacts_frames.js":  # what its sandboxed frame gets is written out, of a document that is no page
        text = text.replace("return page.documentElement.outerHTML;", "", 1)
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|https?://(?!www\.w3\.org)", text
    )


@pytest.mark.parametrize("name", SCRIPTS)
def test_script_imports_nothing(name: str) -> None:
    text = STATIC.joinpath(name).read_text().replace("(await import(url))", "")  # the loader's, of a Blob
    assert not re.search(r"^\s*import\b|\bimport\(|\brequire\(", text, re.MULTILINE)


def test_shared_script_has_no_export() -> None:
    assert "export" not in re.sub(r"//.*", "", module("shared"))


@pytest.mark.parametrize("colors", [LIGHT, DARK])
def test_sheet_and_script_have_the_colours_of_the_palette(colors: tuple[str, ...]) -> None:
    declared = " ".join(f"--run-{slot}: {color};" for slot, color in enumerate(colors, 1))
    assert declared in re.sub(r"\s+", " ", styles("shared"))
    assert ", ".join(f'"{color}"' for color in colors) in module("shared")


def test_script_has_the_marks_and_dashes_of_the_palette() -> None:
    text = module("shared")
    for name in (*MARKS, *DASHES, *MARK_PATHS):
        assert f'"{name}"' in text


def test_sheets_write_no_colour_outside_the_tokens() -> None:
    sheets = [entry.read_text() for entry in STATIC.iterdir() if entry.name in {"curves.css", "cards.css"}]
    assert not re.search(r"#[0-9a-f]{3,8}\b|rgba?\(", "".join(sheets).lower())


def test_tokens_hold_every_slot_and_no_rule_for_controls() -> None:
    assert all(f"--run-{slot}:" in tokens() for slot in range(1, 25))
    assert "tb-button" not in tokens()
