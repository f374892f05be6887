"""What kind of file system a folder lies on: SQLite's write-ahead log and locks need one on this machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

__all__ = ["FileSystem", "file_system_of"]

# fmt: off
_NETWORK = frozenset({
    "9p", "acfs", "afpfs", "afs", "beegfs", "ceph", "cifs", "coda", "cvmfs", "fhgfs", "fuse.beegfs", "fuse.ceph",
    "fuse.cephfs", "fuse.gcsfuse", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs", "gfs", "gfs2",
    "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs3", "nfs4", "ocfs2", "orangefs", "pvfs2", "smb", "smb2",
    "smb3", "smbfs", "virtiofs",
})
# fmt: on
_ESCAPES = {r"\040": " ", r"\011": "\t", r"\012": "\n", r"\134": "\\"}


class FileSystem(NamedTuple):
    """A mounted file system.

    Attributes:
        kind: as the kernel calls it, such as ``ext4`` or ``nfs4``; "" where it is not known.
        source: what is mounted: a device, or ``server:/export``.
    """

    kind: str
    source: str

    @property
    def is_network(self) -> bool:
        """Whether other machines share it."""
        return self.kind in _NETWORK


def file_system_of(folder: str | os.PathLike[str]) -> FileSystem:
    """The file system of a folder, by the kernel's list of mounts; an unknown one where there is no such list."""
    try:
        lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return FileSystem("", "")
    path = os.path.realpath(folder)
    best, found = -1, FileSystem("", "")
    for line in lines:
        before, _, after = line.partition(" - ")
        fields, described = before.split(" "), after.split(" ")
        if len(fields) < 5 or len(described) < 2:
            continue
        point = _unescaped(fields[4])
        inside = path == point or path.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= best:  # a later mount covers an earlier one
            best, found = len(point), FileSystem(described[0], _unescaped(described[1]))
    return found


def _unescaped(text: str) -> str:
    for escape, character in _ESCAPES.items():
        text = text.replace(escape, character)
    return text
