"""`trackbook models check`: whether a model still passes, on newer data; the signal to retrain."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from trackbook.cli.output import format_option, say, show, show_document
from trackbook.cli.store import existing_store, store_option
from trackbook.cli.table import visible

if TYPE_CHECKING:
    from trackbook.models.evaluation.checks import CheckResult

__all__ = ["check"]

_WRONG = 2


@click.command()
@click.argument("uri")
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--targets", metavar="COLUMN", help="Column of the targets; as in the model's last evaluation.")
@click.option(
    "--threshold",
    "thresholds",
    metavar="RULE",
    multiple=True,
    help="What must hold, such as 'accuracy_score>=0.9'; repeatable. Those of the last evaluation if none is given.",
)
@click.option("--against", metavar="URI", help="A model that it must not be worse than, on the same data.")
@click.option(
    "--model-type", type=click.Choice(["classifier", "regressor"]), help="As in the last evaluation if left out."
)
@store_option
@format_option
@click.pass_context
def check(ctx: click.Context, /, uri: str, data: Path, store_uri: str | None, form: str, **options: Any) -> None:
    """Measure the model URI again on DATA, a .csv or .parquet file, and keep what was found with the model.

    The exit code is 0 if it passes, 1 if a threshold is not reached and the model wants retraining, and 2 if it could
    not be measured.
    """
    from trackbook.errors import TrackbookError

    try:
        found = _checked(uri, data, store_uri, options)
    except (TrackbookError, OSError) as error:
        text = error.message if isinstance(error, TrackbookError) else str(error)
        click.echo(f"Error: {visible(text, keep=chr(10))}", err=True)
        ctx.exit(_WRONG)
    _report(found, form)
    ctx.exit(1 if found.verdict == "failed" else 0)


def _checked(uri: str, data: Path, store_uri: str | None, options: Mapping[str, Any]) -> CheckResult:
    from trackbook.models.evaluation.checks import check as carry_out
    from trackbook.runs.session import set_tracking_uri

    set_tracking_uri(existing_store(store_uri).uri)
    return carry_out(
        uri,
        data,
        targets=options["targets"],
        thresholds=options["thresholds"] or None,
        against=options["against"],
        model_type=options["model_type"],
    )


def _report(found: CheckResult, form: str) -> None:
    held = [{"rule": one.rule, "metric": one.metric, "value": one.value, "ok": one.ok} for one in found.judgements]
    if form == "json":
        facts = {"model": found.name, "model_id": found.model_id, "run_id": found.run_id, "verdict": found.verdict}
        show_document({**facts, "metrics": found.metrics, "thresholds": held, "notes": found.notes})
        return
    rules = {one.metric: one for one in found.judgements}
    rows = [
        {
            "metric": name,
            "value": float(f"{value:.6g}") if form == "table" else value,
            "rule": rules[name].rule if name in rules else None,
            "ok": all(one.ok for one in found.judgements if one.metric == name) if name in rules else None,
        }
        for name, value in found.metrics.items()
    ]
    show(rows, form, ("metric", "value", "rule", "ok"))
    if form == "table":
        say(*found.notes, found.sentence)
