"""What a light install lacks is asked for by its pip command."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

import trackbook
from trackbook import libraries
from trackbook.errors import MissingDependency
from trackbook.libraries import installed_version, is_installed, mixed_versions, require

ROOT = Path(__file__).parents[1]
LIGHT = ROOT / "light"
WITH_A_NOTEBOOK = {"lab", "demo", "test", "dev"}
LEFT_OUT = {"orjson", "pandas", "plotly", "ipython", "ipywidgets", "anywidget", "tornado"}


@pytest.fixture
def hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("pandas", "voila", "anywidget", "sklearn"):
        monkeypatch.setitem(sys.modules, name, None)


@pytest.mark.usefixtures("hidden")
@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["pandas"], "It needs pandas, which is not installed: pip install trackbook"),
        (["voila"], 'It needs Voila, which is not installed: pip install "trackbook[lab]"'),
        (
            ["pandas", "json", "voila"],
            'It needs pandas and Voila, which are not installed: pip install "trackbook[lab]"',
        ),
        (["no_such_thing"], "It needs no_such_thing, which is not installed: pip install no_such_thing"),
        (
            ["anywidget", "voila"],
            'It needs anywidget and Voila, which are not installed: pip install "trackbook[lab]"',
        ),
    ],
)
def test_missing_library_is_named_with_its_command(names: list[str], message: str) -> None:
    with pytest.raises(MissingDependency) as caught:
        require("It", *names)
    assert (str(caught.value), caught.value.name) == (message, next(n for n in names if n != "json"))


@pytest.mark.usefixtures("hidden")
def test_message_ends_with_what_works_instead() -> None:
    with pytest.raises(MissingDependency, match=r"pip install trackbook\. Or pass output_format='list'\.$"):
        trackbook.search_runs()
    assert trackbook.search_runs(output_format="list") == []


def test_library_that_is_there_is_not_imported() -> None:
    code = (
        "import sys; from trackbook.libraries import require; require('It', 'pandas'); print('pandas' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-P", "-c", code], check=True, capture_output=True, text=True)
    assert said.stdout == "False\n"
    require("It", "json", "pandas")
    assert is_installed("json")


def test_two_distributions_of_two_versions_are_recognised(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (installed_version(), mixed_versions()) == (trackbook.__version__, "")
    versions: dict[str, str | None] = {"trackbook": "0.2", "trackbook-light": "0.1"}
    monkeypatch.setattr(libraries, "_version", versions.get)
    assert mixed_versions().startswith("trackbook 0.2 and trackbook-light 0.1 share their files and differ in version.")
    versions["trackbook-light"] = "0.2"
    assert mixed_versions() == ""


GATED = (
    # rooms whose first import asks for what all of them need, or that are reached through such a call only
    "trackbook/widgets/",
    "trackbook/magics/",
    "trackbook/dashboard/",
    "trackbook/demo/",
    # a Jupyter server loads it, which is made of Tornado; Voila's part asks whether the server has loaded Voila
    "trackbook/extension/",
    # packages whose calls come through one that asks: trackbook.models.package
    "trackbook/models/flavors/",
    # trackbook.models.evaluation.sample asks for pandas before the others are reached
    "trackbook/models/evaluation/",
    # trackbook.signature.enforcement asks, and payloads
    "trackbook/signature/",
    # modules that import a library only for what it has made, so that it is there
    "trackbook/runs/digests.py",
)


def imported(tree: ast.Module) -> set[str]:
    """What a module imports, also inside functions, but not for type checkers."""
    hidden = {
        id(below)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for below in ast.walk(node)
    }
    nodes = [node for node in ast.walk(tree) if id(node) not in hidden]
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    return {name.partition(".")[0] for name in names}


def test_what_a_light_install_lacks_is_asked_for_where_it_is_imported() -> None:
    silent = []
    for path in sorted((ROOT / "trackbook").rglob("*.py")):
        text, name = path.read_text(encoding="utf-8"), path.relative_to(ROOT).as_posix()
        wanted = imported(ast.parse(text)) & set(libraries._KNOWN)
        silent += [f"{name}: {each}" for each in sorted(wanted) if f'"{each}"' not in text or "require(" not in text]
    assert [each for each in silent if not each.startswith(GATED)] == []


def project(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]  # type: ignore[no-any-return]


def test_light_distribution_depends_on_all_but_what_a_notebook_needs() -> None:
    whole, light = project(ROOT), project(LIGHT)
    assert light["dependencies"] == [need for need in whole["dependencies"] if need.partition(">")[0] not in LEFT_OUT]
    extras = {name: needs for name, needs in whole["optional-dependencies"].items() if name not in WITH_A_NOTEBOOK}
    assert light["optional-dependencies"] == extras
    for same in ("requires-python", "license", "authors", "scripts", "dynamic"):
        assert light[same] == whole[same]
    assert (LIGHT / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


@pytest.mark.slow
def test_light_tests_pass_with_the_libraries_hidden(tmp_path: Path) -> None:
    """The same tests run in an environment that has only the light distribution; here they run every time."""
    options = [
        "-q",
        "--hide",
        "--basetemp",
        str(tmp_path / "light"),
        "--rootdir",
        str(LIGHT),
        "-c",
        str(LIGHT / "pyproject.toml"),
    ]
    command = [sys.executable, "-P", "-m", "pytest", *options, str(LIGHT / "tests")]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=200)
    assert ended.returncode == 0, ended.stdout[-4_000:] + ended.stderr[-2_000:]
