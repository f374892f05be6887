"""`trackbook models`: what is done with models and the registry from a shell."""

from __future__ import annotations

import click

from trackbook.cli.serving import serve

__all__ = ["models"]


@click.group()
def models() -> None:
    """Models: find them, move them on, and put them to work."""


for command in (serve,):
    models.add_command(command)
