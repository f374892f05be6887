"""Who runs what: the user, the script or notebook, Python and the platform. Cheap enough for every start of a run."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Collection
from functools import cache
from typing import Any

__all__ = ["code_folder", "entry_below", "source_tags", "user_name"]


@cache
def user_name() -> str:
    """The operating system's name for whoever runs this process; its number for a container's user without a name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid()) if hasattr(os, "getuid") else ""


def source_tags(parts: Collection[str]) -> dict[str, str]:
    """The tags that need no look beyond this process.

    Args:
        parts: what TRACKBOOK_CAPTURE asks for.
    """
    tags: dict[str, str] = {}
    if "user" in parts:
        tags["mlflow.user"] = user_name()
    if "source" in parts:
        tags["mlflow.source.name"] = _source(with_notebook="notebook" in parts)
        tags["mlflow.source.type"] = "LOCAL" if _kernel_shell() is None else "NOTEBOOK"
    if "platform" in parts:
        tags["trackbook.python"], tags["trackbook.platform"] = _python(), _platform()
    return tags


def _source(*, with_notebook: bool) -> str:
    notebook = _notebook() if with_notebook else ""
    return notebook or (sys.argv[0] if sys.argv else "") or "python"


def _kernel_shell() -> Any:
    """The shell of a notebook's kernel; None in a script, also in one that a notebook has started."""
    ipython = sys.modules.get("IPython")
    shell = getattr(ipython, "get_ipython", lambda: None)()
    return shell if getattr(shell, "kernel", None) is not None else None


def _notebook() -> str:
    """The notebook's path, as Jupyter Server tells its kernels or VS Code the notebook's names; "" if nobody does."""
    shell = _kernel_shell()
    if shell is None:
        return ""
    told = os.environ.get("JPY_SESSION_NAME") or getattr(shell, "user_ns", {}).get("__vsc_ipynb_file__")
    return str(told) if told else ""


@cache
def _python() -> str:
    name, version = sys.implementation.name, ".".join(map(str, sys.version_info[:3]))
    return version if name == "cpython" else f"{version} ({name})"


@cache
def _platform() -> str:
    if not hasattr(os, "uname"):
        return sys.platform
    about = os.uname()
    return f"{about.sysname}-{about.release}-{about.machine}"


def _entry() -> str:
    """The absolute path of the notebook or script; "" where there is none, or it is a tool that runs others' code."""
    notebook = _notebook()
    if _kernel_shell() is not None:
        return notebook if os.path.isabs(notebook) else ""
    return _script(sys.argv[0], "" if os.path.isabs(sys.argv[0]) else os.getcwd()) if sys.argv and sys.argv[0] else ""


@cache
def _script(name: str, folder: str) -> str:
    path = os.path.realpath(os.path.join(folder, name))
    tool = path.startswith((os.path.join(sys.prefix, ""), os.path.join(sys.base_prefix, "")))
    tool = tool or any(part in ("site-packages", "dist-packages") for part in path.split(os.sep))
    return path if not tool and os.path.isfile(path) else ""


def code_folder() -> str:
    """The folder whose repository is meant: that of the notebook or script, else the working directory.

    Raises:
        OSError: the working directory is gone.
    """
    entry = _entry()
    return os.path.dirname(entry) if entry else os.getcwd()


def entry_below(root: str) -> str:
    """The notebook or script as a path from the top of a repository; "" if it lies outside."""
    entry, top = _entry(), os.path.join(os.path.realpath(root), "")
    real = os.path.realpath(entry) if entry else ""
    return real[len(top) :].replace(os.sep, "/") if real.startswith(top) else ""
