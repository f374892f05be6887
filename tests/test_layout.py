"""Hold the sizes, the names and the rules of docs/development.md over the whole tree."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "trackbook"
MODULES = sorted(path for path in PACKAGE.rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))

FILE_LINES, LARGE_FILE_LINES, FUNCTION_LINES, CLASS_METHODS, PARAMETERS = 400, 600, 50, 25, 8
#: Contracts and tables, which read best as one page.
LARGE_FILES = {
    "trackbook/stores/base.py",
    "trackbook/stores/sql/tables.py",
    "trackbook/wire.py",
    "trackbook/testing/contracts.py",
}
#: What MLflow fixes, and nothing else.
EXEMPT_PARAMETERS = {"log_metric", "save_model", "log_model", "run", "evaluate", "load_table", "predict"}
EXEMPT_CLASSES = {"Client"}
#: Names that say nothing about what is inside.
BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "tools", "base_utils", "core"}
#: Seams where anything may fail and the caller must not: each logs.
BROAD_EXCEPT = {
    "trackbook/stores/journal/drainer.py",
    "trackbook/server/app.py",
    "trackbook/magics/hooks.py",
    "trackbook/runs/context/capture.py",
    "trackbook/serving/scoring.py",
    "trackbook/widgets/panel.py",
    "trackbook/widgets/showing.py",
    "trackbook/dashboard/page.py",
}
BROAD_EXCEPT_ROOMS = ("trackbook/autologging/",)

#: The demo is a script as a user writes it.
FACADE_USERS = {"trackbook/demo/training.py"}

BANNED_CALLS = {
    "eval": "stored or typed text is parsed, never evaluated",
    "exec": "stored or typed text is parsed, never evaluated",
    "mktemp": "a predictable name is a race: tempfile.mkdtemp or mkstemp",
    "system": "commands are lists of arguments: subprocess.run",
    "popen": "commands are lists of arguments: subprocess.run",
    "extractall": "archives go through the one checked extraction",
    "commonprefix": "containment is held by descriptors, not by text",
    "format_map": "stored text is never a format string",
}
BANNED_TEXT = {
    r"\bHTML\((?!\s*[\"'])": "user text is escaped by entities.cards or shown as text nodes, never handed to HTML()",
    r"yaml\.(load|unsafe_load|full_load)\(": "yaml.safe_load with a size limit",
    r"pickle\.loads?\(": "models are loaded by models.trust only",
    r"shell\s*=\s*True": "commands are lists of arguments",
    r"verify\s*=\s*False": "certificates are checked unless the user's setting says otherwise",
}
#: Where a banned thing is the one place that does it rightly: (file, rule) pairs.
ALLOWED: set[tuple[str, str]] = set()


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions_of(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (n for n in ast.walk(tree_of(path)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))


def length_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function, its docstring left out."""
    first = function.body[0]
    documented = ast.get_docstring(function, clean=False) is not None
    docstring = (first.end_lineno or 0) - first.lineno + 1 if documented else 0
    return (function.end_lineno or 0) - function.lineno + 1 - docstring


def parameters_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    given = function.args
    names = [a.arg for a in given.posonlyargs + given.args + given.kwonlyargs]
    return len([name for name in names if name not in ("self", "cls")])


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_module(dotted: str) -> bool:
    path = ROOT.joinpath(*dotted.split("."))
    return path.with_suffix(".py").exists() or path.is_dir()


@pytest.mark.parametrize("path", [*MODULES, *TESTS], ids=name_of)
def test_file_stays_within_its_size(path: Path) -> None:
    limit = LARGE_FILE_LINES if name_of(path) in LARGE_FILES or "tables" in path.stem else FILE_LINES
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= limit, f"{lines} lines: a noun is missing"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_functions_and_classes_stay_within_their_sizes(path: Path) -> None:
    long = [f"{f.name}: {length_of(f)} lines" for f in functions_of(path) if length_of(f) > FUNCTION_LINES]
    wide = [
        f"{f.name}: {parameters_of(f)} parameters"
        for f in functions_of(path)
        if parameters_of(f) > PARAMETERS and f.name not in EXEMPT_PARAMETERS
    ]
    classes = [n for n in ast.walk(tree_of(path)) if isinstance(n, ast.ClassDef) and n.name not in EXEMPT_CLASSES]
    counts = [(c.name, sum(isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef) for n in c.body)) for c in classes]
    big = [f"{name}: {methods} methods" for name, methods in counts if methods > CLASS_METHODS]
    assert not long + wide + big


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_module_is_named_after_a_noun_and_says_what_it_is_for(path: Path) -> None:
    assert not BANNED_NAMES & set(path.relative_to(PACKAGE).with_suffix("").parts)
    docstring = ast.get_docstring(tree_of(path))
    empty = path.name == "__init__.py" and not tree_of(path).body
    assert empty or (docstring and docstring.splitlines()[0].endswith((".", ":", "?"))), "the first line says it"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_what_is_public_is_in_all(path: Path) -> None:
    body = tree_of(path).body
    targets = [t for n in body if isinstance(n, ast.Assign | ast.AnnAssign) for t in _targets(n)]
    public = [n.name for n in body if isinstance(n, ast.FunctionDef | ast.ClassDef) and n.name[0] != "_"]
    assert "__all__" in targets or not public


def _targets(node: ast.Assign | ast.AnnAssign) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [target.id for target in targets if isinstance(target, ast.Name)]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_broad_except_stands_only_in_named_seams(path: Path) -> None:
    named = name_of(path) in BROAD_EXCEPT or name_of(path).startswith(BROAD_EXCEPT_ROOMS)
    broad = [h.lineno for h in ast.walk(tree_of(path)) if isinstance(h, ast.ExceptHandler) and _swallows_all(h)]
    broad += [n.lineno for n in ast.walk(tree_of(path)) if isinstance(n, ast.Call) and _suppresses_all(n)]
    assert named or not broad, f"lines {broad}: say which errors"


def _swallows_all(handler: ast.ExceptHandler) -> bool:
    """Catching everything to tidy up and raise it again is no swallowing."""
    last = handler.body[-1]
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(_is_everything(c) for c in caught) and not (isinstance(last, ast.Raise) and last.exc is None)


def _suppresses_all(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return name == "suppress" and any(_is_everything(argument) for argument in call.args)


def _is_everything(caught: ast.expr | None) -> bool:
    return caught is None or (isinstance(caught, ast.Name) and caught.id in ("Exception", "BaseException"))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_inside_the_package_no_one_imports_the_facade_or_his_own_room(path: Path) -> None:
    own = module_of(path).rpartition(".")[0] if path.name != "__init__.py" else ""
    wrong = []
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            wrong += [a.name for a in node.names if a.name == "trackbook"]
        elif isinstance(node, ast.ImportFrom) and node.module in ("trackbook", own):
            wrong += [a.name for a in node.names if not is_module(f"{node.module}.{a.name}")]
    assert not wrong or name_of(path) in FACADE_USERS


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_dangerous_is_called(path: Path) -> None:
    calls = [(_called(n), n.lineno) for n in ast.walk(tree_of(path)) if isinstance(n, ast.Call)]
    found = [f"line {line}: {name}(): {BANNED_CALLS[name]}" for name, line in calls if name in BANNED_CALLS]
    for pattern, reason in BANNED_TEXT.items():
        if (name_of(path), pattern) not in ALLOWED and re.search(pattern, path.read_text(encoding="utf-8")):
            found.append(f"{pattern}: {reason}")
    assert not found


def _called(call: ast.Call) -> str:
    """The called name; for a method only where the method itself is what is banned."""
    function = call.func
    if isinstance(function, ast.Name):
        return function.id
    dangerous = {"mktemp", "system", "popen", "extractall", "commonprefix", "format_map"}
    return function.attr if isinstance(function, ast.Attribute) and function.attr in dangerous else ""


def test_no_module_under_the_package_hides_a_public_function() -> None:
    import trackbook

    modules = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or path.is_dir()}
    functions = {name for name in trackbook.__all__ if callable(getattr(trackbook, name))}
    assert not modules & functions


#: Folders with tests of the whole package rather than of one module; so are the files beside this one.
WHOLE_TREE_FOLDERS = {"browser", "faults", "interchange"}
#: Tests of a whole room.
WHOLE_ROOM = {"state_machine"}


def test_tests_mirror_the_package() -> None:
    strangers = [name_of(path) for path in TESTS if not _mirrors(path.relative_to(ROOT / "tests"))]
    assert not strangers, "a test file is called after the module that it tests"


def _mirrors(path: Path) -> bool:
    noun = path.stem.removeprefix("test_")
    if len(path.parts) == 1 or path.parts[0] in WHOLE_TREE_FOLDERS or noun in WHOLE_ROOM:
        return True
    modules = {module.stem for module in PACKAGE.joinpath(*path.parent.parts).glob("*")}
    return any(noun == module or noun.startswith(module + "_") for module in modules)


@pytest.mark.parametrize("path", [*MODULES, *TESTS], ids=name_of)
def test_comment_that_asks_for_work_has_an_issue(path: Path) -> None:
    marks = re.findall(r"#\s*(?:TODO|FIXME|XXX)\b(?!.*#\d)", path.read_text(encoding="utf-8"))
    assert not marks
