"""Checks the audit trail of a registry: that it is one chain, and ends where it should."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from trackbook.entities import AuditEntry, AuditHead
from trackbook.entities.digests import BEGINNING, entry_hash
from trackbook.errors import InvalidParameter
from trackbook.stores.registry import RegistryStore

__all__ = ["TrailCheck", "check_trail", "every_entry", "parse_head"]

_PAGE = 1_000
_HEAD = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class TrailCheck:
    """What a walk along an audit trail found.

    Attributes:
        head: where the trail ends, as the registry says.
        entries: how many were read.
        faults: what is wrong, entry by entry; [] if it is whole.
    """

    head: AuditHead
    entries: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


def parse_head(text: str) -> AuditHead:
    """The end of a trail from what `trackbook models audit --head` printed, ``SEQ:HASH``.

    Raises:
        InvalidParameter: it has another form.
    """
    match = _HEAD.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        raise InvalidParameter(
            f"{text!r:.100} is no end of an audit trail; one is a number, a colon and 64 hexadecimal digits, as "
            "`trackbook models audit --head` prints it."
        )
    return AuditHead(int(match[1]), match[2])


def every_entry(store: RegistryStore, name: str | None = None) -> Iterator[AuditEntry]:
    """The entries of a trail, oldest first, read a page at a time."""
    last = 0
    while page := store.audit_trail(last, _PAGE, name):
        yield from page
        last = page[-1].seq


def check_trail(store: RegistryStore, kept: AuditHead | None = None) -> TrailCheck:
    """Walk along the whole trail; who changes the registry meanwhile does no harm.

    An entry that was edited has another hash than it says; one that was replaced together with its hash has another
    than the next one says; of one that was removed the number is missing; and of a tail that was cut the end is not
    where the registry says, or where somebody remembers it.

    Args:
        store: whose registry.
        kept: an end of the trail that was noted earlier, elsewhere; whoever can write the database can make a new
            chain, but none that goes through this.
    """
    check = TrailCheck(store.audit_head())
    ends = [(check.head, "the registry says that the trail went to")]
    if kept is not None:
        ends.append((kept, "the end that was kept is"))
    walk = _Walk(ends)
    count = 0
    for entry in every_entry(store):
        check.faults.extend(walk.step(entry))
        count += 1
    return TrailCheck(check.head, count, [*check.faults, *walk.end(store.audit_head())])


class _Walk:
    """A walk along the entries; says of each what is wrong with it."""

    def __init__(self, ends: list[tuple[AuditHead, str]]) -> None:
        self._before = AuditHead(0, BEGINNING)
        self._ends = [end for end in ends if end[0].seq > 0]

    def step(self, entry: AuditEntry) -> Iterator[str]:
        before, self._before = self._before, AuditHead(entry.seq, entry.hash)
        if entry.seq != before.seq + 1:
            missing = f"{before.seq + 1}" if entry.seq == before.seq + 2 else f"{before.seq + 1} to {entry.seq - 1}"
            yield f"Entry {missing} is missing." if " " not in missing else f"Entries {missing} are missing."
        if entry_hash(entry) != entry.hash:
            yield f"Entry {entry.seq} was edited: its content has another hash than it says."
        elif entry.seq == before.seq + 1 and entry.previous != before.hash:
            told = (
                "does not begin the trail" if before.seq == 0 else f"follows another entry {before.seq} than there is"
            )
            yield f"Entry {before.seq or entry.seq} was replaced: entry {entry.seq} {told}."
        for end, told in self._ends:
            if end.seq == entry.seq and end.hash != entry.hash:
                yield f"Entry {entry.seq} was replaced: {told} {end}, and it has the hash {entry.hash}."

    def end(self, now: AuditHead) -> Iterator[str]:
        last = self._before.seq
        if now.seq < last:
            yield f"There are entries up to {last}, and the registry says that the trail went to {now.seq}."
        for end, told in self._ends:
            if end.seq > last:
                yield f"The trail was cut after entry {last}: {told} {end}."
