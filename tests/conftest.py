"""Fixtures and rules for every test: a folder and an environment of its own, nothing left running, no skips in CI."""

from __future__ import annotations

import importlib.util
import multiprocessing
import os
import re
import shutil
import signal
import sys
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import hypothesis
import psutil
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from trackbook.stores.base import Store

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)

# Last, so that the installed package comes before the source beside the tests; spawned processes import tests by it.
sys.path.append(str(Path(__file__).parents[1]))

from tests.servers import PROCESSES, Server, mariadb_server, postgresql_server  # noqa: E402

CI = bool(os.environ.get("CI"))
SERVERS = ["postgresql", "mariadb"]
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CALLER_SETTINGS = ("MLFLOW_", "TRACKBOOK_", "VOILA_", "JUPYTER", "JPY_", "XDG_", "GIT_")
#: Python's own helpers, which outlive the pools that start them.
PYTHON_HELPERS = ("multiprocessing.resource_tracker", "multiprocessing.forkserver")

pytest.register_assert_rewrite("trackbook.testing")
hypothesis.settings.register_profile("trackbook", deadline=None, database=None, derandomize=CI, print_blob=True)
hypothesis.settings.load_profile("trackbook")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fuzz", action="store_true", help="also run the long form of tests (marker fuzz)")
    parser.addoption("--heavy", action="store_true", help="also run tests of frameworks beyond [test] (marker heavy)")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Without --heavy a module whose tests are all heavy is not even imported: its frameworks may be absent."""
    if config.getoption("--heavy") or collection_path.suffix != ".py":
        return None
    text = collection_path.read_text(encoding="utf-8")
    return bool(re.search(r"^pytestmark = .*pytest\.mark\.heavy\b", text, flags=re.MULTILINE)) or None


def pytest_report_header() -> str:
    spec = importlib.util.find_spec("trackbook")
    return f"trackbook: {spec.origin if spec else 'not installed'}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect, rather than skip, what needs a flag."""
    off = {name for name in ("fuzz", "heavy") if not config.getoption("--" + name)}
    left_out = [item for item in items if any(item.get_closest_marker(name) for name in off)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    return _without_skips(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    return _without_skips(report)


def _without_skips(report: Report) -> Report:
    """With CI set, what was selected must run: a skip there is a machine set up wrongly."""
    if CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, but with CI set nothing that is selected may skip: {report.longrepr}"
    return report


@pytest.fixture(scope="session", autouse=True)
def own_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No setting, home or folder of the caller's; one home for all tests, so that caches are built once."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(CALLER_SETTINGS):
                patch.delenv(name)
        patch.setenv("HOME", str(home))
        patch.setenv("IPYTHONDIR", str(home / "ipython"))
        patch.setenv("TRACKBOOK_CAPTURE", "-packages")  # so that a run has no files but those that a test gives it
        patch.setenv("PYTHONSAFEPATH", "1")  # child processes take the installed package, whatever their folder
        for role in ("AUTHOR", "COMMITTER"):
            patch.setenv(f"GIT_{role}_NAME", "Ada")
            patch.setenv(f"GIT_{role}_EMAIL", "ada@example.org")
        patch.chdir(home)
        yield


@pytest.fixture(scope="session", autouse=True)
def heard_signals() -> None:
    """Programs that tests start hear Ctrl-C and a closed terminal, also where whoever started pytest ignores them."""
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:  # which a program inherits; a handler it does not
            signal.signal(number, handler)


@pytest.fixture(autouse=True)
def no_leaks() -> Iterator[None]:
    """A test ends its processes and its non-daemon threads."""
    threads, children = set(threading.enumerate()), set(_children())
    yield
    deadline = time.monotonic() + 5  # what was told to end may need a moment
    while (left := _left_over(threads, children)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not left, f"the test left running: {left}"


def _left_over(threads: set[threading.Thread], children: set[psutil.Process]) -> list[str]:
    alive = [t.name for t in threading.enumerate() if t not in threads and not t.daemon]
    return alive + [str(child) for child in _children() if child not in children]


def _children() -> list[psutil.Process]:
    multiprocessing.active_children()  # reaps those that have ended
    children = [child for child in _started() if child.pid not in PROCESSES]
    return [child for child in children if not _is_python_helper(child)]


def _started() -> list[psutil.Process]:
    """The processes that this one has started; Linux lists them, which is quicker than to look at all there are."""
    threads = Path("/proc/self/task")
    if not (threads / str(os.getpid()) / "children").exists():
        return list(psutil.Process().children())
    found = []
    for thread in threads.iterdir():
        with suppress(OSError, psutil.NoSuchProcess):  # a thread, or a process, that has ended meanwhile
            found += [psutil.Process(int(pid)) for pid in (thread / "children").read_text().split()]
    return found


def _is_python_helper(process: psutil.Process) -> bool:
    try:
        command = " ".join(process.cmdline())
        return process.status() == psutil.STATUS_ZOMBIE or any(name in command for name in PYTHON_HELPERS)
    except psutil.NoSuchProcess:
        return True


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_leaks: None) -> Iterator[None]:
    """Start in an empty folder, and end the runs and the store that the test opened."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    yield
    if "trackbook.stores" in sys.modules:
        _forget_choices()


def _forget_choices() -> None:
    """Bring the process back to where `import trackbook` left it."""
    from trackbook.runs import active, active_model, fluent, logged_models, session
    from trackbook.stores import close_stores

    try:
        for run in reversed(active.open_runs()):
            run.end()
    finally:
        session.set_tracking_uri("")
        session.set_registry_uri("")
        session._experiment = session._found = fluent._last = None
        logged_models.LAST.clear()
        active_model.choose(None)
        close_stores()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A PostgreSQL server of our own."""
    with postgresql_server() as server:
        yield server


@pytest.fixture(scope="session")
def mariadb() -> Iterator[Server]:
    """A MariaDB server of our own."""
    with mariadb_server() as server:
        yield server


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest) -> Server:
    """Each of the database servers."""
    found: Server = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def server_uri(server: Server) -> Iterator[str]:
    """The URI of an empty database, on each of the servers."""
    with server.database() as uri:
        yield uri


@pytest.fixture(params=["file", "memory", *SERVERS])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store: a SQLite file with its journal, one in memory, and one on each of the servers."""
    from trackbook.stores import open_store

    with ExitStack() as stack:
        if request.param in SERVERS:
            uri = stack.enter_context(request.getfixturevalue(request.param).database())
        else:
            uri = str(tmp_path / "store.db") if request.param == "file" else "sqlite://"
        opened = open_store(uri)
        stack.callback(opened.close)
        yield opened


@pytest.fixture
def file_store(tmp_path: Path) -> Iterator[Store]:
    """An empty SQLite file store, for tests of files, processes and crashes."""
    from trackbook.stores import open_store

    opened = open_store(str(tmp_path / "store.db"))
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the Chromium of this machine."""
    found = next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)
    return found or pytest.skip("no Chromium on this machine: apt-get install chromium")


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """One Chromium a test module: starting it takes longer than most tests."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty page that shares nothing with other tests' pages."""
    context = browser.new_context()
    yield context.new_page()
    context.close()
