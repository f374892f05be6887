"""`trackbook models`: logged and registered models."""

from __future__ import annotations

import click

from trackbook.cli import registered_models, trails
from trackbook.cli.check import check
from trackbook.cli.deploying import COMMANDS as DEPLOYING
from trackbook.cli.serving import predict, serve
from trackbook.cli.trust import trust, verify

__all__ = ["models"]


@click.group()
def models() -> None:
    """Logged and registered models."""


for command in (*registered_models.COMMANDS, check, *DEPLOYING, trails.audit, predict, serve, trust, verify):
    models.add_command(command)
