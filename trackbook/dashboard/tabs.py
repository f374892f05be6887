"""The panels of a page's tabs: each is made when its tab is first opened, and kept while it can show what is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from trackbook.stores.base import Store
from trackbook.widgets.permission import Permission
from trackbook.widgets.runs_table import RunsTable

__all__ = ["PANELS", "Composer", "Scene"]

#: Traits of the page, each with one panel.
PANELS = ("table", "curves", "comparison", "statistics", "artifacts", "registry")
_OF_RUNS = frozenset({"curves", "comparison", "artifacts"})
View = Mapping[str, Any] | None
_TALL, _GREY = 2_000, 14


@dataclass(frozen=True)
class Scene:
    """What the panels of a page have in common.

    Attributes:
        store: what they read.
        experiment: id of the experiment in view.
        runs: the runs that are looked at, in order.
        slots: the colour slot of each of them.
        permission: what the panels may change.
    """

    store: Store
    experiment: str
    runs: tuple[str, ...]
    slots: Mapping[str, int]
    permission: Permission


class Composer:
    """Keeps the panels of one page.

    Args:
        place: called with the name of a panel and the panel, to show it; the one before is closed afterwards.
    """

    def __init__(self, place: Callable[[str, Any], None]) -> None:
        self._place = place
        self._panels: dict[str, Any] = {}
        self._of: dict[str, tuple[Any, ...]] = {}
        self._runs: dict[str, tuple[tuple[str, ...], dict[str, int]]] = {}
        self._views: dict[str, Mapping[str, Any]] = {}

    def stand(self, views: Mapping[str, Mapping[str, Any]]) -> None:
        """Have every panel made anew when it is next shown, to stand as its view says."""
        self._views = dict(views)
        self._of.clear()

    def views(self) -> dict[str, dict[str, Any]]:
        """How the panels stand: those that were opened, and those that wait to be."""
        found = {name: dict(view) for name, view in self._views.items()}
        found |= {name: dict(getattr(panel, "view", {})) for name, panel in self._panels.items() if name in self._of}
        return {name: view for name, view in found.items() if view}

    def show(self, name: str, scene: Scene) -> Any:
        """The panel of a name as it is now: made, told of other runs, or refreshed."""
        of = (scene.store,) if name == "registry" else (scene.store, scene.experiment)
        runs = (scene.runs, dict(scene.slots))
        if self._of.get(name) != of:
            self._make(name, scene)
        elif name in _OF_RUNS and self._runs[name] != runs:
            around = {"grey": _around(scene)} if name == "curves" else {}
            self._panels[name].show(list(scene.runs), dict(scene.slots), **around)
            self._panels[name].refresh()
        else:
            self._panels[name].refresh()
        self._of[name], self._runs[name] = of, runs
        return self._panels[name]

    def drop(self) -> None:
        """Close all panels; the page shows none."""
        for name in list(self._panels):
            self._place(name, None)
            self._panels.pop(name).close()
        self._of.clear()

    def _make(self, name: str, scene: Scene) -> None:
        made, before = _MAKERS[name](scene, self._views.pop(name, None)), self._panels.get(name)
        self._panels[name] = made
        self._place(name, made)
        if before is not None:
            before.close()


def _table(scene: Scene, view: View) -> Any:
    return RunsTable.of(scene.store, [scene.experiment], height=_TALL, permission=scene.permission, view=view)


def _curves(scene: Scene, view: View) -> Any:
    from trackbook.widgets.curves import CurvesPanel

    slots, grey = dict(scene.slots), _around(scene)
    return CurvesPanel(scene.store, list(scene.runs), slots=slots, grey=grey, permission=scene.permission, view=view)


def _around(scene: Scene) -> list[str]:
    """The newest of the experiment's other runs: what the chosen ones are seen against."""
    newest = scene.store.search_runs([scene.experiment], max_results=len(scene.runs) + _GREY) if scene.runs else []
    return [run.info.run_id for run in newest if run.info.run_id not in scene.runs][:_GREY]


def _comparison(scene: Scene, view: View) -> Any:
    from trackbook.widgets.compare import ComparePanel

    runs, slots = list(scene.runs), dict(scene.slots)
    return ComparePanel(
        scene.store, [scene.experiment], runs, slots=slots, permission=scene.permission, view=view
    )  # fmt: skip


def _statistics(scene: Scene, view: View) -> Any:
    from trackbook.widgets.statistics import StatisticsPanel

    return StatisticsPanel(scene.store, [scene.experiment], permission=scene.permission, view=view)


def _artifacts(scene: Scene, view: View) -> Any:
    from trackbook.widgets.artifacts import ArtifactsPanel

    slots = dict(scene.slots)
    return ArtifactsPanel(scene.store, list(scene.runs), slots=slots, permission=scene.permission, view=view)


def _registry(scene: Scene, view: View) -> Any:
    from trackbook.widgets.registry import RegistryPanel

    return RegistryPanel(scene.store, permission=scene.permission, view=view)


#: Each imports its panel only when its tab is opened: a page is light until then.
_MAKERS: dict[str, Callable[[Scene, View], Any]] = {
    "table": _table,
    "curves": _curves,
    "comparison": _comparison,
    "statistics": _statistics,
    "artifacts": _artifacts,
    "registry": _registry,
}
