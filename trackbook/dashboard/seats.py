"""How many people may look at a page at once: each has a kernel, and a machine has room for only so many."""

from __future__ import annotations

from html import escape
from typing import Any

__all__ = ["SeatedKernels", "Seats", "full_page"]

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>Trackbook</title>
<style>body {{ font: 15px/24px system-ui, sans-serif; max-width: 34em; margin: 14vh auto; padding: 0 20px; }}</style>
<h1 style="font-size: 18px">This page is full</h1>
<p>{text} <a href="">Try again</a></p></html>"""


class Seats:
    """The viewers of a page.

    Args:
        most: how many there may be; 0 for any number.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._coming: set[object] = set()
        self._kernels: set[str] = set()

    def taken(self, kernels: Any) -> int:
        """How many look, with those whose kernel is on its way; `kernels` has the ids of those that live."""
        self._kernels = {kernel for kernel in self._kernels if kernel in kernels}
        return len(self._kernels) + len(self._coming)

    def take(self, viewer: object, kernels: Any) -> bool:
        """Let somebody in, if there is room."""
        if self.most and self.taken(kernels) >= self.most:
            return False
        self._coming.add(viewer)
        return True

    def seated(self, viewer: object, kernel: str) -> None:
        """The viewer's kernel has begun."""
        self._coming.discard(viewer)
        self._kernels.add(kernel)

    def leave(self, viewer: object) -> None:
        """Nobody waits for a kernel of this viewer any more."""
        self._coming.discard(viewer)


class SeatedKernels:
    """A kernel manager as one viewer's request sees it: it tells which kernel the viewer got.

    Args:
        manager: the page's.
        seats: of the page.
        viewer: the request.
    """

    def __init__(self, manager: Any, seats: Seats, viewer: object) -> None:
        self._manager, self._seats, self._viewer = manager, seats, viewer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._manager, name)

    def get_pool_size(self, notebook: str) -> int:
        """How many kernels wait for a viewer: one that is yet to be started is later there than a new one."""
        pool = getattr(self._manager, "_pools", {}).get(notebook, ())  # Voila itself counts those to come as well
        return len(pool) if pool and pool[0].done() else 0

    async def start_kernel(self, **options: Any) -> str:
        """Start one, and say so."""
        kernel: str = await self._manager.start_kernel(**options)
        self._seats.seated(self._viewer, kernel)
        return kernel

    async def get_rendered_notebook(self, **options: Any) -> Any:
        """Take one that was started ahead, and say so."""
        found = await self._manager.get_rendered_notebook(**options)
        self._seats.seated(self._viewer, found[2])
        return found


def full_page(most: int) -> str:
    """What somebody reads for whom there is no room."""
    text = f"It has its {most} viewers, each with a kernel. Close it elsewhere, or come back in a few minutes."
    return _PAGE.format(text=escape(text))
