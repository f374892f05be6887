"""What a table of runs shows, asked of a store: some experiments, a filter, an order, active or deleted runs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from trackbook.entities import ViewType
from trackbook.errors import BadFilter, NotFound
from trackbook.stores.base import RunTable, Store
from trackbook.widgets.columns import ROW_LIMIT

__all__ = ["RunQuery", "order_clauses", "order_of"]

_AGGREGATES = ("last", "min", "max", "count")
_CLAUSE = re.compile(r"\s*(?:(metric|param|tag|attribute)s?\.)?[`\"]?(.+?)[`\"]?(?:\s+(asc|desc))?\s*", re.IGNORECASE)
_MOST_CLAUSES = 8
#: Attributes of the page's columns by the names that the store sorts by.
_SORTED = ("run_name", "status", "start_time", "end_time", "user_id", "duration", "run_id")


@dataclass(frozen=True)
class RunQuery:
    """What a table shows, asked of a store.

    Attributes:
        store: where the runs are.
        experiment_ids: of which experiments.
        filter_string: only the runs that match.
        order_by: clauses such as ``metrics.loss DESC``; newest first if there are none.
        last: only that many, the first of the order; all if None.
        deleted: the deleted runs instead of the active ones.
    """

    store: Store
    experiment_ids: tuple[str, ...]
    filter_string: str | None = None
    order_by: tuple[str, ...] = ()
    last: int | None = None
    deleted: bool = False

    def sorted_by(self, clauses: Sequence[str]) -> RunQuery:
        """The same runs in another order."""
        return replace(self, order_by=tuple(clauses)) if clauses else self

    def read(self, text: str = "", skip: int = 0) -> tuple[RunTable, int]:
        """The runs, narrowed by a further filter, and how many there are in all.

        Args:
            text: the further filter.
            skip: so many of the first are left out, where there are more than one browser holds.

        Raises:
            BadFilter: with the column within `text`.
        """
        both, shift = text or self.filter_string, 0
        if text and self.filter_string:
            shift = len(f"({self.filter_string}) AND (")
            both = f"({self.filter_string}) AND ({text})"
        most = min(self.last, skip + ROW_LIMIT) if self.last else skip + ROW_LIMIT
        try:
            table = self._rows(both, most + (0 if self.last == most else 1))
        except BadFilter as wrong:
            column = min(max(wrong.column - shift, 1), len(text) + 1) if text else wrong.column
            raise BadFilter(re.sub(r"^col(umn)? \d+:?\s*", "", wrong.message), column) from None
        total = len(table.run_ids)
        if total > most:
            total = len(self._rows(both, self.last or 1_000_000, ()).run_ids)
        return (_without_first(table, skip) if skip else table), total

    def _rows(self, text: str | None, limit: int, aggregates: Sequence[str] = _AGGREGATES) -> RunTable:
        return self.store.run_table(
            list(self.experiment_ids),
            text,
            run_view_type=ViewType.DELETED_ONLY if self.deleted else ViewType.ACTIVE_ONLY,
            max_results=limit,
            order_by=list(self.order_by) or None,
            aggregates=aggregates or ("last",),
        )

    def experiment_names(self) -> dict[str, str]:
        """Names of the experiments by their ids; those that are gone keep their id."""
        names = {}
        for experiment_id in self.experiment_ids:
            try:
                names[experiment_id] = self.store.get_experiment(experiment_id).name
            except NotFound:
                names[experiment_id] = experiment_id
        return names


def _without_first(table: RunTable, skip: int) -> RunTable:
    metrics = {key: {name: values[skip:] for name, values in each.items()} for key, each in table.metrics.items()}
    attributes, params, tags = (
        {key: values[skip:] for key, values in group.items()} for group in (table.attributes, table.params, table.tags)
    )
    return RunTable(table.run_ids[skip:], attributes, metrics, params, tags)


def order_of(order_by: Sequence[str]) -> list[dict[str, Any]]:
    """The order as the page shows it: newest first where none was asked; clauses it has no column for are left out."""
    if not order_by:
        return [{"id": "attributes.start_time", "descending": True}]
    found = []
    for clause in order_by:
        match = _CLAUSE.fullmatch(clause)
        if match:
            group = (match[1] or "attribute").lower() + "s"
            found.append({"id": f"{group}.{match[2]}", "descending": (match[3] or "").lower() == "desc"})
    return found


def order_clauses(order: Sequence[Mapping[str, Any]]) -> list[str]:
    """Clauses for the store from the page's order: column ids, directions, and which value of a metric is shown."""
    clauses = []
    for one in order[:_MOST_CLAUSES]:
        group, _, key = str(one.get("id")).partition(".")
        quoted = f'"{key}"' if "`" in key else f"`{key}`"
        way = "DESC" if one.get("descending") else "ASC"
        if group == "attributes" and key in _SORTED:
            clauses.append(f"{key} {way}")
        elif group == "metrics":
            shown = one.get("shown")
            clauses.append(f"metrics.{quoted}{f'.{shown}' if shown in ('min', 'max') else ''} {way}")
        elif group in ("params", "tags"):
            clauses.append(f"{group}.{quoted} {way}")
    return clauses
