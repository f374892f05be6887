"""What a failing cell leaves with its run: the traceback as an artifact, the error in a tag."""

from __future__ import annotations

import logging
import traceback
from types import TracebackType

from trackbook.entities import RunTag
from trackbook.errors import TrackbookError
from trackbook.runs.active import ActiveRun

__all__ = ["TRACEBACK", "end_quietly", "record_failure", "users_frames"]

log = logging.getLogger("trackbook")

TRACEBACK = "traceback.txt"
ERROR_TAG = "trackbook.error"
_OURS = ("IPython.", "ipykernel.", "trackbook.magics.")


def record_failure(run: ActiveRun, error: BaseException) -> None:
    """Keep an error with a run; what fails here is logged, because the user's own error matters more."""
    from trackbook.runs.artifacts import log_text

    frames = users_frames(error.__traceback__)
    text = "".join(traceback.format_exception(type(error), error, frames))
    try:
        run.store.log_batch(run.info.run_id, tags=[RunTag(ERROR_TAG, _one_line(error))])
        log_text(run.store, run, _storable(text), TRACEBACK)
    except (TrackbookError, OSError) as problem:
        log.warning("The traceback of the cell was not stored with its run: %s", problem)


def end_quietly(run: ActiveRun, status: str) -> None:
    """End a run where raising would hide something that matters more; a run that was deleted meanwhile cannot end."""
    try:
        run.end(status)
    except TrackbookError as problem:
        log.warning("The run %s was not ended: %s", run.info.run_id, problem)


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


def _one_line(error: BaseException) -> str:
    return _storable(f"{type(error).__name__}: {error}")[:500]


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
