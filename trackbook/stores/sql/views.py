"""Saved views in a SQL database."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from trackbook.entities.keys import check_view_name
from trackbook.errors import AlreadyExists, InvalidParameter, NotFound
from trackbook.stores.actors import ACTOR, process_user
from trackbook.stores.sql.engine import Connection, Database, retried
from trackbook.stores.views import SavedView

__all__ = ["Views"]

_COLUMNS = "name, state, creation_time, created_by, last_update_time, updated_by"
_MOST_STATE = 64_000


class Views:
    """The verbs of ViewStore."""

    database: Database
    _now: Callable[[], int]

    @retried
    def save_view(self, name: str, state: Mapping[str, Any], replace: bool = False) -> SavedView:
        name, text = check_view_name(name), _checked_state(state)
        now, who = self._now(), ACTOR.get() or process_user()
        with self.database.write() as connection:
            known = _rows(connection, name)
            if known and not replace:
                raise _taken(name)
            if known:
                change = "UPDATE views SET state = ?, last_update_time = ?, updated_by = ? WHERE name = ?"
                connection.execute(change, (text, now, who, name))
            else:
                values = (name, text, now, who, now, who)
                connection.execute(f"INSERT INTO views ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)", values)
            return _view(_rows(connection, name)[0])

    def get_view(self, name: str) -> SavedView:
        name = check_view_name(name)
        with self.database.read() as connection:
            return _view(_found(connection, name))

    def list_views(self) -> list[SavedView]:
        with self.database.read() as connection:
            return [_view(row) for row in connection.execute(f"SELECT {_COLUMNS} FROM views ORDER BY name")]

    @retried
    def rename_view(self, name: str, new_name: str) -> SavedView:
        name, new_name = check_view_name(name), check_view_name(new_name)
        with self.database.write() as connection:
            _found(connection, name)
            if name != new_name and _rows(connection, new_name):
                raise _taken(new_name)
            change = "UPDATE views SET name = ?, last_update_time = ?, updated_by = ? WHERE name = ?"
            connection.execute(change, (new_name, self._now(), ACTOR.get() or process_user(), name))
            return _view(_rows(connection, new_name)[0])

    @retried
    def delete_view(self, name: str) -> None:
        name = check_view_name(name)
        with self.database.write() as connection:
            _found(connection, name)
            connection.execute("DELETE FROM views WHERE name = ?", (name,))


def _rows(connection: Connection, name: str) -> list[tuple[Any, ...]]:
    return connection.execute(f"SELECT {_COLUMNS} FROM views WHERE name = ?", (name,))


def _found(connection: Connection, name: str) -> tuple[Any, ...]:
    rows = _rows(connection, name)
    if not rows:
        raise NotFound(f"There is no view {name!r} in this store; list_views() lists them.")
    return rows[0]


def _view(row: tuple[Any, ...]) -> SavedView:
    name, state, created, creator, updated, updater = row
    return SavedView(name, json.loads(state), created, creator, updated, updater)


def _checked_state(state: object) -> str:
    if not isinstance(state, Mapping):
        raise InvalidParameter(f"The state of a view is a dict of plain values, not {type(state).__name__}.")
    try:
        text = json.dumps(dict(state), allow_nan=False, sort_keys=True)
    except (TypeError, ValueError, RecursionError) as wrong:
        raise InvalidParameter(f"The state of a view is plain values that JSON can carry: {wrong}.") from None
    if len(text) > _MOST_STATE:
        raise InvalidParameter(f"The state of a view takes at most {_MOST_STATE} characters of JSON, not {len(text)}.")
    return text


def _taken(name: str) -> AlreadyExists:
    return AlreadyExists(f"There is a view {name!r} already; replace it, or choose another name.")
