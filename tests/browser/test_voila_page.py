"""What a viewer does with the whole page: tabs, keys, links, saved views, themes, and where it may only read."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

from tests.browser.pages import CHROMIUM_FLAGS, NAMES, Served, Viewer, serving, tab, train
from trackbook.stores import open_store

pytestmark = [pytest.mark.browser, pytest.mark.kernel, pytest.mark.slow]

TABS = ("Runs", "Curves", "Compare", "Artifacts", "Models")
#: What axe-core finds that keeps people out, as [rule, element] pairs.
FAULTS = """async () => (await axe.run(document.querySelector(".tb-page"), {resultTypes: ["violations"]})).violations
  .filter((found) => ["serious", "critical"].includes(found.impact))
  .flatMap((found) => found.nodes.map((node) => [found.id, node.html.slice(0, 200)]))"""


COLOURED = "document.querySelectorAll('.tb-side-run:not(.tb-side-grey)')"
#: What the widget manager does when a widget has not come within two seconds.
GIVES_UP = 'throw Error("widget model not found")'


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    train(folder)
    return folder


@pytest.fixture(scope="module")
def served(store: Path) -> Iterator[Served]:
    with serving(store, "--preheat", "1") as page:
        yield page


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield opened
        opened.close()


def look(browser: Browser, address: str, width: int = 1400) -> Viewer:
    """Open the page as somebody who has not been there."""
    context = browser.new_context(viewport={"width": width, "height": 860})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    found = Viewer(context.new_page())
    found.page.goto(address, timeout=120_000)
    found.page.locator(".tb-page .tb-tab").first.wait_for(timeout=120_000)
    return found


def test_page_that_came_late_for_the_widget_manager_is_shown(served: Served, browser: Browser) -> None:
    """On a busy machine the manager gives up a widget just before it comes; here it is made to, each time."""
    changed = []

    def give_up(route: Route) -> None:
        answer = route.fetch()
        body = answer.text().replace(GIVES_UP, f"await new Promise(e=>setTimeout(e,2500));{GIVES_UP}")
        if GIVES_UP in body:
            body = body.replace("<2e3;)", "<-1;)")
            changed.append(route.request.url)
        route.fulfill(response=answer, body=body)

    context = browser.new_context()
    page = context.new_page()
    page.route("**/@jupyter-widgets/jupyterlab-manager/static/*.js*", give_up)
    errors: list[str] = []
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.goto(served.address, timeout=120_000)
    page.locator(".tb-page [role=grid] [role=row]").first.wait_for(timeout=60_000)
    assert changed
    assert any("widget model not found" in error for error in errors)  # it had been given up
    context.close()


@pytest.fixture(scope="module")
def viewer(served: Served, browser: Browser) -> Viewer:
    found = look(browser, served.address)
    found.page.locator(".tb-page [role=grid]").wait_for(timeout=60_000)
    return found


def clipboard(page: Page) -> str:
    return str(page.evaluate("navigator.clipboard.readText()"))


def shown(page: Page) -> str | None:
    """The word of the tab in view."""
    return page.locator('.tb-tab[aria-selected="true"]').get_attribute("data-tab")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_any_tab(served: Served, browser: Browser, theme: str) -> None:
    found = look(browser, f"{served.address}&theme={theme}")
    page = found.page
    page.locator("[role=grid]").wait_for(timeout=60_000)
    page.get_by_role("row", name=re.compile(NAMES[0])).first.click()
    page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    faults: dict[str, Any] = {}
    for name in TABS:
        tab(page, name)
        page.locator(f".tb-panel-{name.lower()} .tb-slot > *, .tb-panel-empty").first.wait_for(timeout=60_000)
        page.wait_for_timeout(1_500)
        faults[name] = page.evaluate(FAULTS)
    assert {name: found for name, found in faults.items() if found} == {}
    assert page.evaluate("document.body.dataset.jpThemeLight") == str(theme == "light").lower()
    assert found.complaints == []
    page.context.close()


def test_keys_turn_the_tabs_and_lead_to_the_experiments(viewer: Viewer) -> None:
    page = viewer.page
    page.locator(".tb-tab").first.focus()
    for place, name in ((2, "curves"), (5, "models"), (1, "runs")):
        page.keyboard.press(f"Alt+Digit{place}")
        page.wait_for_function(f"document.querySelector('.tb-page').dataset.tab === '{name}'")
    page.keyboard.press("e")
    assert page.evaluate("document.activeElement.classList.contains('tb-exp')")
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keys").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("dialog", name="Keys").wait_for(state="detached")
    page.keyboard.press("Escape")
    assert viewer.complaints == []


def test_copied_link_opens_the_same_tab_selection_and_colours(viewer: Viewer, browser: Browser) -> None:
    page = viewer.page
    tab(page, "Runs")
    for name in NAMES[:2]:
        page.get_by_role("row", name=re.compile(name)).first.locator("[role=gridcell], .rt-check").first.click()
    tab(page, "Curves")
    page.wait_for_function(f"{COLOURED}.length === 2", timeout=60_000)
    names = page.locator(".tb-side-run:not(.tb-side-grey)").all_inner_texts()
    page.get_by_role("button", name="Copy link").click()
    page.get_by_text("The link is copied").wait_for(timeout=30_000)
    link = clipboard(page)
    assert "?view=" in link
    assert "token" not in link
    again = page.context.new_page()
    again.goto(link, timeout=120_000)
    again.wait_for_function(f"{COLOURED}.length === 2", timeout=60_000)
    assert shown(again) == "curves"
    assert again.locator(".tb-side-run:not(.tb-side-grey)").all_inner_texts() == names
    again.close()
    assert viewer.complaints == []


def test_view_is_saved_shared_renamed_and_deleted_with_undo(viewer: Viewer, store: Path) -> None:
    page = viewer.page
    tab(page, "Curves")
    page.get_by_role("button", name="Save view").click()
    page.get_by_role("textbox", name="Name").fill("best of each <b>family</b>")
    page.get_by_role("dialog").get_by_role("button", name="Save view").click()
    page.get_by_text("is saved").wait_for(timeout=30_000)
    tab(page, "Runs")
    kept = open_store(store, read_only=True).get_view("best of each <b>family</b>")
    assert kept.state["tab"] == "curves"
    assert kept.created_by.startswith("voila:")
    page.locator(".tb-view", has_text="best of each").hover()
    page.get_by_role("button", name="More for the view").click()
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_text("is deleted").wait_for(timeout=30_000)
    assert page.locator(".tb-view").count() == 0
    page.get_by_role("button", name="Undo").click()
    page.locator(".tb-view", has_text="best of each").click(timeout=30_000)
    page.wait_for_function("document.querySelector('.tb-page').dataset.tab === 'curves'", timeout=30_000)
    assert viewer.complaints == []


def test_code_of_the_page_is_copied(viewer: Viewer) -> None:
    page = viewer.page
    page.locator(".tb-top").get_by_role("button", name="More", exact=True).click()
    page.get_by_role("menuitem", name="Copy the page as code").click()
    page.get_by_text("is copied").wait_for(timeout=30_000)
    assert clipboard(page).startswith('trackbook.panels.dashboard(view="')


def test_address_that_holds_no_view_says_so_and_opens(served: Served, viewer: Viewer) -> None:
    page = viewer.page.context.new_page()
    page.goto(served.address.partition("?")[0] + "?view=broken", timeout=120_000)
    page.get_by_role("alert").filter(has_text="cut off").wait_for(timeout=60_000)
    page.locator("[role=grid]").wait_for(timeout=60_000)
    page.close()


def test_kernel_ends_as_its_page_is_closed(served: Served, viewer: Viewer) -> None:
    page = viewer.page.context.new_page()
    page.goto(served.address, timeout=120_000)
    page.locator("[role=grid]").wait_for(timeout=60_000)
    deadline = time.monotonic() + 60
    while len(before := served.kernels()) < 3 and time.monotonic() < deadline:  # two pages, and the next warm one
        time.sleep(0.2)
    page.goto("about:blank")
    while len(served.kernels()) >= len(before) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert len(served.kernels()) == len(before) - 1
    page.close()


def test_page_that_only_reads_says_so_and_has_so_many_seats(store: Path, browser: Browser) -> None:
    with serving(store, "--read-only", "--max-viewers", "1") as served:
        first = look(browser, served.address)
        assert first.page.get_by_role("note").filter(has_text="This page only reads").is_visible()
        assert first.page.get_by_role("button", name="Save view").count() == 0
        assert first.page.get_by_role("button", name="New experiment").count() == 0
        status, body = served.ask("/")
        assert status == 503
        assert b"1 viewers" in body
        assert b"Traceback" not in body
        first.page.goto("about:blank")
        deadline = time.monotonic() + 60
        while served.kernels() and time.monotonic() < deadline:
            time.sleep(0.2)
        again = look(browser, served.address)
        assert again.complaints == []
        first.page.context.close()
        again.page.context.close()
