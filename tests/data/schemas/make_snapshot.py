"""Write the snapshot of the schema that the installed Trackbook makes: ``python tests/data/schemas/make_snapshot.py``.

``v<n>.sql`` is a dump with rows in every table, and ``v<n>.journal`` the segment of a writer that was killed before
what it had logged last was stored. Snapshots of earlier schemas stay as they are: they are what users have on disk.
"""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import tempfile
from contextlib import closing
from math import inf, nan
from pathlib import Path

from trackbook.entities import Metric, Param, RunTag, StoredFile
from trackbook.stores import open_store
from trackbook.stores.actors import acting_as
from trackbook.stores.base import NewRun
from trackbook.stores.journal.files import read_header
from trackbook.stores.journal.records import HEADER, json_record
from trackbook.stores.models import NewModel
from trackbook.stores.sql.tables import SCHEMA_VERSION, metadata

HERE = Path(__file__).parent
ENDED, OPEN, MODEL = "a" * 32, "b" * 32, f"m-{'c' * 32}"
PACKED = 300
VALUES = [0.1, -0.0, nan, inf, -inf, 5e-324, 1.7976931348623157e308]
STEPS = [0, 1, -1, 2**63 - 1, -(2**63), 7, 8]
IN_JOURNAL = 20


def fill(path: Path) -> None:
    """Use the store as a training does, and end by kill -9 with points in the journal."""
    store = open_store(path)
    experiment = store.create_experiment("Größe 📏", tags={"team": "a'b"})
    store.set_experiment_tags("0", {"note": "first\nsecond"})
    store.create_run(NewRun(experiment, "packed", "ada", 1_700_000_000_000, {"kind": "long"}, ENDED, owned=True))
    store.run_started(ENDED)
    recorder = store.recorder(ENDED)
    for step in range(PACKED):
        recorder.log("loss", 1 / (step + 1), step, 1_700_000_000_000 + step)
    store.run_ended(ENDED, "FINISHED")
    store.create_run(NewRun("0", "open", "ada", 1_700_000_100_000, {}, OPEN, owned=True))
    points = [Metric("odd", v, 1_700_000_100_000 + i, s) for i, (v, s) in enumerate(zip(VALUES, STEPS, strict=True))]
    points.append(Metric("on data", 0.5, 1_700_000_100_000, 0, "m-1", "iris", "0f"))
    store.log_batch(OPEN, points, [Param("lr", "1e-3"), Param("long", "x" * 500)], [RunTag("note", "é")])
    made = NewModel(experiment, "forêt", ENDED, "classifier", {"stage": "trial"}, {"depth": "3"}, MODEL)
    store.create_logged_model(made, [StoredFile("MLmodel", 3, "0f" * 32, 1_700_000_000_000)])
    store.log_batch(OPEN, [Metric("accuracy", 0.75, 1_700_000_100_000, 0, MODEL, "iris", "0f")])
    with acting_as("ada"):
        store.save_view("best of each family", {"experiment": "1", "tab": "curves"})
    store.close()
    store = open_store(path)
    recorder = store.recorder(OPEN)
    recorder._writer.awake = True  # type: ignore[attr-defined]  # nobody drains
    for step in range(IN_JOURNAL):
        recorder.log("left", float(step), step, 1_700_000_200_000 + step)
    os.kill(os.getpid(), signal.SIGKILL)


def complete(connection: sqlite3.Connection) -> None:
    """Give tables that no call has filled a made-up row, and take out what names this machine."""
    connection.execute("UPDATE runs SET host = 'example', boot = 'boot', pid = 1")
    for table in metadata.sorted_tables:
        if connection.execute(f"SELECT count(*) FROM {table.name}").fetchone() == (0,):
            row = ["[]" if column.name == "files" else made_up(column.type.python_type) for column in table.columns]
            connection.execute(f"INSERT INTO {table.name} VALUES ({', '.join('?' * len(row))})", row)
    connection.commit()


def made_up(kind: type) -> object:
    """A value of a type; 1 is also the key of a row that others refer to."""
    return {int: 1, float: 1.0, str: "made up", bytes: b"made up"}[kind]


def main() -> None:
    """Write both files."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trackbook.db"
        child = os.fork()
        if child == 0:
            try:
                fill(path)
            finally:
                os._exit(1)
        os.waitpid(child, 0)
        with closing(sqlite3.connect(path)) as connection:
            complete(connection)
            dump = "\n".join(connection.iterdump()) + "\n"
            dump = re.sub(r"(?<=,)(-?)Inf(?=[,)])", r"\g<1>9e999", dump)  # SQLite does not read how it writes infinity
            dump = dump.replace(",1,1700000100001,0.0,", ",1,1700000100001,-0.0,")  # and drops the sign of a zero
            (HERE / f"v{SCHEMA_VERSION}.sql").write_text(dump, encoding="utf-8")
        (segment,) = (path.parent / "trackbook.db.d" / "writers").glob("*.log")
        with open(segment, "rb") as file:
            header, length = read_header(file.fileno())
        told = json_record(HEADER, header | {"host": "example", "boot": "boot", "pid": 1})
        (HERE / f"v{SCHEMA_VERSION}.journal").write_bytes(told + segment.read_bytes()[length:])


if __name__ == "__main__":
    main()
