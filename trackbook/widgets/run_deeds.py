"""What a table of runs does to runs, asked by its page: named, tagged, noted, starred, deleted, restored, purged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trackbook.entities import ViewType
from trackbook.errors import InvalidParameter, TrackbookError
from trackbook.runs import curation
from trackbook.runs.curation import Done
from trackbook.stores.base import Store
from trackbook.widgets.panel import Panel, answers

__all__ = ["RunDeeds"]

_MOST_EXPERIMENTS = 5_000
_MOST_PIECES = 50


class RunDeeds(Panel):
    """A panel whose page may change runs; each answer says what was done, what was refused, and how to undo it."""

    def refresh(self) -> None:
        """Read the store again and show what has changed."""
        raise NotImplementedError

    @answers("rename", changes=True)
    def _rename(self, given: dict[str, Any]) -> dict[str, Any]:
        return self._do(lambda store: curation.rename(store, _text(given, "run_id"), _text(given, "name")))

    @answers("tag", changes=True)
    def _tag(self, given: dict[str, Any]) -> dict[str, Any]:
        value = given.get("value")
        value = None if value is None else str(value)
        return self._do(lambda store: curation.tag(store, _ids(given), _text(given, "key"), value))

    @answers("put_tags", changes=True)
    def _put_tags(self, given: dict[str, Any]) -> dict[str, Any]:
        return self._do(lambda store: curation.put_tags(store, dict(given.get("tags") or {})))

    @answers("star", changes=True)
    def _star(self, given: dict[str, Any]) -> dict[str, Any]:
        return self._do(lambda store: curation.star(store, _ids(given), bool(given.get("on", True))))

    @answers("note", changes=True)
    def _note(self, given: dict[str, Any]) -> dict[str, Any]:
        return self._do(lambda store: curation.annotate(store, _text(given, "run_id"), str(given.get("text", ""))))

    @answers("delete", changes=True)
    def _delete(self, given: dict[str, Any]) -> dict[str, Any]:
        return self._do(lambda store: curation.delete(store, _ids(given)))

    @answers("restore", changes=True)
    def _restore(self, given: dict[str, Any]) -> dict[str, Any]:
        return self._do(lambda store: curation.restore(store, _ids(given)))

    @answers("move", changes=True)
    def _move(self, given: dict[str, Any]) -> dict[str, Any]:
        return self._do(lambda store: curation.move(store, _ids(given), _text(given, "experiment_id")))

    @answers("put_into", changes=True)
    def _put_into(self, given: dict[str, Any]) -> dict[str, Any]:
        return self._do(lambda store: curation.put_into(store, dict(given.get("experiments") or {})))

    @answers("purge_plan")
    def _purge_plan(self, given: dict[str, Any]) -> dict[str, Any]:
        """What would go for good, and how many bytes that frees."""
        return self._purged(self._store, given, dry_run=True)

    @answers("purge", changes=True)
    def _purge(self, given: dict[str, Any]) -> dict[str, Any]:
        found = self._purged(self.writer(), given, dry_run=False)
        self.refresh()
        return found

    @answers("cell")
    def _cell(self, given: dict[str, Any]) -> dict[str, Any]:
        """A whole param, tag or name: what the table holds of it may be cut."""
        run = self._store.get_run(_text(given, "run_id"))
        group, _, key = _text(given, "column").partition(".")
        known = {"params": run.data.params, "tags": run.data.tags}.get(group, {"run_name": run.info.run_name})
        return {"text": known.get(key)}

    @answers("experiments")
    def _experiments_to_choose(self, _given: dict[str, Any]) -> list[dict[str, str]]:
        found = self._store.search_experiments(ViewType.ACTIVE_ONLY, _MOST_EXPERIMENTS, order_by=["name ASC"])
        return [{"id": each.experiment_id, "name": each.name} for each in found]

    def _do(self, deed: Callable[[Store], Done]) -> dict[str, Any]:
        store = self.writer()
        done = deed(store)
        store.flush()
        self.refresh()
        return {"done": done.run_ids, "refused": list(done.refused.values()), "undo": done.undo}

    def _purged(self, store: Store, given: dict[str, Any], *, dry_run: bool) -> dict[str, Any]:
        from trackbook.upkeep.gc import Wanted, collect_garbage

        pieces = list(collect_garbage(store, Wanted(older_than=0, run_ids=_ids(given)), dry_run=dry_run))
        shown = [{"kind": one.kind, "name": one.name or one.id, "files": one.files, "size": one.size,
                  "problem": one.problem} for one in pieces[:_MOST_PIECES]]  # fmt: skip
        freed = [one for one in pieces if dry_run or one.gone]
        return {
            "pieces": shown,
            "more": len(pieces) - len(shown),
            "gone": len(freed),
            "files": sum(one.files for one in freed),
            "size": sum(one.size for one in freed),
            "refused": [one.problem for one in pieces if one.problem],
        }


def _text(given: dict[str, Any], key: str) -> str:
    value = given.get(key)
    if not isinstance(value, str) or not value:
        raise InvalidParameter(f"The page named no {key}; page and kernel may be of two versions.")
    return value


def _ids(given: dict[str, Any]) -> list[str]:
    ids = given.get("run_ids")
    if not isinstance(ids, list) or not ids or not all(isinstance(one, str) for one in ids):
        raise TrackbookError("No run is selected; select some and try again.")
    return ids
