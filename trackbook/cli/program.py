"""The command `trackbook`: its groups put together, and errors of ours shown as sentences."""

from __future__ import annotations

from typing import Any

import click

from trackbook.cli.pages import demo, ui
from trackbook.errors import TrackbookError

__all__ = ["main"]


class _Commands(click.Group):
    """Shows an error of ours as a sentence."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except TrackbookError as error:
            raise click.ClickException(error.message) from error


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="trackbook", prog_name="trackbook", message="%(prog)s %(version)s")
def main() -> None:
    """Experiment tracking that lives in the notebook."""


for command in (demo, ui):
    main.add_command(command)
