"""plotly.js on its way to the page: pushed once, asked for again by who comes late, kept by nobody."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

import pytest

from trackbook.widgets.plotly_bundle import PlotlyBundle, ensure_plotly, packed_plotly

Sent = Callable[[Any], list[tuple[dict[str, Any], list[bytes]]]]


def test_bundle_is_the_installed_plotly() -> None:
    from plotly.offline import get_plotlyjs

    assert gzip.decompress(packed_plotly()).decode() == get_plotlyjs()


def test_bundle_is_pushed_when_it_is_made(comms: None, sent: Sent) -> None:
    bundle = PlotlyBundle()
    bundle.pushed.join(30)
    assert [(content, len(buffers[0])) for content, buffers in sent(bundle)] == [
        ({"type": "plotly"}, len(packed_plotly()))
    ]


def test_bundle_is_sent_again_to_a_page_that_asks(comms: None, sent: Sent) -> None:
    bundle = PlotlyBundle()
    bundle.pushed.join(30)
    bundle._handle_custom_msg({"type": "need"}, [])
    bundle._handle_custom_msg({"type": "nonsense"}, [])
    assert len(sent(bundle)) == 2


def test_no_state_ever_holds_the_bytes(comms: None) -> None:
    bundle = PlotlyBundle()
    bundle.pushed.join(30)
    opening = bundle.comm.sent[0][0]
    assert sum(len(str(value)) for value in bundle.get_state().values()) < 40_000
    assert not opening.get("buffers")
    assert len(str(opening)) < 40_000


def test_state_tells_a_late_page_that_the_push_is_over(comms: None) -> None:
    bundle = PlotlyBundle()
    assert bundle.comm.sent[0][0]["state"]["_late"] is False
    assert bundle.get_state()["_late"] is True
    bundle.pushed.join(30)


def test_one_bundle_serves_a_kernel(comms: None) -> None:
    first = ensure_plotly()
    assert ensure_plotly() is first
    first.pushed.join(30)
    first.close()
    second = ensure_plotly()
    assert second is not first
    second.pushed.join(30)
    second.close()


@pytest.mark.browser
def test_page_runs_plotly_and_keeps_its_own(stage: Callable[..., Any]) -> None:
    bundle, show = PlotlyBundle(), stage()
    bundle.pushed.join(30)
    show.page.evaluate(
        "window.define = () => { throw new Error('AMD'); }; window.define.amd = {}; window.Plotly = 'mine'"
    )
    show.open(bundle, shown=False)
    show.page.wait_for_function("models.widget1.outbox.length")
    show.carry()
    show.page.evaluate("async () => { window.found = await window.__trackbookPlotly.ready; }")
    assert show.page.evaluate("typeof found.react") == "function"
    assert show.page.evaluate("define.amd !== undefined")
