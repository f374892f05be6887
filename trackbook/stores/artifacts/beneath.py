"""Opening what lies below a folder by its descriptor: no link is followed and no name leads outside."""

from __future__ import annotations

import ctypes
import errno
import functools
import os
import sys
from collections.abc import Callable, Sequence

__all__ = ["Opener", "is_plain_name", "kernel_open", "open_beneath", "opens_folders", "walk_open"]

#: (descriptor of a folder, names below it, flags of open, permissions of a new file) -> descriptor
Opener = Callable[[int, Sequence[str], int, int], int]

_OPENAT2 = 437  # one number on every architecture of Linux
_NO_SYMLINKS, _BENEATH = 0x04, 0x08
_RETRIES = 100
_FOLDER_ON_THE_WAY = 0  # of which Windows knows no part
for _flag in ("O_DIRECTORY", "O_NOFOLLOW", "O_CLOEXEC", "O_PATH"):
    _FOLDER_ON_THE_WAY |= getattr(os, _flag, os.O_RDONLY)


class _How(ctypes.Structure):
    _fields_ = [("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64)]


def open_beneath(folder: int, parts: Sequence[str], flags: int, mode: int = 0o666) -> int:
    """Open ``parts`` below the open folder, with openat2 where there is one.

    Args:
        folder: descriptor of the folder.
        parts: names; none is empty, ``.``, ``..`` or has a slash. The folder itself if there are none.
        flags: as for os.open.
        mode: permissions of a file that the flags create.

    Raises:
        OSError: ELOOP if any of them is a link.
    """
    return (kernel_open if _kernel_has_openat2() else walk_open)(folder, parts, flags, mode)


def kernel_open(folder: int, parts: Sequence[str], flags: int, mode: int = 0o666) -> int:
    """`open_beneath` by one openat2 (Linux 5.6 and newer)."""
    path = os.fsencode("/".join(_checked(parts)) or ".")
    creates = flags & os.O_CREAT
    how = _How(flags | os.O_CLOEXEC | os.O_NOFOLLOW, mode if creates else 0, _NO_SYMLINKS | _BENEATH)
    for _ in range(_RETRIES):
        descriptor = int(_syscall()(_OPENAT2, folder, path, ctypes.byref(how), ctypes.sizeof(how)))
        if descriptor >= 0:
            return descriptor
        number = ctypes.get_errno()
        if number not in (errno.EINTR, errno.EAGAIN):  # EAGAIN: something was renamed at that moment
            break
    raise OSError(number, os.strerror(number), os.fsdecode(path))


def walk_open(folder: int, parts: Sequence[str], flags: int, mode: int = 0o666) -> int:
    """`open_beneath` one name at a time, where the kernel has no openat2."""
    *above, name = _checked(parts) or ["."]
    current = os.dup(folder)
    try:
        for part in above:
            deeper = os.open(part, _FOLDER_ON_THE_WAY, dir_fd=current)
            os.close(current)
            current = deeper
        return os.open(name, flags | os.O_NOFOLLOW | os.O_CLOEXEC, mode, dir_fd=current)
    finally:
        os.close(current)


def opens_folders() -> bool:
    """Whether this system opens folders, and files by the descriptor of their folder."""
    return os.open in os.supports_dir_fd


def is_plain_name(name: str) -> bool:
    """Whether a name means one entry of the folder that it is looked up in, and nothing else."""
    return name not in ("", ".", "..") and "/" not in name and "\x00" not in name


def _checked(parts: Sequence[str]) -> list[str]:
    for part in parts:
        if not is_plain_name(part):
            raise OSError(errno.ELOOP, "a name that may lead elsewhere", "/".join(parts))
    return list(parts)


@functools.cache
def _syscall() -> Callable[..., int]:
    call = ctypes.CDLL(None, use_errno=True).syscall
    call.argtypes = [ctypes.c_long, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_size_t]
    call.restype = ctypes.c_long
    return call


@functools.cache
def _kernel_has_openat2() -> bool:
    """Old kernels do not know the call, and some containers forbid it."""
    if sys.platform != "linux":
        return False
    folder = os.open("/", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.close(kernel_open(folder, (), os.O_RDONLY | os.O_DIRECTORY))
    except OSError:
        return False
    else:
        return True
    finally:
        os.close(folder)
