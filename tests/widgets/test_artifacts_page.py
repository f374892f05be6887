"""The panel of artifacts in a real page: tree, keys, pictures, tables, figures, downloads."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest

from trackbook.entities import Run
from trackbook.runs.artifacts import log_artifact, log_dict, log_image, log_text
from trackbook.stores.base import NewRun, Store
from trackbook.widgets.artifacts import ArtifactsPanel

_README = "# Title\n\n- [x] **done**\n\n| a |\n|---|\n| 1 |\n\n[out](https://example.org)"
_SHIFTS = "(all) => all.map((one) => ['--zoom', '--shift-x'].map((name) => one.style.getPropertyValue(name)))"
pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("comms")]


class Shown:
    """A panel on a stage, which carries messages until the page stands still."""

    def __init__(self, on: Any, panel: ArtifactsPanel) -> None:
        self.on, self.page, self.panel = on, on.page, panel
        self.name = on.open(panel)
        self.settle()

    def settle(self, rounds: int = 4) -> None:
        for _ in range(rounds):
            self.on.carry(1)
            self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")

    def choose(self, path: str) -> None:
        self.page.locator(f'[role=treeitem][data-path="{path}"]').click()
        self.settle()

    def rows(self) -> list[str]:
        return list(self.page.eval_on_selector_all("[role=treeitem]", "(rows) => rows.map((row) => row.dataset.path)"))

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
        self.settle(2)


@pytest.fixture
def runs(file_store: Store, tmp_path: Path) -> list[Run]:
    made = [file_store.create_run(NewRun("0", f"run-{place}")) for place in range(2)]
    pixels = np.zeros((40, 60, 3), dtype=np.uint8)
    for place, run in enumerate(made):
        pixels[:, :, place] = 255
        log_image(file_store, run, pixels, artifact_file="plots/one.png")
        for step in range(0, 30, 10):
            if (place, step) != (1, 20):
                log_image(file_store, run, np.full((8, 8), step * 5, dtype=np.uint8), key="samples", step=step)
        log_dict(file_store, run, {"lr": 0.1, "deep": {"a": [1, 2]}}, "config.json")
        log_text(file_store, run, "".join(f"line {number}\n" for number in range(9_000)), "src/train.py")
        log_text(
            file_store,
            run,
            "# Title\n\n- [x] **done**\n\n| a |\n|---|\n| 1 |\n\n[out](https://example.org)",
            "README.md",
        )
        table = pd.DataFrame({"id": range(250), "p": np.linspace(0, 1, 250)})
        table.to_parquet(tmp_path / "t.parquet")
        log_artifact(file_store, run, tmp_path / "t.parquet", "tables")
    log_text(file_store, made[1], "only here", "extra.txt")
    return made


@pytest.fixture
def shown(stage: Callable[..., Any], file_store: Store, runs: list[Run]) -> Callable[..., Shown]:
    def show(**more: Any) -> Shown:
        return Shown(stage(), ArtifactsPanel(file_store, [run.info.run_id for run in runs], **more))

    return show


def test_tree_is_driven_by_keys(shown: Callable[..., Shown]) -> None:
    one = shown(view={"open": []})
    folders = ["images", "plots", "src", "tables"]
    assert one.rows() == [*folders, "README.md", "config.json", "extra.txt"]
    assert "Only in some" in one.page.locator(".art-tree").text_content()
    one.page.locator("[role=treeitem]").first.focus()
    one.press("ArrowDown", "ArrowRight")
    assert one.rows()[1:3] == ["plots", "plots/one.png"]
    assert one.page.locator('[data-path="plots"]').get_attribute("aria-expanded") == "true"
    one.press("ArrowRight", "Enter")
    assert one.panel.view["path"] == "plots/one.png"
    assert one.page.locator('[data-path="plots/one.png"]').get_attribute("aria-selected") == "true"
    one.press("ArrowLeft", "ArrowLeft")
    assert one.rows()[:2] == ["images", "plots"]
    assert one.page.locator('[data-path="plots"]').get_attribute("aria-expanded") == "false"
    one.press("End", "Enter")
    assert one.page.locator(".art-card").count() == 1
    assert one.page.evaluate("document.querySelectorAll('[role=treeitem][tabindex=\"0\"]').length") == 1


def test_box_finds_in_closed_folders(shown: Callable[..., Shown]) -> None:
    one = shown(view={"open": []})
    one.press("Tab")
    one.page.locator("[role=treeitem]").first.focus()
    one.press("/")
    one.page.keyboard.type("TRAIN")
    one.page.wait_for_function("window.models.widget1.outbox.some((one) => one.kind === 'find')")
    one.settle()
    assert one.rows() == ["src/train.py"]
    one.press("Escape")
    assert len(one.rows()) == 7


def test_pictures_stand_side_by_side_and_zoom_together(shown: Callable[..., Shown]) -> None:
    one = shown(path="plots/one.png")
    widths = one.page.eval_on_selector_all(".art-image", "(all) => all.map((image) => image.naturalWidth)")
    assert widths == [60, 60]
    assert "60 × 40 px" in one.page.locator(".art-card-foot").first.text_content()
    one.page.locator(".art-stage").first.focus()
    one.press("+", "+", "ArrowLeft")
    shifts = one.page.eval_on_selector_all(".art-stage", _SHIFTS)
    assert shifts == [["1.5625", "10.000%"]] * 2
    one.page.wait_for_timeout(350)  # a slider says many zooms: one is kept, a moment after the last
    one.on.carry()
    assert one.panel.view["zoom"] == 156


def test_swipe_and_difference_compare_two(shown: Callable[..., Shown]) -> None:
    one = shown(path="plots/one.png")
    one.page.get_by_role("button", name="Difference").click()
    one.settle()
    one.page.get_by_text("100.0 % of the pixels differ.").wait_for()
    one.page.get_by_role("button", name="Swipe").click()
    one.settle()
    assert one.panel.view["mode"] == "swipe"
    line = one.page.locator(".art-swipe-line").bounding_box()
    one.page.mouse.move(line["x"] + 6, line["y"] + 30)
    one.page.mouse.down()
    one.page.mouse.move(line["x"] + 106, line["y"] + 30)
    one.page.mouse.up()
    assert float(one.page.locator(".art-swipe-range").input_value()) > 55


def test_slider_shows_each_step_or_the_one_before(shown: Callable[..., Shown]) -> None:
    one = shown(path="images/samples")
    slider = one.page.get_by_label("Logged at step").first
    assert (slider.input_value(), one.page.locator(".art-step-value").text_content()) == ("2", "20")
    assert one.page.locator(".art-card-head .tb-chip").all_text_contents() == ["step 10"]
    slider.focus()
    one.press("ArrowLeft", "ArrowLeft")
    assert one.page.locator(".art-step-value").text_content() == "0"
    assert one.page.locator(".art-card-head .tb-chip").count() == 0


def test_text_tree_markdown_and_table(shown: Callable[..., Shown]) -> None:
    one = shown(path="src/train.py")
    more = one.page.get_by_role("button", name="Read more").first
    before = one.page.locator(".art-text").first.text_content()
    more.click()
    one.settle()
    text = one.page.locator(".art-text").first.text_content()
    assert text == "".join(f"line {number}\n" for number in range(9_000))[:-1] != before
    assert one.page.locator(".art-numbers").first.text_content().split("\n")[-1] == "9000"
    one.choose("config.json")
    assert '"' not in one.page.locator(".art-json").first.text_content()
    assert one.page.locator(".art-json-key").first.text_content() == "lr: "
    assert "identical in 2 runs" in one.page.locator(".art-crumbs").text_content()
    one.page.get_by_role("button", name="Text", exact=True).click()
    one.settle()
    assert '"lr": 0.1' in one.page.locator(".art-text").first.text_content()
    one.choose("README.md")
    assert one.page.locator(".art-markdown h1").first.text_content() == "Title"
    assert one.page.locator(".art-markdown a").first.get_attribute("rel") == "noopener noreferrer nofollow"
    one.choose("tables")
    one.choose("tables/t.parquet")
    assert one.page.get_by_text("Rows 1–100 of 250").count() == 2
    one.page.get_by_role("button", name="Next").first.click()
    one.settle()
    assert one.page.locator(".art-table").first.locator("tbody td").first.text_content() == "100"


def test_notebook_shows_html_in_the_sandbox(shown: Callable[..., Shown], file_store: Store, runs: list[Run]) -> None:
    v4: Any = nbformat.v4
    cells = [v4.new_markdown_cell("# Hello"), v4.new_code_cell("1 + 1", outputs=[
        v4.new_output("display_data", {"text/html": "<b>bold</b>"})])]  # fmt: skip
    log_text(file_store, runs[0], json.dumps(v4.new_notebook(cells=cells)), "a.ipynb")
    one = shown(path="a.ipynb")
    assert one.page.locator(".art-notebook h1").text_content() == "Hello"
    inner = one.page.frame_locator(".art-frame").frame_locator("iframe")
    assert inner.locator("b").text_content() == "bold"


def test_downloads_come_through_blobs(shown: Callable[..., Shown], tmp_path: Path) -> None:
    one = shown(path="config.json")
    with one.page.expect_download() as waiting:
        one.page.get_by_role("button", name="Download 2 as zip").click()
        one.settle(8)
    waiting.value.save_as(tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.namelist() == ["run-0/config.json", "run-1/config.json"]
    with one.page.expect_download() as waiting:
        one.page.get_by_role("button", name="Download config.json of run-1").click()
        one.settle(8)
    assert json.loads(Path(waiting.value.path()).read_text())["lr"] == 0.1


def test_troubles_are_said_in_their_cards(shown: Callable[..., Shown], file_store: Store, runs: list[Run]) -> None:
    log_text(file_store, runs[0], "x" * 4_800, "cut.csv")
    root = Path(str(runs[0].info.artifact_uri))
    for name, size in (("cut.csv", 3_100), ("epoch60.pt", 1_200_000_000)):
        with root.joinpath(name).open("ab") as stream:
            stream.truncate(size)
    one = shown(path="cut.csv")
    assert "cut.csv cannot be read" in one.page.locator(".art-trouble").text_content()
    assert "ends after 3.1 of 4.8 kB" in one.page.locator(".art-trouble").text_content()
    with one.page.expect_download() as waiting:
        one.page.get_by_role("button", name="Download as it is").click()
        one.settle(8)
    assert Path(waiting.value.path()).stat().st_size == 3_100
    one.choose("epoch60.pt")
    text = one.page.locator(".art-trouble").text_content()
    assert "epoch60.pt is 1.2 GB" in text
    assert "not read without asking" in text
    one.page.get_by_role("button", name="Read first 4 MB").click()
    one.settle()
    assert "000000  00 00" in one.page.locator(".art-text").text_content()
    root.joinpath("epoch60.pt").unlink()
    one.choose("README.md")
    one.choose("epoch60.pt")
    assert "epoch60.pt is gone" in one.page.locator(".art-trouble").text_content()
    one.page.get_by_role("button", name="Look again").click()
    one.settle()
    assert "epoch60.pt" not in one.rows()


def test_late_page_and_other_runs(shown: Callable[..., Shown], file_store: Store, runs: list[Run]) -> None:
    one = shown(path="plots/one.png", view={"zoom": 200})
    late = Shown(one.on, one.panel)
    assert one.page.locator(f"#{late.name} .art-image").count() == 2
    assert one.page.locator(f"#{late.name} .art-zoom-value").text_content() == "200 %"
    one.panel.show([runs[1].info.run_id], {runs[1].info.run_id: 5})
    one.settle()
    assert one.page.locator(f"#{late.name} .art-run-name").all_text_contents() == ["run-1"]
    log_image(file_store, runs[1], np.zeros((10, 90), dtype=np.uint8), artifact_file="plots/one.png")
    one.panel.refresh()
    one.settle(6)
    assert "90 × 10 px" in one.page.locator(f"#{one.name} .art-card-foot").text_content()
    one.panel.show([])
    one.settle()
    assert "No run is chosen" in one.page.locator(f"#{one.name} .art-main").text_content()


def test_run_without_files_says_what_to_do(stage: Callable[..., Any], file_store: Store) -> None:
    run = file_store.create_run(NewRun("0", "empty"))
    one = Shown(stage(), ArtifactsPanel(file_store, [run.info.run_id]))
    assert "No files in empty yet" in one.page.locator(".art-main").text_content()
    log_text(file_store, run, "x", "a.txt")
    one.panel.refresh()
    one.settle()
    assert (one.rows(), "Choose a file" in one.page.locator(".art-main").text_content()) == (["a.txt"], True)
