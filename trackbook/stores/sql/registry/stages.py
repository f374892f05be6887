"""What points at versions, in a SQL database: stages and aliases."""

from __future__ import annotations

from collections.abc import Sequence

from trackbook.entities import ModelVersion
from trackbook.entities.keys import check_alias, check_registered_name, check_text, check_version
from trackbook.entities.registry import STAGES, stage_of
from trackbook.errors import InvalidParameter
from trackbook.stores.sql.engine import retried
from trackbook.stores.sql.registry.loading import VERSIONS, find_model, find_version, latest_versions, load_versions
from trackbook.stores.sql.registry.trail import Ledger, Trail
from trackbook.stores.sql.registry.versions import touch_version

__all__ = ["StagesAndAliases"]

_ACTIVE = ("Staging", "Production")
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
            model = find_version(ledger.connection, name, number)[1]
            old = ledger.connection.execute(_POINTED, (model, alias))
            if old == [(number,)]:
                return
            ledger.connection.execute(_POINT, (model, alias, number))
            before = {"alias": alias, "version": old[0][0]} if old else None
            after = {"alias": alias, "version": number, **_noted(note)}
            ledger.note("set_registered_model_alias", name, number, before=before, after=after)

    @retried
    def delete_registered_model_alias(self, name: str, alias: str) -> None:
        name, alias = check_registered_name(name), check_alias(alias)
        with self._registry() as ledger:
            model = find_model(ledger.connection, name)[0]
            old = ledger.connection.execute(_POINTED, (model, alias))
            if old:
                sql = "DELETE FROM registered_model_aliases WHERE model = ? AND alias = ?"
                ledger.connection.execute(sql, (model, alias))
                before = {"alias": alias, "version": old[0][0]}
                ledger.note("delete_registered_model_alias", name, old[0][0], before=before)

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


def _noted(note: str | None) -> dict[str, str]:
    return {} if note is None else {"note": check_text("The note", note)}
