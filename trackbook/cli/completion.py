"""What the Tab key offers in a shell: `trackbook completion`, and the names that a store holds."""

from __future__ import annotations

import functools
import logging
import os
import shlex
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem, get_completion_class

from trackbook.errors import NotFound, TrackbookError

if TYPE_CHECKING:
    from trackbook.stores.base import Store

__all__ = [
    "artifact_paths",
    "completion",
    "experiment_ids",
    "experiment_names",
    "metric_keys",
    "registered_models",
    "run_ids",
]

_VARIABLE = "_TRACKBOOK_COMPLETE"
_MOST = 200
Offer = tuple[str, str]
Offers = Callable[["Store", click.Context, str], Iterable[Offer]]
Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script that lets a shell complete commands, options and names.

    In ~/.bashrc: eval "$(trackbook completion bash)"
    """
    shells: Any = get_completion_class(shell)
    click.echo(shells(context.find_root().command, {}, "trackbook", _VARIABLE).source())


def _from_store(offers: Offers) -> Completer:
    """A completer that reads the store which the line names so far, makes none, and never says anything."""

    @functools.wraps(offers)
    def complete(context: click.Context, _parameter: click.Parameter, typed: str) -> list[CompletionItem]:
        from trackbook.cli.store import existing_store

        logging.disable()
        try:
            store = existing_store(context.params.get("store_uri"), read_only=True)
            found = [offer for offer in offers(store, context, typed) if offer[0].startswith(typed)]
        except (TrackbookError, OSError):
            return []
        finally:
            logging.disable(logging.NOTSET)
        return [CompletionItem(_quoted(text), help=told) for text, told in found[:_MOST] if text.isprintable()]

    return complete


def _quoted(text: str) -> str:
    """A name as one would type it; zsh and fish quote what they are given, bash does not."""
    return shlex.quote(text) if os.environ.get(_VARIABLE) == "bash_complete" else text


@_from_store
def experiment_ids(store: Store, _context: click.Context, _typed: str) -> Iterable[Offer]:
    """Ids of experiments, told by their names."""
    return [(found.experiment_id, _told(found.name)) for found in store.search_experiments()]


@_from_store
def experiment_names(store: Store, _context: click.Context, _typed: str) -> Iterable[Offer]:
    """Names of experiments."""
    return [(found.name, f"experiment {found.experiment_id}") for found in store.search_experiments()]


@_from_store
def run_ids(store: Store, _context: click.Context, typed: str) -> Iterable[Offer]:
    """Ids of the newest runs, told by their names; deleted runs too, for they can be restored."""
    from trackbook.entities import ViewType
    from trackbook.runs.lookup import all_experiment_ids

    begun = f"attributes.run_id LIKE '{typed}%'" if typed.isalnum() else None
    runs = store.search_runs(all_experiment_ids(store, ViewType.ALL), begun, ViewType.ALL, max_results=_MOST)
    return [(run.info.run_id, _told(run.info.run_name or run.info.status)) for run in runs]


@_from_store
def artifact_paths(store: Store, context: click.Context, typed: str) -> Iterable[Offer]:
    """Paths of a run's artifacts, one folder at a time."""
    from trackbook.runs.artifacts import list_artifacts
    from trackbook.runs.lookup import run_by_id

    run_id = context.params.get("run_id")
    if not run_id:
        raise NotFound("The line names no run yet.")
    files = list_artifacts(store, run_by_id(store, run_id), typed.rpartition("/")[0] or None)
    return [(file.path + "/" if file.is_dir else file.path, "") for file in files]


@_from_store
def metric_keys(store: Store, context: click.Context, _typed: str) -> Iterable[Offer]:
    """Metrics of the run that the line names."""
    from trackbook.runs.lookup import run_by_id

    run = run_by_id(store, str(context.params.get("run")))
    return [(key, "") for key in run.data.metrics]


@_from_store
def registered_models(store: Store, _context: click.Context, typed: str) -> Iterable[Offer]:
    """Names of registered models; behind a slash the versions of one, behind an @ its aliases."""
    from trackbook.runs.session import chosen_registry_uri

    if (chosen := chosen_registry_uri()) and not _context.params.get("store_uri"):
        from trackbook.cli.store import existing_store

        store = existing_store(chosen, read_only=True)
    before = "models:/" if typed.startswith("models:/") else ""
    name, sign, _ = typed.removeprefix(before).partition("@" if "@" in typed else "/")
    if not sign:
        begun = f"name LIKE '{name}%'" if name.isalnum() else None
        found = store.search_registered_models(begun, _MOST)
        return [(before + model.name, _told(model.description or "")) for model in found]
    if sign == "@":
        aliases = store.get_registered_model(name).aliases
        return [(f"{before}{name}@{alias}", f"version {number}") for alias, number in aliases.items()]
    pattern = name.replace("'", "_")
    versions = store.search_model_versions(f"name LIKE '{pattern}'", _MOST, ["version_number DESC"])
    return [
        (f"{before}{name}/{version.version}", version.current_stage) for version in versions if version.name == name
    ]


def _told(text: str) -> str:
    """A short help text on one line, which is what the shells' scripts can show."""
    return "".join(letter if letter.isprintable() else " " for letter in text)[:60]
