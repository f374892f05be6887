"""White paper with a line of text for each thing that is drawn: what pictures in a saved notebook have in common."""

from __future__ import annotations

from html import escape

__all__ = ["cut", "paper", "share", "words"]


def paper(width: int, height: int) -> str:
    """The beginning of a picture of so many pixels, which ``</svg>`` ends."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'font-family="system-ui,sans-serif" font-size="12"><rect width="100%" height="100%" fill="#ffffff"/>'
    )


def words(x: float, y: float, text: str, anchor: str, color: str) -> str:
    """A text, escaped; `anchor` is ``start`` or ``end``."""
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="{color}">{escape(text)}</text>'


def cut(text: str, most: int) -> str:
    """At most so many characters, the last of which is an ellipsis where some are left out."""
    return text if len(text) <= most else text[: most - 1] + "…"


def share(value: float, low: float, high: float) -> float:
    """How far a value lies between two others, 0 to 1; of halves, since the greatest floats have no difference."""
    return (value / 2 - low / 2) / (high / 2 - low / 2)
