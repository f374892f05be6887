"""The page in a Jupyter server: for whom it starts a kernel, and for whom it does not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from trackbook.extension.desk import Desk
from trackbook.extension.page import _Kernels, _OneNotebook, page_handler

if TYPE_CHECKING:
    from tests.extension.conftest import Jupyter

PAGE = "/dashboard?run=x"


def kernels(jupyter: Jupyter) -> list[psutil.Process]:
    children = psutil.Process(jupyter.process.pid).children(recursive=True)
    return [child for child in children if "ipykernel" in " ".join(child.cmdline())]


@pytest.mark.kernel
@pytest.mark.slow
def test_kernel_is_started_for_nobody_who_may_not_start_one(jupyter: Jupyter) -> None:
    assert jupyter.ask(PAGE, known=False).status in (302, 403)
    assert jupyter.ask(PAGE, headers={"X-Refuse": "execute kernels"}).status == 403
    cookie = {"Cookie": "; ".join(f"{name}={value}" for name, value in jupyter.cookies().items())}
    for more in ({"Referer": "https://evil.example/"}, {"Origin": "https://evil.example"}, {}):
        assert jupyter.ask(PAGE, known=False, headers={**cookie, **more}).status in (403, 404)
    assert jupyter.ask("/dashboard/../../etc/passwd").status == 404
    assert jupyter.ask("/dashboard", "POST", body={}).status in (403, 405)
    assert kernels(jupyter) == []


class _Started:
    async def start_kernel(self, **given: Any) -> dict[str, Any]:
        return given

    def list_kernel_ids(self) -> list[str]:
        return ["a"]


async def _start(settings: dict[str, str], **given: Any) -> Any:
    return await _Kernels(_Started(), settings).start_kernel(**given)


def test_kernel_of_the_page_gets_the_sidebars_store() -> None:
    import asyncio

    told = asyncio.run(_start({"A": "ours"}, path="", env={"A": "theirs", "B": "kept"}))
    assert told == {"path": "", "env": {"A": "ours", "B": "kept"}}
    assert _Kernels(_Started(), {}).list_kernel_ids() == ["a"]


@pytest.mark.parametrize("path", ["dashboard.ipynb", "../../etc/passwd", "/etc/passwd", "other.ipynb"])
def test_page_has_one_notebook_whatever_is_asked_for(path: str) -> None:
    import asyncio

    told = asyncio.run(_OneNotebook().get(path=path))
    assert (told["type"], told["path"]) == ("notebook", "dashboard.ipynb")
    assert "Dashboard" in json.dumps(told["content"])


def test_there_is_no_page_without_voila() -> None:
    class Server:
        class extension_manager:  # noqa: N801
            extensions: dict[str, Any] = {}

    assert page_handler(Server(), Desk("/")) is None  # type: ignore[arg-type]
