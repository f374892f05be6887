"""Which runs a page is about: those selected in its table, or the newest; and what it says where there are none."""

from __future__ import annotations

from typing import Any

import traitlets

from trackbook.dashboard.deeds import PageDeeds
from trackbook.entities import LifecycleStage
from trackbook.errors import InvalidParameter, NotFound
from trackbook.stores.base import Store

__all__ = ["PageChoice"]

#: Runs that are looked at where none are selected, and at most.
_NEWEST, _MOST_RUNS = 6, 60

_FIRST_RUN = """import trackbook
%load_ext trackbook
trackbook.set_tracking_uri({path!r})
%track_start first-try
trackbook.log_metric("val_loss", 0.31, step=1)"""
_NEXT_RUN = """import trackbook
%load_ext trackbook
trackbook.set_tracking_uri({path!r})
%track_experiment {name}
trackbook.log_metric("val_loss", 0.31, step=1)"""


class PageChoice(PageDeeds):
    """The table of runs is where runs are selected and get their colours; every other panel follows it."""

    def _forget_choice(self) -> None:
        self._heard: dict[str, Any] = {}
        self._choice: tuple[list[str], list[int]] = ([], [])

    def _open(self, run_id: str) -> None:
        if run_id == self.run:
            self.tab = "run"
        self.run = run_id

    def _restore_choice(self, table: Any, store: Store) -> None:
        """Select what a view had selected, in its colours; runs that are gone are left out."""
        (runs, slots), self._choice = self._choice, ([], [])
        slot_of = dict(zip(runs, slots, strict=False))
        there = [run_id for run_id in runs if self._is_there(store, run_id)]
        table.slots = {run_id: slot_of[run_id] for run_id in there if 1 <= slot_of.get(run_id, 0) <= 24}
        table.selected = there

    def _is_there(self, store: Store, run_id: str) -> bool:
        try:
            info = store.get_run(run_id).info
        except (NotFound, InvalidParameter):
            return False
        return info.experiment_id == self.experiment and info.lifecycle_stage == LifecycleStage.ACTIVE

    def _hear_panel(self, name: str, panel: Any) -> None:
        """Follow what is chosen in a panel that was made just now."""
        if name == "comparison" and panel is not self._heard.get(name) and panel.has_trait("selected"):
            panel.observe(self._chosen_elsewhere, "selected")
        if name == "registry" and panel is not self._heard.get(name) and panel.has_trait("run"):
            panel.observe(self._run_of_version, "run")
        self._heard[name] = panel

    def _chosen_elsewhere(self, change: traitlets.Bunch) -> None:
        if self.table is not None and change.new and list(self.table.selected) != list(change.new):
            self.table.selected = list(change.new)

    def _run_of_version(self, change: traitlets.Bunch) -> None:
        if change.new:
            self._open(change.new)

    def _runs_in_view(self, store: Store) -> tuple[tuple[str, ...], dict[str, int], str]:
        """The selected runs with their slots, or the newest ones where none is selected; and what to say of that."""
        chosen = list(self.table.selected) if self.table is not None else []
        if chosen:
            note = f"The first {_MOST_RUNS} of {len(chosen)} selected runs." if len(chosen) > _MOST_RUNS else ""
            runs = tuple(chosen[:_MOST_RUNS])
            return runs, {run_id: self.table.slots.get(run_id, 0) for run_id in runs}, note
        newest = store.search_runs([self.experiment], max_results=_NEWEST)
        runs = tuple(run.info.run_id for run in newest)
        note = "The newest runs. Select others in the table of runs." if runs else ""
        return runs, {run_id: place + 1 for place, run_id in enumerate(runs)}, note

    def _no_runs(self) -> dict[str, str]:
        name = next((one["name"] for one in self.experiments if one["id"] == self.experiment), self.experiment)
        text = "Put this in a cell and run it. The run appears here while it trains."
        return {"title": f"No runs in {name} yet", "text": text,
                "code": _NEXT_RUN.format(path=self._reader.shown["path"], name=name)}  # fmt: skip

    def _nothing_yet(self) -> dict[str, str]:
        path = self._reader.shown["path"]
        text = f"There is no store at {path}. Put this in a cell and run it; the run appears here while it trains."
        return {"title": "No runs yet", "text": text, "code": _FIRST_RUN.format(path=path)}
