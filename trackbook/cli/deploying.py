"""Commands that take a model elsewhere: environments, images, and where the recipes for other platforms are."""

from __future__ import annotations

from typing import Any

import click

from trackbook.cli.serving import model_option, use_store
from trackbook.cli.store import store_option

__all__ = ["COMMANDS", "deployments", "sagemaker"]

_optional_model = click.option(
    "--model-uri", "-m", "uri", metavar="URI", help="The model; without one the image serves what is at /opt/ml/model."
)
_java = click.option("--install-java", is_flag=True, help="Put Java in, for models of Spark.")
_base = click.option("--base-image", metavar="IMAGE", help="With Python; the slim image of this Python if left out.")
_RECIPE = "Trackbook deploys by images that any platform runs. The recipe for {} is in docs/deploying-models.md."


@click.command("prepare-env")
@model_option
@click.option(
    "--env-manager", type=click.Choice(["local", "virtualenv", "uv"]), default="virtualenv", show_default=True,
    help="What makes it.",
)  # fmt: skip
@store_option
def prepare_env(uri: str, env_manager: str, store_uri: str | None) -> None:
    """Make the virtual environment of a model ahead, and print its Python."""
    from trackbook.models.deploying.environments import prepare_environment

    use_store(store_uri)
    click.echo(prepare_environment(uri, env_manager))


@click.command("generate-dockerfile")
@_optional_model
@click.option(
    "--output-directory", "-d", metavar="FOLDER", default="mlflow-dockerfile", show_default=True, help="A new folder."
)
@_java
@_base
@store_option
def generate(uri: str | None, output_directory: str, store_uri: str | None, **options: Any) -> None:
    """Write a folder from which Docker builds an image that serves a model on port 8080."""
    from trackbook.models.deploying.images import generate_dockerfile

    use_store(store_uri)
    folder = generate_dockerfile(uri, output_directory, **options)
    click.echo(f"Wrote {folder}. Build it with: docker build -t NAME {folder}")


@click.command("build-docker")
@_optional_model
@click.option("--name", "-n", default="mlflow-pyfunc-servable", show_default=True, help="Of the image.")
@_java
@_base
@store_option
def build(uri: str | None, name: str, store_uri: str | None, **options: Any) -> None:
    """Build such an image with docker or podman."""
    from trackbook.models.deploying.images import build_docker

    use_store(store_uri)
    build_docker(uri, name, **options)
    click.echo(f"Built {name}. Run it with: docker run -p 8080:8080 {name}")


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def sagemaker(words: tuple[str, ...]) -> None:  # noqa: ARG001
    """Say how a model is deployed to Amazon SageMaker."""
    raise click.ClickException(_RECIPE.format("Amazon SageMaker"))


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def deployments(words: tuple[str, ...]) -> None:  # noqa: ARG001
    """Say how a model is deployed to Azure ML, Kubernetes, Airflow and others."""
    raise click.ClickException(_RECIPE.format("Azure ML, Kubernetes, Airflow, systemd and others"))


COMMANDS = (build, generate, prepare_env)
