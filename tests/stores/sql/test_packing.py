"""Packed points are the points that were logged: to the last bit, once each, whoever packs, reads or dies meanwhile."""

from __future__ import annotations

import math
import os
import random
import signal
import sqlite3
import struct
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trackbook.entities import Metric
from trackbook.stores.base import NewRun, PointArrays
from trackbook.stores.sql import packing
from trackbook.stores.sql.store import SqlStore
from trackbook.uris import parse_store_uri

LOW, HIGH = -(2**63), 2**63 - 1
Row = tuple[int, int, float | None, int]
wholes = st.one_of(st.integers(LOW, HIGH), st.sampled_from([LOW, HIGH, 0, -1]))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    store = SqlStore(parse_store_uri(tmp_path / "trackbook.db"))
    yield store
    store.close()


def exact(values: object) -> list[bytes]:
    """Floats by their bits, with one NaN for all."""
    return [struct.pack("<d", math.nan if math.isnan(value) else value) for value in values]  # type: ignore[attr-defined]


def stored(store: SqlStore) -> tuple[int, int]:
    """How many rows and chunks there are."""
    with store.database.read() as connection:
        return connection.execute("SELECT (SELECT count(*) FROM points), (SELECT count(*) FROM chunks)")[0]  # type: ignore[no-any-return]


def a_run_of(store: SqlStore, points: list[Metric]) -> str:
    run_id = store.create_run(NewRun("0")).info.run_id
    store.log_batch(run_id, points)
    store.flush()
    return run_id


@given(st.lists(st.tuples(wholes, wholes, st.floats() | st.none(), st.integers(0, 2**31 - 1)), min_size=1, max_size=50))
def test_rows_come_out_of_a_chunk_as_they_went_in(rows: list[Row]) -> None:
    steps, times, values = packing.unpack(packing._pack(rows), len(rows))
    assert steps.tolist() == [row[0] for row in rows]
    assert times.tolist() == [row[1] for row in rows]
    assert exact(values) == exact([math.nan if row[2] is None else row[2] for row in rows])


@given(st.lists(st.tuples(st.integers(-2, 2), st.integers(0, 2), st.floats(width=16)), max_size=40))
@settings(max_examples=80)
def test_points_are_sorted_and_equal_ones_read_once(rows: list[tuple[int, int, float]]) -> None:
    points = PointArrays(*(np.array([r[i] for r in rows], t) for i, t in enumerate((np.int64, np.int64, np.float64))))
    found = packing.sorted_once(points)
    got = list(zip(found.steps.tolist(), found.times.tolist(), exact(found.values), strict=True))
    every = list(zip(points.steps.tolist(), points.times.tolist(), exact(points.values), strict=True))
    if not all(a[0] < b[0] for a, b in pairwise(every)):
        assert len(set(got)) == len(got)
    assert set(got) == set(every)
    order = [(s, t, not math.isnan(v), 0 if math.isnan(v) else v) for s, t, v in zip(*found, strict=True)]
    assert order == sorted(order)


def test_odd_points_survive_packing(store: SqlStore) -> None:
    chance = random.Random(5)
    values = [math.nan, math.inf, -math.inf, -0.0, 0.0, 5e-324, 1e308]
    points = [
        Metric("loss", chance.choice(values), chance.choice([0, 1, HIGH]), chance.choice([LOW, -1, 0, 3, HIGH]))
        for _ in range(1_000)
    ]
    run_id = a_run_of(store, points)
    before = store.points(run_id, "loss")
    assert len(set(zip(exact(before.values), before.times.tolist(), before.steps.tolist(), strict=True))) == len(
        {(exact([m.value])[0], m.timestamp, m.step) for m in points}
    )
    packing.pack_run(store.database, 1, 1)
    assert stored(store) == (0, 1)
    after = store.points(run_id, "loss")
    assert all((a == b).all() for a, b in zip(before[:2], after[:2], strict=True))
    assert exact(before.values) == exact(after.values)


def test_short_series_stay_rows_and_are_not_looked_at_again(store: SqlStore) -> None:
    run_id = a_run_of(store, [Metric(f"k{n % 3}", 0.0, n, n) for n in range(3 * packing.MINIMUM - 3)])
    store.update_run(run_id, "FINISHED")
    packing.pack_ended(store.database)
    assert stored(store) == (3 * packing.MINIMUM - 3, 0)
    with store.database.read() as connection:
        assert connection.execute("SELECT hot FROM runs") == [(0,)]


def test_running_run_is_left_alone_until_it_is_hot(store: SqlStore) -> None:
    a_run_of(store, [Metric("loss", 0.0, n, n) for n in range(1_000)])
    packing.pack_ended(store.database)
    store.pack_hot()
    assert stored(store) == (1_000, 0)
    a_run_of(store, [Metric("loss", 0.0, n, n) for n in range(packing.HOT_LIMIT + 1)])
    store.pack_hot()
    assert stored(store)[1] == math.ceil((packing.HOT_LIMIT + 1) / packing.CHUNK)


def test_resumed_run_packs_only_what_is_new(store: SqlStore) -> None:
    run_id = a_run_of(store, [Metric("loss", 0.0, n, n) for n in range(300)])
    for turn in range(1, 3):
        store.update_run(run_id, "FINISHED")
        packing.pack_ended(store.database)
        assert stored(store) == (0, turn)
        store.resume_run(run_id)
        store.log_batch(run_id, [Metric("loss", 0.0, turn, n) for n in range(150 * turn, 150 * turn + 300)])
    assert [metric.step for metric in store.get_metric_history(run_id, "loss")] == sorted(
        [*range(300), *range(150, 450), *range(300, 600)]
    )
    assert [summary.count for summary in store.summaries(run_id)] == [900]


def test_death_in_the_middle_of_packing_loses_nothing_and_doubles_nothing(store: SqlStore) -> None:
    count = 8_000
    run_id = a_run_of(store, [Metric("loss", 0.0, n, n) for n in range(count)])
    store.update_run(run_id, "FINISHED")
    chance = random.Random(1)
    dead = 0
    for _ in range(8):
        child = os.fork()
        if child == 0:
            packing.CHUNKS_A_TRANSACTION, packing.CHUNK, packing.MINIMUM = 1, 100, 50
            packing.pack_ended(store.database)
            os._exit(0)
        time.sleep(chance.random() * 0.03)
        os.kill(child, signal.SIGKILL)
        dead += os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0
        assert store.points(run_id, "loss").steps.tolist() == list(range(count))
    assert dead > 1
    packing.pack_ended(store.database)
    assert store.points(run_id, "loss").steps.tolist() == list(range(count))
    assert stored(store)[0] < packing.MINIMUM


def test_reader_beside_a_process_that_packs_sees_every_point_once(store: SqlStore) -> None:
    count = 8_000
    run_id = a_run_of(store, [Metric("loss", 0.0, n, n) for n in range(count)])
    child = os.fork()
    if child == 0:
        packing.CHUNKS_A_TRANSACTION, packing.CHUNK = 1, 256
        packing.pack_run(store.database, 1, 1)
        os._exit(0)
    looked, states = 0, set()
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        assert store.points(run_id, "loss").steps.tolist() == list(range(count))
        states.add(stored(store))
        looked += 1
    assert looked
    assert stored(store) == (count % 256, count // 256) or stored(store)[0] == 0


def test_two_processes_that_pack_make_each_chunk_once(store: SqlStore, tmp_path: Path) -> None:
    count = 8_000
    run_id = a_run_of(store, [Metric("loss", 0.0, n, n) for n in range(count)])
    children = []
    for _ in range(2):
        child = os.fork()
        if child == 0:
            packing.CHUNKS_A_TRANSACTION = 1
            packing.pack_run(store.database, 1, 1)
            os._exit(0)
        children.append(child)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0, 0]
    assert store.points(run_id, "loss").steps.tolist() == list(range(count))
    connection = sqlite3.connect(tmp_path / "trackbook.db")
    ((chunks, points),) = connection.execute("SELECT count(*), sum(count) FROM chunks").fetchall()
    connection.close()
    assert points + stored(store)[0] == count
    assert chunks <= math.ceil(count / packing.CHUNK) + 1
