"""What a report of a fault needs: versions, the store and the settings in use, secrets masked."""

from __future__ import annotations

import os
import platform
import sqlite3
from dataclasses import fields
from importlib.metadata import PackageNotFoundError, version

from trackbook.config import Settings, read_settings
from trackbook.errors import TrackbookError
from trackbook.libraries import installed_version, mixed_versions
from trackbook.uris import parse_store_uri, strip_user_info

__all__ = ["environment"]

_LIBRARIES = ("sqlalchemy", "numpy", "pandas", "ipython", "anywidget", "plotly", "fsspec", "jupyterlab", "voila")
_SECRETS = frozenset({"tracking_token", "tracking_password"})
_MASK = "***"


def environment(uri: str, *, mask: bool = False) -> dict[str, str]:
    """Versions of what is installed, the store and the settings that are set.

    Args:
        uri: the store.
        mask: hide the values of all settings; secrets, and who logs in where, are always hidden.
    """
    facts = {
        "trackbook": installed_version(),
        "python": f"{platform.python_version()} ({platform.python_implementation()})",
        "platform": platform.platform(),
        "sqlite": sqlite3.sqlite_version,
    }
    facts |= {name: _version(name) for name in _LIBRARIES}
    if wrong := mixed_versions():
        facts["installation"] = wrong
    return facts | {"store": _shown_store(uri)} | _settings(mask)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _shown_store(uri: str) -> str:
    path = parse_store_uri(uri).path
    if path is None:
        return _without_login(uri)
    size = f"{os.path.getsize(path)} bytes" if os.path.exists(path) else "absent"
    return f"{path} ({size})"


def _settings(mask: bool) -> dict[str, str]:
    try:
        settings = read_settings()
    except TrackbookError as error:
        return {"settings": str(error)}
    found = {}
    for setting in fields(Settings):
        value = getattr(settings, setting.name)
        if value not in (None, setting.default):
            hidden = mask or setting.name in _SECRETS
            found[f"TRACKBOOK_{setting.metadata['name']}"] = _MASK if hidden else _without_login(str(value))
    return found


def _without_login(value: str) -> str:
    try:
        return strip_user_info(value)
    except ValueError:  # no URI at all, so nobody knows what is secret in it
        return _MASK
