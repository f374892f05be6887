"""Virtual environments for models: made once for the same requirements, whole or not used, by one process at a time."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from filelock import FileLock

from trackbook.errors import InvalidParameter, InvalidState, NotSupported
from trackbook.models.deploying.needs import Needs, needs_of
from trackbook.models.deploying.own_wheel import build_wheel
from trackbook.models.fetching import fetched
from trackbook.runs.session import get_registry_uri, get_tracking_uri

__all__ = ["cache_folder", "child_environment", "command_in", "prepare_environment"]

log = logging.getLogger("trackbook")

MANAGERS = ("local", "virtualenv", "uv")
_READY = "trackbook-ready"


def cache_folder() -> Path:
    """Where environments are kept."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base and os.path.isabs(base) else Path.home() / ".cache") / "trackbook" / "environments"


def prepare_environment(uri: str, manager: str = "virtualenv", override: Sequence[str] | None = None) -> Path:
    """The Python of an environment that has what a model needs, and this Trackbook; made if there is none.

    Args:
        uri: the model.
        manager: ``virtualenv`` (Python's own venv and pip), or ``uv``; ``local`` is the environment that is there.
        override: requirements that replace those of the model.

    Raises:
        InvalidParameter: there is no such manager.
        InvalidState: something cannot be installed; what pip said is in the message.
        UntrustedModel: it asks pip for more than packages of the index, and is not trusted.
    """
    if manager == "conda":
        raise NotSupported(
            "Environments are made with virtualenv or uv; conda.yaml in the model's folder is for conda."
        )
    if manager not in MANAGERS:
        raise InvalidParameter(f"env_manager is one of {', '.join(MANAGERS)}, not {manager!r:.80}.")
    if manager == "local":
        return Path(sys.executable)
    with fetched(uri) as copy:
        needs = needs_of(copy, override)
    with tempfile.TemporaryDirectory(prefix="trackbook-wheel-") as folder:
        wheel = build_wheel(Path(folder))
        return _made(needs, wheel, manager)


def _made(needs: Needs, wheel: Path, manager: str) -> Path:
    identity = "\n".join(
        [sys.version, sys.executable, manager, needs.digest, hashlib.sha256(wheel.read_bytes()).hexdigest()]
    )
    home = cache_folder()
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    place = home / hashlib.sha256(identity.encode()).hexdigest()[:32]
    python = place / "bin" / "python"
    with FileLock(f"{place}.lock"):  # who comes second waits, and finds it made
        if not (place / _READY).exists():
            shutil.rmtree(place, ignore_errors=True)  # of one that was killed
            try:
                _install(place, python, needs, wheel, manager)
            except BaseException:
                shutil.rmtree(place, ignore_errors=True)
                raise
            (place / _READY).touch()
    return python


def _install(place: Path, python: Path, needs: Needs, wheel: Path, manager: str) -> None:
    lists = wheel.parent
    (lists / "requirements.txt").write_text("\n".join([str(wheel), *needs.requirements, ""]), encoding="utf-8")
    (lists / "constraints.txt").write_text("\n".join([*needs.constraints, ""]), encoding="utf-8")
    wanted = ["-r", str(lists / "requirements.txt"), "-c", str(lists / "constraints.txt")]
    if manager == "uv":
        uv = shutil.which("uv")
        if uv is None:
            raise InvalidState("There is no uv on the PATH: pip install uv, or use --env-manager virtualenv.")
        _run([uv, "venv", "--python", sys.executable, str(place)])
        _run([uv, "pip", "install", "--python", str(python), *wanted])
    else:
        _run([sys.executable, "-m", "venv", str(place)])
        _run([str(python), "-m", "pip", "install", "--disable-pip-version-check", "--quiet", *wanted])


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip())[-1500:]
        raise InvalidState(
            f"The environment could not be made: {' '.join(command[:4])} ... ended with {done.returncode}:\n{said}"
        )


def child_environment(variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment variables of a process that works on the stores of this one."""
    stores = {"TRACKBOOK_TRACKING_URI": get_tracking_uri(), "TRACKBOOK_REGISTRY_URI": get_registry_uri()}
    kept = {
        name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    }
    return {**kept, **stores, **(variables or {})}


def command_in(python: Path, *words: str) -> list[str]:
    """The line that runs one of our commands in an environment."""
    return [str(python), "-P", "-m", "trackbook", *words]
