"""The table of runs: up to 20,000 rows live in the browser, which sorts, filters and picks columns without the kernel.

What a page holds is the state of this model (traits), so a front end that attaches late sees the table as it is now.
``_table`` is the whole table with a number, ``_patch`` what changed since the table ``of`` that number was sent.
Messages beside it, all from the page: the questions of `Panel`; ``filter`` (a filter, order or part of the rows that
only the store can answer; the answer is ``filtered`` with a table, or ``refused`` with the column where it went
wrong), ``open``, ``curves`` and ``compare``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import traitlets
from ipywidgets import CallbackDispatcher

from trackbook.errors import BadFilter, NotSupported, TrackbookError
from trackbook.stores.base import RunTable, Store
from trackbook.uris import strip_user_info
from trackbook.widgets.assets import module, styles
from trackbook.widgets.columns import encode_table
from trackbook.widgets.panel import Answer, answers
from trackbook.widgets.permission import Permission
from trackbook.widgets.run_deeds import RunDeeds
from trackbook.widgets.runs_code import code_of
from trackbook.widgets.runs_patch import patch_of
from trackbook.widgets.runs_query import RunQuery, order_clauses, order_of
from trackbook.widgets.sparklines import sparklines
from trackbook.widgets.static_table import runs_picture, static_table

__all__ = ["RunsTable", "slots_of"]

_SLOTS = 24
#: Files of the page's side, each using those before it.
_PARTS = (
    "runs_table_data",
    "runs_table_patch",
    "runs_table_filter",
    "runs_table_suggest",
    "runs_table_lines",
    "runs_table_curves",
    "runs_table_cells",
    "runs_table_rows",
    "runs_table_header",
    "runs_table_empty",
    "runs_table_layout",
    "runs_table_keys",
    "runs_table_menus",
    "runs_table_choices",
    "runs_table_box",
    "runs_table_columns",
    "runs_table_selection",
    "runs_table_view",
    "runs_table_note",
    "runs_table_deeds",
    "runs_table",
)
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


class RunsTable(RunDeeds):
    """A table of runs that scrolls through 20,000 rows.

    Args:
        table: the runs as columns.
        experiments: names of their experiments by id.
        query: where `table` came from; with it the filter box knows the whole grammar, runs can be changed, and
            `refresh` works.
        height: px at most.
        permission, view: see `Panel`. The view has ``filter``, ``sort``, ``columns``, ``order``, ``differs``,
            ``group``, ``curve``, ``folded`` and ``deleted``, each where it is not the usual.

    Attributes:
        selected: run ids in the order in which they were selected.
        slots: colour slot, 1 to 24, of each selected run; share it with the panel of curves.
    """

    _esm = module("shared", "ask", "floats", *_PARTS)
    _css = styles("shared", "floats", "runs_table", "runs_table_floats", "runs_table_lines")
    selected = traitlets.List(traitlets.Unicode()).tag(sync=True)
    slots = traitlets.Dict(key_trait=traitlets.Unicode(), value_trait=traitlets.Int()).tag(sync=True)
    height = traitlets.Int(560).tag(sync=True)
    _table = traitlets.Dict().tag(bulk=True)
    _patch = traitlets.Dict().tag(bulk=True)
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
        permission: Permission | None = None,
        view: Mapping[str, Any] | None = None,
    ) -> None:
        self._query, self._experiments = query, dict(experiments or {})
        self._on_opened, self._curved, self._compared = (CallbackDispatcher() for _ in range(3))
        self._rows = self._sent = table
        self._number = 0
        self._whole = (total, tuple(self._experiments))
        if query is None:
            permission = Permission(False, "This table was made of columns alone; nothing can be changed from it.")
        super().__init__(
            cast("Store", query.store if query else None),
            permission=permission,
            view=view,
            _table=self._encoded(table, total),
            _about=self._facts(),
            height=height,
        )
        self.observe(self._turn, "view")
        self.on_msg(self._receive)

    @classmethod
    def of(
        cls,
        store: Store,
        experiment_ids: Sequence[str],
        filter_string: str | None = None,
        order_by: Sequence[str] | None = None,
        height: int = 560,
        permission: Permission | None = None,
        view: Mapping[str, Any] | None = None,
        last: int | None = None,
    ) -> RunsTable:
        """The runs of some experiments, newest first unless ordered; only the `last` first of them if that is given.

        Raises:
            BadFilter: `filter_string` or `order_by` does not parse.
        """
        deleted = bool((view or {}).get("deleted"))
        query = RunQuery(store, tuple(experiment_ids), filter_string, tuple(order_by or ()), last, deleted)
        table, total = query.read()
        names = query.experiment_names()
        return cls(
            table,
            experiments=names,
            query=query,
            total=total,
            height=height,
            permission=permission,
            view=view,
        )

    def update(self, table: RunTable, total: int | None = None) -> None:
        """Show other rows; a page keeps its scroll, focus, selection and sort, and new runs wait behind a pill."""
        self._rows = table
        whole = (total, tuple(self._experiments))
        patch = patch_of(self._sent, table, self._experiments) if whole == self._whole else None
        if patch is not None:
            self._patch = {**patch, "of": self._number} if patch or self._patch else {}
            return
        self._sent, self._whole = table, whole
        self._table = self._encoded(table, total)

    def refresh(self) -> None:
        """Read the store again; nothing is sent if nothing changed, and only what did if that is little."""
        if self._query is not None:
            table, total = self._query.read()
            self.update(table, total)

    def on_open(self, callback: Callable[[str], None], remove: bool = False) -> None:
        """Have `callback` called with a run id that was double-clicked, or opened with Enter."""
        self._on_opened.register_callback(callback, remove=remove)

    def on_curves(self, callback: Callable[[list[str]], None], remove: bool = False) -> None:
        """Have `callback` called with the selected run ids; the selection bar then has a button "Curves"."""
        self._curved.register_callback(callback, remove=remove)
        self._offer()

    def on_compare(self, callback: Callable[[list[str]], None], remove: bool = False) -> None:
        """Have `callback` called with the selected run ids; the selection bar then has a button "Compare"."""
        self._compared.register_callback(callback, remove=remove)
        self._offer()

    def _offer(self) -> None:
        offered = {"compare": self._compared, "curves": self._curved}
        self._deeds = [name for name, listeners in offered.items() if listeners.callbacks]

    def as_code(self) -> str:
        """The magic, or the call where the magic has no words for it, that shows the table as it stands."""
        if self._query is None:
            return ""
        query = self._query
        return code_of(query, [self._experiments.get(each, each) for each in query.experiment_ids], self.view)

    @traitlets.observe("selected")
    def _give_slots(self, _change: object) -> None:
        self.slots = slots_of(self.selected, self.slots)

    def _turn(self, _change: object) -> None:
        """The page has turned to the deleted runs, or back to the others."""
        deleted = bool(self.view.get("deleted"))
        if self._query is None or deleted == self._query.deleted:
            return
        self._query = replace(self._query, deleted=deleted)
        self.selected = []
        table, total = self._query.read()
        self._sent = RunTable([], {}, {}, {}, {})  # what comes is another table, not this one with changes
        self._about = self._facts()
        self.update(table, total)

    @answers("curves_of")
    def _curves_in_cells(self, given: dict[str, Any]) -> Answer:
        """Some runs' curves of a metric, as small as a cell."""
        if self._query is None:
            raise NotSupported(_NO_STORE)
        return Answer(*sparklines(self._store, [str(one) for one in given["run_ids"]], str(given["key"])))

    def _encoded(self, table: RunTable, total: int | None) -> dict[str, Any]:
        self._number += 1
        return {**encode_table(table, self._experiments, total).packed(), "number": self._number}

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
        order = order_of(query.order_by) if query is not None else []
        base = query.filter_string or "" if query is not None else ""
        deleted = query.deleted if query is not None else False
        return {"title": title, "store": store, "code": "\n".join(lines), "order": order, "filter": base,
                "deleted": deleted, "stored": query is not None}  # fmt: skip

    def _receive(self, _widget: object, message: dict[str, Any], _buffers: object) -> None:
        kind = message.get("type")
        if kind == "filter":
            self._answer_filter(message)
        elif kind == "open" and isinstance(message.get("run_id"), str):
            self._on_opened(message["run_id"])
        elif kind == "curves":
            self._curved(list(self.selected))
        elif kind == "compare":
            self._compared(list(self.selected))

    def _answer_filter(self, message: dict[str, Any]) -> None:
        answer = {key: message.get(key) for key in ("view", "number", "text", "skip")}
        try:
            if self._query is None:
                raise TrackbookError(_NO_STORE)
            query = self._query.sorted_by(order_clauses(message.get("order") or []))
            table, total = query.read(str(message.get("text", "")), int(message.get("skip") or 0))
        except BadFilter as wrong:
            self.send({**answer, "type": "refused", "column": wrong.column, "message": wrong.message})
        except TrackbookError as wrong:
            self.send({**answer, "type": "refused", "column": None, "message": wrong.message})
        else:
            columns = encode_table(table, self._experiments, total).packed()
            self.send({**answer, "type": "filtered", "meta": columns["meta"]}, buffers=columns["buffers"])

    def static_table(self) -> str:
        """The first runs as plain HTML."""
        return static_table(self._rows, self._about["title"])

    def static_picture(self) -> str:
        """The first runs' values of the metric that says most."""
        return runs_picture(self._rows)

    def __repr__(self) -> str:
        return "Trackbook runs"
