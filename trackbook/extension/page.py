"""The page inside JupyterLab: our notebook, and no other, rendered by Voila's extension of the same server."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from trackbook.dashboard.host import PAGE_EXTENSIONS
from trackbook.extension.desk import Desk, store_uri

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

__all__ = ["page_handler"]

#: Stands where Voila loads MathJax from: the page has no formulas, so it sets none.
_NO_FORMULAS = (
    "data:text/javascript,window.MathJax={Hub:{Config(){},Configured(){},Queue(){},Register:{StartupHook(){}},"
    "Typeset(){}},Ajax:{}};//"
)

NOTEBOOK = "dashboard.ipynb"


def page_handler(server: ServerApp, desk: Desk) -> tuple[type[Any], dict[str, Any]] | None:
    """The handler of the page and what it is initialised with; None where Voila is not there or is switched off."""
    known = server.extension_manager.extensions
    if not any(name in known and known[name].enabled for name in ("voila.server_extension", "voila")):
        return None
    from voila.configuration import VoilaConfiguration  # Jupyter has imported Voila already

    configuration = VoilaConfiguration(
        template="trackbook",
        file_allowlist=[],
        show_tracebacks=False,
        allow_template_override="NO",
        extension_allowlist=PAGE_EXTENSIONS,
        extension_denylist=[],
        page_config_hook=_without_cdn,
    )
    return _page_class(desk), {
        "config": server.config,
        "notebook_path": NOTEBOOK,
        "template_paths": _template_paths(),
        "voila_configuration": configuration,
    }


def _without_cdn(page_config: dict[str, Any], **_given: Any) -> dict[str, Any]:
    """No address of another host: Voila names one for formulas, of which the page has none, and wants some address."""
    return {**page_config, "fullMathjaxUrl": _NO_FORMULAS}


def _template_paths() -> list[str]:
    from voila.paths import collect_template_paths

    return list(collect_template_paths(["voila", "nbconvert"], "trackbook"))


def _page_class(desk: Desk) -> type[Any]:
    from jupyter_server.auth.decorator import authorized
    from tornado.web import authenticated
    from voila.handler import VoilaHandler

    class Page(VoilaHandler):  # type: ignore[misc]
        """Starts a kernel for whoever may start kernels anyway."""

        @property
        def kernel_manager(self) -> Any:
            return _Kernels(super().kernel_manager, self._settings())

        @property
        def contents_manager(self) -> _OneNotebook:
            return _OneNotebook()

        def _settings(self) -> dict[str, str]:
            """The sidebar's store, and changes as in a notebook, unless the server's own setting forbids them."""
            settings = {"TRACKBOOK_TRACKING_URI": store_uri(desk.root)}
            if self.identity_provider.auth_enabled:
                settings["TRACKBOOK_ALLOW_CHANGES"] = os.environ.get("TRACKBOOK_ALLOW_CHANGES", "1")
            return settings

        @authenticated
        @authorized("execute", "kernels")  # type: ignore[untyped-decorator]
        async def get(self) -> None:
            self.check_xsrf_cookie()  # a foreign page must not start kernels either
            async for piece in self.get_generator():
                self.write(piece)
                self.flush()

    return Page


class _OneNotebook:
    """Jupyter's contents for Voila: the page's notebook from the installed package, whatever path is asked for."""

    async def get(self, path: str = "", **_given: Any) -> dict[str, Any]:
        """The notebook."""
        import nbformat

        from trackbook.dashboard.host import notebook_path

        content = nbformat.read(notebook_path(), as_version=4)  # type: ignore[no-untyped-call]
        return {"type": "notebook", "path": NOTEBOOK, "content": content}


class _Kernels:
    """The server's kernels; those that are started through it get some settings."""

    def __init__(self, kernels: Any, settings: dict[str, str]) -> None:
        self._kernels, self._settings = kernels, settings

    def __getattr__(self, name: str) -> Any:
        return getattr(self._kernels, name)

    async def start_kernel(self, **given: Any) -> Any:
        """Start a kernel in the server's root."""
        given["env"] = {**given.get("env", {}), **self._settings}
        return await self._kernels.start_kernel(**given)
