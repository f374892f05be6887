"""What can be set, typed or called is in the documentation."""

from __future__ import annotations

import importlib.util
import re
import shlex
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from trackbook.cli import main
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
    told = set(re.findall(r"`(?:TRACKBOOK|MLFLOW)_([A-Z0-9_]+)`", page))
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


COMMANDS = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")


def commands(group: click.Group, *above: str) -> Iterator[tuple[str, click.Command]]:
    """Every command and group of commands below a group, with the line that calls it."""
    for name, command in sorted(group.commands.items()):
        words = (*above, name)
        yield " ".join(("trackbook", *words)), command
        if isinstance(command, click.Group):
            yield from commands(command, *words)


def options(command: click.Command) -> list[list[str]]:
    return [parameter.opts for parameter in command.params if isinstance(parameter, click.Option)]


def stands(words: str, text: str) -> bool:
    return re.search(rf"`{re.escape(words)}[\s`]", text) is not None


def missing_from(page: str) -> list[str]:
    """Commands, and options of commands, that a page about them leaves out.

    An option stands in a section that names its command, or in the head of the page or under Answers, if all have it.
    """
    head, *sections = re.split(r"^## ", page, flags=re.MULTILINE)
    for_all = head + "".join(section for section in sections if section.startswith("Answers"))
    missing = [f"trackbook {name}" for names in options(main) for name in names if not stands(name, head)]
    for line, command in commands(main):
        text = for_all + "".join(section for section in sections if stands(line, section))
        missing += [line] if not stands(line, page) else []
        missing += [f"{line} {name}" for names in options(command) for name in names if not stands(name, text)]
    return missing


def examples(page: str) -> list[str]:
    """The lines that show how a command is called."""
    in_blocks = re.findall(r"^\$ (trackbook .*)", page, flags=re.MULTILINE)
    return in_blocks + re.findall(r"`(?:eval \"\$\()?(trackbook [^`|)\\]*[^`|)\\ ])", page)


def test_every_command_and_option_is_documented() -> None:
    assert missing_from(COMMANDS) == []


@pytest.mark.parametrize("line", [line for line, _ in commands(main)])
def test_page_without_a_command_is_found_out(line: str) -> None:
    without = re.sub(rf"`{re.escape(line)}(?=[\s`])", "`", COMMANDS)
    assert line in missing_from(without)


@pytest.mark.parametrize("line", [line for line, _ in commands(main)])
def test_page_without_an_option_is_found_out(line: str) -> None:
    command = dict(commands(main))[line]
    for name in (name for names in options(command) for name in names):
        assert f"{line} {name}" in missing_from(re.sub(rf"`{name}(?=[\s`])", "`", COMMANDS))


NAMES = {line for line, _ in commands(main)}


def test_every_command_has_an_example() -> None:
    shown = examples(COMMANDS)
    leaves = [line for line, command in commands(main) if not isinstance(command, click.Group)]
    assert [line for line in leaves if not any(example.startswith(f"{line} ") for example in shown)] == []


@pytest.mark.parametrize("example", [line for line in examples(COMMANDS) if line not in NAMES])
def test_example_of_a_command_parses(example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(click.Command, "invoke", lambda self, context: None)  # what a command does is tested elsewhere
    Path("team.env").touch()
    answer = CliRunner().invoke(main, shlex.split(example)[1:])
    assert (answer.exit_code, answer.output) == (0, "")


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
