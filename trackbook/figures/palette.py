"""A run's colour, dash and mark by slot 1 to 24: those of widgets/static/shared.js, for pictures drawn in Python."""

from __future__ import annotations

__all__ = [
    "BOTH",
    "DARK",
    "DASHES",
    "GREY",
    "LIGHT",
    "MARKS",
    "MARK_PATHS",
    "SLOTS",
    "run_color",
    "run_dash",
    "run_mark",
]

#: Slots that have a colour of their own; further runs are drawn in grey.
SLOTS = 24
GREY = "#6b6b6b"

LIGHT = (
    "#3f63e8", "#c86400", "#0a8f74", "#97107f", "#7d5c10", "#4a17b5",
    "#1583c4", "#b3122e", "#578d0a", "#23445c", "#5e2500", "#db4094",
)  # fmt: skip
DARK = (
    "#86a5ff", "#f98a35", "#7fecc0", "#bd6fa6", "#f2dc45", "#8b69f2",
    "#35cdfb", "#e2553c", "#a8d355", "#d5e6f6", "#bf9c74", "#f99cc6",
)  # fmt: skip
#: For a picture that is stored once and lies on white or on near black: at least 3:1 on each.
BOTH = (
    "#3f63e8", "#c86400", "#0a8f74", "#ae459b", "#876923", "#7d58ca",
    "#1583c4", "#c13d54", "#578d0a", "#587183", "#8d644a", "#db4094",
)  # fmt: skip
DASHES = ("solid", "6px,3px", "2px,3px", "8px,3px,2px,3px")
MARKS = (
    "circle", "square", "diamond", "triangle-up", "cross", "star",
    "triangle-down", "pentagon", "x", "hexagon", "star-diamond", "hourglass",
)  # fmt: skip
#: Filled outlines around (0, 0) in a box of 14.
MARK_PATHS = (
    "M0 -4.6A4.6 4.6 0 1 1 0 4.6A4.6 4.6 0 1 1 0 -4.6z",
    "M-4.2 -4.2H4.2V4.2H-4.2z",
    "M0 -5.8L5.8 0L0 5.8L-5.8 0z",
    "M0 -5.2L5.4 4.2H-5.4z",
    "M-1.7 -5.2H1.7V-1.7H5.2V1.7H1.7V5.2H-1.7V1.7H-5.2V-1.7H-1.7z",
    "M0 -6.2L1.6 -2.2L5.9 -1.9L2.6 0.8L3.6 5L0 2.7L-3.6 5L-2.6 0.8L-5.9 -1.9L-1.6 -2.2z",
    "M0 5.2L5.4 -4.2H-5.4z",
    "M0 -5.4L5.1 -1.7L3.2 4.4L-3.2 4.4L-5.1 -1.7z",
    "M2.5 -4.9L4.9 -2.5L2.4 0L4.9 2.5L2.5 4.9L0 2.4L-2.5 4.9L-4.9 2.5L-2.4 0L-4.9 -2.5L-2.5 -4.9L0 -2.4z",
    "M0 -5.2L4.5 -2.6L4.5 2.6L0 5.2L-4.5 2.6L-4.5 -2.6z",
    "M0 -6.2L2.1 -2.1L6.2 0L2.1 2.1L0 6.2L-2.1 2.1L-6.2 0L-2.1 -2.1z",
    "M-4.8 -5H4.8L-4.8 5H4.8z",
)


def run_color(slot: int | None, dark: bool | None = False) -> str:
    """The colour of a slot as hex; grey for None and beyond the last slot. Where dark is None, it is for both."""
    if slot is None or not 1 <= slot <= SLOTS:
        return GREY
    return (BOTH if dark is None else DARK if dark else LIGHT)[(slot - 1) % 12]


def run_dash(slot: int | None) -> str:
    """The dash of a slot, in the words of plotly: ``solid`` or lengths in px."""
    if slot is None or not 1 <= slot <= SLOTS:
        return "solid"
    return DASHES[(slot - 1) // 6]


def run_mark(slot: int | None) -> str:
    """The mark of a slot, in the words of plotly."""
    if slot is None or not 1 <= slot <= SLOTS:
        return "circle"
    return MARKS[(slot - 1) % 12]
