"""Arrays, Pillow images and figures become the files that their names promise."""

from __future__ import annotations

import importlib.util
import json
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import plotly.graph_objects as go
import pytest
from matplotlib.figure import Figure
from PIL import Image as Pillow

from trackbook.errors import InvalidParameter, MissingDependency
from trackbook.runs.pictures import Image, ImageName, encode_figure, encode_image, image_path, parse_image_path

mpl.use("agg")
RAMP = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20


def decoded(data: bytes) -> Pillow.Image:
    return Pillow.open(BytesIO(data))


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (RAMP, RAMP),
        (RAMP[:, :, None], RAMP),
        (RAMP.astype(np.int64), RAMP),
        (RAMP / 255, RAMP),
        ((RAMP / 255).astype(np.float16), RAMP),
        (RAMP > 100, (RAMP > 100) * np.uint8(255)),
        (np.stack([RAMP] * 3, axis=2), np.stack([RAMP] * 3, axis=2)),
        (np.stack([RAMP] * 4, axis=2), np.stack([RAMP] * 4, axis=2)),
        (RAMP.T.copy().T[::-1], RAMP[::-1]),
        (RAMP.tolist(), RAMP),
    ],
)
def test_array_comes_back_as_png(array: Any, expected: np.ndarray) -> None:
    np.testing.assert_array_equal(np.asarray(decoded(encode_image(array, "a.png"))), expected)


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (np.array([[0.0, 1.5]]), "from 0 to 1, not 0.0 to 1.5"),
        (np.array([[-0.1, 1.0]]), "from 0 to 1"),
        (np.array([[np.nan, 1.0]]), "from 0 to 1"),
        (np.array([[0, 256]]), "from 0 to 255, not 0 to 256"),
        (np.array([[-1, 3]]), "from 0 to 255"),
        (np.array([["a"]]), "booleans, integers or floats"),
        (np.zeros((2, 2), complex), "booleans, integers or floats"),
        (np.zeros(3), "shape"),
        (np.zeros((3, 4, 4, 1)), "shape"),
        (np.zeros((3, 32, 32)), "moveaxis"),
        (np.zeros((0, 4)), "shape"),
        ([[1, 2], [3]], "not equally long"),
        ("absent.png", "no image file"),
        ({"a": 1}, "not a value of type dict"),
        (None, "NoneType"),
    ],
)
def test_what_is_no_image_is_refused(array: Any, reason: str) -> None:
    with pytest.raises(InvalidParameter, match=reason):
        encode_image(array, "a.png")


@pytest.mark.parametrize("name", ["a.png", "a.JPG", "a.jpeg", "a.webp", "a.gif", "a.bmp", "a.tiff"])
@pytest.mark.parametrize("mode", ["1", "L", "RGB", "RGBA", "I;16", "F"])
def test_any_picture_is_written_in_any_format(mode: str, name: str) -> None:
    assert decoded(encode_image(Pillow.new(mode, (5, 4)), name)).size == (5, 4)


@pytest.mark.parametrize("name", ["a", "a.txt", "a.svg", "a.psd"])
def test_format_that_cannot_be_written_is_refused(name: str) -> None:
    with pytest.raises(InvalidParameter, match=r"use \.png"):
        encode_image(RAMP, name)


def test_preview_is_small_and_keeps_the_shape() -> None:
    preview = decoded(encode_image(np.zeros((1000, 500, 3), np.uint8), "a.webp", preview=True))
    assert (preview.format, preview.size) == ("WEBP", (128, 256))


def test_image_of_a_text_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("no picture")
    with pytest.raises(InvalidParameter, match="cannot be read as an image"):
        Image(tmp_path / "a.png")


def test_image_shows_its_picture_in_every_form(tmp_path: Path) -> None:
    image = Image(RAMP)
    assert image.to_list() == RAMP.tolist()
    np.testing.assert_array_equal(image.to_array(), RAMP)
    assert image.resize((8, 6)).to_pil().size == (8, 6)
    image.save(tmp_path / "a.png")
    assert Image(str(tmp_path / "a.png")).to_list() == Image(image).to_list() == RAMP.tolist()


@pytest.mark.parametrize("key", ["dog", "val/épreuve 1", "a.b-c_d"])
@pytest.mark.parametrize("step", [0, 12, 1234567, -5, 2**63 - 1])
def test_path_of_a_stepped_image_tells_what_it_is(key: str, step: int) -> None:
    name = ImageName(key, step, 1_700_000_000_123, "0123abcd", "png")
    path = str(image_path(name))
    assert path.startswith(f"images/{key}/step-")
    assert parse_image_path(path) == name


def test_path_of_a_stepped_image_is_as_documented() -> None:
    assert str(image_path(ImageName("dog", 12, 5, "0123abcd", "png"))) == "images/dog/step-000012-5-0123abcd.png"


@pytest.mark.parametrize("key", ["", "..", "../x", "/a", "a//b", "a%2fb", "a#b", "a:b", "x" * 251, "a\nb"])
def test_key_that_makes_no_path_is_refused(key: str) -> None:
    with pytest.raises(InvalidParameter):
        image_path(ImageName(key, 0, 0, "0123abcd", "png"))


@pytest.mark.parametrize(("step", "timestamp"), [(2**63, 0), (0.5, 0), ("a", 0), (0, -1), (0, 10**15)])
def test_step_or_time_out_of_range_is_refused(step: Any, timestamp: int) -> None:
    with pytest.raises(InvalidParameter, match="'dog'"):
        image_path(ImageName("dog", step, timestamp, "0123abcd", "png"))


@pytest.mark.parametrize(
    "path", ["images/step-000001-1-0123abcd.png", "images/dog/other.png", "plots/dog/step-000001.png"]
)
def test_other_paths_are_no_stepped_images(path: str) -> None:
    assert parse_image_path(path) is None


@pytest.fixture
def drawn() -> Figure:
    figure = Figure(figsize=(2, 1))
    figure.subplots().plot([1, 2])
    return figure


def test_matplotlib_figure_is_saved_as_its_name_says(drawn: Figure) -> None:
    assert decoded(encode_figure(drawn, "a.png")).size == (200, 100)
    assert decoded(encode_figure(drawn, "a.png", {"dpi": 50})).size == (100, 50)
    assert b"<svg" in encode_figure(drawn, "a.svg")
    assert encode_figure(drawn, "a.pdf").startswith(b"%PDF")
    with pytest.raises(InvalidParameter, match=r"a\.html.*png"):
        encode_figure(drawn, "a.html")


def test_plotly_figure_is_saved_as_html_and_json() -> None:
    figure = go.Figure(go.Scatter(y=[1, 2]))
    small, whole = encode_figure(figure, "a.html"), encode_figure(figure, "a.html", {"include_plotlyjs": True})
    assert b"<html" in small
    assert len(small) < 20_000
    assert len(whole) > 1_000_000
    assert json.loads(encode_figure(figure, "a.json"))["data"][0]["y"] == [1, 2]
    with pytest.raises(InvalidParameter, match=r"a\.txt"):
        encode_figure(figure, "a.txt")


def test_plotly_image_without_kaleido_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "kaleido" else find(name, *rest)
    )
    with pytest.raises(MissingDependency, match="pip install kaleido"):
        encode_figure(go.Figure(), "a.png")


@pytest.mark.parametrize("figure", [None, "figure", RAMP, object()])
def test_what_is_no_figure_is_refused(figure: object) -> None:
    with pytest.raises(InvalidParameter, match="figure of matplotlib or plotly"):
        encode_figure(figure, "a.png")
