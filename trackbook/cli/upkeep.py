"""Commands for whoever looks after a store: `trackbook doctor`, `trackbook gc` and `trackbook du`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from trackbook.cli.output import format_option, instant, say, show, show_document
from trackbook.cli.store import existing_store, store_option

if TYPE_CHECKING:
    from trackbook.stores.base import Store
    from trackbook.upkeep.doctor.findings import Finding
    from trackbook.upkeep.du import Share
    from trackbook.upkeep.gc import Piece, Wanted

__all__ = ["doctor", "du", "gc"]

_PIECES = ("kind", "id", "name", "experiment", "deleted", "files", "bytes", "outcome")


@click.command()
@click.option("--fix", is_flag=True, help="Mend what can be mended without losing anything that was logged.")
@click.option("--mask-envs", is_flag=True, help="Hide the values of all settings; secrets are always hidden.")
@store_option
@format_option
@click.pass_context
def doctor(ctx: click.Context, fix: bool, mask_envs: bool, store_uri: str | None, form: str) -> None:
    """Check a store: its database, every point, every artifact, journals, runs whose process is gone, permissions.

    Nothing is changed without --fix. The exit code is 0 if the store is sound and 1 if it is not.
    """
    from trackbook.runs.session import get_tracking_uri
    from trackbook.upkeep.doctor.checkup import examine
    from trackbook.upkeep.doctor.environment import environment

    uri = store_uri or get_tracking_uri()
    facts = environment(uri, mask=mask_envs)
    if form == "table":
        show([{"about": name, "value": value} for name, value in facts.items()], form)
        click.echo()
    findings = list(examine(uri, fix=fix))
    sound = not any(finding.counts for finding in findings)
    _report(findings, facts, form, sound)
    ctx.exit(0 if sound else 1)


def _report(findings: list[Finding], facts: dict[str, str], form: str, sound: bool) -> None:
    rows = [finding.row() for finding in findings]
    columns = ("severity", "check", "where", "what", "remedy", "mended")
    if form == "json":
        show_document({"sound": sound, "findings": rows, "environment": facts})
    elif rows or form == "csv":
        show(rows, form, columns)
    if form == "table":
        left = sum(finding.counts for finding in findings)
        mended = sum(finding.mended for finding in findings)
        say("The store is sound." if sound else f"{left} things are wrong.")
        if mended:
            say(f"{mended} were mended.")


def _span(ctx: click.Context, parameter: click.Parameter, value: str | None) -> int | None:
    from trackbook.errors import InvalidParameter
    from trackbook.upkeep.spans import parse_span

    try:
        return None if value is None else parse_span(value)
    except InvalidParameter as error:
        raise click.BadParameter(error.message, ctx, parameter) from error


def _listed(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> list[str] | None:
    if value is None:
        return None
    return [word.strip() for word in value.split(",") if word.strip()]


@click.command()
@click.option("--dry-run", is_flag=True, help="Delete nothing; say what would go, and how many bytes.")
@click.option(
    "--older-than",
    callback=_span,
    metavar="SPAN",
    help="Only what was deleted so long ago, such as 30d or 1d2h3m4s; 0s for all. 7d if left out.",
)
@click.option("--run-ids", callback=_listed, metavar="IDS", help="Only these deleted runs, with commas between.")
@click.option("--experiment-ids", callback=_listed, metavar="IDS", help="Only these deleted experiments.")
@click.option("--orphans", is_flag=True, help="Also folders of artifacts, a day old, whose run does not exist.")
@click.option("--rejected", is_flag=True, help="Also refused journal records whose run does not exist.")
@click.option(
    "--artifacts-destination",
    metavar="URI",
    envvar="MLFLOW_ARTIFACTS_DESTINATION",
    help="Taken for MLflow's sake: artifacts are deleted where their runs say that they lie.",
)
@store_option
@format_option
@click.pass_context
def gc(
    ctx: click.Context,
    /,
    dry_run: bool,
    older_than: int | None,
    run_ids: list[str] | None,
    experiment_ids: list[str] | None,
    **options: Any,
) -> None:
    """Delete for good, with its artifacts, what was deleted at least 7 days ago.

    Until then `trackbook runs restore` and `trackbook experiments restore` bring it back. A gc that was interrupted
    goes on where it was when it is started again.
    """
    from trackbook.upkeep.gc import UNDO_PERIOD_MS, Wanted

    wanted = Wanted(UNDO_PERIOD_MS if older_than is None else older_than, run_ids, experiment_ids)
    store = existing_store(options["store_uri"], read_only=dry_run)
    pieces = list(_pieces(store, wanted, dry_run, options))
    _show_pieces(pieces, options["form"], dry_run)
    ctx.exit(1 if any(piece.problem for piece in pieces) else 0)


def _pieces(store: Store, wanted: Wanted, dry_run: bool, options: dict[str, Any]) -> Iterable[Piece]:
    from trackbook.upkeep.gc import collect_garbage, collect_orphans, forget_rejected

    yield from collect_garbage(store, wanted, dry_run=dry_run)
    if options["orphans"]:
        yield from collect_orphans(store, dry_run=dry_run)
    if options["rejected"]:
        yield from forget_rejected(store, wanted, dry_run=dry_run)


def _show_pieces(pieces: list[Piece], form: str, dry_run: bool) -> None:
    from trackbook.upkeep.spans import shown_bytes

    rows = [
        {
            "kind": piece.kind,
            "id": piece.id,
            "name": piece.name,
            "experiment": piece.experiment_id,
            "deleted": instant(piece.deleted),
            "files": piece.files,
            "bytes": piece.size,
            "outcome": piece.problem or ("gone" if piece.gone else "would go" if dry_run else "kept"),
        }
        for piece in pieces
    ]
    if rows or form != "table":
        show(rows, form, _PIECES)
    if form == "table":
        going = [piece for piece in pieces if not piece.problem]
        kinds = [f"{sum(p.kind == kind for p in going)} {kind}s" for kind in dict.fromkeys(p.kind for p in going)]
        size = shown_bytes(sum(piece.size for piece in going))
        verb = "would be deleted" if dry_run else "were deleted"
        say(f"{', '.join(kinds)} with {size} of artifacts {verb} for good." if going else "There is nothing to delete.")


@click.command()
@click.option(
    "--by",
    type=click.Choice(["experiment", "run", "kind"]),
    default="experiment",
    show_default=True,
    help="What to add up.",
)
@click.option("--walk", is_flag=True, help="Measure every file, instead of taking the sizes that were recorded.")
@store_option
@format_option
def du(by: str, walk: bool, store_uri: str | None, form: str) -> None:
    """Say what takes the room in a store: points, artifacts, journals, the largest first."""
    from trackbook.upkeep import du as usage

    store = existing_store(store_uri, read_only=True)
    if by == "kind":
        kinds = usage.by_kind(store, walk=walk)
        show([{"kind": kind, "bytes": _size(size, form)} for kind, size in kinds.items()], form, ("kind", "bytes"))
        return
    shares = usage.by_run(store, walk=walk) if by == "run" else usage.by_experiment(store, walk=walk)
    show([_share(share, by, form) for share in shares], form)


def _share(share: Share, by: str, form: str) -> dict[str, object]:
    within: dict[str, object] = {"experiment": share.experiment_id} if by == "run" else {"runs": share.runs}
    return {
        by if by == "run" else "id": share.id,
        "name": share.name,
        **within,
        "total": _size(share.total, form),
        "artifacts": _size(share.file_bytes, form),
        "files": share.files,
        "points": share.points,
        "points_size": _size(share.point_bytes, form),
    }


def _size(size: int, form: str) -> object:
    """Bytes: for people in units, for programs as a number."""
    from trackbook.upkeep.spans import shown_bytes

    return shown_bytes(size) if form == "table" else size
