"""Models, at MLflow's path: what describes, checks and loads them; names are found when they are first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trackbook.models.model import Model, ModelInfo

__all__ = ["Model", "ModelInfo"]

#: Module -> the names that it gives to this one.
_ROOMS = {
    "trackbook.models.model": "Model ModelInfo",
}
_HOMES = {name: room for room, names in _ROOMS.items() for name in names.split()}

if not TYPE_CHECKING:  # a type checker shall find a misspelt name

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module 'trackbook.models' has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(_HOMES[name]), name)
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
