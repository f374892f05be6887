"""What a model needs to be installed elsewhere: its requirements, with the Trackbook that runs in MLflow's place."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from trackbook.models.fetching import Fetched

__all__ = ["Needs", "needs_of"]

_OURS = re.compile(
    r"(mlflow|mlflow-skinny|mlflow-tracing|trackbook|trackbook-light)\s*(\[[^]]*\])?\s*([=<>!~;@ ]|$)", re.IGNORECASE
)
_PLAIN = re.compile(r"[A-Za-z0-9][\w.-]*\s*(\[[\w.,\s-]*\])?\s*([=<>!~][^@;/]*)?(;[^@]*)?")


@dataclass(frozen=True)
class Needs:
    """What pip is asked for.

    Attributes:
        requirements: lines, without MLflow and without Trackbook.
        constraints: lines of constraints.txt.
    """

    requirements: Sequence[str]
    constraints: Sequence[str] = ()

    @property
    def digest(self) -> str:
        """The same for the same lines."""
        return hashlib.sha256("\n".join([*self.requirements, "--", *self.constraints]).encode()).hexdigest()

    @property
    def unusual(self) -> list[str]:
        """Lines that are no names of packages in an index: addresses, folders, options for pip."""
        return [line for line in (*self.requirements, *self.constraints) if not _PLAIN.fullmatch(line)]


def needs_of(copy: Fetched, override: Sequence[str] | None = None) -> Needs:
    """What the model in a private copy needs; nothing if its folder does not say.

    Args:
        copy: of its files.
        override: lines that replace those of the model.

    Raises:
        UntrustedModel: it asks pip for more than packages of the index, and is not trusted.
    """
    lines = _lines(copy, "requirements.txt") if override is None else list(override)
    needs = Needs([line for line in lines if not _OURS.match(line)], _constraints(copy))
    if override is None and needs.unusual:
        copy.opened("python_function").trust.require(f"asks pip for {needs.unusual[0]!r:.80}")
    return needs


def _lines(copy: Fetched, name: str) -> list[str]:
    path = copy.folder / name
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    stripped = (re.sub(r"(^|\s)#.*", "", line).strip() for line in text.splitlines())
    return [line for line in stripped if line and not re.match(r"(-c|--constraint)[\s=]+constraints\.txt$", line)]


def _constraints(copy: Fetched) -> list[str]:
    return [line for line in _lines(copy, "constraints.txt") if not _OURS.match(line)]
