"""Measure Trackbook beside MLflow and trackio in one interleaved run, and write the ratios into README.md.

    python benchmarks/run.py [--rounds 5] [--scene log_metric ...] [--peers FOLDER]

The Python that runs this has Trackbook; the peers get a virtual environment of their own, made when there is none.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import NamedTuple

HERE = Path(__file__).parent
SCENES = ("import", "first_query", "start_end", "log_metric", "log_metric_slowly", "log_metrics", "log_batch", "params")
SCENES += ("bytes", "history", "search", "search_many", "models", "serving")
OF = {
    "trackbook": set(SCENES),
    "mlflow": set(SCENES) - {"log_metric_slowly", "search_many"},
    "trackio": {"log_metric"},
}
Figures = dict[str, dict[str, dict[str, list[float]]]]  # scene -> subject -> figure -> one a round


class Row(NamedTuple):
    """One line of the table: what is measured, and which ratio is aimed at.

    `at_least` turns a ratio around: so many times as much as the peer.
    """

    what: str
    scene: str
    figure: str
    unit: str
    peer: str = "mlflow"
    peer_figure: str = ""
    aim: float | None = None
    at_least: bool = False
    absolute: bool = False


ROWS = (
    Row("`import`, CPU", "import", "cpu_s", "s", aim=0.06),
    Row("`import`, memory", "import", "megabytes", "MB", aim=30, absolute=True),
    Row("`import` and first query, CPU", "first_query", "cpu_s", "s", aim=0.15),
    Row("`start_run` + `end_run`", "start_end", "us", "µs", aim=0.03),
    Row(
        "`log_metric`, p50, to a bare write of 32 bytes", "log_metric", "p50_us", "µs", "trackbook", "bare_p50_us", 2.5
    ),
    Row("`log_metric`, p99, to a bare write of 32 bytes", "log_metric", "p99_us", "µs", "trackbook", "bare_p99_us", 4),
    Row("`log_metric`, durable points a second", "log_metric", "durable_a_second", "/s", aim=300, at_least=True),
    Row(
        "the same, all of them in the database",
        "log_metric",
        "in_database_a_second",
        "/s",
        "mlflow",
        "durable_a_second",
    ),
    Row("the same, to trackio", "log_metric", "in_database_a_second", "/s", "trackio", "durable_a_second", 3, True),
    Row("`log_metric` once a millisecond, p50", "log_metric_slowly", "p50_us", "µs", peer=""),
    Row("`log_metrics` of 100 keys, durable points", "log_metrics", "durable_a_second", "/s", aim=40, at_least=True),
    Row(
        "the same, in the database",
        "log_metrics",
        "in_database_a_second",
        "/s",
        "mlflow",
        "durable_a_second",
        None,
        True,
    ),
    Row("`log_batch` of 1,000, durable points", "log_batch", "durable_a_second", "/s", aim=20, at_least=True),
    Row(
        "the same, in the database", "log_batch", "in_database_a_second", "/s", "mlflow", "durable_a_second", None, True
    ),
    Row("`log_param`", "params", "param_us", "µs", aim=0.04),
    Row("`log_params` of 100", "params", "params_100_us", "µs", aim=0.09),
    Row("`set_tags` of 20", "params", "tags_20_us", "µs", aim=0.05),
    Row("bytes a point while the run is open", "bytes", "hot", "B", "mlflow", "hot", 40, absolute=True),
    Row("bytes a point when it has ended", "bytes", "packed", "B", "mlflow", "hot", 10, absolute=True),
    Row("history of 100,000 points as objects", "history", "objects_s", "s", aim=0.05),
    Row("history of 100,000 points as arrays", "history", "arrays_s", "s", aim=0.005),
    Row("search, 10,000 runs: a page of 100", "search", "page_s", "s", aim=0.05),
    Row("search, 10,000 runs: filter and order", "search", "filter_s", "s", aim=0.05),
    Row("DataFrame of 10,000 runs", "search", "frame_s", "s", aim=0.03),
    Row("`sklearn.log_model`, the first in a process", "models", "first_s", "s", aim=0.15),
    Row("`sklearn.log_model`, later ones", "models", "later_s", "s", aim=0.015),
    Row("`sklearn.load_model`", "models", "load_s", "s", aim=1),
    Row("scoring server, start to first answer", "serving", "start_s", "s", aim=0.3),
    Row("scoring server, 1 row of 10 columns", "serving", "one_ms", "ms", aim=0.6),
    Row("scoring server, 1,000 rows", "serving", "thousand_ms", "ms", aim=0.4),
    Row("search, 100,000 runs, 5,000 match", "search_many", "some_ms", "ms", "", aim=25, absolute=True),
    Row("search, 100,000 runs, 10 match", "search_many", "few_ms", "ms", "", aim=60, absolute=True),
    Row("search, 100,000 runs, all match", "search_many", "all_ms", "ms", "", aim=60, absolute=True),
)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--scene", action="append", choices=SCENES)
    arguments.add_argument("--peers", type=Path, default=HERE / ".peers", help="virtual environment of the peers")
    asked = arguments.parse_args()
    pythons = {"trackbook": Path(sys.executable), **dict.fromkeys(("mlflow", "trackio"), _peers(asked.peers))}
    figures = measure(pythons, asked.scene or SCENES, asked.rounds)
    text = table(figures, asked.rounds, _versions(asked.peers))
    print(text)
    if not asked.scene:
        _write(text)


def _peers(folder: Path) -> Path:
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "mlflow", "trackio"], check=True)
    return python


def _versions(peers: Path) -> str:
    code = "import importlib.metadata as m; print('MLflow', m.version('mlflow') + ', trackio', m.version('trackio'))"
    return subprocess.run([_peers(peers), "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def measure(pythons: dict[str, Path], scenes: Iterable[str], rounds: int) -> Figures:
    """Every scene with every subject, one after another, as many times as there are rounds."""
    figures: Figures = {}
    for scene in scenes:
        for round_ in range(rounds):
            for subject in sorted(OF, reverse=bool(round_ % 2)):
                if scene in OF[subject]:
                    found = _run(pythons[subject], subject, scene)
                    for name, value in found.items():
                        figures.setdefault(scene, {}).setdefault(subject, {}).setdefault(name, []).append(value)
    return figures


def _run(python: Path, subject: str, scene: str) -> dict[str, float]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW_", "TRACKBOOK_"))}
    with tempfile.TemporaryDirectory(prefix="trackbook-bench-") as folder:
        command = [python, HERE / "subjects" / f"of_{subject}.py", scene, folder]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    for line in done.stdout.splitlines():
        if line.startswith("FIGURES "):
            print(f"{scene:20} {subject:10} {line[8:]}", file=sys.stderr, flush=True)
            return dict(json.loads(line[8:]))
    raise SystemExit(f"{subject} failed at {scene}:\n{done.stdout}\n{done.stderr}")


def table(figures: Figures, rounds: int, versions: str) -> str:
    """The results as Markdown."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    lines = [
        (
            f"Measured on {datetime.now(UTC).date().isoformat()}, {os.cpu_count()} cores, {memory:.0f} GiB, Python "
            f"{sys.version.split()[0]}; {versions}; medians of {rounds} interleaved rounds, "
            "ratios round by round."
        ),
        "",
        "| what | Trackbook | peer | ratio | aim | met |",
        "|---|---:|---:|---:|---:|---|",
    ]
    lines += [_line(row, figures) for row in ROWS if row.scene in figures]
    return "\n".join(lines)


def _line(row: Row, figures: Figures) -> str:
    rounds = figures[row.scene]["trackbook"][row.figure]
    ours = median(rounds)
    peer = figures[row.scene].get(row.peer, {}).get(row.peer_figure or row.figure)
    ratio = median(mine / theirs for mine, theirs in zip(rounds, peer, strict=True)) if peer else None
    met, aim = "", ""
    if row.aim is not None:
        value = ours if row.absolute or ratio is None else ratio
        met = "yes" if (value >= row.aim if row.at_least else value <= row.aim) else "**no**"
        aim = f"{'≥' if row.at_least else '≤'} {row.aim:g} {row.unit if row.absolute else '×'}"
    cells = [row.what, f"{_short(ours)} {row.unit}", f"{_short(median(peer))} {row.unit}" if peer else "–"]
    cells += [f"{_short(ratio)}×" if ratio else "–", aim, met]
    return f"| {' | '.join(cells)} |"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def _write(text: str) -> None:
    readme = HERE / "README.md"
    before, mark, _ = readme.read_text().partition("<!-- results -->\n")
    readme.write_text(f"{before}{mark}\n{text}\n")


if __name__ == "__main__":
    main()
