"""`trackbook db`: upgrade, check, back up, restore and recover a store's database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from trackbook.cli.output import format_option, say, show

if TYPE_CHECKING:
    from trackbook.upkeep.checking import Soundness

__all__ = ["db"]

_uri = click.argument("uri", required=False)


class _Folder(click.Path):
    """A local folder. Where an address of a server was given instead, its login is not shown with it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        from trackbook.uris import strip_user_info

        return Path(strip_user_info(str(value)))


def _named(uri: str | None) -> str:
    """A store as it was named, or the one that the settings name or that is found from here."""
    from trackbook.runs.session import get_tracking_uri

    return uri or get_tracking_uri()


@click.group()
def db() -> None:
    """The database of a store. URI is a path or a URI; the store that is found from here if left out."""


@db.command()
@_uri
def upgrade(uri: str | None) -> None:
    """Bring the tables of a database up to date; a file is copied first, and the copy kept."""
    from trackbook.upkeep.upgrading import upgrade_store

    done = upgrade_store(_named(uri))
    if done.before == done.after:
        say(f"The database has schema {done.after}, which is the present one.")
    else:
        say(f"Upgraded from schema {done.before} to {done.after}.")


@db.command()
@_uri
@format_option
def check(uri: str | None, form: str) -> None:
    """Check that a database is whole; ends with 1 if it is not. What waits in journals is shown, and is no fault."""
    from trackbook.upkeep.backups.backup import database_file
    from trackbook.upkeep.checking import check_database, check_server
    from trackbook.uris import parse_store_uri

    parsed = parse_store_uri(_named(uri))
    found = check_server(parsed) if parsed.kind == "sql" else check_database(database_file(parsed.uri, exists=True))
    show(list(_rows(found)), form, ["check", "ok", "found"])
    if not found.sound:
        raise SystemExit(1)


def _rows(found: Soundness) -> Iterator[dict[str, object]]:
    yield {"check": "schema", "ok": found.schema_fits, "found": found.schema}
    for name, faults in (("integrity", found.faults), ("contents", found.contents), ("references", found.strays)):
        for fault in faults or ["ok"]:
            yield {"check": name, "ok": not faults, "found": fault}
    for journal in found.journals:
        whose = "a running process" if journal.alive else "a process that is gone"
        yield {"check": "journal", "ok": True, "found": f"{journal.waiting} bytes of {whose} wait in {journal.path}"}
    if not found.journals:
        yield {"check": "journal", "ok": True, "found": "nothing waits"}


@db.command()
@_uri
@click.option("--into", type=click.Path(path_type=Path), help="A new folder; one beside the database else.")
@click.option("--artifacts", is_flag=True, help="Copy the artifacts that lie beside the database too.")
def backup(uri: str | None, into: Path | None, artifacts: bool) -> None:
    """Copy a store while it is in use, and check the copy."""
    from trackbook.upkeep.backups.backup import backup as take
    from trackbook.upkeep.backups.manifest import read_manifest

    folder = take(_named(uri), into, artifacts=artifacts)
    manifest = read_manifest(folder)
    say(f"The backup is {folder}: {manifest.rows.get('runs', 0)} runs, {manifest.size} bytes of database.")
    if manifest.artifacts is None:
        say("Artifacts are not in it: copy their folder afterwards, or use --artifacts.")
    else:
        say(f"{len(manifest.artifacts)} artifacts are in it.")
    for place in manifest.elsewhere:
        say(f"Artifacts that an experiment keeps in {place} are not in it.")


@db.command()
@click.argument("folder", type=_Folder())
@_uri
@click.option("--force", is_flag=True, help="Put a store that is there aside.")
@click.option("--verify", is_flag=True, help="Check the backup and change nothing.")
def restore(folder: Path, uri: str | None, force: bool, verify: bool) -> None:
    """Check a backup, then make it the store at URI. What it replaces is kept beside it."""
    from trackbook.upkeep.backups.backup import verify_backup
    from trackbook.upkeep.backups.restoring import restore as bring_back

    if verify:
        manifest = verify_backup(folder)
        say(f"{folder} is whole: made {manifest.made} of {manifest.source}, {manifest.rows.get('runs', 0)} runs.")
        return
    done = bring_back(folder, _named(uri), force=force)
    say(f"Restored {done.path}.")
    if done.kept is not None:
        say(f"The store that was there is kept in {done.kept}")
    for path in done.unlike:
        say(f"{path} was there with another content, and stays.")


@db.command()
@click.argument("path")
@click.option("--into", type=click.Path(path_type=Path), required=True, help="A new file.")
@format_option
def recover(path: str, into: Path, form: str) -> None:
    """Bring every row of a damaged database file that can be read into a new one."""
    from trackbook.upkeep.backups.backup import database_file
    from trackbook.upkeep.recovery.recovery import recover as salvage

    done = salvage(database_file(path, exists=True), into.absolute())
    rows = [
        {"table": name, "rows": count, "complete": name not in done.torn, "made up": done.stand_ins.get(name, 0)}
        for name, count in done.rows.items()
    ]
    show(rows, form)
