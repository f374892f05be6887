"""The command `trackbook`: its groups put together, and errors of ours shown as sentences."""

from __future__ import annotations

from typing import Any

import click

from trackbook.cli.pages import demo, ui
from trackbook.errors import TrackbookError
from trackbook.libraries import installed_version, mixed_versions

__all__ = ["main"]


class _Commands(click.Group):
    """Shows an error of ours as a sentence."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except TrackbookError as error:
            raise click.ClickException(error.message) from error


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
def main() -> None:
    """Experiment tracking that lives in the notebook."""


for command in (demo, ui):
    main.add_command(command)
