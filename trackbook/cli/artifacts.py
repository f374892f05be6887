"""`trackbook artifacts`: store files with a run, list them and get them back."""

from __future__ import annotations

from typing import Any

import click

from trackbook.cli.completion import artifact_paths, run_ids
from trackbook.cli.options import run_option
from trackbook.cli.output import FORMATS, say, show
from trackbook.cli.store import existing_store, store_option

__all__ = ["artifacts"]


@click.group()
def artifacts() -> None:
    """Artifacts: the files that belong to a run."""


_folder_option = click.option(
    "--artifact-path",
    "-a",
    metavar="FOLDER",
    shell_complete=artifact_paths,
    help="Folder of the run's artifacts; their root if left out.",
)


@artifacts.command("log-artifact")
@click.option("--local-file", "-l", type=click.Path(), required=True, help="The file.")
@run_option
@_folder_option
@store_option
def log_artifact(local_file: str, run_id: str, artifact_path: str | None, store_uri: str | None) -> None:
    """Store a local file with a run."""
    from trackbook.runs.artifacts import get_artifact_uri, log_artifact
    from trackbook.runs.lookup import run_by_id

    store = existing_store(store_uri)
    run = run_by_id(store, run_id)
    log_artifact(store, run, local_file, artifact_path)
    say(f"Logged {local_file} to {get_artifact_uri(store, run, artifact_path)}")


@artifacts.command("log-artifacts")
@click.option("--local-dir", "-l", type=click.Path(), required=True, help="The folder.")
@run_option
@_folder_option
@store_option
def log_artifacts(local_dir: str, run_id: str, artifact_path: str | None, store_uri: str | None) -> None:
    """Store what a local folder holds with a run, all of it or nothing."""
    from trackbook.runs.artifacts import get_artifact_uri, log_artifacts
    from trackbook.runs.lookup import run_by_id

    store = existing_store(store_uri)
    run = run_by_id(store, run_id)
    log_artifacts(store, run, local_dir, artifact_path)
    say(f"Logged the content of {local_dir} to {get_artifact_uri(store, run, artifact_path)}")


@artifacts.command("list")
@run_option
@_folder_option
@click.option("--format", "form", type=click.Choice(FORMATS), default="json", show_default=True, help="How to answer.")
@store_option
def list_(run_id: str, artifact_path: str | None, form: str, store_uri: str | None) -> None:
    """List one folder of a run's artifacts."""
    from trackbook.runs.artifacts import list_artifacts
    from trackbook.runs.lookup import run_by_id

    store = existing_store(store_uri)
    files = list_artifacts(store, run_by_id(store, run_id), artifact_path)
    show([file.to_dictionary() for file in files], form, ("path", "is_dir", "file_size"))


@artifacts.command()
@click.option("--run-id", "-r", metavar="RUN", shell_complete=run_ids, help="Id of the run, or the beginning of it.")
@click.option(
    "--artifact-path",
    "-a",
    metavar="PATH",
    shell_complete=artifact_paths,
    help="File or folder of the run's artifacts; all of them if left out.",
)
@click.option("--artifact-uri", "-u", metavar="URI", help="Instead of a run: runs:/<run_id>/<path>, a path or a URI.")
@click.option("--dst-path", "-d", type=click.Path(), help="Folder to copy to; a new private one if left out.")
@click.option("--zip", "as_zip", is_flag=True, help="Copy them as one .zip file.")
@store_option
def download(artifact_uri: str | None, run_id: str | None, artifact_path: str | None, **how: Any) -> None:
    """Copy artifacts to a local folder, and print the path of the copy."""
    if (run_id is None) == (artifact_uri is None):
        raise click.UsageError("Give one of --run-id and --artifact-uri.")
    if artifact_uri is None:
        click.echo(_from_run(str(run_id), artifact_path, **how))
    elif artifact_path is not None:
        raise click.UsageError("--artifact-path goes with --run-id; add it to the --artifact-uri instead.")
    else:
        click.echo(_from_uri(artifact_uri, **how))


def _from_run(text: str, path: str | None, store_uri: str | None, dst_path: str | None, as_zip: bool) -> str:
    from trackbook.runs.artifacts import download_artifacts, download_zip
    from trackbook.runs.lookup import run_by_id

    store = existing_store(store_uri)
    return (download_zip if as_zip else download_artifacts)(store, run_by_id(store, text), path, dst_path)


def _from_uri(uri: str, store_uri: str | None, dst_path: str | None, as_zip: bool) -> str:
    from trackbook.runs.addresses import download_artifacts, download_zip
    from trackbook.runs.lookup import run_by_id
    from trackbook.uris import parse_run_uri

    if uri.lower().startswith("runs:"):
        named, store = parse_run_uri(uri.rstrip("/")), existing_store(store_uri)
        uri, store_uri = f"runs:/{run_by_id(store, named.run_id).info.run_id}/{named.path}", store.uri
    return (download_zip if as_zip else download_artifacts)(uri, dst_path=dst_path, tracking_uri=store_uri)
