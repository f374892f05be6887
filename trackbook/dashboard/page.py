"""Composes the page of a store from its panels, and refreshes them when the browser's ticker asks."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any, cast

import traitlets

from trackbook.dashboard.choice import PageChoice
from trackbook.dashboard.details import details_of
from trackbook.dashboard.reading import StoreReader, experiments_of
from trackbook.dashboard.standing import check_view
from trackbook.dashboard.tabs import Composer, Scene
from trackbook.errors import NotFound, StoreAway, TrackbookError
from trackbook.runs.session import get_tracking_uri
from trackbook.stores.base import Store
from trackbook.widgets.permission import Permission
from trackbook.widgets.ticker import Ticker

__all__ = ["Dashboard"]

_log = logging.getLogger(__name__)

_TICK_S, _AGAIN_S = 2.0, 5.0
#: A look may take this share of the page's time; a table of 20,000 runs is read less often than one of 20.
_SHARE = 0.2
_MOST_MODELS = 1_000

_PANEL_OF = {"runs": "table", "curves": "curves", "artifacts": "artifacts", "models": "registry"}


class Dashboard(PageChoice):
    """The page of a store. Its reader only reads; a browser that shows it has it refreshed every two seconds.

    Args:
        store_uri: path or URI of the store; the one that `trackbook.get_tracking_uri` names if None.
        experiment: id of the experiment to begin with; the newest one with runs if "".
        run: id of a run to open at once.
        view: how the page stands at first, as `standing` of another said.
        saved: name of a saved view to begin with.
        note: a sentence to show at first, such as why an address could not be read.
        permission: what the page may change; `permission_here` if None.
    """

    def __init__(
        self,
        store_uri: str | None = None,
        *,
        experiment: str = "",
        run: str = "",
        view: Mapping[str, Any] | None = None,
        saved: str = "",
        note: str = "",
        permission: Permission | None = None,
    ) -> None:
        self._reader = StoreReader(store_uri or get_tracking_uri())
        self._composer = Composer(self._place)
        self._read_at: float | None = None
        self._wait_until, self._tries, self._quiet = 0.0, 0, False
        self._table_held: tuple[Any, str, Store | None] = (None, "", None)
        self._forget_choice()
        self._wanted: dict[str, Any] = {"experiment": experiment, "run": run, "saved": saved, **check_view(view or {})}
        super().__init__(
            cast("Store", None),  # the reader opens it, and may have to do so again
            permission=permission,
            place=self._reader.shown,
            notice=note,
            ticker=Ticker(self.refresh, _TICK_S),
        )
        self.observe(self._turn, ["tab", "part", "experiment", "run"])
        self.refresh()

    def refresh(self) -> None:
        """Read what has changed since the last call and show it; trouble with the store is shown as a sentence."""
        if time.monotonic() >= self._wait_until and self._reader.changed():
            self._look()
        elif not self.trouble:
            self._read_at = time.monotonic()
        if not self.trouble:
            self.send({"type": "read"})

    def close(self) -> None:
        """Take the page away and close its store."""
        self._composer.drop()
        if self.ticker is not None:
            self.ticker.close()
        super().close()
        self._reader.close()

    def look_again(self) -> None:
        """Read the store at once."""
        self._reader.forget()
        self._wait_until = 0.0
        self.refresh()

    def standing(self) -> dict[str, Any]:
        """How the page stands: its experiment, tab, selection, and the views of its panels."""
        name = next((one["name"] for one in self.experiments if one["id"] == self.experiment), "")
        chosen = list(self.table.selected) if self.table is not None else []
        slots = [self.table.slots.get(run_id, 0) for run_id in chosen] if chosen else []
        return check_view(
            {"experiment": self.experiment, "name": name, "tab": self.tab, "part": self.part, "run": self.run,
             "selected": chosen, "slots": slots, "panels": self._composer.views()}
        )  # fmt: skip

    def stand(self, view: Mapping[str, Any]) -> None:
        """Show what a view says; runs and experiments that are gone are left out."""
        self._wanted = check_view(view)
        self._look()

    def static_table(self) -> str:
        """The runs as plain HTML, for readers without a kernel."""
        return self.table.static_table() if self.table is not None else ""

    def static_picture(self) -> str:
        """The runs by the metric that says most."""
        return self.table.static_picture() if self.table is not None else ""

    # ---- looking at the store ----

    def _place(self, name: str, panel: Any) -> None:
        setattr(self, name, panel)

    def _turn(self, change: traitlets.Bunch) -> None:
        """The viewer has turned to another tab, experiment or run."""
        if self._quiet:
            return
        if change.name == "run" and self.run:
            self._set_quietly(tab="run")
        self._look()

    def _look(self) -> None:
        start = time.monotonic()
        try:
            self._show()
        except TrackbookError as error:
            self._reader.forget()
            self._complain(error)
            return
        except Exception:  # noqa: BLE001  # a fault in one panel must not stop the page; the log has the rest
            _log.exception("The page could not show the tab %r.", self.tab)
            self._reader.forget()
            self._complain(TrackbookError("This could not be shown. The log of the page's kernel says more."))
            return
        took = time.monotonic() - start
        self._wait_until = time.monotonic() + (took / _SHARE if took > _TICK_S * _SHARE else 0.0)
        self._read_at, self._tries = time.monotonic(), 0
        self.trouble = {}

    def _complain(self, error: TrackbookError) -> None:
        if self._read_at is None and not self._reader.exists:
            self.empty = self._nothing_yet()
            self.trouble = {}
            return
        away = isinstance(error, StoreAway) and self._reader.exists
        self._tries += 1
        self._wait_until = time.monotonic() + _AGAIN_S
        since = None if self._read_at is None else round(1000 * (time.monotonic() - self._read_at))
        title = "The store does not answer." if away else error.message
        self.trouble = {"title": title, "since": since, "again": round(1000 * _AGAIN_S), "tries": self._tries}

    def _show(self) -> None:
        store = self._reader.store()
        self.experiments = experiments_of(store)
        self._list_views(store)
        self._begin(store)
        self._choose_experiment()
        self.empty = {} if self.experiment else self._nothing_yet()
        if self.experiment:
            self._show_tab(store)
        if self.run:
            self._show_run(store)

    def _begin(self, store: Store) -> None:
        """Once, turn to where the address of the page, or a view, asks."""
        view, self._wanted = self._wanted, {}
        if not view:
            return
        if view.get("saved"):
            view = self._saved(store, view)
        known = {one["id"]: one["name"] for one in self.experiments}
        by_name = {name: number for number, name in known.items()}
        found = view.get("experiment") if view.get("experiment") in known else by_name.get(view.get("name", ""))
        if "panels" in view or "selected" in view:
            self._composer.stand(view.get("panels", {}))
        self._choice = (view.get("selected", []), view.get("slots", []))
        self._set_quietly(tab=view.get("tab", "runs"), part=view.get("part", "compare"), run=view.get("run", ""))
        if found:
            self._set_quietly(experiment=found)
        if view.get("run") and "tab" not in view:
            self._set_quietly(tab="run")

    def _saved(self, store: Store, view: dict[str, Any]) -> dict[str, Any]:
        """What a saved view says; the view as it is, with a notice, if there is none of that name."""
        try:
            found = check_view(store.get_view(view["saved"]).state)
        except TrackbookError as error:
            self.notice = error.message
            return view
        self.shown_view = view["saved"]
        return found

    def _choose_experiment(self) -> None:
        """Keep the experiment in view while it is there; else one that runs, or the newest."""
        known = [one["id"] for one in self.experiments]
        if self.experiment not in known:
            busy = [one["id"] for one in self.experiments if one["running"]]
            used = [one["id"] for one in self.experiments if one["total"]]
            self._set_quietly(experiment=next(iter([*busy, *used, *known]), ""))

    def _set_quietly(self, **values: str) -> None:
        """Set traits that the viewer may also set, without turning to them once more."""
        self._quiet = True
        try:
            for name, value in values.items():
                setattr(self, name, value)
        finally:
            self._quiet = False

    # ---- panels ----

    def _show_tab(self, store: Store) -> None:
        self._show_table(store)
        self.models = len(store.search_registered_models(max_results=_MOST_MODELS))
        name = self.part if self.tab == "compare" else _PANEL_OF.get(self.tab, "")
        name = "comparison" if name == "compare" else name
        if not name or name == "table":
            self.vacant, self.note = {}, ""
            return
        runs, slots, note = self._runs_in_view(store) if name != "registry" else ((), {}, "")
        self.vacant = self._no_runs() if not runs and name != "registry" else {}
        self.note = note if name in ("curves", "comparison", "artifacts") else ""
        if not self.vacant:
            panel = self._composer.show(name, Scene(store, self.experiment, runs, slots, self._permission))
            self._hear_panel(name, panel)

    def _show_table(self, store: Store) -> None:
        held = (self.table, self.experiment, store)
        if self.tab != "runs" and held == self._table_held:
            return
        before = self.table
        if before is not None and self._table_held[1] == self.experiment and not self._choice[0]:
            chosen = list(before.selected)  # the store was opened anew
            self._choice = (chosen, [before.slots.get(run_id, 0) for run_id in chosen])
        table = self._composer.show("table", Scene(store, self.experiment, (), {}, self._permission))
        self._table_held = (table, self.experiment, store)
        if table is before:
            self._choice = ([], [])
            return
        table.on_open(self._open)
        table.on_curves(lambda _run_ids: self._go("curves"))
        table.on_compare(lambda _run_ids: self._go("compare"))
        table.observe(self._select, "selected")
        self._restore_choice(table, store)
        self.selected = len(table.selected)

    def _go(self, tab: str) -> None:
        self.tab = tab

    def _select(self, change: traitlets.Bunch) -> None:
        self.selected = len(change.new)
        if self.tab not in ("runs", "run", "models"):
            self._look()

    def _show_run(self, store: Store) -> None:
        try:
            self.details = details_of(store, self.run)
        except NotFound:
            self.details = {}
            self._set_quietly(run="", tab="runs" if self.tab == "run" else self.tab)
