"""Which frames of a cell's traceback are the user's: those of IPython and of the magics help nobody."""

from __future__ import annotations

from types import TracebackType

__all__ = ["users_frames"]

_OURS = ("IPython.", "ipykernel.", "trackbook.magics.")


def users_frames(frames: TracebackType | None) -> TracebackType | None:
    """A traceback from the user's first line on; all of it if no line is hers."""
    whole = frames
    while frames is not None:
        name = str(frames.tb_frame.f_globals.get("__name__", ""))
        if not name.startswith(_OURS) and not _calls_a_magic(frames):
            return frames
        frames = frames.tb_next
    return whole


def _calls_a_magic(frames: TracebackType) -> bool:
    """Whether the next frame is IPython's: the line `get_ipython().run_cell_magic(...)` that stands for a cell."""
    inner = frames.tb_next
    return inner is not None and inner.tb_frame.f_code.co_name in ("run_cell_magic", "run_line_magic")
