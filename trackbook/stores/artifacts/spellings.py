"""Names in a folder that differ only by upper and lower case, found without listing the folder for each new file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from trackbook.stores.artifacts.names import folded
from trackbook.stores.artifacts.paths import SafeFolder, is_reserved
from trackbook.uris import SafeRelPath

__all__ = ["Spellings"]

_MOST_FOLDERS = 64


class _Seen(NamedTuple):
    stamp: tuple[int, int]
    names: dict[str, str]


#: What folders held when they were last looked at; a folder whose stamp is the same holds that still.
_seen: dict[str, _Seen] = {}


class Spellings:
    """How the names in the folders below a root are spelled.

    What another process stores in the very moment in which this one does may be missed: then two files differ only
    by case, which this disk can hold.

    Args:
        folder: the root.
    """

    def __init__(self, folder: SafeFolder) -> None:
        self._folder = folder

    def other(self, path: SafeRelPath) -> str | None:
        """What is there already under another spelling of the path's last name."""
        *above, name = path.parts
        found = self._names(above).get(folded(name), name)
        if found != name and found not in self._folder.names(above):  # removed within one tick of the disk's clock
            _seen.pop(self._key(above), None)
            found = self._names(above).get(folded(name), name)
        return None if found == name else found

    def added(self, paths: Iterable[SafeRelPath]) -> None:
        """Remember what this process has just stored."""
        steps = {(path.parts[:depth], path.parts[depth]) for path in paths for depth in range(len(path.parts))}
        for above, name in steps:
            if known := _seen.get(self._key(above)):
                known.names.setdefault(folded(name), name)
        for above in {above for above, _ in steps}:
            known, stamp = _seen.get(self._key(above)), self._stamp(above)
            if known and stamp:
                _seen[self._key(above)] = _Seen(stamp, known.names)

    def _names(self, above: Sequence[str]) -> dict[str, str]:
        key, stamp = self._key(above), self._stamp(above)
        known = _seen.get(key)
        if stamp is None:
            return {}
        if known is None or known.stamp != stamp:
            if len(_seen) >= _MOST_FOLDERS:
                _seen.clear()
            names = (name for name in self._folder.names(above) if not is_reserved(name))
            known = _seen[key] = _Seen(stamp, {folded(name): name for name in names})
        return known.names

    def _stamp(self, above: Sequence[str]) -> tuple[int, int] | None:
        try:
            found = os.stat(self._key(above), follow_symlinks=False)
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns

    def _key(self, above: Sequence[str]) -> str:
        return "/".join((self._folder.root, *above))
