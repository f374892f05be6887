"""Who may change a store from a panel."""

from __future__ import annotations

import subprocess
import sys

import pytest

from trackbook.stores.actors import process_user
from trackbook.widgets.permission import GUARDED, NAMED_BY_PROXY, listens_beyond, permission_here

VOILA = {"SERVER_SOFTWARE": "voila/0.5.13"}


def test_notebook_is_its_users_own() -> None:
    assert permission_here({}).allowed
    assert permission_here({}).actor == ""


def test_page_of_voila_reads_and_says_so() -> None:
    for environ in (VOILA, {"VOILA_PREHEAT": "True"}):
        found = permission_here(environ)
        assert not found.allowed
        assert "TRACKBOOK_ALLOW_CHANGES=1" in found.why


def test_page_that_may_change_acts_for_the_hubs_user_or_as_a_visitor() -> None:
    allowed = {**VOILA, "TRACKBOOK_ALLOW_CHANGES": "1"}
    assert permission_here(allowed, beyond=lambda: False).actor == f"voila:{process_user()}"
    assert permission_here({**allowed, "JUPYTERHUB_USER": "mira"}).actor == "mira"


def test_page_for_other_machines_needs_a_token_or_a_name() -> None:
    allowed = {**VOILA, "TRACKBOOK_ALLOW_CHANGES": "1"}
    refused = permission_here(allowed, beyond=lambda: True)
    assert not refused.allowed
    assert "trackbook ui" in refused.why
    assert permission_here({**allowed, GUARDED: "token"}, beyond=lambda: True).actor == f"voila:{process_user()}"
    for name in ("JUPYTERHUB_USER", *NAMED_BY_PROXY):
        assert permission_here({**allowed, name: " mira "}, beyond=lambda: True).actor == "mira"


def test_page_behind_a_proxy_that_names_nobody_only_reads() -> None:
    allowed = {**VOILA, "TRACKBOOK_ALLOW_CHANGES": "1", GUARDED: "header"}
    assert "--user-header" in permission_here(allowed, beyond=lambda: False).why
    assert permission_here({**allowed, "HTTP_X_FORWARDED_USER": "mira"}).actor == "mira"


def test_what_the_request_says_of_its_host_allows_nothing() -> None:
    asked = {**VOILA, "TRACKBOOK_ALLOW_CHANGES": "1", "SERVER_NAME": "localhost", "HTTP_HOST": "127.0.0.1"}
    assert not permission_here(asked, beyond=lambda: True).allowed


@pytest.mark.parametrize(("address", "beyond"), [("127.0.0.1", False), ("0.0.0.0", True)])
def test_sockets_of_the_server_tell_who_reaches_it(address: str, beyond: bool) -> None:
    script = f"import socket; s = socket.create_server(({address!r}, 0)); print(flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        server.stdout.readline()
        assert listens_beyond(server.pid) is beyond
        server.communicate(b"\n")


def test_server_that_cannot_be_seen_counts_as_open() -> None:
    assert listens_beyond(2**22 + 1)
