"""Commands that end in a page served by Voila: `trackbook ui` and `trackbook demo`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from trackbook.cli.store import store_option

__all__ = ["demo", "ui"]

Command = Callable[..., Any]


def _page_options(command: Command) -> Command:
    """The options of every command that ends in a page."""
    for option in (
        click.argument("voila", nargs=-1, type=click.UNPROCESSED),
        click.option("--theme", type=click.Choice(["light", "dark"]), default="light", help="light, or dark."),
        click.option(
            "--user-header", metavar="NAME", help="Header by which your proxy names the user: X-Forwarded-User."
        ),
        click.option(
            "--max-viewers", type=click.IntRange(0), default=20, show_default=True, help="At once; 0 for any number."
        ),
        click.option(
            "--preheat", type=click.IntRange(0), default=0, show_default=True, help="Kernels kept warm for viewers."
        ),
        click.option("--base-url", default="/", show_default=True, help="Path of the page behind a proxy."),
        click.option(
            "--port", type=click.IntRange(1, 65535), default=5000, show_default=True, help="Or the next free one."
        ),
        click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on."),
    ):
        command = option(command)
    return command


@click.command()
@store_option
@click.option(
    "--read-only", is_flag=True, help="Forbid changes, and adopt nothing that a dead process left in its journal."
)
@_page_options
def ui(store_uri: str | None, read_only: bool, **page: Any) -> None:
    """Show the runs of a store on a page served by Voila.

    Whoever has the address with its token may change runs and models, unless --read-only forbids it.
    Options for Voila follow two dashes: trackbook ui -- --show_tracebacks=True
    """
    from trackbook.dashboard.opening import prepare_store

    uri = prepare_store(store_uri, read_only, click.echo)
    _serve(uri, {**page, "read_only": read_only})


@click.command()
@click.option(
    "--folder", type=click.Path(path_type=Path), default="trackbook-demo", show_default=True, help="For its runs."
)
@click.option("--no-ui", is_flag=True, help="Train, and do not open the page.")
@_page_options
def demo(folder: Path, no_ui: bool, **page: Any) -> None:
    """Train some 40 small models on real data sets, then show their page."""
    from trackbook.demo.training import run_demo

    uri = run_demo(folder.absolute(), click.echo)
    if not no_ui:
        _serve(uri, page)


def _serve(uri: str, page: dict[str, Any]) -> None:
    from trackbook.dashboard.host import PageOptions, serve_page

    serve_page(uri, PageOptions(**page), lambda address: click.echo(f"Trackbook is at {address}"))
