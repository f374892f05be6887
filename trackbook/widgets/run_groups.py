"""Runs put into groups that differ in their seed alone, or by a chosen param or tag; for statistics over seeds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from trackbook.comparison import Group
from trackbook.errors import InvalidParameter
from trackbook.figures.direction import better
from trackbook.stores.base import RunTable

__all__ = [
    "AGGREGATES",
    "GROUP_LIMIT",
    "Grouping",
    "TooManyGroups",
    "group_runs",
    "metric_of",
    "parse_metric",
    "seed_param",
]

AGGREGATES = ("last", "min", "max")
#: More groups than a table can say something about; most of them have one run.
GROUP_LIMIT = 2_000
_SEEDS = (
    "seed",
    "random_seed",
    "random_state",
    "rng_seed",
    "seeds",
    "run_seed",
    "repeat",
    "replicate",
    "fold",
    "trial",
)
_NAME_CHARACTERS, _VALUE_CHARACTERS = 200, 60
_MISSING = "–"


class TooManyGroups(InvalidParameter):
    """More groups than are compared.

    Args:
        count: how many there are.
    """

    def __init__(self, count: int) -> None:
        super().__init__(
            f"There are {count} groups, and at most {GROUP_LIMIT} are compared. Group by a param or tag that several "
            "runs share, or filter."
        )
        self.count = count


@dataclass
class Grouping:
    """Runs in groups.

    Attributes:
        groups: in the order of their first run.
        oldest: place of the group of the table's last run.
        by: what they are grouped by: keys of params or tags.
        seed: the param that tells the runs of a group apart; "" if none was found.
        left_out: sentences about runs that are in no group or do not count, and why.
    """

    groups: list[Group]
    by: list[str]
    seed: str
    left_out: list[str] = field(default_factory=list)
    oldest: int = 0


def parse_metric(text: str, known: Mapping[str, Any]) -> tuple[str, str]:
    """A metric and which of its values, as in ``val_accuracy.max``; the best value if none is named.

    Raises:
        InvalidParameter: there is no such metric.
    """
    if text in known:
        return text, better(text) or "last"
    key, _, aggregate = text.rpartition(".")
    if aggregate in AGGREGATES and key in known:
        return key, aggregate
    there = ", ".join(sorted(known)[:20]) or "none yet"
    raise InvalidParameter(
        f"There is no metric {text!r:.100}; there is {there}. Write it as val_accuracy or val_accuracy.max."
    )


def metric_of(table: RunTable) -> str:
    """The metric that says most: one of validation before others, with a best value before the rest; "" without any."""
    names = [key for key in table.metrics if not key.startswith("system/")] or list(table.metrics)
    rank = [(better(key) is None, not key.startswith(("val", "test")), "acc" not in key, key) for key in names]
    return min(rank)[-1] if rank else ""


def seed_param(table: RunTable) -> str:
    """The param that tells repetitions apart, by its name; "" if none does."""
    names = {key.lower(): key for key in table.params}
    for name in _SEEDS:
        if name in names:
            return names[name]
    return min((key for low, key in names.items() if low.endswith(("_seed", ".seed", "/seed"))), default="")


def group_runs(table: RunTable, key: str, aggregate: str, by: Sequence[str] = ()) -> Grouping:
    """The runs of a table with their values of a metric, in groups.

    Args:
        table: with the aggregate.
        key: the metric.
        aggregate: "last", "min" or "max".
        by: params or tags, also as ``params.lr`` and ``tags.family``; every param but the seed that differs if empty.

    Raises:
        InvalidParameter: there is no such param or tag.
        TooManyGroups: there are more groups than can be compared.
    """
    seed = seed_param(table)
    columns = [_column(table, name) for name in by] if by else _differing(table, seed)
    values = np.asarray(table.metrics[key][aggregate], dtype=np.float64)
    counts = np.asarray(table.metrics[key].get("count", np.ones(len(values))))
    seeds = table.params.get(seed) or [None] * len(values)
    found: dict[tuple[str | None, ...], tuple[list[float], list[str | None]]] = {}
    oldest: tuple[str | None, ...] = ()
    without = 0
    for row, value in enumerate(values.tolist()):
        if math.isnan(value) and not counts[row]:
            without += 1
            continue
        oldest = tuple(texts[row] for _, texts in columns)
        group = found.setdefault(oldest, ([], []))
        group[0].append(value)
        group[1].append(seeds[row])
    if len(found) > GROUP_LIMIT:
        raise TooManyGroups(len(found))
    names = [name for name, _ in columns]
    groups = [Group(_name(names, parts), *lists) for parts, lists in found.items()]
    at = list(found).index(oldest) if found else 0
    return Grouping(groups, names, seed, _left_out(groups, without, key, table), at)


def _column(table: RunTable, name: str) -> tuple[str, Sequence[str | None]]:
    kind, _, rest = name.partition(".")
    for label, texts in (("param", table.params), ("tag", table.tags)):
        if name in texts:
            return name, texts[name]
        if kind in (label, f"{label}s") and rest in texts:
            return rest, texts[rest]
    known = ", ".join(
        [*table.params, *(tag for tag in table.tags if not tag.startswith(("mlflow.", "trackbook.")))][:30]
    )
    raise InvalidParameter(f"There is no param and no tag {name!r:.100}; there is {known or 'none yet'}.")


def _differing(table: RunTable, seed: str) -> list[tuple[str, Sequence[str | None]]]:
    """The params that differ; all of them are the group's, but only these tell groups apart."""
    return [(key, texts) for key, texts in table.params.items() if key != seed and len(set(texts)) > 1]


def _name(names: Sequence[str], parts: Sequence[str | None]) -> str:
    """The value alone where there is one param; ``lr=0.1, depth=4`` of several."""
    if not names:
        return "all runs"
    texts = [_MISSING if part is None else part for part in parts]
    if len(texts) == 1:
        return texts[0][:_NAME_CHARACTERS]
    said = [f"{name}={text[:_VALUE_CHARACTERS]}" for name, text in zip(names, texts, strict=True) if text != _MISSING]
    return ", ".join(said)[:_NAME_CHARACTERS] or _MISSING


def _left_out(groups: Sequence[Group], without: int, key: str, table: RunTable) -> list[str]:
    said = []
    odd = sum(not math.isfinite(value) for group in groups for value in group.values)
    if without:
        said.append(f"{_runs(without)} without {key} {_is(without)} left out.")
    if odd:
        said.append(f"{_runs(odd)} whose value is NaN or infinite {_is(odd)} left out.")
    open_runs = sum(status in ("RUNNING", "SCHEDULED") for status in table.attributes.get("status", []))
    if open_runs:
        said.append(f"{_runs(open_runs)} {_has(open_runs)} not ended, and count with what they have.")
    return said


def _runs(count: int) -> str:
    return f"{count} run" if count == 1 else f"{count} runs"


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


def _has(count: int) -> str:
    return "has" if count == 1 else "have"
