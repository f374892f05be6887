"""A folder from which an image is built that serves a model: its files, what it needs, this Trackbook, a Dockerfile."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from trackbook.errors import AlreadyExists, InvalidState
from trackbook.models.deploying.needs import needs_of
from trackbook.models.deploying.own_wheel import build_wheel
from trackbook.models.fetching import Fetched, fetched

__all__ = ["build_docker", "generate_dockerfile"]

_USER = 10001
_JAVA = "RUN apt-get update && apt-get install -y --no-install-recommends default-jre-headless\n"
_DOCKERFILE = """\
# Serves the model {label} on port 8080: /ping and /invocations, as Amazon SageMaker asks.
FROM {base}
{java}WORKDIR /opt/trackbook
COPY {wheel} requirements.txt constraints.txt ./
RUN python -m pip install --no-cache-dir ./{wheel} -r requirements.txt -c constraints.txt
COPY entry.py ./
COPY --chown={user}:{user} --chmod=600 trusted-models config/
{model}RUN chown {user}:{user} config && chmod 700 config
ENV PYTHONUNBUFFERED=1 TRACKBOOK_CONFIG_DIR=/opt/trackbook/config TRACKBOOK_MODEL=/opt/ml/model HOME=/tmp
USER {user}
EXPOSE 8080
ENTRYPOINT ["python", "/opt/trackbook/entry.py"]
CMD ["serve"]
"""
_ENTRY = '''\
"""Serves the model of this image; SageMaker calls it with the word serve."""

import os
import sys

words = sys.argv[1:] or ["serve"]
if words == ["serve"]:
    model = os.environ.get("TRACKBOOK_MODEL", "/opt/ml/model")
    options = ["--host", "0.0.0.0", "--port", os.environ.get("TRACKBOOK_PORT", "8080"), "--allowed-hosts", "*"]
    words = [sys.executable, "-P", "-m", "trackbook", "models", "serve", "--model-uri", model, *options]
os.execvp(words[0], words)
'''


def generate_dockerfile(
    model_uri: str | None = None,
    output_directory: str | os.PathLike[str] = "mlflow-dockerfile",
    install_java: bool = False,
    base_image: str | None = None,
) -> Path:
    """Write all that `docker build` needs into a new folder.

    Args:
        model_uri: the model, which becomes part of the image; None for an image that serves what is at /opt/ml/model.
        output_directory: there must be nothing, or an empty folder.
        install_java: for models of Spark.
        base_image: with Python; the slim image of this Python if None.

    Returns:
        The folder.

    Raises:
        AlreadyExists: something is there.
        NotFound: there is no such model.
    """
    target = Path(output_directory).absolute()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise AlreadyExists(f"There is something at {str(target)!r} already; choose a new folder.")
    target.parent.mkdir(parents=True, exist_ok=True)
    staged = Path(tempfile.mkdtemp(prefix=f".{target.name[:50]}-", dir=target.parent))
    try:
        _fill(staged, model_uri, install_java, base_image or f"python:{sys.version_info[0]}.{sys.version_info[1]}-slim")
        staged.chmod(0o755)
        if target.exists():
            target.rmdir()
        staged.rename(target)
    except BaseException:
        shutil.rmtree(staged, ignore_errors=True)
        raise
    return target


def _fill(folder: Path, uri: str | None, java: bool, base: str) -> None:
    wheel = build_wheel(folder).name
    requirements: list[str] = []
    constraints: list[str] = []
    trusted, label = "", "at /opt/ml/model"
    if uri is not None:
        with fetched(uri) as copy:
            needs = needs_of(copy)
            requirements, constraints = list(needs.requirements), list(needs.constraints)
            shutil.copytree(copy.folder, folder / "model")
            trusted, label = _trusted(copy), json.dumps(str(copy.located))
    facts = {"label": label, "base": base, "java": _JAVA if java else "", "wheel": wheel, "user": _USER}
    model = f"COPY --chown={_USER}:{_USER} model /opt/ml/model\n" if uri is not None else ""
    texts = {
        "Dockerfile": _DOCKERFILE.format(model=model, **facts),
        "entry.py": _ENTRY,
        "requirements.txt": "\n".join([*requirements, ""]),
        "constraints.txt": "\n".join([*constraints, ""]),
        "trusted-models": trusted,
        ".dockerignore": "",
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


def _trusted(copy: Fetched) -> str:
    """The digest of a model that may run code here, so that it may in the image; nothing for another one."""
    return f"{copy.digest} built in\n" if copy.opened("python_function").trust.granted else ""


def build_docker(
    model_uri: str | None = None,
    name: str = "mlflow-pyfunc",
    env_manager: str | None = None,  # noqa: ARG001
    mlflow_home: str | None = None,  # noqa: ARG001
    install_java: bool = False,
    install_mlflow: bool = False,  # noqa: ARG001
    base_image: str | None = None,
) -> None:
    """Build an image that serves a model on port 8080.

    Args:
        model_uri: see `generate_dockerfile`.
        name: of the image.
        env_manager: taken for MLflow's sake: the image is the environment.
        mlflow_home: the same.
        install_java: for models of Spark.
        install_mlflow: taken for MLflow's sake.
        base_image: see `generate_dockerfile`.

    Raises:
        InvalidState: there is no Docker here, or it cannot build the image.
    """
    engine = shutil.which("docker") or shutil.which("podman")
    if engine is None:
        raise InvalidState(
            "There is neither docker nor podman on the PATH. `trackbook models generate-dockerfile` writes the folder; "
            "build it where there is one: docker build -t NAME FOLDER"
        )
    with tempfile.TemporaryDirectory(prefix="trackbook-image-") as above:
        folder = generate_dockerfile(model_uri, Path(above, "context"), install_java, base_image)
        done = subprocess.run([engine, "build", "--tag", name, str(folder)], check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise InvalidState(
            f"{os.path.basename(engine)} build ended with {done.returncode}; what was wrong stands above."
        )
