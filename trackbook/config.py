"""Every setting, read from TRACKBOOK_* and then from the MLFLOW_* names that clients use, into one dataclass."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from trackbook.errors import InvalidParameter

__all__ = ["Settings", "read_settings"]

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off", ""})


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
    root: str | None = _setting("ROOT", "the folder in which a new store is made (set by our Jupyter extension)")
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
    return Settings(**values)


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
