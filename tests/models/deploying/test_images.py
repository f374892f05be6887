"""The folder for Docker is complete: its commands are run in a plain folder, and the server answers on its port."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

import trackbook
from tests.data.recorded_scoring import asked
from tests.models.deploying.test_environments import CODE, lend_libraries
from trackbook.errors import AlreadyExists, InvalidState
from trackbook.models.deploying.images import build_docker, generate_dockerfile


@pytest.fixture
def model(tmp_path: Path) -> str:
    (tmp_path / "code.py").write_text(CODE)
    path = str(tmp_path / "model")
    trackbook.pyfunc.save_model(path, python_model=str(tmp_path / "code.py"), pip_requirements=["mlflow==3.17.2"])
    return path


def instructions(folder: Path) -> list[tuple[str, str]]:
    lines = [line for line in (folder / "Dockerfile").read_text().splitlines() if line and not line.startswith("#")]
    return [(line.partition(" ")[0], line.partition(" ")[2]) for line in lines]


class PlainFolder:
    """Does what a Dockerfile says below a folder, where / is that folder; its Python is a virtual environment."""

    def __init__(self, context: Path, root: Path) -> None:
        self.context, self.root = context, root
        self.here = root
        self.python = root / "venv" / "bin" / "python"
        self.environment = {"PATH": f"{self.python.parent}:{os.environ['PATH']}"}
        self.environment |= {name: os.environ[name] for name in ("PIP_NO_INDEX", "PIP_NO_DEPS")}
        subprocess.run([sys.executable, "-m", "venv", self.python.parents[1]], check=True)

    def at(self, path: str) -> Path:
        return self.root / path.lstrip("/") if path.startswith("/") else self.here / path

    def copy(self, words: str) -> None:
        *sources, target = [word for word in words.split() if not word.startswith("--")]
        for source in sources:
            origin, place = self.context / source, self.at(target)
            if origin.is_dir():
                shutil.copytree(origin, place)
                continue
            place.mkdir(parents=True, exist_ok=True) if target.endswith("/") else None
            shutil.copy(origin, place)
            if mode := re.search(r"--chmod=(\d+)", words):
                (place / origin.name).chmod(int(mode[1], 8))

    def do(self, name: str, words: str) -> None:
        if name == "WORKDIR":
            self.here = self.at(words)
            self.here.mkdir(parents=True, exist_ok=True)
        elif name == "COPY":
            self.copy(words)
        elif name == "RUN":
            command = re.sub(r"chown \S+ \S+ && ", "", words)  # there is one user here
            subprocess.run(["bash", "-ec", command], cwd=self.here, env=self.environment, check=True)
        elif name == "ENV":
            pairs = dict(word.split("=", 1) for word in shlex.split(words))
            self.environment |= {key: str(self.at(v)) if v.startswith("/") else v for key, v in pairs.items()}

    def entry(self, steps: list[tuple[str, str]]) -> list[str]:
        first, last = json.loads(dict(steps)["ENTRYPOINT"]), json.loads(dict(steps)["CMD"])
        return [str(self.python), *(str(self.at(word)) for word in first[1:]), *last]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.slow
def test_commands_of_the_folder_make_a_server(model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_NO_DEPS", "1")
    context = generate_dockerfile(model, "context")
    steps = instructions(context)
    plain = PlainFolder(context, tmp_path / "root")
    for name, words in steps:
        plain.do(name, words)
    lend_libraries(plain.python)
    assert ("EXPOSE", "8080") in steps
    assert dict(steps)["USER"].isdecimal()
    port = free_port()
    environment = {**plain.environment, "TRACKBOOK_PORT": str(port)}
    with subprocess.Popen(plain.entry(steps), cwd=plain.here, env=environment) as served:
        try:
            wait_for(port, served)
            assert asked(port, "GET", "/ping")["status"] == 200
            body = json.dumps({"inputs": [1]}).encode()
            got = asked(port, "POST", "/invocations", "application/json", body)
            assert json.loads(got["body"]) == {"predictions": [str(plain.python.parents[1])]}
        finally:
            served.terminate()


def wait_for(port: int, served: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and served.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"the server ended with {served.poll()}")


def test_folder_is_new_or_left_alone(model: str) -> None:
    Path("context").mkdir()
    Path("context", "mine").touch()
    with pytest.raises(AlreadyExists, match="choose a new folder"):
        generate_dockerfile(model, "context")
    assert [path.name for path in Path("context").iterdir()] == ["mine"]
    generate_dockerfile(None, "empty")
    assert "model" not in {path.name for path in Path("empty").iterdir()}


def test_image_needs_an_engine(model: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InvalidState, match="neither docker nor podman"):
        build_docker(model)
    engine = tmp_path / "docker"
    engine.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/asked\nexit 3\n')
    engine.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    with pytest.raises(InvalidState, match="ended with 3"):
        build_docker(model, "a name; touch x")
    assert (tmp_path / "asked").read_text().splitlines()[:3] == ["build", "--tag", "a name; touch x"]
