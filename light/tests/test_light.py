"""Without pandas, plotly and widgets one logs, searches to a list and reads; what is missing says what to install."""

from __future__ import annotations

import io
import json
import math
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

import trackbook
from trackbook.artifacts import download_artifacts, list_artifacts, load_dict, load_text
from trackbook.errors import MissingDependency
from trackbook.stores import close_stores

ABSENT = ("IPython", "PIL", "anywidget", "ipywidgets", "matplotlib", "pandas", "plotly", "tornado", "voila")
#: The command with what a light install leaves out hidden, which changes nothing where it is not installed.
COMMAND = f"import sys; sys.modules.update(dict.fromkeys({ABSENT})); from trackbook.cli import main; main()"


def shell(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-P", "-c", COMMAND, *words], capture_output=True, text=True, check=False)


def train(name: str, lr: float, points: int = 10) -> str:
    """Log a small training; its id."""
    with trackbook.start_run(run_name=name, tags={"team": "vision"}) as run:
        trackbook.log_params({"lr": lr, "model": "mlp"})
        for step in range(points):
            trackbook.log_metric("loss", lr / (step + 1), step=step)
    return run.info.run_id


@pytest.mark.parametrize("name", ABSENT)
def test_heavy_library_is_not_there(name: str) -> None:
    assert find_spec(name) is None


def test_run_is_logged_and_read_back() -> None:
    trackbook.set_experiment("digits")
    run = trackbook.get_run(train("first", 0.5))
    assert (run.info.status, run.info.run_name) == ("FINISHED", "first")
    assert run.data.params == {"lr": "0.5", "model": "mlp"}
    assert run.data.metrics == {"loss": 0.05}
    assert run.data.tags["team"] == "vision"


def test_batch_and_exact_values_come_back() -> None:
    given = [0.1, -0.0, math.inf, -math.inf, 5e-324, 2.0**60 + 1]
    with trackbook.start_run() as run:
        for step, value in enumerate(given):
            trackbook.log_metrics({"value": value, "step": step}, step=step)
        trackbook.log_batch(metrics=[], params=[], tags=[])
    history = trackbook.Client().get_metric_history(run.info.run_id, "value")
    assert [(point.step, repr(point.value)) for point in history] == [(s, repr(v)) for s, v in enumerate(given)]


def test_long_history_is_packed_and_read_as_a_list() -> None:
    run_id = train("long", 1.0, points=5_000)
    close_stores()
    history = trackbook.Client().get_metric_history(run_id, "loss")
    assert [(point.step, point.value) for point in history] == [(step, 1 / (step + 1)) for step in range(5_000)]


def test_search_gives_a_list() -> None:
    trackbook.set_experiment("digits")
    rates = {train(f"run {rate}", rate): rate for rate in (0.1, 0.2, 0.4)}
    found = trackbook.search_runs(
        filter_string="metrics.loss.min < 0.03 AND params.model = 'mlp' AND tags.team LIKE 'vis%'",
        order_by=["metrics.loss DESC"],
        output_format="list",
    )
    assert [rates[run.info.run_id] for run in found] == [0.2, 0.1]
    assert [e.name for e in trackbook.search_experiments(filter_string="name ILIKE 'DIG%'")] == ["digits"]


def test_nested_run_knows_its_parent() -> None:
    with trackbook.start_run() as parent, trackbook.start_run(nested=True) as child:
        trackbook.log_metric("loss", 1)
    found = trackbook.get_parent_run(child.info.run_id)
    assert found is not None
    assert found.info.run_id == parent.info.run_id


def test_run_is_resumed() -> None:
    run_id = train("first", 0.5)
    with trackbook.start_run(run_id=run_id):
        trackbook.log_metric("loss", 0.001, step=10)
    assert len(trackbook.Client().get_metric_history(run_id, "loss")) == 11
    assert trackbook.get_run(run_id).info.status == "FINISHED"


def test_failing_run_says_so() -> None:
    with pytest.raises(ZeroDivisionError), trackbook.start_run() as run:
        trackbook.log_metric("loss", 1 / 0)
    assert trackbook.get_run(run.info.run_id).info.status == "FAILED"


def test_artifacts_are_stored_and_read(tmp_path: Path) -> None:
    tmp_path.joinpath("notes.txt").write_text("naïve 日本", encoding="utf-8")
    with trackbook.start_run() as run:
        trackbook.log_artifact("notes.txt", "texts")
        trackbook.log_text("later", "texts/more.txt")
        trackbook.log_dict({"lr": 0.1, "layers": [64, 32]}, "config.yaml")
        trackbook.log_stream(io.BytesIO(b"\x00" * 1000), "weights.bin")
        trackbook.log_table({"question": ["a", "b"], "score": [1, 2]}, "answers.json")
    run_id = run.info.run_id
    names = [found.path for found in list_artifacts(run_id=run_id)]
    own = {"trackbook"}  # where the run came from, if it lasted long enough for that
    assert sorted({*names} - own) == ["answers.json", "config.yaml", "texts", "weights.bin"]
    assert load_text(f"runs:/{run_id}/texts/notes.txt") == "naïve 日本"
    assert load_dict(f"runs:/{run_id}/config.yaml") == {"lr": 0.1, "layers": [64, 32]}
    folder = Path(download_artifacts(run_id=run_id, artifact_path="texts", dst_path="copy"))
    assert sorted(path.name for path in folder.iterdir()) == ["more.txt", "notes.txt"]
    table = json.loads(load_text(f"runs:/{run_id}/answers.json"))
    assert table == {"columns": ["question", "score"], "data": [["a", 1], ["b", 2]]}


def test_client_works_by_ids() -> None:
    client = trackbook.Client("other.db")
    run = client.create_run(client.create_experiment("imported"), run_name="by id")
    client.log_metric(run.info.run_id, "loss", 0.5, step=3)
    client.log_param(run.info.run_id, "lr", 0.1)
    client.set_terminated(run.info.run_id)
    (found,) = client.search_runs([run.info.experiment_id], "metrics.loss = 0.5 AND params.lr = '0.1'")
    assert (found.info.run_id, found.info.status) == (run.info.run_id, "FINISHED")


KILLED = """
import os, signal, trackbook
run = trackbook.start_run()
for step in range(1000):
    trackbook.log_metric("loss", 1.0, step=step)
print(run.info.run_id, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_logged_is_there() -> None:
    ended = subprocess.run([sys.executable, "-P", "-c", KILLED], capture_output=True, text=True, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert len(trackbook.Client().get_metric_history(ended.stdout.strip(), "loss")) == 1000


def test_command_says_its_version() -> None:
    said = shell("--version")
    assert (said.returncode, said.stdout, said.stderr) == (0, f"trackbook {trackbook.__version__}\n", "")


def test_command_finds_runs() -> None:
    train("first", 0.5)
    train("second", 0.1)
    close_stores()
    said = shell("runs", "search", "--filter", "metrics.loss < 0.05", "--format", "json")
    assert (said.returncode, said.stderr) == (0, "")
    assert [row["run_name"] for row in json.loads(said.stdout)] == ["second"]
    table = shell("runs", "list")
    assert all(name in table.stdout for name in ("first", "second"))


def dashboard() -> object:
    from trackbook.dashboard import Dashboard

    return Dashboard


def panel() -> object:
    from trackbook.widgets.curves import CurvesPanel

    return CurvesPanel


def table() -> object:
    with trackbook.start_run():
        trackbook.log_table({"a": [1]}, "t.json")
    return trackbook.load_table("t.json")


MISSING: dict[str, tuple[Callable[[], object], str]] = {
    "search_runs": (trackbook.search_runs, r"needs pandas.*: pip install trackbook\. Or pass output_format='list'"),
    "load_table": (table, "load_table needs pandas.*: pip install trackbook"),
    "magics": (
        lambda: trackbook.load_ipython_extension(None),  # type: ignore[arg-type]
        "%load_ext trackbook needs IPython, anywidget, ipywidgets and plotly.*: pip install trackbook",
    ),
    "Dashboard": (dashboard, "Dashboard needs anywidget, ipywidgets and plotly.*: pip install trackbook"),
    "panel": (panel, "A panel needs .*: pip install trackbook"),
}


@pytest.mark.parametrize("name", MISSING)
def test_what_is_missing_says_the_pip_command(name: str) -> None:
    call, message = MISSING[name]
    with pytest.raises(MissingDependency, match=message):
        call()


def test_image_says_the_pip_command() -> None:
    with trackbook.start_run(), pytest.raises(MissingDependency, match="pip install pillow"):
        trackbook.log_image([[0.0, 1.0]], "image.png")


def test_page_says_the_pip_command_in_one_sentence() -> None:
    train("first", 0.5)
    close_stores()
    said = shell("ui")
    assert said.returncode == 1
    assert said.stderr.startswith("Error: The page needs ")
    assert said.stderr.rstrip().endswith('pip install "trackbook[lab]"')


def test_nothing_that_was_said_to_be_absent_was_loaded() -> None:
    code = (
        "import json, sys, trackbook\n"
        "with trackbook.start_run():\n"
        "    trackbook.log_metric('loss', 1)\n"
        "    trackbook.log_text('a', 'a.txt')\n"
        "trackbook.search_runs(output_format='list')\n"
        "print(json.dumps([m for m in sys.modules if m in ('numpy', 'sqlalchemy', 'pandas', 'plotly')]))"
    )
    said = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert json.loads(said.stdout) == ["sqlalchemy"]
