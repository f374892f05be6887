"""What doctor finds: a thing, where it is, how bad it is, what helps, and how it is mended."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from trackbook.errors import TrackbookError
from trackbook.stores.upkeep import UNREADABLE

__all__ = ["ERROR", "NOTE", "WARNING", "Finding", "guarded", "mended"]

#: Something is lost or will be; something should be done; something is worth knowing.
ERROR, WARNING, NOTE = "error", "warning", "note"

_PROBLEMS = (TrackbookError, OSError, sqlite3.Error, *UNREADABLE)


@dataclass(frozen=True)
class Finding:
    """One thing that doctor found.

    Attributes:
        check: which check found it, a word.
        where: the file, run or setting.
        what: what is wrong with it, a sentence.
        severity: ``error``, ``warning`` or ``note``; a store with nothing but notes is sound.
        remedy: what helps.
        mend: what `--fix` does; whether it worked.
        mended: whether it was done.
    """

    check: str
    where: str
    what: str
    severity: str
    remedy: str
    mend: Callable[[], object] | None = field(default=None, compare=False, repr=False)
    mended: bool = False

    @property
    def counts(self) -> bool:
        """Whether the store is not sound because of it."""
        return self.severity != NOTE and not self.mended

    def row(self) -> dict[str, object]:
        """The finding for a table or JSON."""
        state = "mended" if self.mended else "by --fix" if self.mend else "no"
        return {
            "severity": self.severity,
            "check": self.check,
            "where": self.where,
            "what": self.what,
            "remedy": self.remedy,
            "mended": state,
        }


def guarded(check: str, where: str, findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings of a check, and that it could not be finished as one more, never as an exception."""
    try:
        yield from findings
    except _PROBLEMS as error:
        what = f"This check could not be finished: {str(error) or type(error).__name__}"
        yield Finding(check, where, what, ERROR, "See what the message names; doctor can then look again.")


def mended(finding: Finding) -> Finding:
    """The finding after its mending; if that fails, the finding says why."""
    if finding.mend is None:
        return finding
    try:
        worked = finding.mend() is not False
    except _PROBLEMS as error:
        return replace(finding, what=f"{finding.what} It could not be mended: {error}")
    return replace(finding, mended=worked)
