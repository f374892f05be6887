"""Names of classes in a folder that somebody else may have written: only those of the one library are found."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from trackbook.errors import InvalidParameter

__all__ = ["accepted", "library_class", "named_class"]

log = logging.getLogger("trackbook")


def library_class(model: object, library: str) -> str:
    """The full name of a model's class, or of the first above it that is of a library."""
    kind = next(kind for kind in type(model).__mro__ if kind.__module__.partition(".")[0] == library)
    return f"{kind.__module__}.{kind.__qualname__}"


def named_class(name: object, module: ModuleType, *above: type) -> type[Any]:
    """The class of a name; nothing is imported for it.

    Args:
        name: as MLmodel has it, with or without its module.
        module: of the library that offers the class.
        above: what it has to be a subclass of.

    Raises:
        InvalidParameter: the library offers no such class.
    """
    text = str(name)
    where, _, last = text.rpartition(".")
    kind = vars(module).get(last) or getattr(module, last, None) if last.isidentifier() else None
    library = module.__name__.partition(".")[0]
    if where.partition(".")[0] not in ("", library) or not isinstance(kind, type) or not issubclass(kind, above):
        raise InvalidParameter(f"MLmodel names the class {text!r:.200}, which is no model of {library}.")
    return kind


def accepted(function: Callable[..., Any], params: Mapping[str, Any] | None) -> dict[str, Any]:
    """Those params that a function takes; the others are named in a warning, as MLflow does."""
    given = dict(params or {})
    wanted = inspect.signature(function).parameters.values()
    if any(each.kind is each.VAR_KEYWORD for each in wanted):
        return given
    unknown = given.keys() - {each.name for each in wanted}
    if unknown:
        log.warning("The model does not take %s: left out.", ", ".join(sorted(unknown)))
    return {name: value for name, value in given.items() if name not in unknown}
