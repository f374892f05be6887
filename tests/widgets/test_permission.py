"""Who may change a store from a panel."""

from __future__ import annotations

from trackbook.stores.actors import process_user
from trackbook.widgets.permission import permission_here

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
    assert permission_here(allowed).actor == f"voila:{process_user()}"
    assert permission_here({**allowed, "JUPYTERHUB_USER": "mira"}).actor == "mira"
