"""Pages, tables and experiments: what the search verbs of a store answer."""

from __future__ import annotations

import base64
import json
import math
import resource
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from trackbook.entities import Metric, Param, RunTag, ViewType
from trackbook.errors import BadFilter, InvalidParameter
from trackbook.stores.base import NewRun, Store
from trackbook.stores.sql.columnar import Columns
from trackbook.stores.sql.store import SqlStore
from trackbook.uris import parse_store_uri

NAN, INF = math.nan, math.inf
RUN_COLUMNS = "run_id, experiment, name, status, start_time, lifecycle_stage"
SELECTIVE = ["metrics.m1 > 0.5 AND params.p1 = 'v4'", "metrics.m1 > 0.999", "params.p2 LIKE 'v%'", ""]
SORTED = [["metrics.m2 DESC"], ["metrics.m2 ASC"], ["params.p3 DESC", "metrics.m2"], ["start_time DESC"], None]


class Clock:
    """Milliseconds that move when told to."""

    def __init__(self) -> None:
        self.now = 1_800_000_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def timed(tmp_path: Path, clock: Clock) -> Iterator[SqlStore]:
    store = SqlStore(parse_store_uri(str(tmp_path / "timed.db")), clock=clock)
    yield store
    store.close()


def new_run(store: Store, experiment: str, name: str, start: int = 0, **logged: dict[str, object]) -> str:
    """A run with metrics, params and tags; its id."""
    run = store.create_run(NewRun(experiment, name, start_time=start))
    metrics = [Metric(key, float(value), 0) for key, value in logged.get("metrics", {}).items()]  # type: ignore[arg-type]
    params = [Param(key, str(value)) for key, value in logged.get("params", {}).items()]
    tags = [RunTag(key, str(value)) for key, value in logged.get("tags", {}).items()]
    store.log_batch(run.info.run_id, metrics, params, tags)
    return run.info.run_id


def names(store: Store, experiments: list[str], filter_string: str = "", **asked: object) -> list[str | None]:
    return [run.info.run_name for run in store.search_runs(experiments, filter_string, **asked)]  # type: ignore[arg-type]


def test_search_gives_runs_as_get_run_does(store: Store) -> None:
    experiment = store.create_experiment("e")
    for number in range(1, 4):
        logged = {"metrics": {"a": NAN, "b": number}, "params": {"p": "é\n"}, "tags": {"t": ""}}
        new_run(store, experiment, f"r{number}", number, **logged)  # type: ignore[arg-type]
    new_run(store, experiment, "bare")
    found = store.search_runs([experiment])
    assert [run.info.run_name for run in found] == ["r3", "r2", "r1", "bare"]
    for run in found:
        assert repr(run) == repr(store.get_run(run.info.run_id))
    assert repr(store.search_runs([experiment], "attributes.run_name = 'r1'")) == repr([found[2]])


def test_default_order_is_newest_first_then_run_id(store: Store) -> None:
    experiment = store.create_experiment("e")
    ids = [new_run(store, experiment, str(number), number // 3) for number in range(9)]
    starts = {run_id: number // 3 for number, run_id in enumerate(ids)}
    found = [run.info.run_id for run in store.search_runs([experiment])]
    assert found == sorted(ids, key=lambda run_id: (-starts[run_id], run_id))


def test_pages_follow_one_another_to_the_end(store: Store) -> None:
    experiment = store.create_experiment("e")
    for number in range(7):
        new_run(store, experiment, str(number), number, metrics={"m": number % 2})
    pages, token = [], None
    while True:
        page = store.search_runs(
            [experiment], "metrics.m >= 0", max_results=3, order_by=["metrics.m"], page_token=token
        )
        pages.append([run.info.run_name for run in page])
        token = page.token
        if token is None:
            break
        assert json.loads(base64.b64decode(token)) == {"offset": 3 * len(pages)}
    assert pages == [["6", "4", "2"], ["0", "5", "3"], ["1"]]


def test_a_full_last_page_has_no_token(store: Store) -> None:
    experiment = store.create_experiment("e")
    new_run(store, experiment, "only")
    assert store.search_runs([experiment], max_results=1).token is None


@pytest.mark.parametrize(
    "token",
    ["x", "é", "====", base64.b64encode(b"[]").decode(), base64.b64encode(b'{"offset": -1}').decode()]
    + [base64.b64encode(json.dumps({"offset": bad}).encode()).decode() for bad in ("1", 1.5, True, None, 2**70)],
)
def test_bad_page_token_is_refused(store: Store, token: str) -> None:
    with pytest.raises(InvalidParameter, match="page token"):
        store.search_runs(["1"], page_token=token)
    with pytest.raises(InvalidParameter, match="page token"):
        store.search_experiments(page_token=token)


@pytest.mark.parametrize("size", [0, -1, 50_001, "many", None, 1.5])
def test_page_size_is_1_to_50000(store: Store, size: int) -> None:
    with pytest.raises(InvalidParameter, match="max_results"):
        store.search_runs(["1"], max_results=size)
    with pytest.raises(InvalidParameter, match="max_results"):
        store.search_experiments(max_results=size)


@pytest.mark.parametrize("experiments", ["1", None, ["one"], [1.5], 7])
def test_experiment_ids_are_a_list_of_ids(store: Store, experiments: list[str]) -> None:
    with pytest.raises(InvalidParameter):
        store.search_runs(experiments)


def test_no_experiments_have_no_runs(store: Store) -> None:
    new_run(store, store.create_experiment("e"), "r")
    assert store.search_runs([]) == []
    assert store.search_runs(["999999"]) == []
    assert store.search_runs([str(number) for number in range(5_000, 40_000)]) == []


def test_several_experiments_are_searched_as_one(store: Store) -> None:
    first, second, third = (store.create_experiment(name) for name in "abc")
    for number in range(6):
        new_run(store, (first, second, third)[number % 3], str(number), number)
    assert names(store, [first, second]) == ["4", "3", "1", "0"]
    assert names(store, [second, first, first], max_results=2) == ["4", "3"]


def test_view_type_chooses_between_active_and_deleted(store: Store) -> None:
    experiment = store.create_experiment("e")
    gone = new_run(store, experiment, "gone", 1)
    new_run(store, experiment, "here", 2)
    store.delete_run(gone)
    assert names(store, [experiment]) == ["here"]
    assert names(store, [experiment], run_view_type=ViewType.DELETED_ONLY) == ["gone"]
    assert names(store, [experiment], "lifecycle_stage = 'deleted'", run_view_type=ViewType.ALL) == ["gone"]
    assert names(store, [experiment], run_view_type=ViewType.ALL) == ["here", "gone"]


def test_missing_comes_last_both_ways_and_nan_before_it(store: Store) -> None:
    experiment = store.create_experiment("e")
    for name, value in {"one": 1, "nan": NAN, "inf": INF, "minus": -INF}.items():
        new_run(store, experiment, name, metrics={"m": value})
    new_run(store, experiment, "none")
    assert names(store, [experiment], order_by=["metrics.m ASC"]) == ["minus", "one", "inf", "nan", "none"]
    assert names(store, [experiment], order_by=["metrics.m DESC"]) == ["inf", "one", "minus", "nan", "none"]


def test_param_called_like_an_attribute_is_sorted_as_a_param(store: Store) -> None:
    experiment = store.create_experiment("e")
    for number in range(20):
        new_run(store, experiment, f"{number:02}", number, params={"start_time": f"{(number * 7) % 20:02}"})
    found = names(store, [experiment], order_by=["params.start_time DESC"], max_results=3)
    assert found == ["17", "14", "11"]
    assert found == names(store, [experiment], "run_name != ''", order_by=["params.start_time DESC"])[:3]


def test_bad_filter_is_told_before_anything_is_read(store: Store) -> None:
    with pytest.raises(BadFilter) as caught:
        store.search_runs(["1"], "metrics.loss < 0.5 AND params.lr > 0.1")
    assert caught.value.column == 34
    with pytest.raises(BadFilter):
        store.run_table(["1"], order_by=["metrics.loss UP"])


def test_artifact_uri_can_be_searched_and_sorted(store: Store) -> None:
    first, second = store.create_experiment("a"), store.create_experiment("b", "s3://bucket/x'y")
    new_run(store, first, "local")
    run = store.get_run(new_run(store, second, "remote"))
    assert run.info.artifact_uri is not None
    assert names(store, [first, second], f'artifact_uri = "{run.info.artifact_uri}"') == ["remote"]
    assert names(store, [first, second], "artifact_uri NOT LIKE 's3://%'") == ["local"]
    assert names(store, [first, second], order_by=["artifact_uri DESC"])[0] == "remote"


def test_duration_and_status_are_searched(timed: SqlStore) -> None:
    experiment = timed.create_experiment("e")
    for number, status in enumerate(["FINISHED", "FAILED", "KILLED"]):
        timed.update_run(new_run(timed, experiment, status, 1_000), status, 2_000 + number)
    new_run(timed, experiment, "RUNNING", 1_000)
    assert names(timed, [experiment], "duration > 1001") == ["KILLED"]
    assert names(timed, [experiment], "duration IS NULL") == ["RUNNING"]
    assert names(timed, [experiment], order_by=["duration DESC"]) == ["KILLED", "FAILED", "FINISHED", "RUNNING"]
    assert set(names(timed, [experiment], "status IN ('FAILED', 'KILLED')")) == {"FAILED", "KILLED"}
    assert names(timed, [experiment], "status LIKE 'fin%'") == []
    assert names(timed, [experiment], "status ILIKE 'fin%'") == ["FINISHED"]


def test_liveness_tells_alive_lost_and_ended(timed: SqlStore, clock: Clock) -> None:
    experiment = timed.create_experiment("e")
    timed.update_run(new_run(timed, experiment, "ended", 4), "FAILED")
    new_run(timed, experiment, "unbeaten", 3)
    for name, start in (("beating", 2), ("silent", 1)):
        timed.create_run(NewRun(experiment, name, start_time=start, owned=True))
    with timed.database.write() as connection:  # as another process, long gone, would have left it
        connection.execute("UPDATE runs SET writer = 'f' || writer WHERE name = 'silent'")
    clock.now += 61_000
    assert names(timed, [experiment], "liveness = 'ended'") == ["ended"]
    assert names(timed, [experiment], "liveness = 'lost'") == ["silent"]
    assert names(timed, [experiment], "liveness = 'alive'") == ["unbeaten", "beating"]
    table = timed.run_table([experiment])
    assert table.attributes["run_name"] == ["ended", "unbeaten", "beating", "silent"]
    assert table.attributes["lost"] == [False, False, False, True]


def test_table_says_the_same_as_the_runs(store: Store) -> None:
    experiment = store.create_experiment("e")
    new_run(store, experiment, "full", 3, metrics={"a": 1, "b": -0.0}, params={"p": "1", "q": '"'}, tags={"t": "é🦊"})
    new_run(store, experiment, "odd", 2, metrics={"a": NAN, "c": -INF}, params={"q": ""})
    new_run(store, experiment, "bare", 1)
    table, runs = store.run_table([experiment]), store.search_runs([experiment])
    assert table.run_ids == [run.info.run_id for run in runs]
    for name in set(table.attributes) - {"lost"}:
        assert table.attributes[name] == [getattr(run.info, name) for run in runs]
    for key in ("a", "b", "c"):
        values = np.array([run.data.metrics.get(key, NAN) for run in runs])
        assert table.metrics[key]["last"].tobytes() == values.tobytes()
    assert sorted(table.metrics) == ["a", "b", "c"]
    assert table.params == {key: [run.data.params.get(key) for run in runs] for key in ("p", "q")}
    assert table.tags == {key: [run.data.tags.get(key) for run in runs] for key in ("mlflow.runName", "t")}


def test_table_has_the_aggregates_asked_for(store: Store) -> None:
    experiment = store.create_experiment("e")
    run = new_run(store, experiment, "r")
    store.log_batch(run, [Metric("m", value, 0, step) for step, value in enumerate([2.0, 5.0, NAN, 3.0])])
    new_run(store, experiment, "other", metrics={"n": 1})
    table = store.run_table([experiment], "run_name = 'r'", aggregates=("last", "min", "max", "first", "count"))
    assert {name: column.tolist() for name, column in table.metrics["m"].items()} == {
        "last": [3.0],
        "min": [2.0],
        "max": [5.0],
        "first": [2.0],
        "count": [4.0],
    }
    assert list(table.metrics) == ["m"]
    with pytest.raises(InvalidParameter, match="aggregate 'mean'"):
        store.run_table([experiment], aggregates=("mean",))


def test_empty_table_has_its_columns(store: Store) -> None:
    table = store.run_table([store.create_experiment("e")])
    assert (table.run_ids, table.metrics, table.params, table.tags) == ([], {}, {}, {})
    assert table.attributes["start_time"] == []
    assert table.attributes["lost"] == []


def test_table_of_more_runs_than_a_chunk_is_whole(store: Store) -> None:
    experiment = store.create_experiment("e")
    with store.database.write() as connection:  # type: ignore[attr-defined]
        connection.executemany(
            f"INSERT INTO runs ({RUN_COLUMNS}) VALUES (?, ?, ?, 3, ?, 'active')",
            [(f"r{number}", int(experiment), f"n{number}", number) for number in range(2_500)],
        )
    store.log_batch("r7", [Metric("m", 7, 0)], [Param("p", "7")])
    table = store.run_table([experiment], order_by=["start_time"])
    assert table.run_ids == [f"r{number}" for number in range(2_500)]
    assert np.flatnonzero(~np.isnan(table.metrics["m"]["last"])).tolist() == [7]
    assert [place for place, value in enumerate(table.params["p"]) if value] == [7]
    assert len(store.run_table([experiment], max_results=10).run_ids) == 10


def test_table_of_texts_longer_than_sqlite_makes_is_whole(file_store: SqlStore) -> None:
    experiment = file_store.create_experiment("e")
    ids = [new_run(file_store, experiment, str(n), n, params={"p": "x" * 1_000 + str(n)}) for n in range(20)]
    with file_store.database.read() as connection:
        connection.raw.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 4_000)
        keys = [row[0] for row in connection.execute("SELECT id FROM runs ORDER BY start_time")]
        table = Columns(connection, keys, ("last",)).table(file_store._artifact_uri, 0, file_store.living_writers)
        connection.raw.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 1_000_000_000)
    assert table.run_ids == ids
    assert table.params["p"] == ["x" * 1_000 + str(n) for n in range(20)]


def test_experiments_are_searched_sorted_and_paged(store: Store) -> None:
    for name in ("vision/a", "vision/b", "text"):
        store.create_experiment(name, tags={"team": name[-1]})
    found = store.search_experiments(filter_string="name LIKE 'vision%'", order_by=["name DESC"])
    assert [experiment.name for experiment in found] == ["vision/b", "vision/a"]
    assert found[0].tags == {"team": "b"}
    assert [e.name for e in store.search_experiments(filter_string="tags.team IN ('a', 't')")] == ["text", "vision/a"]
    (text,) = store.search_experiments(filter_string="tags.team IS NOT NULL AND name ILIKE 'T_XT'")
    assert text.name == "text"
    page = store.search_experiments(max_results=1, order_by=["experiment_id"], filter_string="name != 'Default'")
    assert [e.name for e in page] == ["vision/a"]
    page = store.search_experiments(max_results=9, filter_string="name != 'Default'", page_token=page.token)
    assert [e.name for e in page] == ["vision/b", "vision/a"]


def test_experiments_by_default_come_newest_first_and_active(store: Store) -> None:
    ids = [store.create_experiment(name) for name in "abc"]
    store.delete_experiment(ids[1])
    assert [e.experiment_id for e in store.search_experiments()][:2] == [ids[2], ids[0]]
    assert [e.experiment_id for e in store.search_experiments(ViewType.DELETED_ONLY)] == [ids[1]]
    number = f"experiment_id IN ('{ids[0]}', '{ids[1]}')"
    assert len(store.search_experiments(ViewType.ALL, filter_string=number)) == 2


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlStore]:
    """10,000 runs x 20 metrics x 20 params, written past the verbs."""
    store = SqlStore(parse_store_uri(str(tmp_path_factory.mktemp("large") / "store.db")))
    with store.database.write() as connection:
        experiment = "INSERT INTO experiments VALUES (1, 'e', '1', 'active', 0, 0)"
        connection.execute(experiment)
        connection.executemany("INSERT INTO series VALUES (?, ?, '', '')", [(n, f"m{n}") for n in range(20)])
        connection.executemany("INSERT INTO names VALUES (?, ?)", [(n, f"p{n}") for n in range(20)])
        runs = f"INSERT INTO runs (id, {RUN_COLUMNS}) VALUES (?, ?, 1, 'r', 3, ?, 'active')"
        connection.executemany(runs, ((n, f"{n:032x}", n) for n in range(1, 10_001)))
        values = ((run, n, (run * (2 * n + 7919)) % 10_007 / 10_007) for run in range(1, 10_001) for n in range(20))
        summary = "INSERT INTO metric_summary VALUES (?1, ?2, ?3, 0, 0, 0, ?3, 0, ?3, 0, ?3, 0, 1)"
        connection.executemany(summary, values)
        texts = ((run, n, f"v{(run * (n + 3)) % 10}") for run in range(1, 10_001) for n in range(20))
        connection.executemany("INSERT INTO params VALUES (?, ?, ?)", texts)
    yield store
    store.close()


def test_search_of_many_runs_stays_small(large: SqlStore) -> None:
    large.search_runs(["1"], max_results=10)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for order in (["metrics.m2 DESC"], ["params.p1", "metrics.m3"], None):
        page = large.search_runs(["1"], "metrics.m1 > 0.5 AND params.p1 = 'v4' OR metrics.m7 < 0.9", 1, 100, order)
        assert len(page) == 100
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150 * 1024  # KiB


@pytest.mark.parametrize("order", SORTED)
@pytest.mark.parametrize("condition", SELECTIVE)
def test_first_page_of_many_runs_is_the_head_of_all(large: SqlStore, condition: str, order: list[str] | None) -> None:
    whole = large.run_table(["1"], condition, order_by=order).run_ids
    page = large.search_runs(["1"], condition, max_results=100, order_by=order)
    assert [run.info.run_id for run in page] == whole[:100]
    token = base64.b64encode(b'{"offset": 150}').decode()
    later = large.search_runs(["1"], condition, max_results=50, order_by=order, page_token=token)
    assert [run.info.run_id for run in later] == whole[150:200]


def test_first_table_of_many_runs_is_answered_within_a_second(large: SqlStore) -> None:
    def took() -> float:
        start = time.process_time()
        table = large.run_table(["1"], max_results=20_000)
        assert (len(table.run_ids), len(table.metrics), len(table.params)) == (10_000, 20, 20)
        return time.process_time() - start

    assert min(took() for _ in range(3)) < 1.0


@pytest.mark.parametrize("condition", [*SELECTIVE, "metrics.m1 > 2", "NOT metrics.m1 > 0.0005"])
def test_search_of_many_runs_is_quick(large: SqlStore, condition: str) -> None:
    def took() -> float:
        start = time.process_time()
        large.search_runs(["1"], condition, max_results=100, order_by=["metrics.m2 DESC"])
        return time.process_time() - start

    assert min(took() for _ in range(5)) < 0.2  # benchmarks/ hold the aim; this holds the order of magnitude
