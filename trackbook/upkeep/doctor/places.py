"""Doctor's look at the files of a store, before its database is opened: permissions and journals."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from trackbook.stores.flock import lock
from trackbook.stores.journal.files import NASCENT, SegmentFile, host_and_boot, list_segments, read_header
from trackbook.stores.permissions import file_mode
from trackbook.upkeep.doctor.findings import ERROR, NOTE, WARNING, Finding

__all__ = ["check_journals", "check_permissions"]

_READ = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)


def check_permissions(database: str) -> Iterator[Finding]:
    """Files and folders that more people may open than the settings say.

    Args:
        database: path of the database.
    """
    if os.name == "nt":  # where permissions are another matter
        return
    mode = file_mode()
    yield from _checked_mode(Path(database), mode, secret=True)
    for ending in ("-wal", "-shm"):
        yield from _checked_mode(Path(database + ending), mode)
    folder = Path(f"{database}.d")
    for path in (folder, folder / "writers"):
        yield from _checked_mode(path, mode | (mode & 0o444) >> 2)
    with suppress(OSError):
        for path in sorted((folder / "writers").iterdir()):
            yield from _checked_mode(path, mode)


def _checked_mode(path: Path, wanted: int, *, secret: bool = False) -> Iterator[Finding]:
    try:
        found = path.lstat()
    except OSError:
        return
    mode = stat.S_IMODE(found.st_mode)
    if stat.S_ISLNK(found.st_mode) or not mode & ~wanted & 0o777:
        return
    own = found.st_uid == os.geteuid()
    yield Finding(
        "permissions",
        str(path),
        f"Its permissions are {mode:03o}, and {wanted:03o} is what the settings ask for"
        + (": others may read what was logged." if secret else "."),
        WARNING,
        f"chmod {wanted:o} {path}; if others shall read it, set TRACKBOOK_FILE_MODE.",
        (lambda: path.chmod(mode & wanted)) if own else None,
    )


def check_journals(database: str, flush: Callable[[], object]) -> Iterator[Finding]:
    """Journals that nobody writes any more, and what damage and kills have left beside them.

    Args:
        database: path of the database.
        flush: stores what dead writers left.
    """
    folder = Path(f"{database}.d") / "writers"
    for segment in list_segments(folder):
        yield from _check_segment(segment, flush)
    with suppress(FileNotFoundError, NotADirectoryError):
        for path in sorted(folder.iterdir()):
            yield from _check_leftover(path)


def _check_segment(segment: SegmentFile, flush: Callable[[], object]) -> Iterator[Finding]:
    path = segment.path
    try:
        descriptor = os.open(path, _READ)
    except FileNotFoundError:
        return
    except OSError as error:
        yield Finding("journal", str(path), f"It cannot be opened: {error.strerror}.", ERROR, "Check its permissions.")
        return
    try:
        lock(descriptor, shared=True)
        header, size = read_header(descriptor)[0], os.fstat(descriptor).st_size
    except BlockingIOError:
        return  # its process is alive
    finally:
        os.close(descriptor)
    yield _orphan(path, size, str(header.get("host", host_and_boot()[0])), flush)


def _orphan(path: Path, size: int, host: str, flush: Callable[[], object]) -> Finding:
    if host != host_and_boot()[0]:
        what = f"{size} bytes of the journal of a process on the machine {host} wait here; whether it lives is unknown."
        return Finding("journal", str(path), what, WARNING, f"Open the store for writing on {host}.")

    def adopt() -> bool:
        flush()
        return not path.exists()

    what = f"{size} bytes of the journal of a process that is gone wait to be stored."
    remedy = "--fix stores them; so does the next process that opens the store for writing."
    return Finding("journal", str(path), what, WARNING, remedy, adopt)


def _check_leftover(path: Path) -> Iterator[Finding]:
    if path.name.endswith(".bad"):
        with suppress(OSError):
            yield Finding(
                "journal",
                str(path),
                f"{path.stat().st_size} damaged bytes of a journal were put aside; what was intact is stored.",
                WARNING,
                "Find out what damaged the disk; delete the file when it is of no more use.",
            )
    elif path.name.endswith(NASCENT):
        yield from _check_nascent(path)


def _check_nascent(path: Path) -> Iterator[Finding]:
    with suppress(OSError), path.open("rb") as file:
        lock(file.fileno(), shared=True)  # else somebody is making it
        what = "A process was killed while it made its journal; nothing was logged to it."
        yield Finding("journal", str(path), what, NOTE, "--fix deletes it.", lambda: path.unlink(missing_ok=True))
