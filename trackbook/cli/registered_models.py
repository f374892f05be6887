"""Commands about registered models and versions: list, show, register, move, name, describe, tag, delete and copy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from trackbook.cli.completion import registered_models
from trackbook.cli.model_names import (
    address_of,
    existing_stores,
    model_argument,
    named_version,
    stores_to_fill,
    version_argument,
)
from trackbook.cli.options import pairs
from trackbook.cli.output import format_option, instant, say, show, show_document
from trackbook.cli.store import store_option

if TYPE_CHECKING:
    from trackbook.entities import ModelVersion, RegisteredModel
    from trackbook.registry.versions import Stores
    from trackbook.stores.base import Store

__all__ = ["COMMANDS"]

_MODEL_COLUMNS = ("name", "latest_version", "stages", "aliases", "last_updated")
_VERSION_COLUMNS = ("version", "stage", "aliases", "run_id", "model_id", "user", "created", "description")
_STAGES = ("None", "Staging", "Production", "Archived")
_tag_option = click.option("--tags", "-t", metavar="KEY=VALUE", multiple=True, help="A tag; repeatable.")
_force_option = click.option(
    "--force", is_flag=True, help="Also without the evaluation that the model asks for; the audit trail notes it."
)
_yes_option = click.option("--yes", "-y", is_flag=True, help="Do not ask.")


@click.command("list")
@click.option(
    "--filter", "filter_string", metavar="FILTER", help="Such as: name LIKE 'digits%' AND tags.team = 'vision'"
)
@click.option("--order-by", metavar="COLUMN", multiple=True, help="Such as 'last_updated_timestamp DESC'; repeatable.")
@click.option("--max-results", type=click.IntRange(min=0), help="At most so many.")
@format_option
@store_option
def list_models(
    filter_string: str | None, order_by: Sequence[str], max_results: int | None, form: str, store_uri: str | None
) -> None:
    """List registered models, by name."""
    from trackbook.runs.queries import all_pages

    find = existing_stores(store_uri).registry.search_registered_models
    found = all_pages(lambda size, token: find(filter_string, min(size, 1_000), order_by, token), max_results)
    rows = [_model_row(model, form) for model in found]
    show(rows, form, _MODEL_COLUMNS if form == "table" else [*_MODEL_COLUMNS, "created", "description", "tags"])


def _model_row(model: RegisteredModel, form: str) -> dict[str, object]:
    newest = max((version.version for version in model.latest_versions), default=None)
    stages = {version.current_stage: version.version for version in model.latest_versions}
    stages.pop("None", None)
    return {
        "name": model.name,
        "latest_version": newest,
        "stages": _listed(stages, form),
        "aliases": _listed(model.aliases, form),
        "last_updated": instant(model.last_updated_timestamp),
        "created": instant(model.creation_timestamp),
        "description": model.description,
        "tags": model.tags,
    }


def _listed(versions: Mapping[str, int], form: str) -> object:
    """Names with the versions that they mean, in a table as a person writes them."""
    return ", ".join(f"{name}: {number}" for name, number in versions.items()) if form == "table" else versions


def _version_row(version: ModelVersion, form: str) -> dict[str, object]:
    return {
        "version": version.version,
        "stage": version.current_stage,
        "aliases": ", ".join(version.aliases) if form == "table" else version.aliases,
        "run_id": version.run_id,
        "model_id": version.model_id,
        "user": version.user_id,
        "created": instant(version.creation_timestamp),
        "description": version.description,
        "tags": version.tags,
    }


@click.command("show")
@model_argument
@click.option("--filter", "filter_string", metavar="FILTER", help="Only versions such as: stage = 'Production'")
@format_option
@store_option
def show_model(name: str, filter_string: str | None, form: str, store_uri: str | None) -> None:
    """Show a registered model with its versions, the newest first; as JSON or CSV the versions alone."""
    registry = existing_stores(store_uri).registry
    model = registry.get_registered_model(name)
    versions = [_version_row(version, form) for version in _versions_of(registry, model.name, filter_string)]
    if form != "table":
        show(versions, form, [*_VERSION_COLUMNS, "tags"])
        return
    facts = _model_row(model, form)
    tags = [{"tag": key, "value": value} for key, value in model.tags.items()]
    told = [{"model": key, model.name: value} for key, value in facts.items() if key not in ("name", "tags")]
    for rows in (told, tags, versions):
        if rows:
            click.echo(nl=rows is not told)
            show(rows, form, _VERSION_COLUMNS if rows is versions else None)


def _versions_of(registry: Store, name: str, filter_string: str | None) -> list[ModelVersion]:
    from trackbook.runs.queries import all_pages

    # within single quotes a filter knows no quote: there a pattern, and what else it fits is left out below
    named = f"name = '{name}'" if "'" not in name else f"name LIKE '{name.replace(chr(39), '_')}'"
    wanted = f"{named} AND ({filter_string})" if filter_string else named
    order = ["version_number DESC"]
    found = all_pages(lambda size, token: registry.search_model_versions(wanted, size, order, token), None)
    return [version for version in found if version.name == name]


@click.command()
@click.argument("address")
@click.argument("name", shell_complete=registered_models)
@_tag_option
@click.option("--description", metavar="TEXT", help="Of the version, as Markdown.")
@store_option
def register(address: str, name: str, tags: Sequence[str], description: str | None, store_uri: str | None) -> None:
    """Make the next version of the registered model NAME of the model at ADDRESS.

    ADDRESS is models:/m-..., runs:/<run_id>/<name>, models:/<name>/<version> or a folder.
    """
    from trackbook.registry.versions import create_version
    from trackbook.stores.registry import NewVersion

    wanted = NewVersion(name, address, tags=pairs("--tags", tags), description=description, make_model=True)
    made = create_version(stores_to_fill(store_uri), wanted, whole_model=True)
    say(f"Created version {made.version} of model '{made.name}' ({made.source}).")


@click.command()
@version_argument
@click.argument("stage", type=click.Choice(_STAGES, case_sensitive=False))
@click.option("--archive-existing-versions", "-a", is_flag=True, help="Archive the other versions of that stage.")
@_force_option
@store_option
def transition(model: str, stage: str, archive_existing_versions: bool, force: bool, store_uri: str | None) -> None:
    """Move a version to a stage."""
    from trackbook.registry import promotion

    stores = existing_stores(store_uri)
    found = named_version(stores, model)
    moved = promotion.transition(stores, found.name, found.version, stage, archive_existing_versions, force)
    say(f"Version {moved.version} of model '{moved.name}' is in the stage {moved.current_stage}.")


@click.command()
@version_argument
@click.argument("alias")
@click.option("--delete", is_flag=True, help="Drop the alias, of whichever version.")
@_force_option
@store_option
def alias(model: str, alias: str, delete: bool, force: bool, store_uri: str | None) -> None:
    """Point an alias at a version: models:/NAME@ALIAS then means that one."""
    from trackbook.registry import promotion

    stores = existing_stores(store_uri)
    if delete:
        name = _name_in(model)
        stores.registry.delete_registered_model_alias(name, alias)
        say(f"Model '{name}' has no alias '{alias}'.")
        return
    found = named_version(stores, model)
    promotion.point_alias(stores, found.name, alias, found.version, force)
    say(f"models:/{found.name}@{alias} is version {found.version}.")


def _name_in(model: str) -> str:
    """The name in ``digits``, ``digits/3`` or ``models:/digits@champion``."""
    return address_of(model).removeprefix("models:/").partition("/")[0].partition("@")[0]


@click.command()
@click.argument("model", metavar="NAME[/VERSION]", shell_complete=registered_models)
@click.argument("text", required=False)
@store_option
def describe(model: str, text: str | None, store_uri: str | None) -> None:
    """Print everything about a registered model or a version as JSON, or give it the description TEXT."""
    stores = existing_stores(store_uri)
    name, number = _meant(stores, model)
    registry = stores.registry
    if text is not None and number is None:
        registry.update_registered_model(name, text)
    elif text is not None:
        registry.update_model_version(name, int(number or 0), text)
    else:
        found = registry.get_registered_model(name) if number is None else registry.get_model_version(name, number)
        show_document(found.to_dictionary())
        return
    say(f"{_what(name, number)} has a new description.".capitalize())


def _meant(stores: Stores, model: str) -> tuple[str, int | None]:
    """A registered model's name, and the number of a version if the line names one."""
    text = address_of(model).removeprefix("models:/")
    if "/" not in text and "@" not in text:
        return stores.registry.get_registered_model(text).name, None
    found = named_version(stores, model)
    return found.name, found.version


def _what(name: str, number: int | None) -> str:
    return f"model '{name}'" if number is None else f"version {number} of model '{name}'"


@click.command()
@click.argument("model", metavar="NAME[/VERSION]", shell_complete=registered_models)
@_tag_option
@click.option("--delete", "-d", metavar="KEY", multiple=True, help="Remove a tag; repeatable.")
@store_option
def tag(model: str, tags: Sequence[str], delete: Sequence[str], store_uri: str | None) -> None:
    """Set and remove tags of a registered model or of a version."""
    stores = existing_stores(store_uri)
    given = pairs("--tags", tags)
    if not given and not delete:
        raise click.UsageError("Give --tags or --delete.")
    name, number = _meant(stores, model)
    registry = stores.registry
    for key, value in given.items():
        if number is None:
            registry.set_registered_model_tag(name, key, value)
        else:
            registry.set_model_version_tag(name, number, key, value)
    for key in delete:
        if number is None:
            registry.delete_registered_model_tag(name, key)
        else:
            registry.delete_model_version_tag(name, number, key)
    say(f"{_what(name, number)} has its tags.".capitalize())


@click.command()
@click.argument("model", metavar="NAME[/VERSION]", shell_complete=registered_models)
@_yes_option
@store_option
def delete(model: str, yes: bool, store_uri: str | None) -> None:
    """Delete a version, or a registered model with all of them, for good; the files stay with the logged models."""
    stores = existing_stores(store_uri)
    name, number = _meant(stores, model)
    if not yes:
        many = "" if number else f" with its {len(_versions_of(stores.registry, name, None))} versions"
        say(f"This deletes {_what(name, number)}{many} for good.")
        click.confirm("Go on?", abort=True)
    if number is None:
        stores.registry.delete_registered_model(name)
    else:
        stores.registry.delete_model_version(name, number)
    say(f"Deleted {_what(name, number)}.")


@click.command()
@version_argument
@click.argument("name", shell_complete=registered_models)
@store_option
def copy(model: str, name: str, store_uri: str | None) -> None:
    """Make a version of the registered model NAME of a version of another one, with the same files."""
    from trackbook.registry.versions import copy_version

    made = copy_version(existing_stores(store_uri), address_of(model), name)
    say(f"Created version {made.version} of model '{made.name}' ({made.source}).")


@click.command()
@click.argument("address", shell_complete=registered_models)
@click.option("--dst-path", "-d", type=click.Path(), help="Folder to copy to; a new private one if left out.")
@store_option
def download(address: str, dst_path: str | None, store_uri: str | None) -> None:
    """Copy the files of a model to a local folder, checked against their hashes, and print the path of the copy.

    ADDRESS is NAME/VERSION, NAME/STAGE, NAME@ALIAS, models:/m-... or runs:/<run_id>/<name>.
    """
    from trackbook.runs.addresses import download_artifacts

    stores = existing_stores(store_uri)
    where = address if ":" in address.partition("/")[0] else address_of(address)
    click.echo(
        download_artifacts(where, dst_path=dst_path, tracking_uri=stores.tracking_uri, registry_uri=stores.registry_uri)
    )


#: In the order in which they are met.
COMMANDS = (list_models, show_model, register, transition, alias, describe, tag, delete, copy, download)
