"""Races for a registry: no version number is given twice or left out, and the audit trail stays one chain."""

from __future__ import annotations

import multiprocessing
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import trackbook.stores.sql.store  # noqa: F401  # warm: the children fork from this process
from tests.servers import Server
from trackbook.errors import AlreadyExists, InvalidState, NotFound
from trackbook.registry.audit import check_trail, every_entry
from trackbook.registry.replay import untraced_changes
from trackbook.stores import open_store
from trackbook.stores.base import Store
from trackbook.testing.registry import new_version, numbers

WORKERS, EACH = 8, 100


@pytest.fixture(params=["file", "postgresql", "mariadb"])
def uri(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database that several processes can open."""
    if request.param == "file":
        yield str(tmp_path / "trackbook.db")
        return
    server: Server = request.getfixturevalue(request.param)
    with server.database() as address:
        yield address


def _run_all(target: object, uri: str) -> None:
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=target, args=(uri, worker)) for worker in range(WORKERS)]  # type: ignore[arg-type]
    for process in processes:
        process.start()
    for process in processes:
        process.join(180)
    assert [process.exitcode for process in processes] == [0] * WORKERS


def _register(uri: str, worker: int) -> None:
    store = open_store(uri)
    made = [new_version(store, model=worker * EACH + number).version for number in range(EACH)]
    assert made == sorted(made)
    store.close()


def test_eight_processes_make_800_versions_without_a_gap(uri: str) -> None:
    _run_all(_register, uri)
    store = open_store(uri)
    found = store.search_model_versions("name = 'digits'", order_by=["version_number ASC"])
    assert numbers(found) == list(range(1, WORKERS * EACH + 1))
    assert len({version.source for version in found}) == WORKERS * EACH
    assert [model.name for model in store.search_registered_models()] == ["digits"]
    assert store.audit_head().seq == WORKERS * EACH + 1
    assert check_trail(store).is_whole
    store.close()


def _promote(uri: str, worker: int) -> None:
    store = open_store(uri)
    for _ in range(10):
        store.transition_model_version_stage("digits", worker + 1, "Production", archive_existing_versions=True)
        store.set_registered_model_alias("digits", "champion", worker + 1)
    store.close()


def test_one_version_is_in_production_however_many_promote_at_once(uri: str) -> None:
    store = open_store(uri)
    for model in range(WORKERS):
        new_version(store, model=model)
    _run_all(_promote, uri)
    assert len(store.search_model_versions("stage = 'Production'")) == 1
    last = [entry for entry in every_entry(store) if entry.action == "set_registered_model_alias"][-1]
    assert store.get_registered_model("digits").aliases == {"champion": last.version}
    assert check_trail(store).is_whole
    store.close()


def _register_until_killed(path: str, told: str) -> None:
    store = open_store(path)
    with open(told, "ab", buffering=0) as file:
        while True:
            file.write(b"%d\n" % new_version(store).version)


def test_kill_leaves_no_gap_and_loses_no_version_that_was_told(tmp_path: Path) -> None:
    path, told = str(tmp_path / "trackbook.db"), tmp_path / "told"
    open_store(path).close()
    told.touch()
    for kill in range(5):
        before = told.stat().st_size
        process = multiprocessing.get_context("fork").Process(target=_register_until_killed, args=(path, str(told)))
        process.start()
        until = time.monotonic() + 60
        while told.stat().st_size < before + 20 + 3 * kill and time.monotonic() < until:
            time.sleep(0.001)
        process.kill()
        process.join()
        store = open_store(path)
        found = numbers(store.search_model_versions(order_by=["version_number ASC"]))
        assert found == list(range(1, len(found) + 1))
        lines = told.read_text().split()
        assert [int(line) for line in lines] == [number for number in found if str(number) in set(lines)]
        assert store.audit_head().seq == len(found) + 1
        assert check_trail(store).is_whole
        store.close()
    assert len(found) > 20


def random_change(store: Store, chance: random.Random) -> None:
    """One change of some kind; one that cannot be made now changes nothing."""
    name, number = f"model{chance.randrange(4)}", chance.randrange(1, 12)
    changes: list[Callable[[], object]] = [
        lambda: new_version(store, name, chance.randrange(100), tags={"a": str(number)}),
        lambda: store.transition_model_version_stage(name, number, chance.choice(("Staging", "Production")), True),
        lambda: store.transition_model_version_stage(name, number, chance.choice(("None", "Archived"))),
        lambda: store.set_registered_model_alias(name, chance.choice("abc"), number),
        lambda: store.delete_registered_model_alias(name, chance.choice("abc")),
        lambda: store.set_model_version_tag(name, number, chance.choice("abc"), chance.random()),
        lambda: store.delete_model_version_tag(name, number, chance.choice("abc")),
        lambda: store.set_registered_model_tag(name, chance.choice("abc"), chance.random()),
        lambda: store.delete_registered_model_tag(name, chance.choice("abc")),
        lambda: store.update_registered_model(name, chance.choice(("x", "é", None))),
        lambda: store.update_model_version(name, number, chance.choice(("x", "é", None))),
        lambda: store.delete_model_version(name, number),
        lambda: store.rename_registered_model(name, f"model{chance.randrange(9)}"),
        lambda: store.delete_registered_model(name),
    ]
    weights = [9, 6, 4, 6, 3, 6, 3, 6, 3, 3, 3, 2, 1, 1]
    try:
        chance.choices(changes, weights)[0]()
    except (AlreadyExists, InvalidState, NotFound):
        return


def test_random_changes_leave_a_whole_trail_that_tells_all(uri: str) -> None:
    store, chance = open_store(uri), random.Random(7)
    for _ in range(200):
        random_change(store, chance)
    assert check_trail(store).is_whole
    assert untraced_changes(store) == []
    store.close()


def _disturb(store: Store, statement: str, *values: object) -> list[str]:
    """What is found wrong after a change behind the store's back, which is then taken back."""
    path = store.uri.removeprefix("sqlite:///")
    before = Path(path).with_suffix(".copy")
    with sqlite3.connect(path) as connection, sqlite3.connect(before) as copy:
        connection.backup(copy)
        assert connection.execute(statement, values).rowcount > 0
    faults = check_trail(store).faults
    with sqlite3.connect(path) as connection, sqlite3.connect(before) as copy:
        copy.backup(connection)
    before.unlink()
    return faults


def test_trail_of_a_thousand_changes_is_whole_and_each_disturbance_is_told(file_store: Store) -> None:
    chance = random.Random(20)
    for _ in range(1_000):
        random_change(file_store, chance)
    check = check_trail(file_store)
    assert (check.is_whole, check.entries) == (True, check.head.seq)
    assert untraced_changes(file_store) == []
    assert check.entries > 500
    some, end = check.entries // 2, check.head.seq
    edits = {"actor": "eve", "time": 7, "action": "x", "name": "y", "version": 99, "before": "{}", "after": '{"a":1}'}
    for column, value in edits.items():
        faults = _disturb(file_store, f"UPDATE registry_audit SET {column} = ? WHERE seq = ?", value, some)
        assert faults == [f"Entry {some} was edited: its content has another hash than it says."]
    assert _disturb(file_store, "DELETE FROM registry_audit WHERE seq = ?", some) == [f"Entry {some} is missing."]
    (cut,) = _disturb(file_store, "DELETE FROM registry_audit WHERE seq > ?", end - 3)
    assert cut.startswith(f"The trail was cut after entry {end - 3}: the registry says that the trail went to {end}:")
    assert "was replaced" in _disturb(file_store, "UPDATE registry_head SET hash = ?", "0" * 64)[0]
    assert check_trail(file_store, check.head).is_whole
