"""The panel of registered models: versions beside the one in production, promotion, roll back and the audit trail.

All that a page shows is in traits, so a page that attaches late sees it as it is now; its questions are changes and
what is costly: the plan of a promotion, the check of the trail and the check of files.
"""

from __future__ import annotations

import shlex
import time
from collections.abc import Mapping
from typing import Any

import traitlets

from trackbook.entities import ModelVersion, RegisteredModel
from trackbook.errors import InvalidParameter, NotFound, TrackbookError
from trackbook.registry.pages import versions_page
from trackbook.registry.versions import Stores
from trackbook.runs.session import chosen_registry_uri
from trackbook.stores.actors import process_user
from trackbook.stores.base import Store
from trackbook.uris import strip_user_info
from trackbook.widgets.assets import module, styles
from trackbook.widgets.permission import Permission
from trackbook.widgets.registry_deeds import RegistryDeeds
from trackbook.widgets.registry_details import details_of_version, pairs
from trackbook.widgets.registry_models import PAGE, in_production, list_models
from trackbook.widgets.registry_sources import Sources, cut, plain_number
from trackbook.widgets.registry_static import registry_picture, registry_table
from trackbook.widgets.registry_trail import TrailReader
from trackbook.widgets.registry_versions import metric_columns, value_of, version_row

__all__ = ["RegistryPanel"]

_EXAMPLE = """import trackbook

with trackbook.start_run():
    trackbook.sklearn.log_model(
        model, name="clf", registered_model_name="digits"
    )"""
#: Seconds for which runs that have ended are not read again.
_KEPT = 30.0
_VERSIONS, _MOST_VERSIONS = 50, 500
_PARTS = (
    "registry_parts",
    "registry_list",
    "registry_versions",
    "registry_details",
    "registry_trail",
    "registry_plans",
    "registry_menus",
    "registry",
)


class RegistryPanel(RegistryDeeds):
    """Registered models, their versions, and who changed what.

    Args:
        store: of the runs; registered models are there too, unless another store was chosen for them.
        name: the model to show; the first one if None.
        permission: what it may change; `permission_here` if None.
        view: how it stands at first: ``model``, ``version``, ``find``, ``metrics``, ``trail``, and how many ``models``
            and ``versions`` are listed.

    Attributes:
        run: id of a run that somebody asked to see.
    """

    _esm = module("shared", "ask", "floats", *_PARTS)
    _css = styles("shared", "floats", "registry")
    run = traitlets.Unicode().tag(sync=True)
    _about = traitlets.Dict().tag(bulk=True)
    _models = traitlets.Dict().tag(bulk=True)
    _model = traitlets.Dict().tag(bulk=True)
    _details = traitlets.Dict().tag(bulk=True)
    _trail = traitlets.Dict().tag(bulk=True)
    _chain = traitlets.Dict().tag(bulk=True)
    _trouble = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        store: Store,
        *,
        name: str | None = None,
        permission: Permission | None = None,
        view: Mapping[str, Any] | None = None,
    ) -> None:
        self._sources = Sources(Stores(store.uri, chosen_registry_uri() or store.uri, store.read_only))
        self._reader, self._seen = TrailReader(), (0, 0.0)
        seen = dict(view or {}) | ({"model": name} if name is not None else {})
        super().__init__(store, permission=permission, view=seen)
        self._about = self._facts()
        self.refresh()
        self.observe(self._look, "view")

    def as_code(self) -> str:
        """The magic that shows the same model, and the same version if one was chosen."""
        words = ["%track_models"]
        if isinstance(name := self.view.get("model"), str) and name:
            words.append(shlex.quote(name))
            if isinstance(version := self.view.get("version"), int):
                words += ["--version", str(version)]
        return " ".join(words)

    def refresh(self) -> None:
        """Read the stores again; only what changed is sent. Where they do not answer, what was read stays."""
        try:
            self._forget()
            self._read()
        except TrackbookError as wrong:
            self._trouble = wrong.message

    def _forget(self) -> None:
        """Let runs that have ended be, for half a minute and while nobody changes the registry."""
        head, now = self._sources.registry.audit_head().seq, time.monotonic()
        whole = head != self._seen[0] or now - self._seen[1] > _KEPT
        self._sources.forget(whole=whole)
        self._seen = (head, now) if whole else self._seen

    def static_table(self) -> str:
        """Models and the versions of the chosen one as plain HTML, for readers without a kernel."""
        return registry_table(self._models, self._model)

    def static_picture(self) -> str:
        """The versions of the chosen model by their first metric."""
        return registry_picture(self._model)

    def _look(self, change: Any) -> None:
        """Read what another view needs."""
        if change["old"] != change["new"]:
            self.refresh()

    def _facts(self) -> dict[str, Any]:
        stores = self._sources.stores
        return {
            "store": strip_user_info(stores.registry_uri),
            "actor": cut(self._permission.actor or process_user(), 100),
            "code": _EXAMPLE,
        }

    def _read(self) -> None:
        registry = self._sources.registry
        find, shown = self.view.get("find"), self.view.get("models")
        self._models = list_models(registry, find if isinstance(find, str) else "", _count(shown, PAGE))
        name = self.view.get("model") or next((row["name"] for row in self._models["rows"]), None)
        if not isinstance(name, str):
            self._model, self._details, self._trail, self._trouble = {}, {}, {}, ""
            return
        try:
            model = registry.get_registered_model(name)
        except (NotFound, InvalidParameter) as wrong:
            self._model, self._details, self._trail, self._trouble = {"gone": cut(name, 300)}, {}, {}, wrong.message
            return
        self._read_model(model)
        self._trouble = ""

    def _read_model(self, model: RegisteredModel) -> None:
        sources, limit = self._sources, _count(self.view.get("versions"), _VERSIONS)
        self._reader.read(sources, model.name)
        page = versions_page(sources.registry, model.name, min(limit, _MOST_VERSIONS))
        serving = self._serving(model)
        chosen = self.view.get("metrics")
        with_serving = [*page, *([serving] if serving and serving not in page else [])]
        found = metric_columns(sources, with_serving, chosen if isinstance(chosen, list) else ())
        columns = found["columns"]
        self._model = {
            "name": model.name,
            "description": cut(model.description, 20_000),
            "tags": pairs(model.tags),
            "aliases": sorted(model.aliases.items()),
            "serves": in_production(model),
            "serving": None if serving is None else serving.version,
            "before": self._before(model),
            "columns": columns,
            "keys": found["keys"],
            "production": [plain_number(value_of(sources, serving, one)) for one in columns] if serving else [],
            "versions": [version_row(sources, version, columns) for version in page],
            "more": page.token is not None,
        }
        self._trail = self._reader.shown(sources, self.view.get("trail") == "all")
        if self._chain and self._chain.get("seq") != sources.registry.audit_head().seq:
            self._chain = {}
        version = self._version(model.name, page)
        self._details = {} if version is None else details_of_version(sources, version, columns)

    def _serving(self, model: RegisteredModel) -> ModelVersion | None:
        """The version in production: by its stage, else by the alias that stands for it."""
        found = [one for one in model.latest_versions if one.current_stage == "Production"]
        if found:
            return found[0]
        pointed = model.aliases.get(self._production_alias(model))
        return None if pointed is None else self._sources.registry.get_model_version(model.name, pointed)

    def _version(self, name: str, page: list[ModelVersion]) -> ModelVersion | None:
        """The chosen version, else the newest."""
        number = self.view.get("version")
        found = next((version for version in page if version.version == number), None)
        if found is None and isinstance(number, int):
            try:
                return self._sources.registry.get_model_version(name, number)
            except (NotFound, InvalidParameter):
                pass
        return found or (page[0] if page else None)

    def __repr__(self) -> str:
        return "Trackbook models"


def _count(given: object, usual: int) -> int:
    return given if isinstance(given, int) and given > 0 else usual
