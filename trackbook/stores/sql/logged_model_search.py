"""Search for logged models: the verb of LoggedModelStore that takes filters and orders."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from trackbook.entities import LifecycleStage, PagedList
from trackbook.entities.keys import check_experiment_id
from trackbook.entities.logged_models import LoggedModel
from trackbook.errors import NotSupported
from trackbook.stores.sql.dialects.fragments import Fragment
from trackbook.stores.sql.engine import Database
from trackbook.stores.sql.logged_model_rows import load_models
from trackbook.stores.sql.pages import check_page_size, next_token, offset_of
from trackbook.stores.sql.search import MAX_RESULTS

__all__ = ["LoggedModelSearch"]


class LoggedModelSearch:
    """The search of LoggedModelStore."""

    database: Database
    flush: Callable[[], None]
    _absolute: Callable[[str], str]

    def search_logged_models(
        self,
        experiment_ids: Sequence[str],
        filter_string: str | None = None,
        datasets: Sequence[Mapping[str, str]] | None = None,
        max_results: int = 100,
        order_by: Sequence[Mapping[str, object]] | None = None,
        page_token: str | None = None,
    ) -> PagedList[LoggedModel]:
        check_page_size(max_results, MAX_RESULTS)
        offset = offset_of(page_token)
        if filter_string or datasets or order_by:
            raise NotSupported("Filters and orders of logged models come in a later version; leave them out.")
        numbers = [int(check_experiment_id(number)) for number in experiment_ids]
        if not numbers:
            return PagedList([])
        self.flush()
        wanted = self.database.dialect.members(Fragment("m.experiment"), numbers)
        with self.database.read() as connection:
            rows = connection.execute(
                f"SELECT m.id FROM logged_models m WHERE {wanted.sql} AND m.lifecycle_stage = ? "
                "ORDER BY m.creation_time DESC, m.id DESC LIMIT ? OFFSET ?",
                (*wanted.values, LifecycleStage.ACTIVE, max_results + 1, offset),
            )
            models = load_models(connection, [key for (key,) in rows[:max_results]], self._absolute)
        return PagedList(models, next_token(offset + max_results) if len(rows) > max_results else None)
