"""What can be set, typed or called is in the documentation."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import fields
from pathlib import Path

import pytest

from trackbook.config import Settings
from trackbook.filters import EXPERIMENTS, RUNS, parse_filter

ROOT = Path(__file__).parents[1]
DOCS = "\n".join(
    path.read_text(encoding="utf-8") for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
)
SETTINGS = [(setting.metadata["name"], setting.metadata["mlflow"]) for setting in fields(Settings)]


@pytest.mark.parametrize(("name", "mlflow"), SETTINGS, ids=[name for name, _ in SETTINGS])
def test_setting_is_documented(name: str, mlflow: bool) -> None:
    assert f"`TRACKBOOK_{name}`" in DOCS
    assert (f"`MLFLOW_{name}`" in DOCS) == mlflow


def test_no_setting_is_documented_that_does_not_exist() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    told = set(re.findall(r"`(?:TRACKBOOK|MLFLOW)_([A-Z_]+)`", page))
    assert told == {name for name, _ in SETTINGS}


def test_every_public_name_is_documented() -> None:
    import trackbook

    assert [name for name in trackbook.__all__ if f"`{name}`" not in DOCS] == []


def magic_names() -> list[str]:
    if importlib.util.find_spec("trackbook.magics") is None:
        return []
    from IPython.core.interactiveshell import InteractiveShell

    import trackbook

    shell = InteractiveShell()  # type: ignore[no-untyped-call]
    before = {kind: set(names) for kind, names in shell.magics_manager.magics.items()}
    trackbook.load_ipython_extension(shell)
    magics = shell.magics_manager.magics
    names = [
        ("%" if kind == "line" else "%%") + n for kind in ("line", "cell") for n in set(magics[kind]) - before[kind]
    ]
    trackbook.unload_ipython_extension(shell)
    return sorted(names)


def test_every_magic_is_documented() -> None:
    missing = [name for name in magic_names() if f"`{name}" not in DOCS]
    assert not missing


def command_names() -> list[str]:
    if importlib.util.find_spec("trackbook.cli") is None:
        return []
    from trackbook.cli import main

    return sorted(main.commands)


def test_every_command_is_documented() -> None:
    missing = [name for name in command_names() if f"`trackbook {name}" not in DOCS]
    assert not missing


PAGES = [ROOT / "README.md", ROOT / "light" / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_between_pages_lead_somewhere(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    text = re.sub(r'(?:src|srcset)="([^"]+)"', r"](\1)", text)
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    assert [link for link in links if link and not (path.parent / link).exists()] == []


def test_docs_name_no_module_that_does_not_exist() -> None:
    named = set(re.findall(r"`(trackbook/[\w/.]+\.py)`", DOCS))
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


SEARCH = (ROOT / "docs" / "search.md").read_text(encoding="utf-8")
EXAMPLES = [line for block in re.findall(r"```sql\n(.*?)```", SEARCH, flags=re.DOTALL) for line in block.splitlines()]


@pytest.mark.parametrize("example", EXAMPLES)
def test_example_of_a_filter_parses(example: str) -> None:
    assert parse_filter(example)


def test_every_attribute_that_can_be_searched_is_documented() -> None:
    attributes = {attribute.name for vocabulary in (RUNS, EXPERIMENTS) for attribute in vocabulary.attributes}
    assert [name for name in sorted(attributes) if f"`{name}`" not in SEARCH] == []
