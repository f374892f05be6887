"""Options that several commands share, and what their values mean."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from trackbook.cli.completion import experiment_ids, experiment_names, run_ids
from trackbook.errors import NotFound

if TYPE_CHECKING:
    from trackbook.entities import Experiment
    from trackbook.stores.base import Store

__all__ = [
    "chosen_experiments",
    "experiment_options",
    "experiments_options",
    "force_option",
    "named_experiment",
    "pairs",
    "run_option",
    "view_option",
]

Command = TypeVar("Command", bound=Callable[..., Any])
_VIEWS = ("active_only", "deleted_only", "all")


def run_option(command: Command) -> Command:
    """`--run-id`, which reaches a command as `run_id`, for `trackbook.runs.lookup.run_by_id`."""
    return click.option(
        "--run-id",
        "-r",
        metavar="RUN",
        required=True,
        shell_complete=run_ids,
        help="Id of the run, or the beginning of it: 4 digits at least.",
    )(command)


def force_option(command: Command) -> Command:
    """`--force`, which reaches a command as `force`."""
    return click.option(
        "--force",
        is_flag=True,
        help="Also if registered versions came from it; their files stay.",
    )(command)


def view_option(command: Command) -> Command:
    """`--view`, which reaches a command as the number that searches take."""
    return click.option(
        "--view",
        "-v",
        type=click.Choice(_VIEWS, case_sensitive=False),
        default="active_only",
        show_default=True,
        callback=_view,
        help="Which of them: active, deleted or all.",
    )(command)


def _view(_context: click.Context, _parameter: click.Parameter, value: str) -> int:
    return _VIEWS.index(value) + 1  # as ViewType has them


def experiment_options(command: Command) -> Command:
    """`--experiment-id` and `--experiment-name`, for `named_experiment`."""
    by_id = click.option("--experiment-id", "-x", metavar="ID", shell_complete=experiment_ids, help="The experiment.")
    by_name = click.option(
        "--experiment-name", "-n", metavar="NAME", shell_complete=experiment_names, help="Its name, instead of its id."
    )
    return by_id(by_name(command))


def experiments_options(command: Command) -> Command:
    """The same, repeatable, as `experiment_ids` and `experiment_names`, for `chosen_experiments`."""
    by_id = click.option(
        "--experiment-id",
        "-x",
        "experiment_ids",
        metavar="ID",
        multiple=True,
        shell_complete=experiment_ids,
        help="Look in this experiment; repeatable. Else in the one of the settings, else in all.",
    )
    by_name = click.option(
        "--experiment-name",
        "-n",
        "experiment_names",
        metavar="NAME",
        multiple=True,
        shell_complete=experiment_names,
        help="The same by name; repeatable.",
    )
    return by_id(by_name(command))


def named_experiment(store: Store, experiment_id: str | None, experiment_name: str | None) -> Experiment:
    """The experiment that one of two options names; a deleted one too."""
    if (experiment_id is None) == (experiment_name is None):
        raise click.UsageError("Give one of --experiment-id and --experiment-name.")
    if experiment_id is not None:
        return store.get_experiment(experiment_id)
    return _by_name(store, str(experiment_name))


def _by_name(store: Store, name: str) -> Experiment:
    found = store.get_experiment_by_name(name)
    if found is None:
        raise NotFound(f"There is no experiment named {name!r}; `trackbook experiments search` lists them.")
    return found


def chosen_experiments(store: Store, ids: Iterable[str], names: Iterable[str]) -> list[str]:
    """The ids of the experiments to look in: those named, else the one of the settings, else all that are active."""
    from trackbook.config import read_settings
    from trackbook.runs.lookup import all_experiment_ids
    from trackbook.runs.queries import known_experiments

    chosen = [*known_experiments(store, list(ids)), *(_by_name(store, name).experiment_id for name in names)]
    if chosen:
        return chosen
    settings = read_settings()
    if settings.experiment_id:
        return known_experiments(store, [settings.experiment_id])
    if settings.experiment_name:
        return [_by_name(store, settings.experiment_name).experiment_id]
    return all_experiment_ids(store)


def pairs(option: str, texts: Sequence[str]) -> dict[str, str]:
    """`key=value` texts of a repeatable option; only the first `=` divides, so a value may have more of them."""
    found: dict[str, str] = {}
    for text in texts:
        key, sign, value = text.partition("=")
        if not sign:
            raise click.UsageError(f"{option} takes KEY=VALUE, not {text!r}.")
        if key in found:
            raise click.UsageError(f"{option} gives {key!r} twice.")
        found[key] = value
    return found
