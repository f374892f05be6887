"""The text of the static files, put together: an anywidget module cannot import its siblings."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from trackbook.errors import InvalidParameter

__all__ = ["module", "styles", "tokens"]


@cache
def module(*names: str) -> str:
    """JavaScript files one after the other as the text of one module.

    Args:
        names: of files in ``static/`` without ``.js``, the shared ones first: ``module("shared", "curves")``.

    Raises:
        InvalidParameter: there is no such file.
    """
    return "\n".join(_read(f"{name}.js") for name in names)


@cache
def styles(*names: str) -> str:
    """The same for CSS files: ``styles("shared", "curves")``."""
    return "\n".join(_read(f"{name}.css") for name in names)


@cache
def tokens() -> str:
    """The colours alone, for HTML that carries its own sheet; the beginning of ``shared.css``."""
    return _read("shared.css").split("/* Type */")[0]


def _read(name: str) -> str:
    static = files("trackbook.widgets").joinpath("static")
    if name not in {entry.name for entry in static.iterdir()}:
        raise InvalidParameter(f"There is no static file {name!r}; add it to widgets/static or correct the name.")
    return static.joinpath(name).read_text(encoding="utf-8")
