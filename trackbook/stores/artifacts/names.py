"""Names that one file system holds and another does not: refused when they are stored, read where they are found."""

from __future__ import annotations

import re
from collections.abc import Iterable

from trackbook.errors import InvalidParameter
from trackbook.uris import SafeRelPath

__all__ = ["check_portable", "folded", "portability_problem"]

_DEVICES = re.compile(r"(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9¹²³]) *(?:\..*)?", re.IGNORECASE | re.DOTALL)
_CHARACTERS = frozenset('<>"|?*')
_SHOWN = 50


def portability_problem(name: str) -> str:
    """Why some file system cannot hold a file or folder of that name; empty if each can."""
    bad = next((character for character in name if character in _CHARACTERS), None)
    if bad is not None:
        return f"has the character {bad!r}, which Windows cannot store"
    if name[-1:] in (".", " "):
        return f"ends with {'a dot' if name[-1] == '.' else 'a space'}, which Windows drops"
    if _DEVICES.fullmatch(name.rstrip(". ")):
        return "is the name of a device on Windows"
    return ""


def folded(name: str) -> str:
    """A name as file systems see it that do not tell upper from lower case."""
    return name.casefold()


def check_portable(paths: Iterable[SafeRelPath]) -> None:
    """Check every part of some artifact paths.

    Raises:
        InvalidParameter: some have names that not every file system can hold; names all of them.
    """
    refused = {}
    for path in paths:
        for part in path.parts:
            problem = portability_problem(part)
            if problem:
                refused[str(path)] = f"the part {part!r} of the artifact path {str(path)!r} {problem}"
    if refused:
        listed = list(refused.values())
        more = f"\n... and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
        raise InvalidParameter(
            "Nothing was stored, because "
            + ";\n".join(listed[:_SHOWN])
            + more
            + ". Use another name, so that the artifact can be fetched to any machine."
        )
