"""What logging with ``synchronous=False`` returns: something to wait for, and here there is never a wait."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from concurrent.futures import Future

__all__ = ["RunOperations", "when_done"]


class RunOperations:
    """Calls that may still be under way, with MLflow's name.

    Trackbook has made every call durable before it returns, so that those it gives back are done.

    Args:
        operation_futures: what to wait for.
    """

    def __init__(self, operation_futures: Iterable[Future[Any]] | None = None) -> None:
        self._operation_futures = list(operation_futures or ())

    def wait(self) -> None:
        """Return when all is done; raises what a call raised."""
        for future in self._operation_futures:
            future.result()


def when_done(synchronous: bool | None) -> RunOperations | None:
    """What a logging call returns after its work: None, or something to wait for if that was asked for."""
    return RunOperations() if synchronous is False else None
