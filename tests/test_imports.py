"""`import trackbook` is light, and the tests run against what a user installs."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import trackbook

HEAVY = {
    "IPython", "alembic", "anywidget", "fsspec", "ipywidgets", "matplotlib", "numpy", "pandas", "plotly", "sklearn",
    "sqlalchemy", "tornado", "traitlets", "yaml",
}  # fmt: skip
MEASURE = """
import json, sys, time
before = set(sys.modules)
start = time.process_time()
import trackbook
seconds = time.process_time() - start
print(json.dumps({"seconds": seconds, "modules": sorted(set(sys.modules) - before)}))
"""


def import_afresh() -> dict[str, object]:
    answer = subprocess.run([sys.executable, "-P", "-c", MEASURE], check=True, capture_output=True, text=True)
    measured: dict[str, object] = json.loads(answer.stdout)
    return measured


def test_import_loads_nothing_heavy() -> None:
    modules = import_afresh()["modules"]
    assert isinstance(modules, list)
    assert not HEAVY & {name.partition(".")[0] for name in modules}


def test_import_takes_under_100_ms() -> None:
    seconds = [import_afresh()["seconds"] for _ in range(5)]
    assert min(float(str(s)) for s in seconds) < 0.1


def test_package_under_test_is_the_installed_one() -> None:
    files = distribution("trackbook").files or []
    installed = {Path(str(file.locate())).resolve() for file in files}
    assert Path(trackbook.__file__).resolve() in installed, (
        "run the tests after `pip install .`, not -e, without PYTHONPATH"
    )


def test_wheel_brings_what_jupyter_and_the_page_need() -> None:
    names = {str(file) for file in distribution("trackbook").files or []}
    assert "trackbook/py.typed" in names
    assert "trackbook/notebooks/dashboard.ipynb" in names
    assert any(name.endswith("etc/jupyter/jupyter_server_config.d/trackbook.json") for name in names)
    here = Path(__file__).parents[1] / "trackbook"
    data = [
        p.relative_to(here.parent).as_posix() for p in here.rglob("*") if p.suffix in {".js", ".css", ".lark", ".mako"}
    ]
    assert set(data) <= names
