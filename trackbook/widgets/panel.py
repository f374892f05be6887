"""What all panels have: methods that answer their page, a view that can be kept, and code that shows the same again."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from types import FunctionType
from typing import Any, ClassVar, NamedTuple, TypeVar

import traitlets

from trackbook.errors import BadFilter, PermissionDenied, TrackbookError
from trackbook.stores import open_store
from trackbook.stores.actors import acting_as
from trackbook.stores.base import Store
from trackbook.widgets.delivery import Delivered
from trackbook.widgets.permission import Permission, permission_here
from trackbook.widgets.showing import show_panel

__all__ = ["Answer", "Panel", "answers"]

_log = logging.getLogger(__name__)
_Method = TypeVar("_Method", bound=Callable[..., Any])


class Answer(NamedTuple):
    """What a method answers where buffers travel too.

    Attributes:
        value: plain values that JSON can carry; no NaN.
        buffers: bytes beside it.
    """

    value: Any
    buffers: Sequence[bytes] = ()


def answers(kind: str, *, changes: bool = False) -> Callable[[_Method], _Method]:
    """Mark a method of a panel that answers the page's ``ask(kind, given)``; it takes `given`, a dict.

    Args:
        kind: of the question.
        changes: whether it changes the store: then it is refused where the panel may only look.
    """

    def mark(method: _Method) -> _Method:
        method.__dict__["answers"] = (kind, changes)
        return method

    return mark


class Panel(Delivered):
    """A panel on a store. Its page asks with `ask` of ``static/ask.js``.

    A panel's ``sync=True`` traits are saved with the notebook, so they are small, a few kB in all. What may be big is
    tagged ``bulk=True`` instead, or travels in messages (`trackbook.widgets.delivery`). A panel that has something to
    say without a kernel overrides `static_table` and `static_picture`, and never ``_repr_mimebundle_``
    (`trackbook.widgets.showing`).

    Args:
        store: what it shows; it may have been opened read-only.
        permission: what it may change; `permission_here` if None.
        view: how it stands at first, as `view` of a panel of this class said.

    Attributes:
        view: how it stands (what is chosen, sorted, zoomed ...), written by page and kernel; JSON.
        code: the magic or call that shows the panel as it stands.
        permission: ``allowed`` and ``why``, for the page.
    """

    view = traitlets.Dict().tag(sync=True)
    code = traitlets.Unicode().tag(sync=True)
    permission = traitlets.Dict().tag(sync=True)

    _answering: ClassVar[dict[str, tuple[str, bool]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own = {name: vars(member)["answers"] for name, member in vars(cls).items() if isinstance(member, FunctionType)
               and "answers" in vars(member)}  # fmt: skip
        cls._answering = cls._answering | {kind: (name, changes) for name, (kind, changes) in own.items()}

    def __init__(
        self,
        store: Store,
        *,
        permission: Permission | None = None,
        view: Mapping[str, Any] | None = None,
        **state: Any,
    ) -> None:
        self._store = store
        self._permission = permission or permission_here()
        seen = {"allowed": self._permission.allowed, "why": self._permission.why}
        super().__init__(permission=seen, view=dict(view or {}), **state)
        self.code = self.as_code()
        self.observe(self._code_again, "view")
        self.on_msg(self._hear)

    def as_code(self) -> str:
        """The magic or call that shows the panel as it stands; panels say theirs."""
        return ""

    def writer(self) -> Store:
        """The store, to change it.

        Raises:
            PermissionDenied: this panel only looks.
        """
        if not self._permission.allowed:
            raise PermissionDenied(self._permission.why)
        return open_store(self._store.uri) if self._store.read_only else self._store

    def static_table(self) -> str:
        """What a notebook shows without a kernel, as HTML of at most 14 kB (see `plain_table`); "" for none."""
        return ""

    def static_picture(self) -> str:
        """The same as an SVG (at most 30 kB); "" for none."""
        return ""

    def __repr__(self) -> str:
        return "Trackbook panel"

    def _ipython_display_(self, **_: Any) -> None:
        bundle = self._repr_mimebundle_() if self.comm is not None else None  # a closed panel has no view
        show_panel(self, *(bundle or ({"text/plain": repr(self)}, {})))

    def _code_again(self, _change: object) -> None:
        self.code = self.as_code()

    def _hear(self, _widget: object, message: dict[str, Any], _buffers: object) -> None:
        if message.get("type") != "ask":
            return
        head = {"type": "answer", "page": message.get("page"), "number": message.get("number")}
        try:
            answer = self._answer(str(message.get("kind")), dict(message.get("given") or {}))
        except BadFilter as wrong:
            self.send({**head, "refused": {"message": wrong.message, "column": wrong.column}})
        except TrackbookError as wrong:
            self.send({**head, "refused": {"message": wrong.message}})
        except Exception:  # noqa: BLE001  # a page is told in a sentence, the log has the rest
            _log.exception("A panel could not answer %r.", message.get("kind"))
            text = "That did not work, and nothing was changed that is not shown. The log of the kernel says more."
            self.send({**head, "refused": {"message": text}})
        else:
            self.send({**head, "value": answer.value}, buffers=list(answer.buffers))

    def _answer(self, kind: str, given: dict[str, Any]) -> Answer:
        name, changes = self._answering.get(kind, ("", False))
        if not name:
            raise TrackbookError(f"This panel knows no question {kind!r}; page and kernel may be of two versions.")
        if changes and not self._permission.allowed:
            raise PermissionDenied(self._permission.why)
        method = getattr(self, name)
        if changes and self._permission.actor:
            with acting_as(self._permission.actor):
                found = method(given)
        else:
            found = method(given)
        return found if isinstance(found, Answer) else Answer(found)
