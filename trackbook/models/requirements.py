"""What a model needs to be loaded elsewhere: found in this process, and written in MLflow's files."""

from __future__ import annotations

import dis
import functools
import importlib.metadata
import io
import os
import pickle
import platform
import re
import sys
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trackbook.errors import InvalidParameter
from trackbook.models.model import read_yaml, write_yaml

__all__ = ["Environment", "environment", "infer_requirements", "modules_of", "pinned", "write_environment"]

_MLFLOW = "mlflow>=3"
_SELF = "trackbook"
#: Modules whose distribution bears another name.
_CALLED = {
    "PIL": "pillow",
    "cv2": "opencv-python",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "yaml": "PyYAML",
}
_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")


@dataclass(frozen=True)
class Environment:
    """What is written beside a model.

    Attributes:
        requirements: lines for pip.
        constraints: lines of constraints.txt; empty for none.
        conda: the content of conda.yaml.
    """

    requirements: list[str]
    constraints: list[str]
    conda: dict[str, Any]


@functools.cache
def _distributions() -> Mapping[str, list[str]]:
    """Top-level module -> the distributions that bring it."""
    return importlib.metadata.packages_distributions()


@functools.cache
def pinned(module: str) -> str | None:
    """``name==version`` of the distribution that a module to import comes from; None if it comes from none."""
    top = module.partition(".")[0]
    name = _likely(top)
    if name is None:
        found = _distributions().get(top)
        if not found:
            return None
        name = min(found, key=lambda candidate: (_plain(candidate) != _plain(top), candidate))
    public = importlib.metadata.version(name).partition("+")[0]  # 2.1.0+cpu is in no index
    return f"{name}=={public}"


def _likely(module: str) -> str | None:
    """The distribution that is called as the module is, or as everybody knows, if it does bring it.

    Looking through all that is installed takes a good part of a second, once; this takes a millisecond.
    """
    try:
        found = importlib.metadata.distribution(_CALLED.get(module, module))
    except (importlib.metadata.PackageNotFoundError, ValueError):
        return None
    record = found.read_text("RECORD") or ""
    brings = record.startswith(f"{module}/") or f"\n{module}/" in record
    return found.metadata["Name"] if brings else None


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def infer_requirements(modules: Iterable[str]) -> list[str]:
    """Pins of what modules come from, sorted; modules of the standard library and of the user's own need none."""
    found = {pin for module in modules if _needs_pin(module) and (pin := pinned(module))}
    return sorted(found, key=str.lower)


def _needs_pin(module: str) -> bool:
    top = module.partition(".")[0]
    return top not in sys.stdlib_module_names and top not in (_SELF, "mlflow", "__main__", "__mp_main__", "")


def modules_of(*objects: Any) -> set[str]:
    """The modules that objects need: of every class and function in them, and what the user's own modules import."""
    watcher = _Watcher()
    for each in objects:
        watcher.look_at(each)
    return watcher.found


class _Watcher(pickle.Pickler):
    """Walks an object as a pickler does, keeps nothing, and notes which modules it comes from."""

    def __init__(self) -> None:
        self._sink = _Nowhere()
        super().__init__(self._sink, protocol=5, buffer_callback=lambda _: False)
        self.found: set[str] = set()
        self._own: set[str] = set()

    def look_at(self, thing: Any) -> None:
        """Note the modules of an object and of all that is in it."""
        try:
            self.dump(thing)
        except (pickle.PicklingError, TypeError, AttributeError, ValueError, RuntimeError):
            self._note(thing)  # what cannot be walked has its own class at least

    def reducer_override(self, thing: Any) -> Any:
        """Note where an object comes from, and let the pickler go on."""
        self._note(thing)
        if isinstance(thing, types.FunctionType | type) and self._is_own(str(thing.__module__)):
            return _nothing, ()  # found by value; what it uses was noted
        return NotImplemented

    def _note(self, thing: Any) -> None:
        kind = thing if isinstance(thing, type | types.FunctionType | types.BuiltinFunctionType) else type(thing)
        module = str(getattr(kind, "__module__", None) or "")
        if not self._is_own(module):
            self.found.add(module)
            return
        for function in _functions_of(kind):
            self._note_code(function, function.__code__)
        if module not in self._own and module in sys.modules and module != "__main__":
            self._own.add(module)
            self._note_imports(vars(sys.modules[module]).values())

    def _is_own(self, module: str) -> bool:
        """Whether a module is the user's own: neither installed nor of the standard library."""
        top = module.partition(".")[0]
        return top == "__main__" or (top not in ("", *sys.stdlib_module_names) and pinned(module) is None)

    def _note_imports(self, values: Iterable[Any]) -> None:
        for value in list(values):
            name = value.__name__ if isinstance(value, types.ModuleType) else getattr(value, "__module__", None)
            if isinstance(name, str) and not self._is_own(name):
                self.found.add(name)

    def _note_code(self, function: types.FunctionType, code: types.CodeType) -> None:
        names = {step.argval for step in dis.get_instructions(code) if step.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
        self._note_imports(function.__globals__[name] for name in names if name in function.__globals__)
        self.found.update(str(step.argval) for step in dis.get_instructions(code) if step.opname == "IMPORT_NAME")
        for inner in code.co_consts:
            if isinstance(inner, types.CodeType):
                self._note_code(function, inner)


class _Nowhere(io.RawIOBase):
    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return len(data)


def _nothing() -> None:
    """Stands for an object that was looked at."""


def _functions_of(kind: Any) -> Iterator[types.FunctionType]:
    if isinstance(kind, types.FunctionType):
        yield kind
    elif isinstance(kind, type):
        for value in vars(kind).values():
            function = getattr(value, "__func__", value)
            if isinstance(function, types.FunctionType):
                yield function


def environment(
    modules: Iterable[str],
    pip_requirements: str | Sequence[str] | None = None,
    extra_pip_requirements: str | Sequence[str] | None = None,
    conda_env: str | os.PathLike[str] | Mapping[str, Any] | None = None,
) -> Environment:
    """What a model needs.

    Args:
        modules: what it was seen to come from.
        pip_requirements: instead of what was found: lines, or the path of a requirements file.
        extra_pip_requirements: beside what was found.
        conda_env: instead of both: a dict, or the path of a conda.yaml.

    Raises:
        InvalidParameter: conda_env was given beside one of the others, or something is not of its form.
    """
    if conda_env is not None:
        if pip_requirements is not None or extra_pip_requirements is not None:
            raise InvalidParameter("Give conda_env or pip_requirements and extra_pip_requirements, not both.")
        return _of_conda(conda_env)
    if pip_requirements is not None and extra_pip_requirements is not None:
        raise InvalidParameter("Give pip_requirements (instead of what is found) or extra_pip_requirements, not both.")
    constraints: list[str] = []
    lines = infer_requirements(modules) if pip_requirements is None else _lines(pip_requirements, constraints)
    extra = _lines(extra_pip_requirements, constraints) if extra_pip_requirements is not None else []
    named = {_distribution(line) for line in extra}
    lines = [line for line in lines if _distribution(line) not in named] + extra
    if "mlflow" not in {_distribution(line) for line in lines}:
        lines = [_MLFLOW, *lines]  # MLflow's tools install what a model names, and nothing else
    if constraints:
        lines.append("-c constraints.txt")
    return Environment(lines, constraints, _conda(lines))


def _distribution(line: str) -> str:
    match = _NAME.match(line)
    return _plain(match[1]) if match else line


def _lines(given: object, constraints: list[str]) -> list[str]:
    """Requirement lines from a list or a file, with those of files that they name; constraints go to their own list."""
    if isinstance(given, (str, os.PathLike)):
        return _file_lines(Path(given), constraints)
    texts = list(given) if isinstance(given, Iterable) else [given]
    lines = [line for line in texts if isinstance(line, str)]
    if len(lines) < len(texts):
        raise InvalidParameter(f"Requirements are a list of lines or the path of a file, not {given!r:.80}.")
    return [line for text in lines for line in _expanded(text, Path(), constraints)]


def _file_lines(path: Path, constraints: list[str]) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidParameter(f"The requirements file {str(path)!r} cannot be read: {error}") from None
    return [line for raw in text.splitlines() for line in _expanded(raw, path.parent, constraints)]


def _expanded(text: str, folder: Path, constraints: list[str]) -> list[str]:
    line = re.sub(r"(^|\s)#.*$", "", text).strip()
    if "\n" in line or "\r" in line:
        raise InvalidParameter(f"A requirement is one line, not {line!r:.80}.")
    if match := re.match(r"(-c|--constraint|-r|--requirement)[\s=]+(.+)", line):
        lines = _file_lines(folder / match[2].strip(), constraints)
        if match[1] in ("-c", "--constraint"):
            constraints.extend(lines)
            return []
        return lines
    return [line] if line else []


def _of_conda(given: str | os.PathLike[str] | Mapping[str, Any]) -> Environment:
    if isinstance(given, (str, os.PathLike)):
        try:
            content = read_yaml(Path(given).read_bytes(), os.fspath(given))
        except OSError as error:
            raise InvalidParameter(f"The conda environment {os.fspath(given)!r} cannot be read: {error}") from None
    else:
        content = given
    if not isinstance(content, Mapping) or not isinstance(content.get("dependencies", []), list):
        raise InvalidParameter("A conda environment is a mapping with 'dependencies', a list.")
    pips = [item["pip"] for item in content.get("dependencies", []) if isinstance(item, Mapping) and "pip" in item]
    constraints: list[str] = []
    lines = [line for listed in pips for line in _lines(listed or [], constraints)]
    return Environment(lines, constraints, dict(content))


def _conda(lines: Sequence[str]) -> dict[str, Any]:
    pip = _installed("pip")
    return {
        "channels": ["conda-forge"],
        "dependencies": [
            f"python={platform.python_version()}",
            f"pip<={pip}" if pip else "pip",
            {"pip": list(lines)},
        ],
        "name": "mlflow-env",
    }


@functools.cache
def _installed(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def write_environment(folder: Path, needed: Environment) -> None:
    """Write requirements.txt, conda.yaml, python_env.yaml and, if there are any, constraints.txt."""
    folder.joinpath("requirements.txt").write_text("\n".join(needed.requirements), encoding="utf-8")
    if needed.constraints:
        folder.joinpath("constraints.txt").write_text("\n".join(needed.constraints), encoding="utf-8")
    write_yaml(folder / "conda.yaml", needed.conda)
    build = [f"{name}=={version}" for name in ("pip", "setuptools", "wheel") if (version := _installed(name))]
    python = {"python": platform.python_version(), "build_dependencies": build or ["pip"]}
    write_yaml(folder / "python_env.yaml", python | {"dependencies": ["-r requirements.txt"]})
