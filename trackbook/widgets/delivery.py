"""How a widget's program and its bulk reach a page: as messages beside its state, so that no saved notebook keeps them.

A notebook that is saved with its widgets' state, by JupyterLab or by nbclient, keeps what `comm_open` and updates say.
Custom messages it does not. So the state of a widget here is small: where to wait (``static/loader.js``) and its own
traits; the program, gzipped, and each trait tagged ``bulk=True`` follow at once, without being asked for, because a
kernel that trains could not answer. A page that attaches later asks with ``need``.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, ClassVar, NamedTuple

import anywidget
import traitlets

from trackbook.widgets.assets import module

__all__ = ["Delivered", "Program", "pack_program", "split_buffers"]


_PLAIN = frozenset({str, int, float, bool, type(None)})


class Program(NamedTuple):
    """A widget's program.

    Attributes:
        key: names the text; two versions have two keys, and may live on one page.
        script: JavaScript, gzipped.
        sheet: CSS, gzipped.
    """

    key: str
    script: bytes
    sheet: bytes


@cache
def pack_program(script: str, sheet: str) -> Program:
    """A program ready to be sent; 5 ms the first time."""
    key = hashlib.sha256(f"{script}\0{sheet}".encode()).hexdigest()[:16]
    packed = [gzip.compress(text.encode(), compresslevel=6, mtime=0) for text in (script, sheet)]
    return Program(key, *packed)


def split_buffers(value: Any) -> tuple[Any, list[list[str | int]], list[bytes]]:
    """A value without its bytes, the paths where they were, and the bytes."""
    paths: list[list[str | int]] = []
    buffers: list[bytes] = []

    def plain(node: Any, path: list[str | int]) -> Any:
        if isinstance(node, (bytes, bytearray, memoryview)):
            paths.append(path)
            buffers.append(bytes(node))
            return None
        if isinstance(node, Mapping):
            return {key: plain(item, [*path, key]) for key, item in node.items()}
        if isinstance(node, (list, tuple)):
            if _PLAIN.issuperset(map(type, node)):  # ten thousand names, say
                return list(node)
            return [plain(item, [*path, place]) for place, item in enumerate(node)]
        return node

    return plain(value, []), paths, buffers


def _bare(text: str) -> str:
    """JavaScript without lines of comment and without indentation: every saved panel keeps this text."""
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith(("//", "/**")))


class Delivered(anywidget.AnyWidget):
    """A widget whose class's ``_esm`` and ``_css`` travel beside its state, with every trait tagged ``bulk=True``.

    A bulk trait is not ``sync=True``; it may hold bytes anywhere, and the page reads it like any other trait:
    ``model.get("_table")``, ``model.on("change:_table", ...)``. The page cannot set it.
    """

    _late = traitlets.Bool(False).tag(sync=True)
    _program = traitlets.Unicode().tag(sync=True)
    _bulk = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _esm: Any = _bare(module("loader"))

    _own_script: ClassVar[str] = "export default {};"
    _own_sheet: ClassVar[str] = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        script, sheet = vars(cls).get("_esm"), vars(cls).get("_css")
        if isinstance(script, str):
            cls._own_script = script
            del cls._esm
        if isinstance(sheet, str):
            cls._own_sheet = sheet
            del cls._css
        super().__init_subclass__(**kwargs)

    def __init__(self, **state: Any) -> None:
        self._delivered = False
        names = sorted(self.traits(bulk=True))
        super().__init__(_program=self.program().key, _bulk=names, **state)
        self._delivered = True
        if names:
            self.observe(self._send_bulk, names)
        self.on_msg(self._asked_for)
        self.deliver()

    @classmethod
    def program(cls) -> Program:
        """The program of this class's pages."""
        return pack_program(cls._own_script, cls._own_sheet)

    def deliver(self) -> None:
        """Send the program and all that is bulk to the pages."""
        key, script, sheet = self.program()
        self.send({"type": "program", "key": key}, buffers=[script, sheet])
        for name in self._bulk:
            self._send_bulk({"name": name})

    def get_state(self, key: str | Iterable[str] | None = None, drop_defaults: bool = False) -> dict[str, Any]:
        """The state; a front end that asks for it later than at the opening learns that it missed the delivery."""
        state: dict[str, Any] = super().get_state(key=key, drop_defaults=drop_defaults)
        if self._delivered and "_late" in state:
            state["_late"] = True
        return state

    def _send_bulk(self, change: Any) -> None:
        value, paths, buffers = split_buffers(getattr(self, change["name"]))
        self.send({"type": "bulk", "name": change["name"], "value": value, "paths": paths}, buffers=buffers)

    def _asked_for(self, _widget: object, message: dict[str, Any], _buffers: object) -> None:
        if message.get("type") == "need":
            self.deliver()
