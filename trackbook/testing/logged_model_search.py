"""The contract of searching for logged models."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pytest

from trackbook.entities import LoggedModelStatus, Metric
from trackbook.entities.logged_models import LoggedModel
from trackbook.errors import BadFilter, InvalidParameter
from trackbook.stores.base import Store
from trackbook.stores.models import NewModel
from trackbook.testing.samples import new_run

__all__ = ["LoggedModelSearchContract"]

A, B, C, D = (f"m-{letter * 32}" for letter in "abcd")


def names(models: Sequence[LoggedModel]) -> str:
    """The names of models, in their order."""
    return "".join(model.name for model in models)


class LoggedModelSearchContract:
    """What `LoggedModelStore.search_logged_models` promises."""

    @pytest.fixture
    def four(self, store: Store) -> Store:
        """Models a to d, made in this order: with metrics of two runs and data sets, with NaN, and without."""
        first, second = (new_run(store, run_id).info.run_id for run_id in ("one", "two"))
        for model_id, depth, kind, run in ((A, "3", "tree", first), (B, "30", "tree", None), (C, "4", None, second)):
            new = NewModel("0", model_id[-1], run, kind, {"team": f"t{depth}"}, {"depth": depth}, model_id)
            store.create_logged_model(new, [])
        store.create_logged_model(NewModel("0", "d", None, "net", model_id=D))
        points = [
            Metric("acc", 0.9, 5, 0, A, "wine", "d1"), Metric("acc", 0.1, 6, 1, A, "iris", "d2"),
            Metric("acc", 0.5, 5, 0, B, "wine", "d2"), Metric("acc", 0.4, 5, 1, B, "wine", "d2"),
            Metric("acc", math.nan, 5, 0, C), Metric("loss.min", 7.0, 5, 0, C), Metric("acc", 99.0, 5, 0),
        ]  # fmt: skip
        store.log_batch(first, points)
        store.log_batch(second, [Metric("acc", 0.7, 1, 0, A, "wine", "d1")])
        return store

    @pytest.mark.parametrize(
        ("condition", "found"),
        [
            ("", "dcba"), ("name = 'a'", "a"), ("attributes.name LIKE 'A'", ""), ("name ILIKE 'A'", "a"),
            (f"model_id IN ('{A}', '{C}')", "ca"), ("model_type = 'tree'", "ba"), ("model_type != 'tree'", "d"),
            ("model_type IS NULL", "c"), ("status = 'READY'", "cba"), ("status != 'READY'", "d"),
            ("source_run_id IS NOT NULL", "ca"), ("creation_time > 0 AND creation_timestamp > 0", "dcba"),
            ("last_updated_timestamp < 5", ""), ("last_updated_time BETWEEN 1 AND 9e18", "dcba"),
            ("params.depth = '3'", "a"), ("params.depth LIKE '3%'", "ba"), ("param.depth NOT IN ('3', '4')", "b"),
            ("params.depth IS NULL", "d"), ("tags.team = 't4' OR tag.team = 't30'", "cb"),
            ("NOT tags.team = 't4'", "dba"),
            ("metrics.acc > 0.8", "a"), ("metrics.acc < 0.2", "a"), ("metrics.acc = 0.7", "a"),
            ("metric.acc > 0.3", "ba"),
            ("metrics.acc = 99", ""), ("metrics.acc IS NULL", "d"), ("metrics.acc IS NOT NULL", "cba"),
            ("metrics.acc.max = 0.5", "b"), ("metrics.acc.count = 2", "b"), ("metrics.acc.min IS NULL", "dc"),
            ("metrics.loss.min = 7", "c"), ("NOT metrics.acc > 0", "dc"),
            ("metrics.acc > 0 AND params.depth = '30'", "b"),
            ("(metrics.acc > 0.8 OR model_type = 'net') AND name != 'a'", "d"),
        ],
    )  # fmt: skip
    def test_models_are_found_by_what_was_logged(self, four: Store, condition: str, found: str) -> None:
        assert names(four.search_logged_models(["0"], condition)) == found

    @pytest.mark.parametrize(
        ("condition", "datasets", "found"),
        [
            ("metrics.acc > 0", [{"dataset_name": "iris"}], "a"),
            ("metrics.acc > 0.8", [{"dataset_name": "iris"}], ""),
            ("metrics.acc > 0.3", [{"dataset_name": "wine"}], "ba"),
            ("metrics.acc > 0.3", [{"dataset_name": "wine", "dataset_digest": "d2"}], "b"),
            ("metrics.acc > 0", [{"dataset_name": "iris"}, {"dataset_name": "wine", "dataset_digest": "d2"}], "ba"),
            ("", [{"dataset_name": "wine"}], "ba"),
            ("name != 'a'", [{"dataset_name": "wine", "dataset_digest": None}], "b"),
            ("", [{"dataset_name": "win"}], ""),
            ("", [{"dataset_name": "wine\nd1"}], ""),
            ("", [], "dcba"),
        ],
    )
    def test_only_metrics_on_named_data_sets_count(
        self, four: Store, condition: str, datasets: list[dict[str, str]], found: str
    ) -> None:
        assert names(four.search_logged_models(["0"], condition, datasets)) == found

    @pytest.mark.parametrize(
        ("order", "found"),
        [
            ([{"field_name": "name"}], "abcd"),
            ([{"field_name": "name", "ascending": False}], "dcba"),
            ([{"field_name": "creation_time", "ascending": True}], "abcd"),
            ([{"field_name": "attributes.model_type"}, {"field_name": "name"}], "dabc"),
            ([{"field_name": "metrics.acc"}], "abcd"),  # of a, what was measured last
            ([{"field_name": "metrics.acc", "ascending": False}], "bacd"),
            ([{"field_name": "metrics.acc", "ascending": False, "dataset_name": "wine"}], "abdc"),
            (
                [{"field_name": "metrics.acc", "dataset_name": "wine", "dataset_digest": "d1"}, {"field_name": "name"}],
                "abcd",
            ),
            ([{"field_name": "metrics.acc.max", "ascending": False}, {"field_name": "name"}], "bacd"),
            ([{"field_name": "params.depth"}], "abcd"),
            ([{"field_name": "metrics.no such"}], "dcba"),
            (["params.depth DESC"], "cbad"),
        ],
    )
    def test_what_is_missing_comes_last_in_any_order(self, four: Store, order: list[Any], found: str) -> None:
        assert names(four.search_logged_models(["0"], order_by=order)) == found
        paged = four.search_logged_models(["0"], order_by=order, max_results=3)
        rest = four.search_logged_models(["0"], order_by=order, max_results=3, page_token=paged.token)
        assert names([*paged, *rest]) == found

    @pytest.mark.parametrize(
        "condition",
        ["name", "nam = 'a'", "metrics.acc = 'x'", "params.n > 3", "status = 'new'", "creation_time = '1'", "x.y = 1"],
    )  # fmt: skip
    def test_bad_filter_is_refused(self, store: Store, condition: str) -> None:
        with pytest.raises(BadFilter, match="col"):
            store.search_logged_models(["0"], condition)

    @pytest.mark.parametrize(
        "words",
        [
            {"order_by": "name"}, {"order_by": [{}]}, {"order_by": [{"field_name": "nam"}]}, {"order_by": [7]},
            {"order_by": [{"field_name": "metrics.acc", "ascending": "no"}]}, {"order_by": [{"name": "metrics.acc"}]},
            {"order_by": [{"field_name": "name", "dataset_name": "wine"}]}, {"order_by": [{"field_name": "x\x00"}]},
            {"order_by": [{"field_name": "metrics.acc", "dataset_digest": "d1"}]}, {"order_by": [{"field_name": '"a'}]},
            {"order_by": [{"field_name": "name"}] * 9}, {"order_by": [{"field_name": "metrics."}]},
            {"datasets": [{}]}, {"datasets": {"dataset_name": "wine"}}, {"datasets": [{"dataset_name": 7}]},
            {"datasets": [{"name": "wine"}]}, {"datasets": ["wine"]}, {"datasets": [{"dataset_name": "a\x00"}]},
            {"datasets": [{"dataset_name": "\ud800"}]}, {"max_results": 0}, {"max_results": 50_001},
            {"page_token": "x"}, {"filter_string": 7},
        ],
    )  # fmt: skip
    def test_bad_words_are_refused(self, store: Store, words: dict[str, Any]) -> None:
        with pytest.raises(InvalidParameter):
            store.search_logged_models(["0"], **words)

    def test_model_is_found_by_the_status_that_it_has_now(self, store: Store) -> None:
        model_id = store.create_logged_model(NewModel("0")).model_id
        store.finalize_logged_model(model_id, "FAILED", message="no room")
        (found,) = store.search_logged_models(["0"], "status = 'FAILED'")
        assert (found.status, found.status_message) == (LoggedModelStatus.FAILED, "no room")
