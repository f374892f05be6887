"""Trains the demo's runs and logs them, with nothing but what `import trackbook` offers."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any

import trackbook
from trackbook.demo.plans import EXPERIMENTS, Plan, plans
from trackbook.demo.recipes import Outcome
from trackbook.libraries import require

__all__ = ["count_runs", "run_demo", "train_demo"]

Progress = Callable[[str], None]


def count_runs(chosen: Sequence[Plan]) -> int:
    """How many runs some plans make, nested ones included."""
    return sum(1 + count_runs(plan.children) for plan in chosen)


def run_demo(folder: Path, say: Callable[[str], None]) -> str:
    """What `trackbook demo` does: train every run into a folder, unless that was done before, and say how it goes.

    Returns:
        the URI of the store.
    """
    if (folder / "trackbook.db").exists():
        say(f"{folder} has its runs already; delete the folder to train them anew.")
        return str(folder / "trackbook.db")
    chosen = plans()
    total, start, done = count_runs(chosen), time.monotonic(), 0

    def progress(name: str) -> None:
        nonlocal done
        done += 1
        say(f"[{done:2d}/{total}] {name}")

    say(f"Training {total} small models into {folder}")
    uri = train_demo(folder, chosen, progress)
    say(f"Trained in {time.monotonic() - start:.0f} s.")
    return uri


def train_demo(folder: Path, chosen: Sequence[Plan] | None = None, progress: Progress | None = None) -> str:
    """Train the runs into ``<folder>/trackbook.db``.

    Args:
        folder: made if need be.
        chosen: the runs; all of them if None.
        progress: called with the name of each run before it is trained.

    Returns:
        the URI of the store.

    Raises:
        MissingDependency: scikit-learn or matplotlib is not installed.
    """
    require("The demo", "sklearn", "matplotlib")
    chosen = plans() if chosen is None else chosen
    before = trackbook.get_tracking_uri() if trackbook.is_tracking_uri_set() else ""
    folder.mkdir(parents=True, exist_ok=True)
    trackbook.set_tracking_uri(folder / "trackbook.db")
    uri = trackbook.get_tracking_uri()
    from threadpoolctl import threadpool_limits

    try:
        with threadpool_limits(1):  # the models are so small that threads only wait for one another
            for plan in chosen:
                _train(plan, progress or (lambda _name: None))
    finally:
        trackbook.set_tracking_uri(before)
    return uri


def _train(plan: Plan, progress: Progress) -> None:
    experiment = trackbook.set_experiment(plan.experiment)
    if not experiment.tags:
        trackbook.set_experiment_tags({"mlflow.note.content": EXPERIMENTS[plan.experiment]})
    progress(plan.name)
    nested = trackbook.active_run() is not None
    try:
        with trackbook.start_run(run_name=plan.name, nested=nested, tags=plan.tags) as run:
            trackbook.log_params(plan.params)
            if plan.recipe is not None:
                _log_outcome(_log_steps(plan.recipe(plan.params)))
            for child in plan.children:
                _train(child, progress)
            if plan.children:
                _log_best(run.info.run_id)
    except ValueError:
        # scikit-learn gives up on a model that has diverged; its run has ended FAILED, which is what it is there for
        if not plan.diverges:
            raise


def _log_steps(steps: Generator[dict[str, float], None, Outcome]) -> Outcome:
    epoch = 0
    while True:
        try:
            metrics = next(steps)
        except StopIteration as end:
            outcome: Outcome = end.value
            return outcome
        epoch += 1
        trackbook.log_metrics(metrics, step=epoch)


def _log_best(parent: str) -> None:
    children = trackbook.search_runs(
        filter_string=f"tags.`mlflow.parentRunId` = '{parent}'",
        order_by=["metrics.val_loss.min"],
        output_format="list",
    )
    best = children[0]
    trackbook.log_metric("best_val_loss", best.data.metrics["val_loss"])
    trackbook.set_tag("best_run", best.info.run_name)


def _log_outcome(outcome: Outcome) -> None:
    if outcome.labels:
        _log_classification(outcome)
    else:
        _log_regression(outcome)


def _log_classification(outcome: Outcome) -> None:
    from sklearn.metrics import classification_report, confusion_matrix

    report = classification_report(outcome.expected, outcome.predicted, target_names=outcome.labels, zero_division=0)
    trackbook.log_text(report, "report.txt")
    matrix = confusion_matrix(outcome.expected, outcome.predicted)
    figure = _figure(outcome.labels, matrix)
    trackbook.log_figure(figure, "plots/confusion_matrix.png")
    wrong = outcome.expected != outcome.predicted
    table = {
        "sample": [int(place) for place in wrong.nonzero()[0]],
        "expected": [outcome.labels[label] for label in outcome.expected[wrong]],
        "predicted": [outcome.labels[label] for label in outcome.predicted[wrong]],
    }
    trackbook.log_table(table, "mistakes.json")


def _figure(labels: list[str], matrix: Any) -> Any:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4, 4), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(matrix, cmap="Blues")
    for (row, column), count in ((place, matrix[place]) for place in zip(*matrix.nonzero(), strict=True)):
        dark = count > matrix.max() / 2
        axes.text(column, row, str(count), ha="center", va="center", color="white" if dark else "black", fontsize=8)
    axes.set_xticks(range(len(labels)), labels, fontsize=8)
    axes.set_yticks(range(len(labels)), labels, fontsize=8)
    axes.set_xlabel("predicted")
    axes.set_ylabel("expected")
    return figure


def _log_regression(outcome: Outcome) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4, 4), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    axes.scatter(outcome.expected, outcome.predicted, s=12)
    low, high = float(outcome.expected.min()), float(outcome.expected.max())
    axes.plot([low, high], [low, high], color="grey", linewidth=1)
    axes.set_xlabel("expected")
    axes.set_ylabel("predicted")
    trackbook.log_figure(figure, "plots/predictions.png")
    error = outcome.predicted - outcome.expected
    worst = abs(error).argsort()[::-1][:10]
    lines = [f"{float(outcome.expected[i]):8.1f} {float(outcome.predicted[i]):8.1f}" for i in worst]
    trackbook.log_text("expected predicted\n" + "\n".join(lines) + "\n", "worst.txt")
    trackbook.log_text(json.dumps({"mean_error": float(error.mean())}), "summary.json")
