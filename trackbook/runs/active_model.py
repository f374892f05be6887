"""The logged model that metrics are taken to measure, while a thread has one chosen."""

from __future__ import annotations

import os
import threading
from types import TracebackType
from typing import Any, Self

from trackbook.entities.logged_models import LoggedModel

__all__ = ["ActiveModel", "clear_active_model", "get_active_model_id", "in_use"]

_NAMES = ("TRACKBOOK_ACTIVE_MODEL_ID", "MLFLOW_ACTIVE_MODEL_ID")
#: Whether a thread may have a model chosen: `trackbook.log_metric` looks at it in every call.
in_use = any(name in os.environ for name in _NAMES)
_chosen = threading.local()
_threads: set[int] = set()  # those that have chosen one


def look_again() -> None:
    """See whether the environment names a model now."""
    global in_use
    in_use = in_use or any(name in os.environ for name in _NAMES)


def get_active_model_id() -> str | None:
    """The id of this thread's active model: what `set_active_model` chose, else MLFLOW_ACTIVE_MODEL_ID; or None."""
    if hasattr(_chosen, "model_id"):
        return _chosen.model_id  # type: ignore[no-any-return]
    return next(
        (os.environ[name] for name in _NAMES if os.environ.get(name)), None
    )  # no other setting: it is asked often


def choose(model_id: str | None) -> None:
    """Make a model this thread's active one; None for that of the environment."""
    global in_use
    if model_id is not None:
        _chosen.model_id = model_id
        _threads.add(threading.get_ident())
    elif hasattr(_chosen, "model_id"):
        del _chosen.model_id
        _threads.discard(threading.get_ident())
    in_use = bool(_threads) or any(name in os.environ for name in _NAMES)


def clear_active_model() -> None:
    """Have no active model, whatever `set_active_model` or the environment has chosen."""
    for name in _NAMES:
        os.environ.pop(name, None)
    choose(None)


class ActiveModel(LoggedModel):
    """A logged model that is this thread's active one; as a context manager it gives way to the one before.

    Args:
        logged_model: the model.
        set_by_user: whether `set_active_model` was called for it; taken for MLflow's sake.
    """

    def __init__(self, logged_model: LoggedModel, set_by_user: bool) -> None:
        super().__init__(**vars(logged_model))
        object.__setattr__(self, "_before", getattr(_chosen, "model_id", None))
        choose(self.model_id)

    def to_dictionary(self) -> dict[str, Any]:
        """The attributes as a dict."""
        content = super().to_dictionary()
        content.pop("_before", None)
        return content

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        choose(vars(self)["_before"])
