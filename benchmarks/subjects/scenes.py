"""What every subject measures with: clocks, percentiles, and the data that searches run over."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

CALLS = 20_000
KEYS = {f"m{number:02d}": number / 7 for number in range(100)}
POINTS = 100_000
METRICS = PARAMS = 20

Scene = Callable[[Path], dict[str, float]]


def main(scenes: dict[str, Scene]) -> None:
    """Run one scene in an empty folder: ``python subject.py SCENE FOLDER`` prints its figures as JSON."""
    name, folder = sys.argv[1], Path(sys.argv[2])
    os.chdir(folder)
    print("FIGURES " + json.dumps(scenes[name](folder)))


def per_call(action: Callable[[int], object], calls: int) -> list[int]:
    """Nanoseconds of each call."""
    clock, taken = time.perf_counter_ns, []
    for number in range(calls):
        begun = clock()
        action(number)
        taken.append(clock() - begun)
    return taken


def percentile(taken: list[int], share: float) -> float:
    """A percentile in microseconds."""
    return sorted(taken)[int(len(taken) * share)] / 1000


def median_call(action: Callable[[int], object], calls: int) -> float:
    """Median microseconds of a call."""
    return percentile(per_call(action, calls), 0.5)


def seconds(action: Callable[[], object]) -> float:
    """Wall-clock seconds of an action."""
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def best_seconds(action: Callable[[], object], times: int = 5) -> float:
    """The median of several goes after one to warm up."""
    action()
    return sorted(seconds(action) for _ in range(times))[times // 2]


def bare_write(folder: Path, calls: int) -> list[int]:
    """The floor: 32 bytes written and a clock read, back to back."""
    descriptor = os.open(folder / "bare", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    data = b"x" * 32
    try:
        clock, taken = time.perf_counter_ns, []
        for _ in range(calls):
            begun = clock()
            os.write(descriptor, data)
            time.time_ns()
            taken.append(clock() - begun)
        return taken
    finally:
        os.close(descriptor)


def importing(library: str) -> dict[str, float]:
    """What the import of a library costs a fresh process."""
    before, memory = cpu_seconds(), resident_megabytes()
    import_module(library)
    return {"cpu_s": cpu_seconds() - before, "megabytes": resident_megabytes() - memory}


def first_query(library: str, uri: str) -> dict[str, float]:
    """The import and the first search for experiments, which makes the database."""
    before = cpu_seconds()
    api = import_module(library)
    api.set_tracking_uri(uri)
    api.search_experiments()
    return {"cpu_s": cpu_seconds() - before}


def models(api: Any, sklearn: Any) -> dict[str, float]:
    """Logging a scikit-learn pipeline by default, the first time in a process and later, and loading it."""
    from sklearn.datasets import load_breast_cancer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    data, target = load_breast_cancer(return_X_y=True)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(data, target)
    with api.start_run():
        first = seconds(lambda: sklearn.log_model(model, name="model"))
        later = sorted(seconds(lambda: sklearn.log_model(model, name="model")) for _ in range(5))[2]
        info = sklearn.log_model(model, name="model")
    assert (sklearn.load_model(info.model_uri).predict(data) == model.predict(data)).all()
    return {"first_s": first, "later_s": later, "load_s": best_seconds(lambda: sklearn.load_model(info.model_uri), 9)}


def cpu_seconds() -> float:
    """CPU that this process has used since it began."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def resident_megabytes() -> float:
    """Memory that is resident now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def invented_runs(count: int) -> Iterator[dict[str, Any]]:
    """Runs for searches: 20 uniform metrics and 20 params of 10 values each, the same for every subject."""
    chance = Random(7)
    for number in range(count):
        yield {
            "id": f"{chance.getrandbits(128):032x}",
            "name": f"run-{number}",
            "start": 1_700_000_000_000 + number,
            "metrics": {f"m{m:02d}": chance.random() for m in range(METRICS)},
            "params": {f"p{p:02d}": f"v{chance.randrange(10)}" for p in range(PARAMS)},
        }


def serving(command: list[str], environment: dict[str, str] | None = None) -> dict[str, float]:
    """A scoring server of a model of ten columns: from its start to the first answer, then 1 row and 1,000 rows."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    chance, names = Random(0), [f"x{number}" for number in range(10)]
    rows = [[chance.gauss(0, 1) for _ in names] for _ in range(1000)]
    one, many = (json.dumps({"dataframe_split": {"columns": names, "data": part}}) for part in (rows[:1], rows))
    begun = time.perf_counter()
    served = subprocess.Popen(
        [*command, "--port", str(port)],
        env={**os.environ, **(environment or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        connection = _first_answer(port, one, served)
        start = time.perf_counter() - begun
        _ask(connection, one, 50)
        figures = {"start_s": start, "one_ms": _ask(connection, one, 500)}
        _ask(connection, many, 10)
        return {**figures, "thousand_ms": _ask(connection, many, 100)}
    finally:
        os.killpg(served.pid, signal.SIGTERM)
        served.wait()


def _first_answer(port: int, body: str, served: subprocess.Popen[bytes]) -> HTTPConnection:
    while served.poll() is None:
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            _ask(connection, body, 1)
        except OSError:
            time.sleep(0.01)
        else:
            return connection
    raise SystemExit("the server has ended")


def _ask(connection: HTTPConnection, body: str, times: int) -> float:
    """Median milliseconds of an answer."""

    def once(_: int) -> None:
        connection.request("POST", "/invocations", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        assert answer.read()
        assert answer.status == 200

    return median_call(once, times) / 1000


def table_bytes(path: Path) -> int:
    """Bytes of a database's pages in use, after a checkpoint."""
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        pages, free, size = (
            connection.execute(f"PRAGMA {p}").fetchone()[0] for p in ("page_count", "freelist_count", "page_size")
        )
    return int((pages - free) * size)
