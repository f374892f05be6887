"""What points at versions, in a SQL database: stages and aliases."""

from __future__ import annotations

from collections.abc import Sequence

from trackbook.entities import AuditEntry, ModelVersion
from trackbook.entities.audit_words import told
from trackbook.entities.keys import check_alias, check_int64, check_registered_name, check_text, check_version
from trackbook.entities.registry import STAGES, stage_of
from trackbook.errors import InvalidParameter, InvalidState
from trackbook.stores.registry import Move
from trackbook.stores.sql.engine import Connection, retried
from trackbook.stores.sql.registry.loading import VERSIONS, find_model, find_version, latest_versions, load_versions
from trackbook.stores.sql.registry.trail import Ledger, Trail
from trackbook.stores.sql.registry.versions import touch_version

__all__ = ["StagesAndAliases"]

_ACTIVE = ("Staging", "Production")
_SINCE = (
    "SELECT seq, time, actor, action, name, version, before, after, previous, hash FROM registry_audit WHERE name = ? "
    "AND seq > ? AND action IN ('transition_model_version_stage', 'set_registered_model_alias', "
    "'delete_registered_model_alias', 'delete_model_version') ORDER BY seq"
)
_POINTED = "SELECT version FROM registered_model_aliases WHERE model = ? AND alias = ?"
_POINT = (
    "INSERT INTO registered_model_aliases VALUES (?, ?, ?) "
    "ON CONFLICT (model, alias) DO UPDATE SET version = excluded.version"
)


class StagesAndAliases(Trail):
    """The verbs of RegistryStore that say which version is which."""

    @retried
    def transition_model_version_stage(
        self,
        name: str,
        version: int | str,
        stage: str,
        archive_existing_versions: bool = False,
        note: str | None = None,
    ) -> ModelVersion:
        name, number, stage = check_registered_name(name), check_version(version), stage_of(stage)
        if archive_existing_versions and stage not in _ACTIVE:
            raise InvalidParameter(
                f"archive_existing_versions makes room in Staging or Production; the stage {stage} needs none."
            )
        with self._registry() as ledger:
            connection = ledger.connection
            row = find_version(connection, name, number)
            if archive_existing_versions:
                others = f"{VERSIONS} WHERE r.model = ? AND r.stage = ? AND r.version <> ? ORDER BY r.version"
                for other in connection.execute(others, (row[1], stage, number)):
                    _move(ledger, other, "Archived", None)
            _move(ledger, row, stage, note)
            return load_versions(connection, [find_version(connection, name, number)])[0]

    def get_latest_versions(self, name: str, stages: Sequence[str] | None = None) -> list[ModelVersion]:
        name = check_registered_name(name)
        if isinstance(stages, str) or not isinstance(stages, Sequence | None):
            raise InvalidParameter(f"stages is a list such as ['Production'], not {stages!r:.80}.")
        wanted = {stage_of(stage) for stage in stages or STAGES}
        with self.database.read() as connection:
            model = find_model(connection, name)[0]
            found = latest_versions(connection, [model]).get(model, [])
        return [version for version in found if version.current_stage in wanted]

    @retried
    def set_registered_model_alias(self, name: str, alias: str, version: int | str, note: str | None = None) -> None:
        name, alias, number = check_registered_name(name), check_alias(alias), check_version(version)
        with self._registry() as ledger:
            _point(ledger, find_version(ledger.connection, name, number)[1], name, Move(number, alias=alias, note=note))

    @retried
    def delete_registered_model_alias(self, name: str, alias: str) -> None:
        name, alias = check_registered_name(name), check_alias(alias)
        with self._registry() as ledger:
            _drop(ledger, find_model(ledger.connection, name)[0], name, Move(None, alias=alias))

    @retried
    def move(self, name: str, moves: Sequence[Move], seen: int | None = None) -> None:
        name, checked = check_registered_name(name), [_checked(move) for move in moves]
        with self._registry() as ledger:
            connection = ledger.connection
            model = find_model(connection, name)[0]
            if seen is not None:
                _refuse_if_changed(connection, name, check_int64("seen", seen))
            for one in checked:
                if one.version is None:
                    _drop(ledger, model, name, one)
                    continue
                row = find_version(connection, name, one.version)
                if one.stage is not None:
                    _move(ledger, row, one.stage, one.note)
                else:
                    _point(ledger, model, name, one)

    def get_model_version_by_alias(self, name: str, alias: str) -> ModelVersion:
        name, alias = check_registered_name(name), check_alias(alias)
        with self.database.read() as connection:
            model = find_model(connection, name)[0]
            pointed = connection.execute(_POINTED, (model, alias))
            if not pointed:
                raise InvalidParameter(
                    f"The registered model {name!r} has no alias {alias!r}; set_registered_model_alias makes one."
                )
            return load_versions(connection, [find_version(connection, name, pointed[0][0])])[0]


def _move(ledger: Ledger, row: tuple[object, ...], stage: str, note: str | None) -> None:
    name, number, old = str(row[2]), int(str(row[3])), row[8]
    if old != stage:
        touch_version(ledger, row, "stage = ?", stage)
        after = {"stage": stage, **_noted(note)}
        ledger.note("transition_model_version_stage", name, number, before={"stage": old}, after=after)


def _point(ledger: Ledger, model: int, name: str, move: Move) -> None:
    """Let an alias point at a version that is there."""
    old = ledger.connection.execute(_POINTED, (model, move.alias))
    if old == [(move.version,)]:
        return
    ledger.connection.execute(_POINT, (model, move.alias, move.version))
    before = {"alias": move.alias, "version": old[0][0]} if old else None
    after = {"alias": move.alias, "version": move.version, **_noted(move.note)}
    ledger.note("set_registered_model_alias", name, move.version, before=before, after=after)


def _drop(ledger: Ledger, model: int, name: str, move: Move) -> None:
    old = ledger.connection.execute(_POINTED, (model, move.alias))
    if old:
        sql = "DELETE FROM registered_model_aliases WHERE model = ? AND alias = ?"
        ledger.connection.execute(sql, (model, move.alias))
        before = {"alias": move.alias, "version": old[0][0]}
        ledger.note("delete_registered_model_alias", name, old[0][0], before=before, after=_noted(move.note) or None)


def _checked(move: Move) -> Move:
    """A move that keeps the rules."""
    if (move.stage is None) == (move.alias is None):
        raise InvalidParameter(f"A move is about a stage or about an alias, not about both or neither: {move!r:.200}.")
    alias = None if move.alias is None else check_alias(move.alias)
    stage = None if move.stage is None else stage_of(move.stage)
    if move.version is None and stage is not None:
        raise InvalidParameter(f"A move into the stage {stage} needs the version that is moved.")
    return Move(None if move.version is None else check_version(move.version), stage, alias, move.note)


def _refuse_if_changed(connection: Connection, name: str, seen: int) -> None:
    changed = [AuditEntry(*row) for row in connection.execute(_SINCE, (name, seen))]
    if changed:
        last = changed[-1]
        more = f", and {len(changed) - 1} more" if len(changed) > 1 else ""
        raise InvalidState(
            f"{last.actor} has changed {name!r} meanwhile ({told(last)}{more}). Nothing was changed now; look at what "
            "it is like and decide again."
        )


def _noted(note: str | None) -> dict[str, str]:
    return {} if note is None else {"note": check_text("The note", note)}
