"""What somebody does with a whole page: save, open and share a view, copy it as code, make an experiment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from trackbook.dashboard.reading import StoreReader
from trackbook.dashboard.standing import check_view, encode_view
from trackbook.errors import PermissionDenied
from trackbook.stores import open_store
from trackbook.stores.base import Store
from trackbook.widgets.panel import answers
from trackbook.widgets.shell import PageShell

__all__ = ["PageDeeds"]


class PageDeeds(PageShell):
    """The questions that a page answers as a whole. `Dashboard` says how it stands and looks."""

    _reader: StoreReader

    def standing(self) -> dict[str, Any]:
        """How the page stands; `Dashboard` says it."""
        raise NotImplementedError

    def stand(self, view: Mapping[str, Any]) -> None:
        """Show what a view says; `Dashboard` does it."""
        raise NotImplementedError

    def look_again(self) -> None:
        """Read the store at once; `Dashboard` does it."""
        raise NotImplementedError

    def writer(self) -> Store:
        """The store, to change it; the page's own reader cannot.

        Raises:
            PermissionDenied: this page only looks.
        """
        if not self._permission.allowed:
            raise PermissionDenied(self._permission.why)
        return open_store(self._reader.uri)

    @answers("again")
    def _again(self, _given: Mapping[str, Any]) -> None:
        self.look_again()

    @answers("link")
    def _link(self, given: Mapping[str, Any]) -> str:
        """What follows the address of the page: a saved view by its name, or the page as it stands."""
        name = str(given.get("name") or "")
        return f"?saved={quote(name, safe='')}" if name else f"?view={encode_view(self.standing())}"

    @answers("code")
    def _code(self, given: Mapping[str, Any]) -> str:
        """Code that shows the panel in view, or the whole page, as it stands."""
        panel = None if given.get("page") else self.panel_in_view()
        return (getattr(panel, "code", "") if panel is not None else "") or self.page_code()

    def panel_in_view(self) -> Any:
        """The panel of the tab in view; None if it has none."""
        of = {"runs": self.table, "curves": self.curves, "artifacts": self.artifacts, "models": self.registry}
        compared = {"compare": self.comparison, "statistics": self.statistics}
        return compared[self.part] if self.tab == "compare" else of.get(self.tab)

    def page_code(self) -> str:
        """The call that shows the page as it stands."""
        return f'trackbook.panels.dashboard(view="{encode_view(self.standing())}")'

    @answers("open_view")
    def _open_view(self, given: Mapping[str, Any]) -> None:
        name = str(given.get("name"))
        self.stand(check_view(self._reader.store().get_view(name).state))
        self.shown_view = name

    @answers("save_view", changes=True)
    def _save_view(self, given: Mapping[str, Any]) -> None:
        saved = self.writer().save_view(str(given.get("name")), self.standing(), bool(given.get("replace")))
        self.shown_view = saved.name
        self._list_views(self._reader.store())

    @answers("rename_view", changes=True)
    def _rename_view(self, given: Mapping[str, Any]) -> None:
        old = str(given.get("name"))
        renamed = self.writer().rename_view(old, str(given.get("new_name")))
        if self.shown_view == old:
            self.shown_view = renamed.name
        self._list_views(self._reader.store())

    @answers("delete_view", changes=True)
    def _delete_view(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Delete a view, and give back what it was, for "Undo"."""
        name, store = str(given.get("name")), self.writer()
        state = dict(store.get_view(name).state)
        store.delete_view(name)
        self._list_views(self._reader.store())
        return state

    @answers("restore_view", changes=True)
    def _restore_view(self, given: Mapping[str, Any]) -> None:
        self.writer().save_view(str(given.get("name")), check_view(given.get("state")))
        self._list_views(self._reader.store())

    @answers("new_experiment", changes=True)
    def _new_experiment(self, given: Mapping[str, Any]) -> None:
        made = self.writer().create_experiment(str(given.get("name")))
        self.look_again()
        self.experiment = made

    def _list_views(self, store: Store) -> None:
        self.views = [
            {"name": view.name, "user": view.updated_by, "time": view.last_update_time} for view in store.list_views()
        ]
