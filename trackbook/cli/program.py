"""The command `trackbook`: its groups put together, and errors of ours shown as sentences."""

from __future__ import annotations

import errno
import os
import sys
from typing import Any

import click

from trackbook.cli.artifacts import artifacts
from trackbook.cli.completion import completion
from trackbook.cli.db import db
from trackbook.cli.deploying import deployments, sagemaker
from trackbook.cli.experiments import experiments
from trackbook.cli.models import models
from trackbook.cli.pages import demo, ui
from trackbook.cli.runs import runs
from trackbook.cli.table import visible
from trackbook.cli.upkeep import doctor, du, gc
from trackbook.errors import TrackbookError
from trackbook.libraries import installed_version, mixed_versions

__all__ = ["main"]

_INTERRUPTED = 130  # 128 + SIGINT, as shells have it


class _Commands(click.Group):
    """Shows an error of ours, or of the machine, as a sentence, and ends 130 after Ctrl-C."""

    def invoke(self, ctx: click.Context) -> Any:
        _write_whatever_comes()
        try:
            return super().invoke(ctx)
        except TrackbookError as error:
            raise click.ClickException(visible(error.message, keep="\n")) from error
        except OSError as error:
            if error.errno == errno.EPIPE:  # who reads our answer has seen enough, as `head` has
                raise
            raise click.ClickException(visible(_told(error))) from error
        except KeyboardInterrupt:
            click.echo("\nInterrupted.", err=True)
            ctx.exit(_INTERRUPTED)


def _write_whatever_comes() -> None:
    """A terminal that lacks a letter gets an escape for it instead of an error."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _told(error: OSError) -> str:
    what = error.strerror or str(error)
    return f"{what}: {os.fsdecode(error.filename)}" if isinstance(error.filename, (str, bytes)) else what


def _load_environment(_context: click.Context, _parameter: click.Parameter, path: str | None) -> None:
    if path is not None:
        from dotenv import load_dotenv

        try:
            load_dotenv(path, override=False)
        except ValueError as error:
            raise click.BadParameter(f"{path} is no text in UTF-8.") from error


def _show_version(context: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if wanted:
        click.echo(f"trackbook {installed_version()}")
        if wrong := mixed_versions():
            click.echo(f"Warning: {wrong}", err=True)
        context.exit()


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version, help="Show it and exit."
)
@click.option(
    "--env-file",
    type=click.Path(exists=True, dir_okay=False),
    callback=_load_environment,
    is_eager=True,
    expose_value=False,
    help="A file of NAME=value lines, for settings that the environment does not have.",
)
def main() -> None:
    """Experiment tracking that lives in the notebook."""


for command in (artifacts, completion, db, demo, deployments, doctor, du, experiments, gc, models, runs, sagemaker, ui):
    main.add_command(command)
