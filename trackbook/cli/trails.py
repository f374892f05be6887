"""`trackbook models audit`: who changed what in a registry, and whether that is still what was written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from trackbook.cli.completion import registered_models
from trackbook.cli.model_names import existing_stores
from trackbook.cli.output import format_option, instant, say, show
from trackbook.cli.store import store_option
from trackbook.cli.table import visible

if TYPE_CHECKING:
    from trackbook.entities import AuditEntry
    from trackbook.stores.base import Store

__all__ = ["audit"]

_COLUMNS = ("seq", "time", "actor", "action", "name", "version", "before", "after")


@click.command()
@click.option("--name", "-n", metavar="NAME", shell_complete=registered_models, help="Only of this registered model.")
@click.option("--head", is_flag=True, help="Print where the trail ends, as SEQ:HASH, to be kept elsewhere.")
@click.option(
    "--verify", metavar="SEQ:HASH", help="Check the trail, and that it goes through an end that --head once printed."
)
@format_option
@click.pass_context
@store_option
def audit(
    context: click.Context, name: str | None, head: bool, verify: str | None, form: str, store_uri: str | None
) -> None:
    """List who changed what in the registry, and check that nothing of it was edited, removed or cut off.

    It ends with 1 if something was.
    """
    from trackbook.registry.audit import check_trail, every_entry, parse_head

    kept = parse_head(verify) if verify is not None else None
    store = existing_stores(store_uri).registry
    check = check_trail(store, kept)
    if head:
        click.echo(str(check.head))
    elif verify is None:
        show([_row(entry, form) for entry in every_entry(store, name)], form, None if form == "json" else _COLUMNS)
    wrong = check.faults or ([] if head else _untraced(store))
    for fault in wrong:
        click.echo(visible(fault), err=True)
    if wrong:
        context.exit(1)
    if verify is not None:
        say(f"The audit trail is whole: {check.entries} entries, through {kept}.")


def _untraced(store: Store) -> list[str]:
    from trackbook.registry.replay import untraced_changes

    found = untraced_changes(store)
    if found is None:
        click.echo("What the registry holds was not compared with its trail: others are changing it.", err=True)
    return found or []


def _row(entry: AuditEntry, form: str) -> dict[str, object]:
    row: dict[str, object] = {name: getattr(entry, name) for name in entry.__dataclass_fields__}
    row["time"] = instant(entry.time)
    if form == "json":
        row |= {side: json.loads(text) if (text := getattr(entry, side)) else None for side in ("before", "after")}
    return row
