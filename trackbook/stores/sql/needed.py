"""What registered versions need: logged models whose files they have, and the runs and experiments those belong to."""

from __future__ import annotations

from trackbook.errors import InvalidState
from trackbook.stores.sql.engine import Connection

__all__ = ["NEEDED", "refuse_if_needed"]

#: Whether a registered version has the files of the logged model m.
NEEDED = "EXISTS (SELECT 1 FROM model_versions v WHERE v.model_id = m.model_id)"
_NAMED = 10
_VERSIONS = "SELECT DISTINCT r.name, v.version FROM model_versions v JOIN registered_models r ON r.id = v.model WHERE "
_WHERE = {
    "logged model": "v.model_id = ?",
    "run": "v.run_id = ? OR v.model_id IN (SELECT m.model_id FROM logged_models m WHERE m.source_run = ?)",
    "experiment": "v.run_id IN (SELECT o.run_id FROM runs o WHERE o.experiment = ?) "
    "OR v.model_id IN (SELECT m.model_id FROM logged_models m WHERE m.experiment = ?)",
}


def refuse_if_needed(connection: Connection, thing: str, key: str | int, *, can_force: bool = True) -> None:
    """Refuse to delete what registered versions came from.

    Args:
        connection: within a transaction.
        thing: ``logged model``, ``run`` or ``experiment``.
        key: its id; the number of an experiment.
        can_force: whether the caller can insist.

    Raises:
        InvalidState: there are such versions; the message names them.
    """
    where = _WHERE[thing]
    rows = connection.execute(f"{_VERSIONS}{where} ORDER BY r.name, v.version", (key,) * where.count("?"))
    if not rows:
        return
    versions = ", ".join(f"{name} version {version}" for name, version in rows[:_NAMED])
    more = f" and {len(rows) - _NAMED} more" if len(rows) > _NAMED else ""
    force = " or insist with force=True (--force): the files of those versions stay." if can_force else "."
    raise InvalidState(
        f"The {thing} {key} is needed by registered versions: {versions}{more}. Delete those first{force}"
    )
