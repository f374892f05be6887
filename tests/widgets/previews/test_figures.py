from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import plotly.graph_objects as go
import pytest

from trackbook.widgets.artifact_files import ArtifactFile
from trackbook.widgets.previews.figures import is_figure, safe_figure
from trackbook.widgets.previews.preview import Preview, Unreadable

Logged = Callable[[str, bytes], ArtifactFile]
Show = Callable[..., Preview]
AWAY = "https://evil.example/x.png"


def test_figure_of_plotly_goes_through(logged: Logged, preview: Show) -> None:
    figure = go.Figure(go.Scatter(x=[1, 2], y=[3.0, float("nan")]), {"title": {"text": "<b>ROC</b>"}})
    found = preview(logged("roc.json", figure.to_json().encode()))
    assert (found.value["kind"], found.value["note"]) == ("figure", "")
    sent, own = json.loads(found.buffers[0]), json.loads(figure.to_json())
    assert (sent["data"], sent["layout"]["title"]) == (own["data"], own["layout"]["title"])


@pytest.mark.parametrize(
    ("trace", "layout"),
    [
        ({"type": "image", "source": AWAY}, {}),
        ({}, {"images": [{"source": AWAY, "x": 0}]}),
        ({}, {"images": [{"source": "data:image/svg+xml,<svg/>"}]}),
        ({}, {"updatemenus": [{"buttons": [{"method": "relayout", "args": ["images[0].source", AWAY]}]}]}),
        ({}, {"sliders": [{"steps": [{"method": "relayout", "args": [{"images": [{"source": AWAY}]}]}]}]}),
        ({}, {"updatemenus": [{"buttons": [{"args": [{"map.style": AWAY}]}]}]}),
        ({}, {"mapbox": {"style": AWAY}}),
        ({}, {"map2": {"layers": [{"source": AWAY}]}}),
        ({}, {"template": {"layout": {"images": [{"source": AWAY}]}}}),
    ],
)
def test_addresses_are_taken_out(trace: dict[str, Any], layout: dict[str, Any]) -> None:
    safe, _ = safe_figure({"data": [trace], "layout": layout, "config": {"plotlyServerURL": AWAY}})
    assert "evil.example" not in json.dumps(safe)
    assert "svg" not in json.dumps(safe)
    assert "config" not in safe


def test_buttons_cannot_turn_a_trace_into_a_map() -> None:
    layout = {"updatemenus": [{"buttons": [{"method": "restyle", "args": args}]} for args in
              (["type", "scattergeo"], [{"type": "scattergeo"}], ["type", ["scattergeo"]])]}  # fmt: skip
    safe, _ = safe_figure({"data": [{"y": [1]}], "layout": layout})
    assert "scattergeo" not in json.dumps(safe)


def test_pictures_in_the_figure_itself_stay() -> None:
    embedded = "data:image/png;base64,AAAA"
    safe, taken = safe_figure({"data": [{"type": "image", "source": embedded}], "layout": {}})
    assert (safe["data"][0]["source"], taken) == (embedded, set())


@pytest.mark.parametrize("kind", ["scattergeo", "choropleth", "scattermap", "densitymapbox"])
def test_maps_are_refused(kind: str) -> None:
    with pytest.raises(Unreadable, match="draws a map"):
        safe_figure({"data": [{"type": kind}], "layout": {}})


@pytest.mark.parametrize(
    "value", [None, [], {"data": 1}, {"data": [1], "layout": {}}, {"data": []}, {"data": [{}], "layout": 1}]
)
def test_other_json_is_no_figure(value: Any) -> None:
    assert not is_figure(value)


def test_named_figure_that_is_none_says_so(logged: Logged, preview: Show) -> None:
    value = preview(logged("roc.plotly.json", b'{"a": 1}')).value
    assert (value["kind"], "no figure of plotly" in value["text"]) == ("broken", True)
