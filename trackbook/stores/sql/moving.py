"""Moving runs to another experiment: rows change, files do not."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from trackbook.entities.keys import check_run_id
from trackbook.errors import NotFound
from trackbook.stores.sql.engine import Connection, Database, retried
from trackbook.stores.sql.inputs import take_inputs_along

__all__ = ["Moving"]

_PLACE = (
    "SELECT r.experiment, coalesce(r.artifact_location, e.artifact_location) "
    "FROM runs r JOIN experiments e ON e.id = r.experiment WHERE r.id = ?"
)


class Moving:
    """The verb of RunStore that moves runs."""

    database: Database
    _changeable: Callable[[Connection, str], int]
    _active: Callable[[Connection, str], int]

    @retried
    def move_runs(self, run_ids: Sequence[str], experiment_id: str) -> dict[str, str]:
        wanted = [check_run_id(run_id) for run_id in dict.fromkeys(run_ids)]
        before: dict[str, str] = {}
        with self.database.write(durable=True) as connection:
            keys = [self._changeable(connection, run_id) for run_id in wanted]
            target = self._active(connection, experiment_id)
            rows = connection.execute("SELECT artifact_location FROM experiments WHERE id = ?", (target,))
            if not rows:
                raise NotFound(
                    f"There is no experiment with the id {experiment_id!r}; search_experiments() lists them."
                )
            for run_id, key in zip(wanted, keys, strict=True):
                ((experiment, location),) = connection.execute(_PLACE, (key,))
                if experiment == target:
                    continue
                own = None if location == rows[0][0] else location  # back home, or the same folder for both
                connection.execute(
                    "UPDATE runs SET experiment = ?, artifact_location = ? WHERE id = ?", (target, own, key)
                )
                take_inputs_along(connection, key, target)
                before[run_id] = str(experiment)
        return before
