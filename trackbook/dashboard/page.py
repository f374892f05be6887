"""Composes the page of a store from its panels, and refreshes them when the browser's ticker asks."""

from __future__ import annotations

import time

import traitlets

from trackbook.dashboard.details import details_of
from trackbook.dashboard.reading import StoreReader, experiments_of
from trackbook.errors import NotFound, StoreAway, TrackbookError
from trackbook.runs.session import get_tracking_uri
from trackbook.stores.base import Store
from trackbook.widgets.curves import CurvesPanel
from trackbook.widgets.runs_table import RunsTable
from trackbook.widgets.shell import PageShell
from trackbook.widgets.ticker import Ticker

__all__ = ["Dashboard"]

_TICK_S = 2.0
#: Runs whose curves are shown where none are selected, and at most.
_NEWEST, _MOST_CURVES = 6, 60
#: A look may take this share of the page's time; a table of 20,000 runs is read less often than one of 20.
_SHARE = 0.2

_FIRST_RUN = """import trackbook
%load_ext trackbook
trackbook.set_tracking_uri({path!r})
%track_start first-try
trackbook.log_metric("val_loss", 0.31, step=1)"""


class Dashboard(PageShell):
    """The page of a store. It reads only; a browser that shows it has it refreshed every two seconds.

    Args:
        store_uri: path or URI of the store; the one that `trackbook.get_tracking_uri` names if None.
        experiment: id of the experiment to begin with; the newest one with runs if "".
        run: id of a run to open at once.
    """

    def __init__(self, store_uri: str | None = None, *, experiment: str = "", run: str = "") -> None:
        self._reader = StoreReader(store_uri or get_tracking_uri())
        self._read_at: int | None = None
        self._wait_until, self._quiet, self._wanted = 0.0, False, experiment
        self._table_of: tuple[Store, str] | None = None
        self._curves_of: tuple[Store, list[str]] | None = None
        super().__init__(store=self._reader.shown, ticker=Ticker(self.refresh, _TICK_S))
        self.observe(self._turn, ["tab", "experiment", "run"])
        self.refresh()
        if run and self._read_at is not None:
            self.run = run

    def refresh(self) -> None:
        """Read what has changed since the last call and show it; trouble with the store is shown as a sentence."""
        if time.monotonic() >= self._wait_until and self._reader.changed():
            self._look()
        elif not self.trouble:
            self._read_at = _now()
        if not self.trouble:
            self.send({"type": "read"})

    def close(self) -> None:
        """Take the page away and close its store."""
        for panel in (self.table, self.curves, self.ticker):
            if panel is not None:
                panel.close()
        super().close()
        self._reader.close()

    # ---- looking at the store ----

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
        else:
            self._read_at = _now()
            self.trouble = {}
        took = time.monotonic() - start
        self._wait_until = time.monotonic() + (took / _SHARE if took > _TICK_S * _SHARE else 0.0)

    def _complain(self, error: TrackbookError) -> None:
        if self._read_at is None and not self._reader.exists:
            self.empty = self._nothing_yet()
            self.trouble = {}
            return
        away = isinstance(error, StoreAway) and self._reader.exists
        self.trouble = {"title": "The store does not answer." if away else error.message, "since": self._read_at}

    def _nothing_yet(self) -> dict[str, str]:
        path = self._reader.shown["path"]
        text = f"There is no store at {path}. Put this in a cell and run it; the run appears here while it trains."
        return {"title": "No runs yet", "text": text, "code": _FIRST_RUN.format(path=path)}

    def _show(self) -> None:
        store = self._reader.store()
        self.experiments = experiments_of(store)
        self._choose_experiment()
        self._show_table(store)
        if self.tab == "curves":
            self._show_curves(store)
        if self.run:
            self._show_run(store)
        self.empty = {} if self.experiment else self._nothing_yet()

    def _choose_experiment(self) -> None:
        """Keep the experiment in view while it is there; else the one asked for, one that runs, or the newest."""
        known = [one["id"] for one in self.experiments]
        if self.experiment in known:
            return
        busy = [one["id"] for one in self.experiments if one["running"]] or [
            one["id"] for one in self.experiments if one["total"]
        ]
        chosen = self._wanted if self._wanted in known else next(iter([*busy, *known]), "")
        self._set_quietly(experiment=chosen)

    def _set_quietly(self, **values: str) -> None:
        """Set traits that the viewer may also set, without turning to them once more."""
        self._quiet = True
        try:
            for name, value in values.items():
                setattr(self, name, value)
        finally:
            self._quiet = False

    # ---- panels ----

    def _show_table(self, store: Store) -> None:
        wanted = (store, self.experiment)
        if self.table is not None and wanted == self._table_of:
            if self.tab == "runs":
                self.table.refresh()
            return
        before = self.table
        self.table = self._new_table(store) if self.experiment else None
        self._table_of, self.selected = wanted, 0
        if before is not None:
            before.close()

    def _new_table(self, store: Store) -> RunsTable:
        table = RunsTable.of(store, [self.experiment], height=2_000)
        table.on_open(self._open)
        table.on_curves(self._open_curves)
        table.observe(self._select, "selected")
        return table

    def _open(self, run_id: str) -> None:
        if run_id == self.run:
            self.tab = "run"
        self.run = run_id

    def _open_curves(self, _run_ids: list[str]) -> None:
        self.tab = "curves"

    def _select(self, change: traitlets.Bunch) -> None:
        self.selected = len(change.new)
        if self.tab == "curves":
            self._look()

    def _show_curves(self, store: Store) -> None:
        run_ids, note = self._runs_of_curves(store)
        wanted = (store, run_ids)
        self.curves_note = note
        if self.curves is not None and wanted == self._curves_of:
            self.curves.refresh()
            return
        before = self.curves
        slots = dict(self.table.slots) if self.table is not None and self.table.selected else None
        if slots is not None:
            slots = {run_id: slots.get(run_id, 0) for run_id in run_ids}
        self.curves, self._curves_of = CurvesPanel(store, run_ids, slots=slots), wanted
        if before is not None:
            before.close()

    def _runs_of_curves(self, store: Store) -> tuple[list[str], str]:
        """The selected runs; the newest ones where none is selected."""
        chosen = list(self.table.selected) if self.table is not None else []
        if chosen:
            note = f"The first {_MOST_CURVES} of {len(chosen)} selected runs." if len(chosen) > _MOST_CURVES else ""
            return chosen[:_MOST_CURVES], note
        newest = store.search_runs([self.experiment], max_results=_NEWEST) if self.experiment else []
        note = "The newest runs. Select others in the table to see their curves." if newest else ""
        return [run.info.run_id for run in newest], note

    def _show_run(self, store: Store) -> None:
        try:
            self.details = details_of(store, self.run)
        except NotFound:
            self.details = {}
            self._set_quietly(run="", tab="runs")


def _now() -> int:
    return time.time_ns() // 1_000_000
