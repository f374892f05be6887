"""Points in the store: summaries as brute force makes them, feeds that give each point once, and many of both."""

from __future__ import annotations

import math
import random
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trackbook.entities import Metric
from trackbook.stores.base import NewRun, PointArrays, Summary
from trackbook.stores.sql import packing
from trackbook.stores.sql.store import SqlStore
from trackbook.uris import parse_store_uri

Point = tuple[int, int, float]
points = st.tuples(
    st.integers(-2, 3), st.integers(0, 2), st.floats() | st.sampled_from([math.nan, math.inf, -math.inf, -0.0, 0.0])
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    store = SqlStore(parse_store_uri(tmp_path / "trackbook.db"))
    yield store
    store.close()


@pytest.fixture
def run_id(store: SqlStore) -> str:
    return store.create_run(NewRun("0")).info.run_id


@pytest.fixture(scope="module")
def memory() -> Iterator[SqlStore]:
    store = SqlStore(parse_store_uri("sqlite://"))
    yield store
    store.close()


def bits(value: float) -> bytes:
    return struct.pack("<d", math.nan if math.isnan(value) else value)


def metrics(rows: list[Point], key: str = "loss") -> list[Metric]:
    return [Metric(key, value, when, step) for step, when, value in rows]


def in_order(point: Point) -> tuple[int, int, bool, float]:
    step, when, value = point
    return step, when, not math.isnan(value), 0.0 if math.isnan(value) else value


@given(st.lists(st.lists(points, min_size=1, max_size=6), min_size=1, max_size=5))
@settings(max_examples=60)
def test_summary_is_what_brute_force_finds(memory: SqlStore, batches: list[list[Point]]) -> None:
    run_id = memory.create_run(NewRun("0")).info.run_id
    for batch in batches:
        memory.log_batch(run_id, metrics(batch))
    every = [point for batch in batches for point in batch]
    numbers = [value for _, _, value in every if not math.isnan(value)]
    (summary,) = memory.summaries(run_id)
    last = max(every, key=in_order)
    assert (summary.last_step, summary.last_time, summary.count) == (*last[:2], len(every))
    assert summary.last == last[2] or (math.isnan(summary.last) and math.isnan(last[2]))
    assert (summary.minimum, summary.maximum) == (min(numbers, default=None), max(numbers, default=None))
    assert (summary.first is None) == (not numbers)
    if numbers:
        assert bits(summary.first) == bits(numbers[0])  # type: ignore[arg-type]
        assert (summary.min_step, summary.minimum) in {(step, value) for step, _, value in every}
        assert (summary.max_step, summary.maximum) in {(step, value) for step, _, value in every}


def test_last_is_right_whatever_the_order(store: SqlStore, run_id: str) -> None:
    every = [Metric("loss", float(n), n % 3, n) for n in range(10_000)]
    random.Random(3).shuffle(every)
    for start in range(0, len(every), 1_500):
        store.log_batch(run_id, every[start : start + 1_500])
    assert [metric.step for metric in store.get_metric_history(run_id, "loss")] == list(range(10_000))
    assert store.get_run(run_id).data.metrics == {"loss": 9_999.0}


def test_series_of_models_and_data_sets_keep_apart_and_sum_up(store: SqlStore, run_id: str) -> None:
    given_ = [
        Metric("acc", 0.1, 1, 3),
        Metric("acc", 0.2, 1, 1, "m-1", None, None),
        Metric("acc", 0.3, 1, 2, "m-1", "wine", "d1"),
        Metric("acc", 0.4, 1, 0, "m-1", "wine", "d2"),
    ]
    store.log_batch(run_id, given_)
    found = store.get_metric_history(run_id, "acc")
    assert [metric.step for metric in found] == [0, 1, 2, 3]
    assert sorted(found, key=lambda m: m.value) == given_
    (summary,) = store.summaries(run_id)
    assert (summary.key, summary.count, summary.last, summary.minimum) == ("acc", 4, 0.1, 0.1)
    assert store.read_feed(run_id).points["acc"].values.size == 4


def test_histories_of_two_versions_of_a_data_set_are_sorted_together(store: SqlStore, run_id: str) -> None:
    for step, digest in enumerate(["d1", "d2", "d1", "d2"]):
        store.log_batch(run_id, [Metric("acc", 0.0, 1, step, None, "wine", digest)])
    assert [metric.step for metric in store.get_metric_history(run_id, "acc")] == [0, 1, 2, 3]


def values(answer_points: dict[str, PointArrays], key: str = "loss") -> list[float]:
    return answer_points[key].values.tolist() if key in answer_points else []


def test_feed_gives_what_came_after_the_cursor_in_the_order_of_coming(store: SqlStore, run_id: str) -> None:
    cursor, got = 0, []
    for turn in range(5):
        store.log_batch(run_id, metrics([(5 - turn, 0, float(turn)), (turn, 0, turn + 0.5)]))
        store.flush()
        answer = store.read_feed(run_id, cursor)
        assert not answer.reload
        got += values(answer.points)
        cursor = answer.cursor
    assert got == [turn / 2 for turn in range(10)]
    assert store.read_feed(run_id, cursor) == (cursor, False, {})


def test_feed_of_some_keys_moves_past_the_others(store: SqlStore, run_id: str) -> None:
    store.log_batch(run_id, [*metrics([(0, 0, 1.0)]), *metrics([(0, 0, 2.0)], "acc")])
    store.flush()
    answer = store.read_feed(run_id, 0, ["acc", "none"])
    assert {key: values(answer.points, key) for key in answer.points} == {"acc": [2.0]}
    assert store.read_feed(run_id, answer.cursor).points == {}


def test_feed_asks_for_a_reload_when_what_is_new_was_packed_away(store: SqlStore, run_id: str) -> None:
    store.log_batch(run_id, metrics([(n, 0, float(n)) for n in range(300)]))
    store.flush()
    seen = store.read_feed(run_id).cursor
    packing.pack_run(store.database, 1, 1)
    assert store.read_feed(run_id, seen) == (seen, False, {})  # the reader has all that was packed
    store.log_batch(run_id, metrics([(n, 0, float(n)) for n in range(300, 700)]))
    store.flush()
    before = store.read_feed(run_id, seen)
    assert (before.reload, values(before.points)) == (False, [float(n) for n in range(300, 700)])
    packing.pack_run(store.database, 1, 1)
    after = store.read_feed(run_id, seen)
    assert (after.reload, sorted(values(after.points))) == (True, [float(n) for n in range(700)])
    assert store.read_feed(run_id, after.cursor).points == {}


def test_feed_asks_for_a_reload_after_a_resumption(store: SqlStore, run_id: str) -> None:
    store.log_batch(run_id, metrics([(0, 0, 1.0)]))
    store.flush()
    seen = store.read_feed(run_id).cursor
    store.run_ended(run_id, "FINISHED")
    assert store.read_feed(run_id, seen).points == {}
    store.resume_run(run_id)
    answer = store.read_feed(run_id, seen)
    assert (answer.reload, values(answer.points)) == (True, [1.0])


def test_feed_beyond_the_end_asks_for_a_reload(store: SqlStore, run_id: str) -> None:
    """As after a backup was put back."""
    store.log_batch(run_id, metrics([(0, 0, 1.0)]))
    store.flush()
    answer = store.read_feed(run_id, store.read_feed(run_id).cursor + 50)
    assert (answer.reload, values(answer.points)) == (True, [1.0])


def test_feed_of_no_run_is_empty(store: SqlStore) -> None:
    assert store.read_feed("f" * 32, 7) == (7, False, {})


def test_empty_batch_asks_for_the_run_all_the_same(store: SqlStore, run_id: str) -> None:
    from trackbook.errors import InvalidParameter, NotFound

    store.log_batch(run_id)
    with pytest.raises(NotFound, match="search_runs"):
        store.log_batch("f" * 32)
    store.delete_run(run_id)
    with pytest.raises(InvalidParameter, match="deleted"):
        store.log_batch(run_id)
    assert store.summaries(run_id) == []


def test_ten_thousand_keys_are_logged_and_read(store: SqlStore, run_id: str) -> None:
    """F53, first half."""
    began = time.process_time()
    recorder = store.recorder(run_id)
    for number in range(10_000):
        recorder.log(f"layer/{number}", float(number), 1)
    store.flush()
    found = store.summaries(run_id)
    assert {summary.key: summary.last for summary in found} == {f"layer/{n}": float(n) for n in range(10_000)}
    assert isinstance(found[0], Summary)
    assert time.process_time() - began < 60


@pytest.mark.slow
def test_a_million_points_are_logged_and_read(store: SqlStore, run_id: str) -> None:
    """F53, second half."""
    began = time.process_time()
    recorder = store.recorder(run_id)
    for start in range(0, 1_000_000, 50_000):
        recorder.log_points([Metric("loss", 0.5, 1, step) for step in range(start, start + 50_000)])
    store.run_ended(run_id, "FINISHED")
    found = store.points(run_id, "loss")
    assert (found.steps[0], found.steps[-1], len(found.steps)) == (0, 999_999, 1_000_000)
    assert time.process_time() - began < 60
