"""What a page asks a panel of registered models to do; the kernel checks each change, whatever the page shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from trackbook.entities import RegisteredModel
from trackbook.errors import DamagedArtifact, InvalidParameter, InvalidState, NotFound
from trackbook.registry.audit import check_trail
from trackbook.registry.promotion import Plan, carry_out, move, plan_promotion, plan_roll_back, production_alias
from trackbook.registry.versions import Stores
from trackbook.stores.registry import Move
from trackbook.uris import SafeRelPath
from trackbook.widgets.panel import Panel, answers
from trackbook.widgets.registry_plans import plan_shown
from trackbook.widgets.registry_sources import Sources, cut
from trackbook.widgets.registry_trail import TrailReader

__all__ = ["RegistryDeeds"]

_CHUNK = 1 << 20
_UNASKED = 100_000_000  # bytes that are read without asking


class RegistryDeeds(Panel):
    """Answers of `RegistryPanel`. All take ``name``, of the registered model; those about a version its ``version``."""

    _sources: Sources
    _reader: TrailReader
    refresh: Callable[[], None]

    @answers("plan")
    def plan(self, given: dict[str, Any]) -> dict[str, Any]:
        """What a promotion or (``deed`` "roll back") a roll back would change."""
        chosen = self.view.get("metrics")
        self._sources.forget()
        shown = plan_shown(self._sources, self._planned(self._sources.stores, given), list(chosen or []))
        return shown | {"title": _title(given, shown)}

    @answers("carry out", changes=True)
    def carry_out(self, given: dict[str, Any]) -> dict[str, Any]:
        """Do what was planned, if nobody was faster since ``seen``."""
        stores, seen = self._writing(), int(given.get("seen") or 0)
        if stores.registry.audit_head().seq != seen:
            self._done(lambda: move(stores, given["name"], [], seen=seen))  # says who has changed what
        plan = replace(self._planned(stores, given), seen=seen)
        return self._done(lambda: carry_out(stores, plan, _comment(given), given.get("force") is True))

    @answers("move", changes=True)
    def move(self, given: dict[str, Any]) -> dict[str, Any]:
        """Bring a version into a ``stage``, or an ``alias`` to a version (none drops it)."""
        stage, alias = given.get("stage"), given.get("alias")
        one = Move(given.get("version"), stage, alias, _comment(given))
        stores = self._writing()
        return self._done(lambda: move(stores, given["name"], [one], seen=given.get("seen")))

    @answers("describe", changes=True)
    def describe(self, given: dict[str, Any]) -> dict[str, Any]:
        """Change the description of a version, or of the model."""
        registry, text = self._writing().registry, str(given.get("text") or "") or None
        if given.get("version") is None:
            return self._done(lambda: registry.update_registered_model(given["name"], text))
        return self._done(lambda: registry.update_model_version(given["name"], given["version"], text))

    @answers("tag", changes=True)
    def tag(self, given: dict[str, Any]) -> dict[str, Any]:
        """Set the tag ``key`` of a version, or of the model, to ``value``; none removes it."""
        registry, name, key, value = self._writing().registry, given["name"], given.get("key"), given.get("value")
        version = given.get("version")
        if not isinstance(key, str):
            raise InvalidParameter("A tag has a name.")
        if version is None:
            deed = registry.delete_registered_model_tag if value is None else registry.set_registered_model_tag
            return self._done(lambda: deed(name, key, *([] if value is None else [value])))
        of_version = registry.delete_model_version_tag if value is None else registry.set_model_version_tag
        return self._done(lambda: of_version(name, version, key, *([] if value is None else [value])))

    @answers("rename", changes=True)
    def rename(self, given: dict[str, Any]) -> dict[str, Any]:
        """Give the model a new name."""
        registry = self._writing().registry
        model = registry.rename_registered_model(given["name"], given["to"])
        self.view = {**self.view, "model": model.name}
        return self._done(lambda: None)

    @answers("delete", changes=True)
    def delete(self, given: dict[str, Any]) -> dict[str, Any]:
        """Delete a version, or the model."""
        registry, version = self._writing().registry, given.get("version")
        if version is not None:
            registry.delete_model_version(given["name"], version)
        else:
            registry.delete_registered_model(given["name"])
        left = {key: value for key, value in self.view.items() if key != "version"}
        self.view = left if version is not None else {key: value for key, value in left.items() if key != "model"}
        return self._done(lambda: None)

    @answers("verify")
    def verify(self, _given: dict[str, Any]) -> dict[str, Any]:
        """Walk along the whole audit trail."""
        check = check_trail(self._sources.registry)
        faults = [cut(fault, 500) for fault in check.faults[:20]]
        self._chain = {"seq": check.head.seq, "entries": check.entries, "whole": check.is_whole, "faults": faults}
        return dict(self._chain)

    @answers("check files")
    def check_files(self, given: dict[str, Any]) -> dict[str, Any]:
        """Read a version's files and compare them with what was registered; much only if ``anyway``."""
        registry = self._sources.registry
        version = registry.get_model_version(given["name"], given["version"])
        files = registry.model_version_files(version.name, version.version)
        size = sum(file.size for file in files)
        if size > _UNASKED and given.get("anyway") is not True:
            return {"large": size}
        repository, faults = self._sources.repository(version), []
        for file in files:
            try:
                with repository.open(SafeRelPath.parse(file.path)) as stream:
                    while stream.read(_CHUNK):  # at its end it tells whether it is what was stored
                        pass
            except (DamagedArtifact, NotFound, OSError) as wrong:
                faults.append(cut(wrong, 300))
        return {"files": len(files), "size": size, "faults": faults[:20]}

    def _planned(self, stores: Stores, given: dict[str, Any]) -> Plan:
        if given.get("deed") == "roll back":
            return plan_roll_back(stores, given["name"])
        return plan_promotion(stores, given["name"], given["version"])

    def _before(self, model: RegisteredModel) -> int | None:
        """The version to which a roll back would lead; None if there is none."""
        try:
            return plan_roll_back(self._sources.stores, model.name, self._reader.entries).version
        except InvalidState:
            return None

    def _production_alias(self, model: RegisteredModel) -> str:
        return production_alias(model.tags)

    def _writing(self) -> Stores:
        """The stores, to change them; PermissionDenied where the panel only looks."""
        return Stores(self.writer().uri, self._sources.stores.registry_uri)

    def _done(self, deed: Callable[[], object]) -> dict[str, Any]:
        """Do something and show what it made; also what it did not, when somebody else was faster."""
        try:
            deed()
        finally:
            self.refresh()
        return {"seen": self._sources.registry.audit_head().seq}


def _comment(given: dict[str, Any]) -> str | None:
    return str(given.get("comment") or "").strip()[:5_000] or None


def _title(given: dict[str, Any], shown: dict[str, Any]) -> str:
    name, version = shown["name"], shown["version"]
    name = f"{name[:60]}…" if len(name) > 60 else name
    if given.get("deed") == "roll back":
        return f"Roll {name} back to v{version}"
    return f"Promote {name} v{version} to Production"
