"""Version numbers: counted for each name, for good, so that an address never means another model than it did."""

from __future__ import annotations

import json

from trackbook.errors import InvalidState
from trackbook.stores.sql.engine import Connection
from trackbook.stores.sql.registry.trail import Ledger

__all__ = ["carry_numbers"]

_LIVES = (
    "SELECT seq, action, after FROM registry_audit WHERE name = ? AND seq > ? AND action IN "
    "('create_registered_model', 'rename_registered_model', 'delete_registered_model') ORDER BY seq"
)


def carry_numbers(ledger: Ledger, model: int, name: str, new_name: str) -> None:
    """Let the numbers of a model go on under its new name.

    Raises:
        InvalidState: under the new name, another model had versions with its numbers.
    """
    connection = ledger.connection
    taken = ledger.last_number(new_name)
    ((first,),) = connection.execute("SELECT min(version) FROM model_versions WHERE model = ?", (model,))
    if first is not None and first <= taken and not _was_called(connection, name, new_name):
        raise InvalidState(
            f"A registered model {new_name!r} that is gone had the versions 1 to {taken}, and "
            f"models:/{new_name}/{first} must not mean another one now. Choose another name."
        )
    ledger.set_number(new_name, max(taken, ledger.last_number(name)))


def _was_called(connection: Connection, name: str, former: str) -> bool:
    """Whether the last model with a former name is the one that now has another, as the audit trail tells."""
    lives = connection.execute(_LIVES, (former, 0))
    if not lives:
        return False
    seq, action, after = lives[-1]
    current = former
    while action == "rename_registered_model" and (target := json.loads(after)["name"]) != current:
        current = target
        later = connection.execute(_LIVES, (current, seq + 1))  # behind the entry that it got under this name
        if not later:
            return bool(current == name)
        seq, action, after = later[0]
    return False
