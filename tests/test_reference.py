"""The reference is what the docstrings say, and the docstrings say what is given, returned and raised."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import trackbook
from trackbook import errors

MAKER = Path(__file__).parents[1] / "docs" / "make_reference.py"


@pytest.fixture(scope="module")
def maker() -> Any:
    spec = importlib.util.spec_from_file_location("make_reference", MAKER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_reference_is_what_the_docstrings_say() -> None:
    ended = subprocess.run([sys.executable, str(MAKER), "--check"], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_check_names_a_page_that_differs(maker: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    maker.FOLDER = tmp_path / "reference"
    assert maker.main([]) == 0
    assert maker.main(["--check"]) == 0
    page = maker.FOLDER / "client.md"
    page.write_text(page.read_text(encoding="utf-8").replace("run", "walk"), encoding="utf-8")
    (maker.FOLDER / "stranger.md").touch()
    assert maker.main(["--check"]) == 1
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [
        "docs/reference/client.md",
        "docs/reference/stranger.md",
    ]
    assert (maker.main([]), maker.main(["--check"])) == (0, 0)


def test_every_public_name_has_its_heading(maker: Any) -> None:
    text = (MAKER.parent / "reference" / "trackbook.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (\w+)$", text, flags=re.MULTILINE) == sorted(trackbook.__all__)
    client = (MAKER.parent / "reference" / "client.md").read_text(encoding="utf-8")
    methods = [name for name in vars(trackbook.Client) | vars_of_bases(trackbook.Client) if name[0] != "_"]
    assert set(re.findall(r"^### Client\.(\w+)$", client, flags=re.MULTILINE)) == set(methods)


def vars_of_bases(kind: type) -> dict[str, Any]:
    return {name: value for base in kind.__mro__[1:-1] for name, value in vars(base).items()}


def public_calls() -> dict[str, Any]:
    """Every function and method that the reference shows, each once."""
    modules = [trackbook, trackbook.entities, trackbook.artifacts, trackbook.exceptions]
    modules += [importlib.import_module("trackbook.data")] if importlib.util.find_spec("trackbook.data") else []
    found: dict[Any, str] = {}
    for module in modules:
        for name in module.__all__:
            thing = getattr(module, name)
            if inspect.isclass(thing):
                for own, method in inspect.getmembers(thing):
                    if own[0] != "_":
                        found.setdefault(getattr(method, "__func__", method), f"{name}.{own}")
            else:
                found.setdefault(thing, f"{module.__name__}.{name}")
    return {name: thing for thing, name in found.items() if is_ours(thing)}


def is_ours(thing: Any) -> bool:
    return inspect.isfunction(thing) and thing.__module__.startswith("trackbook")


#: How a first line begins that says what is returned.
A_NOUN = "A|All|An|Calls|Every|HTTP|How|Info|One|The|URI|What|Whether|Where"
#: What says what is raised: a section, the name of an error, or another docstring that says it.
RAISED = re.compile(
    rf"Raises:|[Nn]othing is raised|where raising|\b(?:{'|'.join(errors.__all__)})\b|(?:see|as for|Undo|As) `[\w.]+`"
    r"|\A(?:Whether|An error)\b"
)


def test_docstrings_say_what_is_returned() -> None:
    silent = []
    for name, function in public_calls().items():
        text, returned = inspect.getdoc(function) or "", inspect.signature(function).return_annotation
        # what a call with synchronous=False gives is said once, by RunOperations
        told = returned in ("None", "RunOperations | None") or "Returns:" in text or re.match(rf"(?:{A_NOUN})\b", text)
        if not (text and told):
            silent.append(name)
    assert silent == []


def test_docstrings_of_calls_with_arguments_say_what_is_raised() -> None:
    calls = public_calls()
    silent = [
        name
        for name, function in calls.items()
        if set(inspect.signature(function).parameters) - {"self", "cls"}
        and not RAISED.search(inspect.getdoc(function) or "")
    ]
    assert silent == []
    assert len(calls) > 100
