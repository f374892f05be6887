"""Predictions for whole files, of any size in constant memory, or for data that is there."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, Any

from trackbook.errors import InvalidParameter, InvalidState, NotFound
from trackbook.models.batch.reading import content_type_of, questions
from trackbook.models.batch.writing import output_file, writer_for
from trackbook.models.deploying.environments import child_environment, command_in, prepare_environment
from trackbook.models.pyfunc import load_model
from trackbook.stores.artifacts.progress import transfer

__all__ = ["ROWS", "predict", "predict_file"]

ROWS = 50_000


def predict(  # noqa: PLR0913  # MLflow's
    model_uri: str,
    input_data: Any = None,
    input_path: str | os.PathLike[str] | None = None,
    content_type: str | None = None,
    output_path: str | os.PathLike[str] | None = None,
    env_manager: str = "local",
    install_mlflow: bool = False,  # noqa: ARG001
    pip_requirements_override: Sequence[str] | None = None,
    extra_envs: Mapping[str, str] | None = None,
) -> None:
    """Score a file, or data, with the model at an address, and write the predictions into a file or print them.

    CSV, Parquet and JSON lines are read and written in parts, so that a file may be larger than the memory. An output
    file is there when all of it is; by its ending it becomes CSV, Parquet, JSON lines or ``{"predictions": [...]}``.

    Args:
        model_uri: see `trackbook.pyfunc.load_model`.
        input_data: data to score instead of a file.
        input_path: the file; standard input if None, and no data is given.
        content_type: ``json``, ``csv``, ``parquet`` or ``jsonl``; what the name of the file says if None.
        output_path: printed if None.
        env_manager: ``local`` for this environment, ``virtualenv`` or ``uv`` for one made for the model.
        install_mlflow: nothing: an environment made for a model always has what scores it.
        pip_requirements_override: requirements for that environment that replace those of the model.
        extra_envs: environment variables for that environment.

    Raises:
        NotFound: there is no such model or file.
        InvalidParameter: the file cannot be read, or does not fit the model's signature; nothing is written.
    """
    path = None if input_path is None else os.fspath(input_path)
    target = None if output_path is None else os.fspath(output_path)
    if path is not None and input_data is not None:
        raise InvalidParameter("Give input_data or input_path, not both.")
    if env_manager != "local":
        python = prepare_environment(model_uri, env_manager, pip_requirements_override)
        given = {"-m": model_uri, "-i": path, "-o": target, "-t": "json" if input_data is not None else content_type}
        words = [word for option, value in given.items() if value is not None for word in (option, value)]
        command = command_in(python, "models", "predict", *words, "--env-manager", "local")
        _run_elsewhere(command, _as_json(input_data), child_environment(extra_envs))
    elif pip_requirements_override or extra_envs:
        raise InvalidParameter("pip_requirements_override and extra_envs go with env_manager='virtualenv' or 'uv'.")
    elif input_data is not None:
        _predict_data(model_uri, input_data, target)
    else:
        predict_file(model_uri, path, content_type, target)


def _run_elsewhere(command: Sequence[str], data: bytes | None, environment: Mapping[str, str]) -> None:
    done = subprocess.run(command, input=data, env=environment, check=False)
    if done.returncode:
        raise InvalidState(f"The model's environment ended with {done.returncode}; what was wrong stands above.")


def _as_json(data: Any) -> bytes | None:
    """Data as another process reads it from its standard input."""
    if data is None:
        return None
    from trackbook.models.examples import convert_input_example_to_serving_input

    text = data if isinstance(data, str) else convert_input_example_to_serving_input(data)
    return (text if isinstance(text, str) else json.dumps(text)).encode()


def _predict_data(model_uri: str, data: Any, target: str | None) -> None:
    model = load_model(model_uri)
    with output_file(target) as stream:
        writer = writer_for(stream, target)
        writer.write(model.predict(data))
        writer.end()


def predict_file(
    model_uri: str, path: str | None, content_type: str | None = None, target: str | None = None, rows: int = ROWS
) -> int:
    """Score a file part by part.

    Args:
        model_uri: the model.
        path: the file; standard input if None.
        content_type: what it holds; what its name says if None.
        target: the file for the predictions; standard output if None.
        rows: how many of them are in memory at once.

    Returns:
        How many parts there were.
    """
    kind = content_type_of(path, content_type)
    model = load_model(model_uri)
    parts = 0
    with _input(path, kind) as (source, size), output_file(target) as stream:
        writer = writer_for(stream, target)
        with transfer(f"Scoring {os.path.basename(path or 'standard input')}", size) as moved:
            read = 0
            for question in questions(source, kind, model.input_schema, rows):
                writer.write(model.predict(question.data, params=question.params))
                parts += 1
                if size is not None:
                    moved.advance(source.tell() - read)
                    read = source.tell()
        writer.end()
    return parts


@contextmanager
def _input(path: str | None, kind: str) -> Iterator[tuple[IO[bytes], int | None]]:
    """The file and its size; standard input has none."""
    if path is None:
        raw = sys.stdin.buffer
        yield io.BytesIO(raw.read()) if kind == "parquet" else raw, None  # a Parquet file is read from its end
        return
    try:
        stream = open(path, "rb")  # noqa: SIM115  # closed below
    except FileNotFoundError:
        raise NotFound(f"There is no file {path!r} to score.") from None
    with stream:
        yield stream, os.fstat(stream.fileno()).st_size
