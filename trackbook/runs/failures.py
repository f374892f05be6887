"""What an error does to a run: the status it ends with, the traceback as an artifact, one line in a tag."""

from __future__ import annotations

import logging
import traceback
from types import TracebackType
from typing import TYPE_CHECKING

from trackbook.entities import Run, RunTag
from trackbook.errors import TrackbookError
from trackbook.runs.context.masking import masked

if TYPE_CHECKING:
    from trackbook.stores.base import Store

__all__ = ["ERROR_TAG", "TRACEBACK", "record_failure", "status_after"]

log = logging.getLogger("trackbook")

TRACEBACK = "traceback.txt"
ERROR_TAG = "trackbook.error"
_LONGEST = 1 << 20  # characters of a traceback: a message may hold a whole data set


def status_after(error: BaseException | None) -> str:
    """The status of a run whose block, cell or process was left in this way; ``sys.exit(0)`` is no failure."""
    if error is None or (isinstance(error, SystemExit) and (error.code is None or error.code == 0)):
        return "FINISHED"
    return "KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED"


def record_failure(store: Store, run: Run, error: BaseException, frames: TracebackType | None = None) -> None:
    """Keep an error with a run; what fails here is logged, because the user's own error matters more.

    Args:
        store: the run's store.
        run: the run.
        error: what was raised.
        frames: where the traceback is to begin; where the error's own does if None.
    """
    from trackbook.runs.artifacts import log_text

    frames = frames or error.__traceback__
    try:
        store.log_batch(run.info.run_id, tags=[RunTag(ERROR_TAG, _one_line(error))])
        if frames is not None:
            text = "".join(traceback.format_exception(type(error), error, frames))
            log_text(store, run, _storable(_shortened(text)), TRACEBACK)
    except (TrackbookError, OSError) as problem:
        log.warning("The traceback of the error was not stored with its run: %s", problem)


def _one_line(error: BaseException) -> str:
    """``ValueError: what is wrong``, also for an error whose own text fails."""
    lines = traceback.format_exception_only(type(error), error)
    line = next((line for line in lines if not line.startswith(" ")), type(error).__name__)
    return _storable(line.removeprefix(f"{type(error).__module__}.").split("\n")[0][:2_000])[:500]


def _shortened(text: str) -> str:
    if len(text) <= _LONGEST:
        return text
    half = _LONGEST // 2
    return f"{text[:half]}\n… {len(text) - _LONGEST} characters left out …\n{text[-half:]}"


def _storable(text: str) -> str:
    """Text as a file and a tag can hold it, without the passwords that connection errors like to quote."""
    return masked(text.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")).text
