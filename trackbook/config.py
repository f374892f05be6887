"""Every setting, read from TRACKBOOK_* and then from the MLFLOW_* names that clients use, into one dataclass."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any

from trackbook.errors import InvalidParameter

__all__ = ["CAPTURE_PARTS", "REGISTRY_SETTINGS", "Settings", "read_capture", "read_settings"]

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off", ""})

#: Which variables name a store of registered models that is not the store of runs.
REGISTRY_SETTINGS = frozenset({"TRACKBOOK_REGISTRY_URI", "MLFLOW_REGISTRY_URI"})

#: What TRACKBOOK_CAPTURE may name: the parts of a run's context.
CAPTURE_PARTS = ("user", "source", "notebook", "git", "diff", "platform", "packages")


def _setting(name: str, meaning: str, default: Any = None, *, mlflow: bool = False) -> Any:
    return field(default=default, metadata={"name": name, "meaning": meaning, "mlflow": mlflow})


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment asks for.

    Each attribute is TRACKBOOK_<NAME>; those marked so are also read from MLFLOW_<NAME>.
    """

    tracking_uri: str | None = _setting("TRACKING_URI", "where runs are kept: a path, a URI or a server", mlflow=True)
    registry_uri: str | None = _setting("REGISTRY_URI", "where registered models are kept", mlflow=True)
    experiment_name: str | None = _setting("EXPERIMENT_NAME", "the active experiment, by name", mlflow=True)
    experiment_id: str | None = _setting("EXPERIMENT_ID", "the active experiment, by id", mlflow=True)
    run_id: str | None = _setting("RUN_ID", "the run that start_run resumes", mlflow=True)
    active_model_id: str | None = _setting("ACTIVE_MODEL_ID", "the logged model that metrics measure", mlflow=True)
    tracking_token: str | None = _setting("TRACKING_TOKEN", "bearer token for a server", mlflow=True)
    tracking_username: str | None = _setting("TRACKING_USERNAME", "user name for a server", mlflow=True)
    tracking_password: str | None = _setting("TRACKING_PASSWORD", "password for a server", mlflow=True)
    tracking_insecure_tls: bool = _setting("TRACKING_INSECURE_TLS", "accept any certificate", False, mlflow=True)
    enable_system_metrics_logging: bool = _setting(
        "ENABLE_SYSTEM_METRICS_LOGGING", "sample CPU and memory during runs", False, mlflow=True
    )
    enable_artifacts_progress_bar: bool = _setting(
        "ENABLE_ARTIFACTS_PROGRESS_BAR", "show a bar while artifacts are moved for long", True, mlflow=True
    )
    s3_endpoint_url: str | None = _setting("S3_ENDPOINT_URL", "address of an object store that speaks S3", mlflow=True)
    capture: str = _setting("CAPTURE", "which parts of a run's context are taken: all, none, or names", "all")
    allow_changes: bool = _setting("ALLOW_CHANGES", "whether a page that Voila serves may change the store", False)
    root: str | None = _setting("ROOT", "the folder in which a new store is made (set by our Jupyter extension)")
    spool_dir: str | None = _setting("SPOOL_DIR", "the folder for the journals of stores on a server")
    artifact_root: str | None = _setting(
        "ARTIFACT_ROOT", "where new experiments of a server's database keep their artifacts: a folder or a URI"
    )
    trust: str = _setting("TRUST", "whose models may run code when they are loaded: own, store or none", "own")
    config_dir: str | None = _setting(
        "CONFIG_DIR", "the user's folder for what is trusted; ~/.config/trackbook if unset"
    )
    file_mode: str | None = _setting("FILE_MODE", "permissions of new databases and folders, octal, such as 660")


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of an environment (of this process, if none is given).

    Raises:
        InvalidParameter: a switch is neither on nor off.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    for setting in fields(Settings):
        name, text = _find(environ, setting.metadata["name"], setting.metadata["mlflow"])
        if text is None:
            continue
        values[setting.name] = _switch(name, text) if isinstance(setting.default, bool) else text
    _parts(values.get("capture", "all"))
    if values.get("trust", "own") not in ("own", "store", "none"):
        raise InvalidParameter(f"TRACKBOOK_TRUST is {values['trust']!r}; it is own, store or none.")
    return Settings(**values)


def read_capture() -> frozenset[str]:
    """The parts of a run's context that TRACKBOOK_CAPTURE asks for.

    Raises:
        InvalidParameter: it names something else.
    """
    return _parts(os.environ.get("TRACKBOOK_CAPTURE") or "all")


@cache
def _parts(text: str) -> frozenset[str]:
    """Names, `all` and `none`, from left to right; one with a minus is taken away, from all if it comes first."""
    words = [word.strip().lower() for word in text.split(",") if word.strip()] or ["all"]
    parts: set[str] = set(CAPTURE_PARTS) if words and words[0].startswith("-") else set()
    for word in words:
        named = {"all": set(CAPTURE_PARTS), "none": set[str]()}.get(word.removeprefix("-"), {word.removeprefix("-")})
        if not named <= set(CAPTURE_PARTS) or word == "-none":
            raise InvalidParameter(
                f"TRACKBOOK_CAPTURE has the word {word!r}; it is all, none, or some of {', '.join(CAPTURE_PARTS)} with "
                "commas between them (-diff leaves one out)."
            )
        parts = parts - named if word.startswith("-") else set() if word == "none" else parts | named
    return frozenset(parts)


def _find(environ: Mapping[str, str], name: str, mlflow: bool) -> tuple[str, str | None]:
    for prefix in ("TRACKBOOK_", "MLFLOW_") if mlflow else ("TRACKBOOK_",):
        if environ.get(prefix + name):
            return prefix + name, environ[prefix + name]
    return "TRACKBOOK_" + name, None


def _switch(name: str, text: str) -> bool:
    word = text.strip().lower()
    if word not in _TRUE | _FALSE:
        raise InvalidParameter(f"{name} is {text!r}; a switch is one of 1, true, yes, on, 0, false, no, off.")
    return word in _TRUE
