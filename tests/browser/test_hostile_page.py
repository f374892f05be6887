"""Forty hostile texts in every field that takes any text: the page and the cards show them, and none of them runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sklearn.dummy import DummyClassifier

import trackbook
from tests.browser.pages import Viewer, serving, tab
from tests.payloads import PAYLOADS
from trackbook.runs.session import current_store
from trackbook.stores import close_stores

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.kernel, pytest.mark.slow, pytest.mark.timeout(600)]


def make_hostile_store(folder: Path) -> str:
    """A run for each text, which is its name, note, param, tag, user and file; the cards of all of them."""
    trackbook.set_tracking_uri(str(folder / "trackbook.db"))
    experiment = trackbook.set_experiment(PAYLOADS[4])
    trackbook.set_experiment_tag("mlflow.note.content", " ".join(PAYLOADS))
    cards = [trackbook.get_experiment(experiment.experiment_id)._repr_html_()]
    for place, text in enumerate(PAYLOADS):
        tags = {"mlflow.note.content": text, "mlflow.user": text, "mlflow.source.name": text, "word": text}
        with trackbook.start_run(run_name=text, tags=tags) as run:
            trackbook.log_params({"text": text, "place": place})
            trackbook.log_metrics({"loss": 1.0 / (place + 1)}, step=1)
            trackbook.log_metric("loss", 0.5, step=2)
            trackbook.log_text(text, "text.html")
        cards.append(trackbook.get_run(run.info.run_id)._repr_html_())
    with trackbook.start_run(run_name=PAYLOADS[0]):
        model = DummyClassifier().fit([[0.0], [1.0]], [0, 1])
        trackbook.sklearn.log_model(model, name="m", registered_model_name="hostile")
    client = trackbook.MlflowClient()
    for text in PAYLOADS:
        client.update_registered_model("hostile", text)
        client.update_model_version("hostile", 1, text)
        client.set_model_version_tag("hostile", "1", "word", text)
    current_store().flush()
    close_stores()
    return "".join(cards)


def test_no_text_runs_wherever_it_is_shown(tmp_path: Path, page: Page) -> None:
    cards = make_hostile_store(tmp_path)
    viewer = Viewer(page)
    page.set_content(f"<!doctype html><meta charset='utf-8'><body>{cards}</body>")
    page.wait_for_timeout(500)
    assert page.evaluate("() => window.pwned") is None
    with serving(tmp_path) as served:
        page.set_viewport_size({"width": 1600, "height": 1_900})  # all rows are drawn
        page.goto(served.address, timeout=120_000)
        page.locator(".rt-row").nth(39).wait_for(timeout=120_000)
        for place in range(6):
            page.locator(".rt-row").nth(place).locator(".rt-mark").click()
        for name, shown in (("Curves", ".js-line"), ("Compare", ".cmp-key"), ("Artifacts", "[role=treeitem]")):
            tab(page, name)
            page.locator(shown).first.wait_for(timeout=60_000)
        page.locator('[role=treeitem][data-path="text.html"]').click()
        page.locator(".art-card").first.wait_for(timeout=60_000)
        tab(page, "Models")
        page.locator(".tb-models-trail tbody tr").first.wait_for(timeout=60_000)
        tab(page, "Runs")
        page.locator(".rt-row").nth(7).dblclick()
        page.locator(".tb-run-head").wait_for(timeout=60_000)
        page.wait_for_timeout(1_000)
        assert page.evaluate("() => window.pwned") is None
        assert viewer.complaints == []
        page.goto("about:blank")
