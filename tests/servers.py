"""Database servers of our own for tests: PostgreSQL and MariaDB in a temporary folder, a new database a test."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest

__all__ = ["PROCESSES", "Server", "mariadb_server", "postgresql_server"]

#: Servers that run until the session ends: no test leaks them.
PROCESSES: set[int] = set()
PASSWORD = "s3cr/t"
PATIENCE = 60


@dataclass
class Server:
    """A running server.

    Attributes:
        scheme: of its URIs.
        port: on 127.0.0.1.
        connect: opens a session of its administrator, in a database or in none.
        commands: to make and to drop a database, with {} for its name, and to kill all other sessions.
        place: what stands behind the port in the URI of a database.
    """

    scheme: str
    port: int
    connect: Callable[[str], Any]
    commands: tuple[str, str, str]
    place: str
    numbers: Iterator[int] = field(default_factory=count)

    def uri(self, database: str) -> str:
        """The URI of a database, with a password that has a slash."""
        place = self.place.format(database)
        return f"{self.scheme}://trackbook:{PASSWORD.replace('/', '%2F')}@127.0.0.1:{self.port}/{place}"

    def run(self, sql: str, database: str = "") -> list[Any]:
        """Run a statement as the administrator."""
        connection = self.connect(database)
        try:
            cursor = connection.cursor()
            cursor.execute(sql)
            return list(cursor.fetchall()) if cursor.description else []
        finally:
            connection.close()

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URI of a new, empty database."""
        name = f"test_{next(self.numbers)}"
        self.run(self.commands[0].format(name))
        try:
            yield self.uri(name)
        finally:
            self.run(self.commands[1].format(name))

    def kill_sessions(self) -> None:
        """End every session but the administrator's, as a failover does."""
        for (statement,) in self.run(self.commands[2]):
            try:
                self.run(str(statement))
            except Exception:  # noqa: BLE001  # it has ended meanwhile
                continue


@contextmanager
def postgresql_server() -> Iterator[Server]:
    """PostgreSQL, whose own order of texts is English, so that a forgotten collation shows."""
    binaries = _binaries("postgres", "/usr/lib/postgresql/*/bin")
    import psycopg

    with _folder("postgres") as (folder, become):
        port = _free_port()
        data = folder / "data"
        made: list[Any] = [binaries / "initdb", "-D", data, "-A", "trust", "-U", "trackbook", "-E", "UTF8", "--no-sync"]
        made += ["--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US"]
        subprocess.run([*become, *made], check=True, capture_output=True, cwd=folder, env=_environment(folder))
        options = ["fsync=off", "full_page_writes=off", "max_connections=200", "deadlock_timeout=100ms"]
        command: list[Any] = [binaries / "postgres", "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", folder]
        command += [part for option in options for part in ("-c", option)]

        def connect(database: str) -> Any:
            address = f"host=127.0.0.1 port={port} user=trackbook dbname={database or 'postgres'}"
            return psycopg.connect(address, autocommit=True)

        others = "pid <> pg_backend_pid() AND backend_type = 'client backend'"
        commands = (
            "CREATE SCHEMA {}",  # half a second less than a database each time
            "DROP SCHEMA {} CASCADE",
            f"SELECT 'SELECT pg_terminate_backend(' || pid || ')' FROM pg_stat_activity WHERE {others}",
        )
        with _running([*become, *_with_us(become, "INT"), *command], folder, signal.SIGINT):
            server = Server("postgresql", port, connect, commands, "postgres?options=-csearch_path%3D{}")
            _wait_for(server)
            yield server


@contextmanager
def mariadb_server() -> Iterator[Server]:
    """MariaDB, whose own texts ignore case and trailing spaces, so that a forgotten collation shows."""
    daemon = _binaries("mariadbd", "/usr/sbin") / "mariadbd"
    install = shutil.which("mariadb-install-db") or pytest.skip("no mariadb-install-db: apt-get install mariadb-server")
    import pymysql

    with _folder("mysql") as (folder, become):
        port = _free_port()
        data = folder / "data"
        made: list[Any] = [install, "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal"]
        subprocess.run(
            [*become, *made, "--skip-test-db"], check=True, capture_output=True, cwd=folder, env=_environment(folder)
        )
        command: list[Any] = [daemon, "--no-defaults", f"--datadir={data}", f"--socket={folder}/s", f"--port={port}"]
        command += ["--bind-address=127.0.0.1", "--skip-log-bin", "--innodb-flush-log-at-trx-commit=0"]
        command += ["--innodb-doublewrite=0", "--innodb-buffer-pool-size=64M", "--max-connections=200"]
        command += ["--innodb-fast-shutdown=2", "--skip-name-resolve", "--innodb-log-file-size=32M", "--sync-frm=0"]
        command += ["--innodb-flush-method=nosync"]

        def connect(database: str) -> Any:
            return pymysql.connect(unix_socket=f"{folder}/s", user="root", database=database or None, autocommit=True)

        commands = (
            "CREATE DATABASE {}",
            "DROP DATABASE {}",
            "SELECT concat('KILL ', id) FROM information_schema.processlist WHERE user = 'trackbook'",
        )
        with _running([*become, *_with_us(become, "TERM"), *command], folder, signal.SIGTERM):
            server = Server("mysql", port, connect, commands, "{}")
            _wait_for(server)
            server.run(f"CREATE USER trackbook@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'")
            server.run("GRANT ALL ON *.* TO trackbook@'127.0.0.1'")
            yield server


def _binaries(name: str, pattern: str) -> Path:
    folders = sorted(Path("/").glob(pattern.lstrip("/")), reverse=True)
    found = next((folder for folder in folders if (folder / name).exists()), None)
    on_path = shutil.which(name)
    if found is None and on_path:
        found = Path(on_path).resolve().parent
    return found or pytest.skip(f"no {name} on this machine: apt-get install postgresql mariadb-server")


@contextmanager
def _folder(user: str) -> Iterator[tuple[Path, list[str]]]:
    """A folder for a server, and what to put before a command so that it does not run as root."""
    memory = "/dev/shm"  # a server makes hundreds of files a test
    roomy = os.path.isdir(memory) and shutil.disk_usage(memory).free > 1 << 30
    folder = Path(tempfile.mkdtemp(prefix="trackbook-", dir=memory if roomy else None))
    become: list[str] = []
    if os.getuid() == 0:
        who = next((entry for entry in pwd.getpwall() if entry.pw_name == user), None) or pwd.getpwnam("nobody")
        os.chown(folder, who.pw_uid, who.pw_gid)
        become = ["setpriv", f"--reuid={who.pw_uid}", f"--regid={who.pw_gid}", "--clear-groups"]
    try:
        yield folder, become
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _with_us(become: list[str], signal_name: str) -> list[str]:
    """Have the server end with the tests, however they end."""
    return [f"--pdeathsig={signal_name}"] if become else []


def _environment(folder: Path) -> dict[str, str]:
    """The server's user may not be let into the usual folder for temporary files."""
    return {**os.environ, "TMPDIR": str(folder)}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _running(command: list[Any], folder: Path, stop: signal.Signals) -> Iterator[None]:
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=_environment(folder), stdout=log, stderr=log, start_new_session=True
        )
    PROCESSES.add(process.pid)
    try:
        yield
    finally:
        process.send_signal(stop)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        PROCESSES.discard(process.pid)


def _wait_for(server: Server) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", server.port), 1).close()
            server.run("SELECT 1")
        except Exception:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
