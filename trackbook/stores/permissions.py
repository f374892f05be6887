"""Who may read what a store writes: its owner alone, or a group by TRACKBOOK_FILE_MODE, whatever the umask."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from trackbook.config import read_settings
from trackbook.errors import InvalidParameter

__all__ = ["file_mode", "make_file", "make_folder"]


def file_mode() -> int:
    """Permissions of new files: 0600, or what TRACKBOOK_FILE_MODE says.

    Raises:
        InvalidParameter: the setting is no octal number.
    """
    text = read_settings().file_mode or "600"
    try:
        return int(text, 8) & 0o777
    except ValueError:
        raise InvalidParameter(f"TRACKBOOK_FILE_MODE is {text!r}; it is an octal number such as 660.") from None


def make_file(path: str | Path) -> None:
    """Make an empty file that only its owner, or the group, may open; nothing if there is one."""
    with suppress(FileExistsError):
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        if hasattr(os, "fchmod"):  # on Windows a file has the permissions of its folder
            os.fchmod(descriptor, file_mode())
        os.close(descriptor)


def make_folder(path: Path) -> None:
    """Make a folder, with its parents, that whoever may read the files may enter; nothing if there is one."""
    if path.is_dir():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
        mode = file_mode()
        path.chmod(mode | (mode & 0o444) >> 2)
