"""The server as a process: started by its command, asked, told to end, and killed."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from sklearn.dummy import DummyClassifier

import trackbook
from tests.data.recorded_scoring import asked
from trackbook.errors import NotFound
from trackbook.serving.program import fix

SERVE = [sys.executable, "-P", "-m", "trackbook", "models", "serve", "-p", "0"]
BODY = json.dumps({"dataframe_split": {"columns": ["x"], "data": [[1.0]]}}).encode()
SLOW = """
import time
from trackbook.models.model_code import set_model

def predict(model_input):
    time.sleep(float(model_input["x"].iloc[0]))
    return [1]

set_model(predict)
"""


def log_constant(value: int, **words: Any) -> str:
    import pandas as pd

    model = DummyClassifier(strategy="constant", constant=value).fit([[0.0], [1.0]], [1, 2])
    example = pd.DataFrame({"x": [1.0]})
    return str(trackbook.sklearn.log_model(model, name="constant", input_example=example, **words).model_uri)


class Process:
    """A server that says where it is."""

    def __init__(self, *words: str) -> None:
        self.process = subprocess.Popen([*SERVE, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.said = self.process.stdout.readline()
        found = re.search(r" at http://\S+:(\d+)$", self.said.rstrip())
        if found is None:
            _, error = self.process.communicate(timeout=30)
            pytest.fail(f"{self.said}{error}")
        self.port = int(found[1])

    def score(self, body: bytes = BODY) -> Any:
        return json.loads(asked(self.port, "POST", "/invocations", "application/json", body)["body"])

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        self.process.communicate(timeout=30)
        return self.process.returncode


@contextmanager
def running(*words: str) -> Iterator[Process]:
    served = Process(*words)
    try:
        yield served
    finally:
        if served.process.poll() is None:
            served.end()


def test_alias_is_looked_at_once_and_again_after_a_restart() -> None:
    for number in (1, 2):
        log_constant(number, registered_model_name="digits")
    client = trackbook.MlflowClient()
    client.set_registered_model_alias("digits", "champion", "1")
    with running("-m", "models:/digits@champion") as served:
        assert served.said.startswith("Serving digits version 1 (champion) at http://127.0.0.1:")
        assert served.score() == {"predictions": [1]}
        client.set_registered_model_alias("digits", "champion", "2")
        assert served.score() == {"predictions": [1]}
        assert served.end() == 0
    with running("-m", "models:/digits@champion") as served:
        assert served.said.startswith("Serving digits version 2 (champion) at ")
        assert served.score() == {"predictions": [2]}
        assert served.end(signal.SIGINT) == 0


def test_address_is_fixed_to_what_it_means_now() -> None:
    uri = log_constant(1, registered_model_name="digits")
    client = trackbook.MlflowClient()
    client.transition_model_version_stage("digits", "1", "Production")
    assert fix("models:/digits/Production").label == "digits version 1 (Production)"
    assert fix("models:/digits/latest").uri == "models:/digits/1"
    assert fix("models:/digits/1").label == "digits version 1"
    assert fix(uri).uri == uri
    assert fix(uri).label == f"constant ({uri.rpartition('/')[2]})"
    with pytest.raises(NotFound, match="letters"):
        fix("models:/letters/1")


def test_what_cannot_be_served_says_so_in_a_sentence(tmp_path: Path) -> None:
    ended = subprocess.run([*SERVE, "-m", "models:/none/1"], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "'none'" in ended.stderr
    assert "Traceback" not in ended.stderr
    uri = log_constant(1)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = subprocess.run([*SERVE, "-m", uri, "-p", port], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "Choose another --port" in ended.stderr


def slow_model(tmp_path: Path) -> str:
    code = tmp_path / "slow.py"
    code.write_text(SLOW)
    trackbook.pyfunc.save_model(str(tmp_path / "slow"), python_model=str(code), pip_requirements=[])
    return str(tmp_path / "slow")


def ask_slowly(port: int, seconds: float) -> socket.socket:
    body = json.dumps({"dataframe_split": {"columns": ["x"], "data": [[seconds]]}}).encode()
    connection = socket.create_connection(("127.0.0.1", port), 20)
    lines = ["POST /invocations HTTP/1.1", "Host: localhost", "Content-Type: application/json"]
    head = "\r\n".join([*lines, f"Content-Length: {len(body)}"])
    connection.sendall(head.encode() + b"\r\n\r\n" + body)
    return connection


def read_all(connection: socket.socket) -> bytes:
    with connection:
        answer = b""
        while part := connection.recv(65536):
            answer += part
        return answer


def test_what_runs_is_finished_before_the_end(tmp_path: Path) -> None:
    with running("-m", slow_model(tmp_path)) as served:
        connection = ask_slowly(served.port, 1.5)
        time.sleep(0.5)
        served.process.send_signal(signal.SIGTERM)
        assert b'{"predictions": [1]}' in read_all(connection)
        served.process.communicate(timeout=20)
        assert served.process.returncode == 0


def test_time_is_limited_and_a_model_that_hangs_holds_up_neither_health_nor_the_end(tmp_path: Path) -> None:
    with running("-m", slow_model(tmp_path), "-t", "0.5") as served:
        begun = time.monotonic()
        connection = ask_slowly(served.port, 600)
        assert asked(served.port, "GET", "/health")["status"] == 200
        answer = connection.recv(65536)
        connection.close()
        assert b"HTTP/1.1 504 " in answer
        assert b'"error_code": "DEADLINE_EXCEEDED"' in answer
        assert served.end() in (0, 1)
        assert time.monotonic() - begun < 15


def test_workers_share_the_port_and_are_replaced() -> None:
    uri = log_constant(1)
    with running("-m", uri, "-w", "2") as served:
        workers = psutil.Process(served.process.pid).children()
        assert len(workers) == 2
        assert served.score() == {"predictions": [1]}
        served.process.send_signal(signal.SIGTERM)
        served.process.communicate(timeout=30)
        assert served.process.returncode == 0
    assert not any(worker.is_running() for worker in workers)


def test_workers_end_with_the_process_above_them() -> None:
    uri = log_constant(1)
    with running("-m", uri, "-w", "2") as served:
        workers = psutil.Process(served.process.pid).children()
        served.process.kill()
        served.process.communicate(timeout=30)
        _, alive = psutil.wait_procs(workers, timeout=20)
        assert not alive


def test_worker_that_cannot_load_ends_all() -> None:
    ended = subprocess.run([*SERVE, "-m", str(Path.cwd()), "-w", "2"], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
