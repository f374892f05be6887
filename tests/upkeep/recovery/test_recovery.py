"""Damage is noticed or harmless, and every row that can be read comes into a new store; nothing ends in a traceback."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
from contextlib import closing
from math import inf, nan
from pathlib import Path
from typing import Any

import pytest

from trackbook.entities import Metric, Param, RunTag
from trackbook.errors import AlreadyExists, NotFound
from trackbook.stores import open_store
from trackbook.stores.base import NewRun, Store
from trackbook.stores.sql.tables import metadata
from trackbook.upkeep.checking import check_database
from trackbook.upkeep.recovery.pages import PageFile
from trackbook.upkeep.recovery.recovery import recover

SNAPSHOTS = Path(__file__).parents[2] / "data" / "schemas"
FLIPS = 200
RUNS = 16
Content = dict[str, set[tuple[Any, ...]]]


def _fill(store: Store) -> None:
    for number in range(RUNS):
        run_id = store.create_run(NewRun("0", f"run {number}", run_id=f"{number:032x}", owned=True)).info.run_id
        store.run_started(run_id)
        store.log_batch(run_id, params=[Param(f"p{n}", f"value {n} of {number}") for n in range(8)])
        store.log_batch(run_id, tags=[RunTag("note", "x" * 300)])
        recorder = store.recorder(run_id)
        for step in range(400 if number % 8 == 0 else 60):
            recorder.log("loss", 1 / (step + number + 1), step)
        recorder.log_points([Metric("odd", value, 5, 0) for value in (nan, inf, -0.0)])
        store.run_ended(run_id, "FINISHED")


def _content(path: Path) -> Content:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        connection.text_factory = bytes
        return {
            name: {tuple(map(repr, row)) for row in connection.execute(f'SELECT * FROM "{name}"')}
            for name in metadata.tables
        }


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "trackbook.db"
    store = open_store(path)
    _fill(store)
    store.close()
    return path


def _rows_that_differ(before: Content, after: Content) -> int:
    """How many rows are gone or changed."""
    return sum(len(rows - after[name]) for name, rows in before.items())


def _is_sound(path: Path) -> bool:
    found = check_database(path)
    return not (found.faults or found.contents or found.strays)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_one_flipped_byte_is_reported_or_harmless(sound: Path, tmp_path: Path) -> None:
    """What nothing else in a file tells, such as one value among many, may change unseen: then it is that one row."""
    content, data, chance = _content(sound), sound.read_bytes(), random.Random(6)
    counts = {"reported": 0, "harmless": 0, "one row changed": 0}
    lost = []
    for number in range(FLIPS):
        path, new = tmp_path / f"{number}.db", tmp_path / f"{number}" / "new.db"
        damaged = bytearray(data)
        damaged[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged)
        if check_database(path).sound:
            changed = _rows_that_differ(content, _content(path))
            assert changed <= 1
            counts["one row changed" if changed else "harmless"] += 1
            continue
        counts["reported"] += 1
        recover(path, new)
        assert path.read_bytes() == damaged
        assert check_database(new).faults == []
        lost.append(_rows_that_differ(content, _content(new)))
        shutil.rmtree(new.parent)
    assert sum(counts.values()) == FLIPS
    assert counts["reported"] == len(lost) > FLIPS // 10
    assert max(lost) < 10  # that is far less than the rows of a page


def _damaged(path: Path, new: Path, *pages: int, by: bytes = b"\xa5") -> Path:
    """A copy of a file with some pages overwritten."""
    shutil.copyfile(path, new)
    with closing(PageFile(new)) as file:
        for page in pages:
            file.write(page, by * file.size)
    return new


def _lost(path: Path, damaged: Path, new: Path) -> dict[str, int]:
    """Rows that a recovery does not bring back, by table."""
    recover(damaged, new)
    before, after = _content(path), _content(new)
    return {name: len(rows - after[name]) for name, rows in before.items() if rows - after[name]}


def test_pages_that_only_lead_to_others_cost_next_to_nothing(sound: Path, tmp_path: Path) -> None:
    with closing(PageFile(sound)) as file:
        inner = [page for page in range(3, file.count + 1) if file.kind(page) in (0x02, 0x05)]
    assert len(inner) >= 3
    for page in inner:
        lost = _lost(sound, _damaged(sound, tmp_path / f"{page}.db", page), tmp_path / f"{page}.new.db")
        assert sum(lost.values()) < 10  # a page of a table without rowid holds some rows itself


def test_list_of_tables_is_known_without_the_file(sound: Path, tmp_path: Path) -> None:
    for number, fill in enumerate((b"\x00", b"\xff", b"\x0d")):
        damaged = _damaged(sound, tmp_path / f"{number}.db", 1, by=fill)
        assert _lost(sound, damaged, tmp_path / f"{number}.new.db") == {"trackbook_store": 1}  # it gets a new id


def test_rows_between_two_damaged_places_are_found(sound: Path, tmp_path: Path) -> None:
    with closing(PageFile(sound)) as file:
        (root,) = [page for page in file.roots() if file.kind(page) == 0x02 and len(list(file.below(page))) > 6]
        leaves = list(file.below(root))
    damaged = _damaged(sound, tmp_path / "x.db", leaves[1], leaves[4])
    lost = _lost(sound, damaged, tmp_path / "new.db")
    assert set(lost) == {"points"}
    assert lost["points"] < 2 * 140


@pytest.mark.parametrize("version", [1, 2])
def test_upgraded_file_lists_its_tables_in_another_order(sound: Path, tmp_path: Path, version: int) -> None:
    path = tmp_path / "old.db"
    _make_old(sound, path, version)
    store = open_store(path)
    _fill(store)
    store.close()
    assert _lost(path, _damaged(path, tmp_path / "x.db", 1), tmp_path / "new.db") == {"trackbook_store": 1}


def _make_old(new: Path, path: Path, version: int) -> None:
    """An empty database of an older schema, with its tables made in the order in which that version made them."""
    with closing(sqlite3.connect(new)) as connection:
        order = [name for (name,) in connection.execute("SELECT name FROM sqlite_master ORDER BY rootpage")]
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript((SNAPSHOTS / f"v{version}.sql").read_text(encoding="utf-8"))
        made_by = dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE sql > ''").fetchall())
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in ("auto_vacuum=INCREMENTAL", "journal_mode=WAL"):
            connection.execute(f"PRAGMA {pragma}")
        for name in order:
            if name in made_by and name != "sqlite_sequence":
                connection.execute(made_by[name])
        connection.execute("INSERT INTO trackbook_store VALUES ('a', ?, 0)", (version,))
        connection.execute("INSERT INTO experiments VALUES (0, 'Default', '0', 'active', 0, 0)")


def test_lost_runs_and_names_have_stand_ins(sound: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(sound)) as connection:
        query = "SELECT rootpage FROM sqlite_master WHERE name IN ('runs', 'names', 'experiments') ORDER BY name"
        pages = [page for (page,) in connection.execute(query)]
    done = recover(_damaged(sound, tmp_path / "x.db", *pages), tmp_path / "new.db")
    assert done.stand_ins == {"runs": RUNS, "names": 10, "experiments": 1}
    assert done.torn == ["experiments", "names", "runs"]
    store = open_store(done.path)
    runs = store.search_runs(["0"])
    assert {str(run.info.run_name) for run in runs} == {f"recovered-{number + 1}" for number in range(RUNS)}
    assert len(store.get_metric_history(runs[0].info.run_id, "loss")) in (60, 400)
    assert len(runs[0].data.params) == 8
    store.recorder(runs[0].info.run_id).log("loss", 1.0, 10_000)
    assert store.get_metric_history(runs[0].info.run_id, "loss")[-1].step == 10_000


def test_what_waits_in_journals_comes_too(tmp_path: Path) -> None:
    path = tmp_path / "trackbook.db"
    child = os.fork()
    if child == 0:
        store = open_store(path)
        recorder = store.recorder(store.create_run(NewRun("0", run_id="f" * 32, owned=True)).info.run_id)
        recorder._writer.awake = True  # type: ignore[attr-defined]  # nobody drains
        for step in range(30):
            recorder.log("loss", float(step), step)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    new = recover(path, tmp_path / "new.db").path
    assert [metric.step for metric in open_store(new).get_metric_history("f" * 32, "loss")] == list(range(30))
    assert len(list((tmp_path / "trackbook.db.d" / "writers").iterdir())) == 1
    assert new.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0", b"x" * 9000, b"\x0d" * 20_000, b"\0" * 4096])
def test_file_without_a_row_gives_an_empty_store(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.db"
    path.write_bytes(content)
    done = recover(path, tmp_path / "new.db")
    assert sum(done.rows.values()) == 2  # the store, and the experiment Default
    assert check_database(done.path).sound
    assert path.read_bytes() == content


def test_recovery_makes_a_new_file_of_one_that_is_there(sound: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no database"):
        recover(tmp_path / "none.db", tmp_path / "new.db")
    with pytest.raises(AlreadyExists, match="exists"):
        recover(sound, sound)
