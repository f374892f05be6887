"""Where the system lacks what Windows lacks, runs are logged, searched and read all the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from trackbook.stores.flock import has_flock, lock

#: Run before anything of ours is imported. filelock, which has its own way on Windows, takes its simplest one here.
LIKE_WINDOWS = """
import os, sys, warnings
os.environ["USERNAME"] = "ada"
warnings.filterwarnings("ignore", "only soft file lock is available")
sys.modules.update(dict.fromkeys(("fcntl", "grp", "pwd", "resource", "termios")))
lacking = "O_CLOEXEC O_DIRECTORY O_NOCTTY O_NOFOLLOW O_NONBLOCK O_PATH fchown fdatasync fork forkpty fwalk"
lacking += " getegid geteuid getgid getuid killpg pread pwrite register_at_fork statvfs writev"
for name in lacking.split():
    if hasattr(os, name):
        delattr(os, name)
for kind in (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks):
    kind.clear()
"""
CORE_VERBS = """
import trackbook

trackbook.set_tracking_uri("store/trackbook.db")
trackbook.set_experiment("digits")
with trackbook.start_run(run_name="first", tags={"team": "vision"}) as run:
    trackbook.log_params({"lr": 0.1, "model": "mlp"})
    for step in range(1000):
        trackbook.log_metric("loss", 1 / (step + 1), step=step)
    trackbook.log_metrics({"accuracy": 0.9}, step=5)
    with trackbook.start_run(nested=True) as child:
        trackbook.log_batch(metrics=[trackbook.entities.Metric("loss", 0.5, 1, 2)])
    trackbook.log_text("naïve", "notes/today.txt")
    trackbook.log_text("twice", "notes/today.txt")
    trackbook.log_table({"a": [1]}, "table.json")
    trackbook.log_table({"a": [2]}, "table.json")
    os.makedirs("output/deep")
    open("output/deep/weights.bin", "wb").write(b"x" * 3_000_000)
    trackbook.log_artifacts("output", "model")
from trackbook.artifacts import download_artifacts, list_artifacts, load_dict, load_text

address = f"runs:/{run.info.run_id}"
assert [file.path for file in list_artifacts(run_id=run.info.run_id)][:3] == ["model", "notes", "table.json"]
assert load_text(f"{address}/notes/today.txt") == "twice"
assert load_dict(f"{address}/table.json")["data"] == [[1], [2]]
copy = download_artifacts(f"{address}/model", dst_path="copy")
assert os.path.getsize(os.path.join(copy, "deep", "weights.bin")) == 3_000_000
try:
    trackbook.Client().log_text(run.info.run_id, "out", "../out.txt")
except trackbook.MlflowException:
    pass
else:
    raise AssertionError
try:
    with trackbook.start_run() as failed:
        raise KeyError
except KeyError:
    pass
with trackbook.start_run(run_id=run.info.run_id):
    trackbook.set_tag("resumed", "yes")

found = trackbook.search_runs(filter_string="metrics.loss.min < 0.01 AND tags.resumed = 'yes'", output_format="list")
assert [(each.info.run_name, each.info.status) for each in found] == [("first", "FINISHED")], found
client = trackbook.Client()
history = client.get_metric_history(run.info.run_id, "loss")
assert [(point.step, point.value) for point in history] == [(step, 1 / (step + 1)) for step in range(1000)]
assert trackbook.get_parent_run(child.info.run_id).info.run_id == run.info.run_id
assert client.get_run(failed.info.run_id).info.status == "FAILED"
client.delete_run(failed.info.run_id)
assert len(trackbook.search_runs(output_format="list")) == 2
"""
REOPENED = """
assert len(trackbook.Client("store/trackbook.db").get_metric_history(trackbook.Client("store/trackbook.db")
    .search_runs(["1"], "run_name = 'first'")[0].info.run_id, "loss")) == 1000
"""


def run_like_windows(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-c", LIKE_WINDOWS + code], capture_output=True, text=True, check=False, timeout=60
    )


def test_core_verbs_run_without_what_windows_lacks() -> None:
    ended = run_like_windows(CORE_VERBS)
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr.splitlines() == [
        "This system has no file locks for a journal: each call waits for the database."
    ]
    assert not Path("store/trackbook.db.d/writers").exists()
    again = run_like_windows("import trackbook\n" + REOPENED)
    assert again.returncode == 0, again.stderr


def test_store_written_there_is_read_here_and_the_other_way_round() -> None:
    assert run_like_windows(CORE_VERBS).returncode == 0
    here = subprocess.run([sys.executable, "-P", "-c", "import trackbook\n" + REOPENED], check=False)
    assert here.returncode == 0
    assert run_like_windows("import trackbook\n" + REOPENED).returncode == 0


def test_lock_is_held_by_one_until_it_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.touch()
    first, second = (os.open(path, os.O_RDWR) for _ in range(2))
    lock(first)
    with pytest.raises(BlockingIOError):
        lock(second, shared=True)
    os.close(first)
    lock(second, wait=True)
    os.close(second)
    assert has_flock()
