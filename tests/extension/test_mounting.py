"""What the extension costs a server that nobody asks, and what it leaves for its kernels."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

from trackbook.extension.desk import Desk
from trackbook.extension.handlers import HANDLERS
from trackbook.extension.mounting import routes
from trackbook.wire import ENDPOINTS

HEAVY = {"IPython", "alembic", "fsspec", "ipywidgets", "numpy", "pandas", "plotly", "sklearn", "sqlalchemy"}
MEASURE = """
import jupyter_server.serverapp, json, sys, time
before = set(sys.modules)
start = time.process_time()
import trackbook.extension
points = trackbook.extension._jupyter_server_extension_points()
import trackbook.extension.mounting
seconds = time.process_time() - start
print(json.dumps({"seconds": seconds, "modules": sorted(set(sys.modules) - before), "points": points}))
"""
#: Mounts itself on a server of its own and says what a kernel would inherit.
MOUNT = """
import json, os, sys
from jupyter_server.serverapp import ServerApp
app = ServerApp(root_dir=os.getcwd(), open_browser=False, allow_root=True, port=0)
app.initialize(argv=[], find_extensions=False, new_httpserver=False)
from trackbook.extension import _load_jupyter_server_extension
_load_jupyter_server_extension(app)
print(json.dumps({"root": os.environ["TRACKBOOK_ROOT"], "here": app.root_dir}))
"""


def test_server_starts_no_slower_for_it() -> None:
    told = [
        json.loads(subprocess.run([sys.executable, "-P", "-c", MEASURE], check=True, capture_output=True).stdout)
        for _ in range(3)
    ]
    assert told[0]["points"] == [{"module": "trackbook.extension"}]
    assert not HEAVY & {name.partition(".")[0] for name in told[0]["modules"]}
    assert min(one["seconds"] for one in told) < 0.15


def test_kernels_inherit_the_root_of_the_server(tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-P", "-c", MOUNT], check=True, capture_output=True, text=True, cwd=tmp_path
    )
    told = json.loads(answer.stdout.splitlines()[-1])
    assert told["root"] == told["here"] == str(tmp_path)


def test_every_row_of_the_table_has_a_route_by_its_permission() -> None:
    mounted = routes("/base/trackbook", Desk("/"))
    assert {path for path, *_ in mounted[:-1]} == {"/base/trackbook" + one.path for one in ENDPOINTS}
    for _path, handler, given in mounted[:-1]:
        assert {handler} == {HANDLERS[one.permission] for one in given["endpoints"].values()}
    assert mounted[-1][0] == "/base/trackbook(?:/.*)?"


def test_installing_enables_it() -> None:
    files = {str(file): file for file in distribution("trackbook").files or []}
    enabled = next(file for name, file in files.items() if name.endswith("jupyter_server_config.d/trackbook.json"))
    told = json.loads(Path(str(enabled.locate())).read_text())
    assert told == {"ServerApp": {"jpserver_extensions": {"trackbook.extension": True}}}
    static = {name.rpartition("/")[2] for name in files if "labextensions/trackbook/static/" in name}
    assert {"remoteEntry.js", "shared.js", "shared.css", "sidebar.js", "sidebar.css"} <= static
