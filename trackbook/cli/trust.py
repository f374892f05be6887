"""`trackbook models trust` and `verify`: which models may run code here, and whether their files are whole."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from trackbook.cli.model_names import address_of, existing_stores
from trackbook.cli.output import format_option, say, show
from trackbook.cli.store import store_option

if TYPE_CHECKING:
    from trackbook.runs.model_addresses import Located

__all__ = ["trust", "verify"]

_DIGEST = re.compile("[0-9a-f]{64}")


@click.command()
@click.argument("models", metavar="[MODEL|DIGEST]...", nargs=-1)
@click.option("--imported", is_flag=True, help="Trust the models that were imported into the store, after a list.")
@click.option("--forget", is_flag=True, help="Take the trust away again.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@format_option
@store_option
def trust(models: Sequence[str], imported: bool, forget: bool, yes: bool, form: str, store_uri: str | None) -> None:
    """Let models run the code that came with them when you load them, or list those that may.

    A model is named by its address (models:/NAME/VERSION, models:/m-..., runs:/..., a path) or by the digest that an
    error gave. Trust is yours alone: it is kept in a file of your configuration folder.
    """
    from trackbook.models import trust as rules

    if not models and not imported:
        show([{"digest": digest, "since": since, "model": what} for digest, since, what in rules.trusted()], form)
        return
    found = [_digest(model, store_uri) for model in models]
    if imported:
        found += _imported(store_uri)
        for digest, name in found:
            say(f"{digest} {name}")
        if not found:
            say("No model of this store was imported.")
        elif not yes:
            click.confirm("Trust them all?", abort=True, err=True)
    for digest, name in found:
        if forget:
            rules.forget(digest)
            say(f"Not trusted any more: {digest} ({name})")
        else:
            rules.remember(digest, name)
            say(f"Trusted from now on: {digest} ({name})")


def _digest(model: str, store_uri: str | None) -> tuple[str, str]:
    if _DIGEST.fullmatch(model):
        return model, "by its digest"
    from trackbook.models.fetching import digest_of

    digest, _ = digest_of(_located(model, store_uri))
    return digest, model


def _located(model: str, store_uri: str | None) -> Located:
    """Where a model lies: a path that is there, an address, or NAME/VERSION."""
    if os.path.exists(model):
        from trackbook.runs.model_addresses import locate

        return locate(model)
    return existing_stores(store_uri).locate(model if ":/" in model else address_of(model))


def _imported(store_uri: str | None) -> list[tuple[str, str]]:
    from trackbook.entities.digests import manifest_digest
    from trackbook.models.trust import IMPORTED_TAG
    from trackbook.runs.lookup import all_experiment_ids
    from trackbook.runs.queries import all_pages

    store = existing_stores(store_uri).tracking
    experiments = all_experiment_ids(store)
    wanted = f"tags.`{IMPORTED_TAG}` IS NOT NULL"
    models = all_pages(
        lambda size, token: store.search_logged_models(experiments, wanted, None, size, None, token), None
    )
    return [(manifest_digest(store.logged_model_files(model.model_id)), model.model_uri) for model in models]


@click.command()
@click.argument("model", metavar="MODEL")
@store_option
def verify(model: str, store_uri: str | None) -> None:
    """Read every byte of a model, and say whether they are what was stored; it ends with 1 if they are not."""
    from trackbook.errors import DamagedArtifact
    from trackbook.models.fetching import fetched

    try:
        with fetched(_located(model, store_uri)) as copy:
            known = "" if copy.located.files is not None else ", of which nobody has noted what they should be"
            size = sum(file.size for file in copy.files)
            say(f"{model} is whole: {len(copy.files)} files, {size} bytes, digest {copy.digest}{known}")
    except DamagedArtifact as error:
        click.echo(str(error), err=True)
        raise click.exceptions.Exit(1) from None
