"""Commands that put a model to work: `trackbook models serve` and `predict`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click

from trackbook.cli.store import store_option

__all__ = ["predict", "serve"]

Command = Callable[..., Any]
#: `-h` is MLflow's short form of --host.
_HELP = {"help_option_names": ["--help"]}


def model_option(command: Command) -> Command:
    """The option that names the model."""
    return click.option(
        "--model-uri", "-m", "uri", metavar="URI", required=True, help="Its address, such as models:/digits@champion."
    )(command)


def use_store(uri: str | None) -> None:
    """Let this process find models in the store that an option names."""
    if uri is not None:
        from trackbook.runs.session import set_tracking_uri

        set_tracking_uri(uri)


@click.command(context_settings=_HELP)
@model_option
@click.option(
    "--port", "-p", type=click.IntRange(0, 65535), default=5000, show_default=True, envvar="MLFLOW_PORT",
    help="0 takes a free one.",
)  # fmt: skip
@click.option(
    "--host", "-h", default="127.0.0.1", show_default=True, envvar="MLFLOW_HOST", help="Address to listen on."
)
@click.option(
    "--timeout", "-t", type=click.FloatRange(0, min_open=True), default=60, show_default=True,
    envvar="MLFLOW_SCORING_SERVER_REQUEST_TIMEOUT", help="Seconds that one request may take.",
)  # fmt: skip
@click.option(
    "--workers", "-w", type=click.IntRange(1, 256), default=1, show_default=True, envvar="MLFLOW_MODELS_WORKERS",
    help="Processes that score; each loads the model.",
)  # fmt: skip
@click.option("--allowed-hosts", metavar="NAMES", default="", help="Names by which a proxy calls it; * for any.")
@store_option
def serve(uri: str, timeout: float, allowed_hosts: str, store_uri: str | None, **options: Any) -> None:
    """Serve a model by HTTP until Ctrl-C: POST /invocations, GET /ping, /health and /version."""
    from trackbook.serving.program import ServingOptions, serve_model

    use_store(store_uri)
    names: Sequence[str] = [name for name in allowed_hosts.split(",") if name.strip()]
    serve_model(uri, ServingOptions(seconds=timeout, allowed_hosts=names, **options), click.echo)


@click.command(context_settings=_HELP)
@model_option
@click.option(
    "--input-path", "-i", metavar="FILE", help="CSV, Parquet, JSON lines or JSON; standard input if left out."
)
@click.option("--output-path", "-o", metavar="FILE", help="For the predictions; standard output if left out.")
@click.option(
    "--content-type", "-t", type=click.Choice(["json", "csv", "parquet", "jsonl"]),
    help="What the input is; what its name says if left out, else JSON.",
)  # fmt: skip
@store_option
def predict(
    uri: str, input_path: str | None, output_path: str | None, content_type: str | None, store_uri: str | None
) -> None:
    """Score a file of any size with a model."""
    from trackbook.models.batch.prediction import predict as score

    use_store(store_uri)
    score(uri, None, input_path, content_type, output_path)
