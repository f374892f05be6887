"""The panel of artifacts on the kernel's side: what it lists, answers, refuses and keeps."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trackbook.entities import Metric, Run
from trackbook.errors import NotFound
from trackbook.runs.artifacts import log_artifacts, log_image, log_text, run_artifacts
from trackbook.stores.base import NewRun, Store
from trackbook.widgets.artifacts import ArtifactsPanel

pytestmark = pytest.mark.usefixtures("comms")
Ask = Callable[..., tuple[Any, list[bytes]]]


@pytest.fixture
def runs(file_store: Store) -> list[Run]:
    """Three runs: all have a.txt and plots/roc.txt; the second alone has extra.md."""
    experiment = file_store.create_experiment("digits")
    made = [file_store.create_run(NewRun(experiment, f"run-{place}")) for place in range(3)]
    for place, run in enumerate(made):
        file_store.log_batch(run.info.run_id, [Metric("val_loss", 0.3 - place / 10, 1)])
        log_text(file_store, run, "same", "a.txt")
        log_text(file_store, run, f"roc {place}", "plots/roc.txt")
    log_text(file_store, made[1], "# only here", "extra.md")
    file_store.flush()
    return made


@pytest.fixture
def ask(sent: Callable[[Any], list[Any]]) -> Ask:
    """The answer of a panel, or what it refuses as ``{"refused": sentence}``."""

    def asked(panel: ArtifactsPanel, kind: str, **given: Any) -> tuple[Any, list[bytes]]:
        panel._handle_custom_msg({"type": "ask", "page": "p", "number": 1, "kind": kind, "given": given}, [])
        answer, buffers = sent(panel)[-1]
        return ({"refused": answer["refused"]["message"]} if "refused" in answer else answer["value"]), buffers

    return asked


def panel_of(store: Store, runs: list[Run], **more: Any) -> ArtifactsPanel:
    return ArtifactsPanel(store, [run.info.run_id for run in runs], **more)


def names(panel: ArtifactsPanel, folder: str = "") -> list[tuple[str, list[int]]]:
    return [(entry["path"], entry["runs"]) for entry in panel.tree[folder]["entries"]]


def test_tree_says_which_runs_have_a_file(file_store: Store, runs: list[Run]) -> None:
    panel = panel_of(file_store, runs)
    assert names(panel) == [("plots", [0, 1, 2]), ("a.txt", [0, 1, 2]), ("extra.md", [1])]
    assert panel.view["open"] == ["plots"]
    assert names(panel, "plots") == [("plots/roc.txt", [0, 1, 2])]
    assert [entry["size"] for entry in panel.tree[""]["entries"]] == [5, 4, 11]
    assert [run["metric"]["value"] for run in panel.runs] == ["0.3000", "0.2000", "0.1000"]
    assert [run["slot"] for run in panel.runs] == [1, 2, 3]


def test_refresh_sends_only_what_changed(file_store: Store, runs: list[Run]) -> None:
    panel = panel_of(file_store, runs)
    before = len(panel.comm.sent)
    panel.refresh()
    assert len(panel.comm.sent) == before
    log_text(file_store, runs[0], "more", "b.txt")
    panel.refresh()
    assert [data["content"]["name"] for data, _ in panel.comm.sent[before:]] == ["tree"]
    assert ("b.txt", [0]) in names(panel)


def test_show_takes_other_runs_and_their_slots(file_store: Store, runs: list[Run]) -> None:
    panel = panel_of(file_store, runs, path="a.txt")
    panel.show([runs[1].info.run_id], {runs[1].info.run_id: 7})
    assert ([run["name"] for run in panel.runs], panel.runs[0]["slot"]) == (["run-1"], 7)
    assert ("extra.md", [0]) in names(panel)
    assert panel.code == f"%track_artifacts {runs[1].info.run_id} --path a.txt"
    panel.show([])
    assert (panel.runs, names(panel)) == ([], [])


def test_a_view_opens_as_it_was(file_store: Store, runs: list[Run]) -> None:
    panel = panel_of(file_store, runs, view={"path": "plots/roc.txt", "open": [], "mode": "swipe"})
    again = panel_of(file_store, runs, view=panel.view)
    assert again.view == panel.view == {"path": "plots/roc.txt", "open": ["plots"], "mode": "swipe"}
    assert again.code.endswith("--path plots/roc.txt")


@pytest.mark.parametrize(
    "path",
    [
        "../../../etc/passwd",
        "/etc/passwd",
        "plots/../../x",
        "..",
        "%2e%2e/x",
        "a\\b",
        "x\x00",
        "..%2f..%2fstore.db",
        "C:/x",
    ],
)
def test_no_path_leads_out_of_the_run(file_store: Store, runs: list[Run], ask: Ask, path: str) -> None:
    panel = panel_of(file_store, runs)
    for kind in ("preview", "read", "series", "pack"):
        value, buffers = ask(panel, kind, run=0, path=path)
        assert "refused" in value or value.get("kind") == "gone", (kind, value)
        assert buffers == []
    panel.view = {"open": [path]}
    assert panel.tree.get(path, {"entries": []})["entries"] == []


def test_no_link_is_followed_and_no_sibling_folder_is_read(
    file_store: Store, runs: list[Run], ask: Ask, tmp_path: Path
) -> None:
    root = Path(str(runs[0].info.artifact_uri))
    (tmp_path / "secret").write_text("secret")
    os.symlink(tmp_path / "secret", root / "link.txt")
    os.symlink(tmp_path, root / "folder")
    beside = root.with_name(root.name + "-secret")
    beside.mkdir()
    (beside / "x").write_text("secret")
    panel = panel_of(file_store, runs)
    assert [path for path, _ in names(panel)] == ["plots", "a.txt", "extra.md"]
    for path in ("link.txt", "folder/secret", f"../{beside.name}/x"):
        value, buffers = ask(panel, "preview", run=0, path=path)
        assert ("refused" in value or value["kind"] == "gone", buffers) == (True, [])


@pytest.mark.parametrize("run", [3, -1, "0", None, 1.5])
def test_only_the_shown_runs_can_be_asked_for(file_store: Store, runs: list[Run], ask: Ask, run: Any) -> None:
    assert "does not show" in ask(panel_of(file_store, runs), "preview", run=run, path="a.txt")[0]["refused"]


def test_find_looks_into_folders_that_are_closed(file_store: Store, runs: list[Run], ask: Ask) -> None:
    value, _ = ask(panel_of(file_store, runs), "find", text="ROC")
    assert [entry["path"] for entry in value["entries"]] == ["plots/roc.txt"]
    assert value["complete"]


def test_file_that_is_replaced_while_it_is_read_is_said(file_store: Store, runs: list[Run], ask: Ask) -> None:
    panel = panel_of(file_store, runs)
    mark = ask(panel, "preview", run=0, path="a.txt")[0]["mark"]
    assert ask(panel, "read", run=0, path="a.txt", mark=mark, start=0)[1] == [b"same"]
    log_text(file_store, runs[0], "other", "a.txt")
    assert "was replaced while it was read" in ask(panel, "read", run=0, path="a.txt", mark=mark)[0]["refused"]


def test_vanished_file_and_store_that_is_away(file_store: Store, runs: list[Run], ask: Ask) -> None:
    panel = panel_of(file_store, runs)
    run_artifacts(file_store, runs[0]).remove()
    assert ask(panel, "preview", run=0, path="a.txt")[0]["kind"] == "gone"
    panel.refresh()
    assert ("a.txt", [1, 2]) in names(panel)
    os.chmod(str(runs[1].info.artifact_uri), 0)
    try:
        panel.refresh()
        assert panel.troubles == [] or panel.troubles[0]["run"] == 1  # root may read anything
    finally:
        os.chmod(str(runs[1].info.artifact_uri), 0o700)


def test_series_of_images_is_one_entry(file_store: Store, runs: list[Run], ask: Ask) -> None:
    for step in (0, 5, 10):
        log_image(file_store, runs[0], [[0, 255]], key="samples", step=step)
    log_image(file_store, runs[1], [[0, 255]], key="samples", step=5)
    panel = panel_of(file_store, runs, path="images/samples")
    (entry,) = panel.tree["images"]["entries"]
    assert (entry["path"], entry["runs"], entry["steps"], entry["icon"]) == ("images/samples", [0, 1], 3, "image")
    value, _ = ask(panel, "series", path="images/samples")
    assert [[step for step, _ in one["steps"]] for one in value] == [["0", "5", "10"], ["5"], []]
    assert value[1]["steps"][0][1].startswith("images/samples/step-000005-")


def pieces(panel: ArtifactsPanel, ask: Ask, **given: Any) -> bytes:
    begun, _ = ask(panel, "pack", **given)
    data = b""
    while True:
        value, buffers = ask(panel, "piece", token=begun["token"])
        if "refused" in value:
            raise NotFound(value["refused"])
        data += buffers[0]
        if value["end"]:
            return data


def test_folder_is_packed_while_it_is_sent(file_store: Store, runs: list[Run], ask: Ask, tmp_path: Path) -> None:
    big = tmp_path / "big"
    (big / "deep").mkdir(parents=True)
    (big / "deep" / "random").write_bytes(os.urandom(5_000_000))
    (big / "\u202eexe.txt").write_text("turned")
    log_artifacts(file_store, runs[0], big, "big")
    panel = panel_of(file_store, runs)
    with zipfile.ZipFile(io.BytesIO(pieces(panel, ask, path="big", run=0))) as archive:
        assert archive.testzip() is None
        assert sorted(archive.namelist()) == ["big/deep/random", "big/\u202eexe.txt"]
    with zipfile.ZipFile(io.BytesIO(pieces(panel, ask, path="a.txt"))) as archive:
        assert sorted(archive.namelist()) == ["run-0/a.txt", "run-1/a.txt", "run-2/a.txt"]


def test_names_of_runs_are_safe_in_an_archive(file_store: Store, ask: Ask) -> None:
    made = []
    for name in ("../../etc", "a/b\\c:d", "same", "SAME"):
        made.append(file_store.create_run(NewRun("0", name)))
        log_text(file_store, made[-1], "x", "x.txt")
    with zipfile.ZipFile(io.BytesIO(pieces(panel_of(file_store, made), ask, path=""))) as archive:
        assert archive.namelist() == ["_.._etc/x.txt", "a_b_c_d/x.txt", "same/x.txt", "SAME-2/x.txt"]


def test_damaged_file_is_handed_out_as_it_is_alone(file_store: Store, runs: list[Run], ask: Ask) -> None:
    path = Path(str(runs[0].info.artifact_uri), "a.txt")
    path.chmod(0o600)
    path.write_text("sane")
    panel = panel_of(file_store, runs)
    with pytest.raises(NotFound, match="not what was stored"):
        pieces(panel, ask, path="a.txt", run=0, file=True)
    with pytest.raises(NotFound, match="not what was stored"):
        pieces(panel, ask, path="", run=0)
    assert pieces(panel, ask, path="a.txt", run=0, file=True, as_is=True) == b"sane"
    assert pieces(panel, ask, path="plots/roc.txt", run=0, file=True) == b"roc 0"


def test_five_gigabytes_are_neither_read_nor_packed(file_store: Store, runs: list[Run], ask: Ask) -> None:
    with Path(str(runs[0].info.artifact_uri), "huge.pt").open("wb") as stream:
        stream.truncate(5_000_000_000)
    panel = panel_of(file_store, runs)
    value, buffers = ask(panel, "preview", run=0, path="huge.pt")
    assert (value["kind"], value["size"], buffers) == ("ask", 5_000_000_000, [])
    value, buffers = ask(panel, "preview", run=0, path="huge.pt", first=True)
    assert (value["kind"], len(buffers[0])) == ("binary", 512)
    for given in ({"path": "huge.pt", "file": True}, {"path": ""}):
        assert "500 MB at the most" in ask(panel, "pack", run=0, **given)[0]["refused"]
    assert "larger than the 500 MB" in ask(panel, "read", run=0, path="huge.pt")[0]["refused"]


def test_downloads_that_nobody_takes_are_given_up(file_store: Store, runs: list[Run], ask: Ask) -> None:
    panel = panel_of(file_store, runs)
    tokens = [ask(panel, "pack", path="", run=0)[0]["token"] for _ in range(5)]
    assert "given up" in ask(panel, "piece", token=tokens[0])[0]["refused"]
    ask(panel, "drop", token=tokens[1])
    assert "given up" in ask(panel, "piece", token=tokens[1])[0]["refused"]
    assert "given up" in ask(panel, "piece", token="made up")[0]["refused"]


def test_static_table_and_picture(file_store: Store, runs: list[Run]) -> None:
    log_text(file_store, runs[0], "x", "<b>.txt".replace("<", "(").replace(">", ")"))
    log_image(file_store, runs[0], [[0, 255], [255, 0]], artifact_file="small.png")
    panel = panel_of(file_store, runs, path="small.png")
    table = panel.static_table()
    assert "plots/roc.txt" in table
    assert "<td" in table
    assert "run-1" in table
    picture = panel.static_picture()
    assert picture.startswith("<svg")
    assert len(picture) < 30_000
    assert "data:image/png;base64," in picture
    assert panel_of(file_store, runs, path="a.txt").static_picture() == ""
