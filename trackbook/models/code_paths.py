"""A model's own code, on Python's path while the model is loaded and used."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trackbook.models.flavors.base import Opened

__all__ = ["add_code", "brings_code"]

log = logging.getLogger("trackbook")


def brings_code(opened: Opened) -> str:
    """Why a model with a folder of code runs it: the end of a sentence; "" if it has none."""
    return "brings its own code" if _name(opened) else ""


def add_code(opened: Opened) -> bool:
    """Put a model's code on the path, where it stays: its classes may import more of it when they are used.

    Returns:
        Whether there is any.

    Raises:
        UntrustedModel: the model may not run code.
    """
    name = _name(opened)
    if not name:
        return False
    opened.trust.require(brings_code(opened))
    folder = opened.file(name)
    for module in sorted({path.stem for path in folder.iterdir() if path.suffix == ".py" or path.is_dir()}):
        known = sys.modules.get(module)
        origin = getattr(known, "__file__", None)
        if known is not None and origin is not None and Path(origin).parent not in (folder, folder / module):
            log.warning(
                "The model brings a module %r, and one of that name is loaded from %s already: the model will use it.",
                module,
                origin,
            )
    sys.path.insert(0, str(folder))
    return True


def _name(opened: Opened) -> str:
    return str(opened.config.get("code") or opened.pyfunc.get("code") or "")
