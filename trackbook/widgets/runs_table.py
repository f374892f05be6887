"""The table of runs: up to 20,000 rows live in the browser, which sorts, filters and picks columns without the kernel.

What a page holds is the state of this model (traits), so a front end that attaches late sees the table as it is now.
Messages beside it, all from the page: ``filter`` (a filter that only the store can answer; the answer is ``filtered``
with a table, or ``refused`` with the column where it went wrong), ``open`` and ``curves``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import anywidget
import traitlets
from ipywidgets import CallbackDispatcher

from trackbook.errors import BadFilter, NotFound, TrackbookError
from trackbook.stores.base import RunTable, Store
from trackbook.uris import strip_user_info
from trackbook.widgets.assets import module, styles
from trackbook.widgets.columns import ROW_LIMIT, encode_table
from trackbook.widgets.static_table import static_table

__all__ = ["RunQuery", "RunsTable", "slots_of"]

_SLOTS = 24
#: Files of the page's side, each using those before it.
_PARTS = (
    "runs_table_data",
    "runs_table_filter",
    "runs_table_suggest",
    "runs_table_cells",
    "runs_table_layout",
    "runs_table_menus",
    "runs_table_box",
    "runs_table_columns",
    "runs_table_selection",
    "runs_table",
)
_AGGREGATES = ("last", "min", "max", "count")
_NO_STORE = (
    "This table was made of columns alone: it knows text and comparisons joined by AND. Use RunsTable.of(store, ...)."
)


def slots_of(selected: Sequence[str], before: Mapping[str, int]) -> dict[str, int]:
    """The colour slot of each selected run: the one it had, else the lowest free one; none beyond 24."""
    slots = {run_id: before[run_id] for run_id in selected if run_id in before}
    free = [slot for slot in range(1, _SLOTS + 1) if slot not in set(slots.values())]
    for run_id in selected:
        if free and run_id not in slots:
            slots[run_id] = free.pop(0)
    return slots


@dataclass(frozen=True)
class RunQuery:
    """What a table shows, asked of a store."""

    store: Store
    experiment_ids: tuple[str, ...]
    filter_string: str | None = None
    order_by: tuple[str, ...] = ()

    def read(self, text: str = "") -> tuple[RunTable, int]:
        """The runs, narrowed by a further filter, and how many there are in all.

        Raises:
            BadFilter: with the column within `text`.
        """
        both, shift = text or self.filter_string, 0
        if text and self.filter_string:
            shift = len(f"({self.filter_string}) AND (")
            both = f"({self.filter_string}) AND ({text})"
        try:
            table = self._rows(both, ROW_LIMIT + 1)
        except BadFilter as wrong:
            column = min(max(wrong.column - shift, 1), len(text) + 1) if text else wrong.column
            raise BadFilter(re.sub(r"^col(umn)? \d+:?\s*", "", wrong.message), column) from None
        total = len(table.run_ids)
        if total > ROW_LIMIT:
            total = len(self._rows(both, 1_000_000, ()).run_ids)
        return table, total

    def _rows(self, text: str | None, limit: int, aggregates: Sequence[str] = _AGGREGATES) -> RunTable:
        return self.store.run_table(
            list(self.experiment_ids),
            text,
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


class RunsTable(anywidget.AnyWidget):
    """A table of runs that scrolls through 20,000 rows.

    Args:
        table: the runs as columns.
        experiments: names of their experiments by id.
        query: where `table` came from; with it the filter box knows the whole grammar, and `refresh` works.
        height: px at most.

    Attributes:
        selected: run ids in the order in which they were selected.
        slots: colour slot, 1 to 24, of each selected run; share it with the panel of curves.
    """

    _esm = module("shared", *_PARTS)
    _css = styles("shared", "runs_table")
    selected = traitlets.List(traitlets.Unicode()).tag(sync=True)
    slots = traitlets.Dict(key_trait=traitlets.Unicode(), value_trait=traitlets.Int()).tag(sync=True)
    height = traitlets.Int(560).tag(sync=True)
    _table = traitlets.Dict().tag(sync=True)
    _about = traitlets.Dict().tag(sync=True)
    _deeds = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(
        self,
        table: RunTable,
        *,
        experiments: Mapping[str, str] | None = None,
        query: RunQuery | None = None,
        total: int | None = None,
        height: int = 560,
    ) -> None:
        self._query, self._experiments = query, dict(experiments or {})
        self._opened, self._curved = CallbackDispatcher(), CallbackDispatcher()
        self._rows = table
        super().__init__(_table=self._encoded(table, total), _about=self._facts(), height=height)
        self.on_msg(self._receive)

    @classmethod
    def of(
        cls,
        store: Store,
        experiment_ids: Sequence[str],
        filter_string: str | None = None,
        order_by: Sequence[str] | None = None,
        height: int = 560,
    ) -> RunsTable:
        """The runs of some experiments, newest first unless ordered.

        Raises:
            BadFilter: `filter_string` or `order_by` does not parse.
        """
        query = RunQuery(store, tuple(experiment_ids), filter_string, tuple(order_by or ()))
        table, total = query.read()
        return cls(table, experiments=query.experiment_names(), query=query, total=total, height=height)

    def update(self, table: RunTable, total: int | None = None) -> None:
        """Show other rows; a page keeps its scroll, focus, selection and sort, and new runs wait behind a pill."""
        self._rows = table
        self._table = self._encoded(table, total)

    def refresh(self) -> None:
        """Read the store again; nothing is sent if nothing changed."""
        if self._query is not None:
            table, total = self._query.read()
            self.update(table, total)

    def on_open(self, callback: Callable[[str], None], remove: bool = False) -> None:
        """Have `callback` called with a run id that was double-clicked, or opened with Enter."""
        self._opened.register_callback(callback, remove=remove)

    def on_curves(self, callback: Callable[[list[str]], None], remove: bool = False) -> None:
        """Have `callback` called with the selected run ids; the selection bar then has a button "Curves"."""
        self._curved.register_callback(callback, remove=remove)
        self._deeds = ["curves"] if self._curved.callbacks else []

    @traitlets.observe("selected")
    def _give_slots(self, _change: object) -> None:
        self.slots = slots_of(self.selected, self.slots)

    def _encoded(self, table: RunTable, total: int | None) -> dict[str, Any]:
        columns = encode_table(table, self._experiments, total)
        return {"meta": columns.meta, "buffers": columns.buffers}

    def _facts(self) -> dict[str, Any]:
        """What the page says of the table: its title, its order, and code for when it is empty."""
        query = self._query
        names = list(self._experiments.values())
        title = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        lines = ["import trackbook", "%load_ext trackbook"]
        if query is not None:
            lines.append(f"trackbook.set_tracking_uri({strip_user_info(query.store.uri)!r})")
        if names:
            lines.append(f"trackbook.set_experiment({names[0]!r})")
        lines.append('trackbook.log_metric("val_loss", 0.31, step=1)')
        store = strip_user_info(query.store.uri) if query is not None else ""
        order = _order_of(query.order_by) if query is not None else []
        base = query.filter_string or "" if query is not None else ""
        return {"title": title, "store": store, "code": "\n".join(lines), "order": order, "filter": base}

    def _receive(self, _widget: object, message: dict[str, Any], _buffers: object) -> None:
        kind = message.get("type")
        if kind == "filter":
            self._answer_filter(message)
        elif kind == "open" and isinstance(message.get("run_id"), str):
            self._opened(message["run_id"])
        elif kind == "curves":
            self._curved(list(self.selected))

    def _answer_filter(self, message: dict[str, Any]) -> None:
        answer = {key: message.get(key) for key in ("view", "number", "text")}
        try:
            if self._query is None:
                raise TrackbookError(_NO_STORE)
            table, total = self._query.read(str(message.get("text", "")))
        except BadFilter as wrong:
            self.send({**answer, "type": "refused", "column": wrong.column, "message": wrong.message})
        except TrackbookError as wrong:
            self.send({**answer, "type": "refused", "column": None, "message": wrong.message})
        else:
            columns = encode_table(table, self._experiments, total)
            self.send({**answer, "type": "filtered", "meta": columns.meta}, buffers=columns.buffers)

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """The widget, and for readers without a kernel a plain table."""
        data, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        plain = static_table(self._rows, self._about["title"])
        return {**data, "text/plain": "Trackbook runs", "text/html": plain}, metadata


def _order_of(order_by: Sequence[str]) -> list[dict[str, Any]]:
    """The order as the page shows it: newest first where none was asked; clauses it has no column for are left out."""
    if not order_by:
        return [{"id": "attributes.start_time", "descending": True}]
    found = []
    for clause in order_by:
        match = re.fullmatch(
            r"\s*(?:(metric|param|tag|attribute)s?\.)?[`\"]?(.+?)[`\"]?(?:\s+(asc|desc))?\s*", clause, re.IGNORECASE
        )
        if match:
            group = (match[1] or "attribute").lower() + "s"
            found.append({"id": f"{group}.{match[2]}", "descending": (match[3] or "").lower() == "desc"})
    return found
