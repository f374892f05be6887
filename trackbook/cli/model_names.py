"""How a command line names a registered model or a version, and in which registry it is looked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from trackbook.cli.completion import registered_models
from trackbook.cli.store import existing_store, store_to_fill

if TYPE_CHECKING:
    from trackbook.entities import ModelVersion
    from trackbook.registry.versions import Stores

__all__ = ["address_of", "existing_stores", "model_argument", "named_version", "stores_to_fill", "version_argument"]

Command = TypeVar("Command", bound=Callable[..., Any])


def model_argument(command: Command) -> Command:
    """The name of a registered model, which reaches a command as `name`."""
    return click.argument("name", shell_complete=registered_models)(command)


def version_argument(command: Command) -> Command:
    """The address of a version, which reaches a command as `model`, for `named_version`."""
    return click.argument("model", metavar="NAME/VERSION", shell_complete=registered_models)(command)


def existing_stores(uri: str | None) -> Stores:
    """The store that `--backend-store-uri` names, for runs and registry; else those of the settings.

    The registry is there already; the store of the runs may not be needed.
    """
    from trackbook.registry.versions import Stores
    from trackbook.runs.session import chosen_registry_uri, get_tracking_uri

    chosen = None if uri else chosen_registry_uri()
    if chosen:
        return Stores(get_tracking_uri(), existing_store(chosen).uri)
    found = existing_store(uri).uri
    return Stores(found, found)


def stores_to_fill(uri: str | None) -> Stores:
    """The same, made if they are not there."""
    from trackbook.registry.versions import Stores
    from trackbook.runs.session import chosen_registry_uri

    tracking = store_to_fill(uri).uri
    return Stores(tracking, (None if uri else chosen_registry_uri()) or tracking)


def address_of(model: str) -> str:
    """The address of ``digits/3``, ``digits@champion`` or ``digits/Production``, also with ``models:/`` before it."""
    return model if model.lower().startswith("models:") else f"models:/{model}"


def named_version(stores: Stores, model: str) -> ModelVersion:
    """The version that a line names.

    Raises:
        NotFound: there is no such model or version.
        InvalidParameter: it names no version.
    """
    from trackbook.errors import InvalidParameter
    from trackbook.runs.model_addresses import resolve_version
    from trackbook.uris import parse_model_uri

    parsed = parse_model_uri(address_of(model))
    if not parsed.name or parsed.path:
        raise InvalidParameter(f"{model!r:.100} names no version; write NAME/VERSION, NAME/STAGE or NAME@ALIAS.")
    return resolve_version(parsed, stores.registry)
