"""The packages that are installed, in the form of `pip freeze`."""

from __future__ import annotations

import json
import os
import re
import sys
from typing import TYPE_CHECKING

from trackbook.runs.context.git import shown_remote

if TYPE_CHECKING:
    from importlib.metadata import Distribution

__all__ = ["installed_packages", "stamps_of_packages"]

_NAME = re.compile(r"^Name: *([\w.-]+)\r?$", re.MULTILINE | re.ASCII)
_VERSION = re.compile(r"^Version: *([\w.+!-]+)\r?$", re.MULTILINE | re.ASCII)


def stamps_of_packages() -> tuple[int, ...]:
    """What changes when a package is installed or removed: the times of site-packages and its like."""
    return (0, *(_changed(folder) for folder in sys.path if folder.endswith("-packages")))


def _changed(folder: str) -> int:
    try:
        return os.stat(folder).st_mtime_ns
    except (OSError, ValueError):
        return 0


def installed_packages() -> str:
    """One line a package, sorted by name; of several of one name that which is imported."""
    from importlib.metadata import distributions  # 20 ms, which only the thread beside a run has

    found: dict[str, str] = {}
    for distribution in distributions():
        name, version = _name_and_version(distribution)
        key = re.sub(r"[-_.]+", "-", name).lower()
        if name and version and key not in found:
            found[key] = f"{name} @ {address}" if (address := _address(distribution)) else f"{name}=={version}"
    return "".join(f"{found[key]}\n" for key in sorted(found))


def _name_and_version(distribution: Distribution) -> tuple[str, str]:
    """Of a package whose metadata is damaged, nothing. To parse all of that as the mail that it is takes far longer."""
    try:
        text = distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or ""
    except (ValueError, OSError):
        return "", ""
    head = text.partition("\n\n")[0]
    name, version = _NAME.search(head), _VERSION.search(head)
    return (name[1], version[1]) if name and version else ("", "")


def _address(distribution: Distribution) -> str:
    """Where a package was installed from, if that was neither an index nor a folder of this machine."""
    try:
        told = json.loads(distribution.read_text("direct_url.json") or "{}")
        url, source = str(told.get("url", "")), told.get("vcs_info") or {}
        if not url or url.startswith("file:"):
            return ""
        url = shown_remote(url)
        return f"{source['vcs']}+{url}@{source['commit_id']}" if source else url
    except (AttributeError, KeyError, TypeError, ValueError, OSError):
        return ""
