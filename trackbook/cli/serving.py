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


def environment_options(command: Command) -> Command:
    """The options that say in which environment a model works."""
    manager = click.option(
        "--env-manager", type=click.Choice(["local", "virtualenv", "uv"]), default="local", show_default=True,
        help="This environment, or one made for the model.",
    )  # fmt: skip
    unused = click.option(
        "--install-mlflow", is_flag=True, help="Taken for MLflow's sake; what scores is always there."
    )
    return manager(unused(command))


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
@click.option("--no-conda", is_flag=True, help="Taken for MLflow's sake: --env-manager local.")
@environment_options
@store_option
def serve(
    uri: str, timeout: float, allowed_hosts: str, env_manager: str, store_uri: str | None, **options: Any
) -> None:
    """Serve a model by HTTP until Ctrl-C: POST /invocations, GET /ping, /health and /version."""
    from trackbook.serving.collector import paused

    use_store(store_uri)
    local = options.pop("no_conda") or env_manager == "local"
    options.pop("install_mlflow")
    names: Sequence[str] = [name for name in allowed_hosts.split(",") if name.strip()]
    with paused():
        from trackbook.serving.program import ServingOptions, serve_elsewhere, serve_model

        chosen = ServingOptions(seconds=timeout, allowed_hosts=names, **options)
        serve_model(uri, chosen, click.echo) if local else serve_elsewhere(uri, chosen, env_manager)


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
@click.option("--pip-requirements-override", "-r", metavar="LINES", help="For the environment; with commas between.")
@click.option("--env", "variables", metavar="NAME=VALUE", multiple=True, help="A variable for it; repeatable.")
@environment_options
@store_option
def predict(uri: str, store_uri: str | None, variables: Sequence[str], **options: Any) -> None:
    """Score a file of any size with a model."""
    from trackbook.cli.options import pairs
    from trackbook.models.batch.prediction import predict as score

    use_store(store_uri)
    if (lines := options["pip_requirements_override"]) is not None:
        options["pip_requirements_override"] = [line.strip() for line in lines.split(",")]
    score(uri, extra_envs=pairs("--env", variables) or None, **options)
