"""How this process ends: by a signal, by sys.exit or by an exception. Watched only while runs are open in it."""

from __future__ import annotations

import builtins
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

from trackbook.stores.forks import in_forked_child

__all__ = ["at_signal", "uncaught", "unwatch", "watch"]

#: Signals that end a process unless it says otherwise. Ctrl-C is none of them: Python makes it an exception.
_SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
#: The same functions without their conversion to enums, which would take 20 µs of every run.
_handler_of: Callable[[int], Any] = getattr(signal.getsignal, "__wrapped__", signal.getsignal)
_handle: Callable[[int, Any], Any] = getattr(signal.signal, "__wrapped__", signal.signal)

_end: Callable[[], None] | None = None  # ends the open runs of this process
_hooks: list[Callable[[], None]] = []
_left_by: SystemExit | None = None
_python_exit: Callable[..., Any] | None = None  # what our functions stand before; None where they do not
_python_quit: Callable[..., Any] | None = None


def watch(end: Callable[[], None]) -> None:
    """Have `end` called before a signal ends this process, and notice how sys.exit does; twice is no error.

    A handler that is not the system's own stays, and so does one that is set later: whoever sets it decides.
    """
    global _end
    if _end is None:
        _notice_exits()
    _end = end
    if threading.get_ident() == threading.main_thread().ident:  # another thread may set no handler
        for number in _SIGNALS:
            if _handler_of(number) == signal.SIG_DFL:
                with suppress(ValueError):  # this is the main thread of a subinterpreter
                    _handle(number, _on_signal)


def unwatch() -> None:
    """Give back what `watch` took."""
    global _end
    _end = None
    _forget_exits()
    if threading.get_ident() == threading.main_thread().ident:
        _give_signals_back()


def _give_signals_back() -> None:
    for number in _SIGNALS:
        if _handler_of(number) is _on_signal:
            _handle(number, signal.SIG_DFL)


def at_signal(hook: Callable[[], None]) -> Callable[[], None]:
    """Have a hook called when a signal ends the process, before the runs are ended; returns what ends that."""
    _hooks.append(hook)
    return lambda: _hooks.remove(hook) if hook in _hooks else None


def _on_signal(number: int, _: FrameType | None) -> None:
    """End the runs, and then the process as the signal would have."""
    from trackbook.stores.journal.turns import abandon_appends

    _give_signals_back()  # a second signal ends it at once
    try:
        abandon_appends()
        for hook in _hooks:
            hook()
        if _end is not None:
            _end()
    finally:
        os.kill(os.getpid(), number)


def uncaught() -> BaseException | None:
    """The error by which this process is ending, asked when it ends; None if it ends well."""
    if _left_by is not None:
        return _left_by
    error = getattr(sys, "last_value", None)
    return error if isinstance(error, BaseException) and not hasattr(sys, "ps1") else None


class _Departure:
    """Hangs on a SystemExit and tells, when that is thrown away, whether it has left the program.

    Whoever catches it has a frame; Python itself, which ends the process on it, has none and tells nobody the code.
    """

    def __init__(self, code: Any) -> None:
        self.code, self.thread = code, threading.get_ident()

    def __del__(self) -> None:
        global _left_by
        try:
            sys._getframe(1)  # noqa: SLF001  # public since ever, but for its name
        except ValueError:
            if self.thread == threading.main_thread().ident == threading.get_ident():
                _left_by = SystemExit(self.code)


def _exit(status: Any = None, /) -> None:
    """Exit the interpreter by raising SystemExit(status), as sys.exit does."""
    try:
        (_python_exit or _raise_exit)(status)
    except SystemExit as error:
        error.__dict__["_trackbook"] = _Departure(error.code)
        raise


def _quit(self: Any, code: Any = None) -> None:
    try:
        if _python_quit is not None:
            _python_quit(self, code)
        _raise_exit(code)
    except SystemExit as error:
        error.__dict__["_trackbook"] = _Departure(error.code)
        raise


def _raise_exit(code: Any) -> None:
    raise SystemExit(code)


def _notice_exits() -> None:
    global _python_exit, _python_quit
    if _python_exit is None:  # else somebody has built upon ours, which has stayed where it was
        _python_exit, sys.exit = sys.exit, _exit  # type: ignore[assignment]
    quitter = _quitter()
    if _python_quit is None and quitter is not None:
        _python_quit, quitter.__call__ = quitter.__call__, _quit


def _forget_exits() -> None:
    global _python_exit, _python_quit
    if _python_exit is not None and sys.exit is _exit:
        sys.exit, _python_exit = _python_exit, None
    quitter = _quitter()
    if _python_quit is not None and quitter is not None and quitter.__call__ is _quit:
        quitter.__call__, _python_quit = _python_quit, None


def _quitter() -> Any:
    """The class of the functions `exit` and `quit`; None where a shell has others."""
    found = type(getattr(builtins, "exit", None))
    return found if found.__name__ == "Quitter" else None


in_forked_child(unwatch)  # the runs are the parent's
