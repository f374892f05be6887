"""Serves the page with Voila: on loopback, with a token, from an empty folder, with no file but the page itself."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trackbook.dashboard.seats import SeatedKernels, Seats, full_page
from trackbook.dashboard.silence import keep_token_out, pass_over_ping_limit
from trackbook.errors import InvalidParameter, InvalidState
from trackbook.libraries import require

if TYPE_CHECKING:
    from traitlets.config import Config

__all__ = ["PAGE_EXTENSIONS", "PageOptions", "free_port", "notebook_path", "serve_page"]

LOOPBACK = ("127.0.0.1", "localhost", "::1")
PORTS_TO_TRY = 50
#: Extensions that the page needs; whatever else is installed for JupyterLab stays out of it.
PAGE_EXTENSIONS = ["@jupyter-widgets/jupyterlab-manager", "@voila-dashboards/widgets-manager8", "anywidget"]
_CULL_AFTER_S, _CULL_EVERY_S = 120, 30
#: A machine that starts ten kernels at once takes its time; what a page shows is not given up for that.
_PATIENCE_S = 180
#: A warm kernel that was taken is replaced when those who come together have their page: its start takes a core.
_REFILL_AFTER_S = 30.0


@dataclass(frozen=True)
class PageOptions:
    """How a page is served.

    Attributes:
        host: address to listen on.
        port: the first port to try.
        base_url: path below which the page lies, behind a proxy.
        theme: ``light`` or ``dark``; ``?theme=`` in the address goes before it.
        read_only: forbid changes.
        preheat: kernels kept warm for the next viewers.
        max_viewers: how many may look at once; 0 for any number.
        user_header: header by which a proxy names the user, such as ``X-Forwarded-User``.
        voila: further options for Voila, as on its command line.
    """

    host: str = "127.0.0.1"
    port: int = 5000
    base_url: str = "/"
    theme: str = "light"
    read_only: bool = False
    preheat: int = 0
    max_viewers: int = 20
    user_header: str | None = None
    voila: Sequence[str] = ()


def notebook_path() -> Path:
    """The page's notebook: in the installed package, or in the source tree."""
    here = Path(__file__).resolve().parents[1]
    installed = here / "notebooks" / "dashboard.ipynb"
    return installed if installed.is_file() else here.parent / "notebooks" / "dashboard.ipynb"


def free_port(host: str, first: int) -> int:
    """The first port from `first` on that nobody listens on.

    Raises:
        InvalidState: fifty ports in a row are taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in range(first, min(first + PORTS_TO_TRY, 65536)):
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    raise InvalidState(
        f"The ports {first} to {first + PORTS_TO_TRY - 1} of {host} are taken. Choose another with --port."
    )


def serve_page(store_uri: str, options: PageOptions, announce: Callable[[str], None]) -> None:
    """Serve the page of a store until SIGINT or SIGTERM, then end its kernels.

    Args:
        store_uri: the store, absolute.
        options: how.
        announce: called with the address, token and all, once the page answers.

    Raises:
        MissingDependency: Voila or ipykernel is not installed.
        InvalidState: no port is free, or changes would be open to all who reach this machine.
        InvalidParameter: no proxy can send a header of that name.
    """
    require("The page", "voila", "ipykernel", "anywidget", "ipywidgets", "plotly")
    folder = Path(tempfile.mkdtemp(prefix="trackbook-ui-"))
    try:
        page = shutil.copy(notebook_path(), folder / "dashboard.ipynb")
        _tell_kernels(store_uri, options)
        _lead_to_template()
        token = secrets.token_urlsafe(32)
        port = free_port(options.host, options.port)
        server = _server_class()(config=_configuration(options, folder, port, token))
        server.announce = lambda: announce(f"{server.connection_url}?token={token}")
        server.seats = Seats(options.max_viewers)
        keep_token_out(server.log)
        pass_over_ping_limit()
        server.initialize([str(page), *options.voila])
        _refuse_open_changes(server, options)
        server.start()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _tell_kernels(store_uri: str, options: PageOptions) -> None:
    """What the kernels of the page find in their environment."""
    from trackbook.widgets.permission import GUARDED

    os.environ["TRACKBOOK_TRACKING_URI"] = store_uri
    os.environ["VOILA_APP_IP"] = _within_reach(options.host)
    os.environ["TRACKBOOK_ALLOW_CHANGES"] = "0" if options.read_only else "1"
    os.environ[GUARDED] = "header" if options.user_header else "token"
    if options.user_header:
        os.environ.pop("JUPYTERHUB_USER", None)  # the proxy says who looks, not the user who started the page


def _within_reach(host: str) -> str:
    """The address at which a kernel on this machine reaches the page."""
    if host in ("", "0.0.0.0", "::"):  # noqa: S104  # compared, not listened on
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _refuse_open_changes(server: Any, options: PageOptions) -> None:
    """A token that was taken away by Voila's own option leaves the page open; on loopback that is its user's affair."""
    if server.token or options.read_only or options.user_header or server.ip in LOOPBACK:
        return
    raise InvalidState(
        f"On {server.ip} everybody who reaches this machine could change the store: leave the token, name the user by "
        "--user-header behind a proxy, or add --read-only."
    )


def _lead_to_template() -> None:
    """Let Jupyter find the template of the page beside those of the environment."""
    own = str(Path(__file__).resolve().parent / "share")
    known = os.environ.get("JUPYTER_PATH")
    os.environ["JUPYTER_PATH"] = own if not known else f"{own}{os.pathsep}{known}"


def _configuration(options: PageOptions, folder: Path, port: int, token: str) -> Config:
    from traitlets.config import Config

    base = "/" + options.base_url.strip("/")
    config = Config()
    config.Voila.update(
        ip=options.host,
        port=port,
        port_retries=0,
        base_url=base if base.endswith("/") else base + "/",
        token=token,
        open_browser=True,  # see `_server_class`
        config_file_paths=[],  # no configuration from the working directory: a voila.py there would be run
        connection_dir_root=str(folder),
        log_level="ERROR",
        tornado_settings=_settings(options),
    )
    config.VoilaConfiguration.update(
        template="trackbook",
        theme=options.theme,
        file_allowlist=[],
        show_tracebacks=False,
        extension_allowlist=PAGE_EXTENSIONS,
        extension_denylist=[],
        allow_template_override="NO",
        preheat_kernel=options.preheat > 0,
        default_pool_size=options.preheat,
        http_header_envs=_header(options.user_header),
    )
    config.VoilaExecutor.update(iopub_timeout=_PATIENCE_S, startup_timeout=_PATIENCE_S)
    config.VoilaKernelManager.fill_delay = _REFILL_AFTER_S
    config.KernelSpecManager.kernel_dirs = []  # the kernel of this environment, whatever the user's home has
    config.KernelManager.transport = "ipc"  # sockets in a folder that only this user enters
    config.MappingKernelManager.update(cull_idle_timeout=_CULL_AFTER_S, cull_interval=_CULL_EVERY_S)
    return config


def _header(name: str | None) -> list[str]:
    if name is None:
        return []
    from trackbook.widgets.permission import NAMED_BY_PROXY

    if f"HTTP_{name.upper().replace('-', '_')}" not in NAMED_BY_PROXY:
        known = ", ".join(one.removeprefix("HTTP_").replace("_", "-").title() for one in NAMED_BY_PROXY)
        raise InvalidParameter(f"--user-header is one of {known}, not {name!r}.")
    return [name]


def _settings(options: PageOptions) -> dict[str, Any]:
    """Names under which the page answers, against DNS rebinding; no log, since an address has the token in it."""
    local = options.host in LOOPBACK
    return {
        "allow_remote_access": not local,
        "local_hostnames": ["localhost"],
        "log_function": lambda _handler: None,
    }


def _server_class() -> Any:
    from voila.app import Voila

    class PageServer(Voila):  # type: ignore[misc]
        """Voila that says when it listens, where it would open a browser, and has so many seats."""

        announce: Callable[[], None]
        seats: Seats

        def init_handlers(self) -> list[Any]:
            # the login page belongs below the base URL too, or whoever has no token is sent round in circles
            base = self.server_url.rstrip("/")
            handlers = super().init_handlers()
            handlers[-1] = (handlers[-1][0], _viewer_class(self.seats), *handlers[-1][2:])
            return [(route if route.startswith(f"{base}/") else base + route, *rest) for route, *rest in handlers]

        def launch_browser(self) -> None:
            self.announce()

    return PageServer


def _viewer_class(seats: Seats) -> Any:
    from tornado.web import authenticated
    from voila.tornado.handler import TornadoVoilaHandler

    class ViewerHandler(TornadoVoilaHandler):  # type: ignore[misc]
        """The page, for as many viewers as there are seats."""

        @property
        def kernel_manager(self) -> Any:
            return SeatedKernels(super().kernel_manager, seats, self)

        @authenticated
        async def get(self, path: str | None = None) -> None:
            assert self.xsrf_token  # noqa: S101  # asked for, it becomes the cookie by which a page ends its kernel
            if path or seats.take(self, super().kernel_manager):
                try:
                    await super().get(path)
                finally:
                    seats.leave(self)
                return
            self.set_status(503)
            self.set_header("Retry-After", "60")
            self.finish(full_page(seats.most))

    return ViewerHandler
