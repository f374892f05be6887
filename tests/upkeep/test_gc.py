"""What was deleted goes for good: with its files, after its time, and nothing else with it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from trackbook.entities import Metric, Run, ViewType
from trackbook.errors import AlreadyExists, InvalidState, NotFound, StoreError
from trackbook.stores import open_store
from trackbook.stores.artifacts.repository import open_artifacts
from trackbook.stores.base import NewRun, Store
from trackbook.upkeep.gc import UNDO_PERIOD_MS, Piece, Wanted, collect_garbage, collect_orphans
from trackbook.uris import SafeRelPath

Fill = Callable[..., Run]
ALL = Wanted(older_than=0)


def collect(store: Store, wanted: Wanted = ALL, *, dry_run: bool = False) -> list[Piece]:
    return list(collect_garbage(store, wanted, dry_run=dry_run))


def rows_left(store: Store) -> dict[str, int]:
    """How many rows each table that belongs to runs has."""
    tables = ("points", "chunks", "metric_summary", "params", "run_tags", "files", "attempts", "runs")
    with store.database.read() as connection:  # type: ignore[attr-defined]
        return {table: connection.execute(f"SELECT count(*) FROM {table}")[0][0] for table in tables}


def test_deleted_run_goes_with_its_rows_and_files_and_another_stays(file_store: Store, fill: Fill) -> None:
    gone, kept = fill(file_store), fill(file_store)
    before = rows_left(file_store)
    file_store.delete_run(gone.info.run_id)
    (piece,) = collect(file_store)
    assert (piece.kind, piece.id, piece.files, piece.size, piece.gone) == ("run", gone.info.run_id, 2, 200, True)
    assert not Path(str(gone.info.artifact_uri)).exists()
    assert len(list(Path(str(kept.info.artifact_uri)).rglob("*.bin"))) == 2
    assert {table: 2 * count for table, count in rows_left(file_store).items()} == before
    with pytest.raises(NotFound):
        file_store.get_run(gone.info.run_id)
    assert collect(file_store) == []


def test_run_can_be_restored_until_its_time_is_over(file_store: Store, fill: Fill) -> None:
    run_id = fill(file_store).info.run_id
    file_store.delete_run(run_id)
    now = time.time_ns() // 1_000_000
    almost, over = (Wanted(now=now + UNDO_PERIOD_MS + minutes * 60_000) for minutes in (-1, 1))
    assert collect(file_store, almost) == []
    file_store.restore_run(run_id)
    assert collect(file_store, over) == []
    file_store.delete_run(run_id)
    assert [piece.id for piece in collect(file_store, over)] == [run_id]


def test_dry_run_says_what_would_go_and_changes_nothing(file_store: Store, fill: Fill) -> None:
    run = fill(file_store)
    number = file_store.create_experiment("old")
    fill(file_store, number)
    file_store.delete_run(run.info.run_id)
    file_store.delete_experiment(number)
    before = rows_left(file_store)
    pieces = collect(file_store, dry_run=True)
    assert [(piece.kind, piece.size, piece.gone) for piece in pieces] == [
        ("run", 200, False),
        ("run", 200, False),
        ("experiment", 0, False),
    ]
    assert rows_left(file_store) == before
    file_store.restore_experiment(number)
    file_store.restore_run(run.info.run_id)


def test_purged_experiment_frees_its_name(file_store: Store, fill: Fill) -> None:
    number = file_store.create_experiment("digits")
    run = fill(file_store, number)
    file_store.delete_experiment(number)
    with pytest.raises(AlreadyExists) as caught:
        file_store.create_experiment("digits")
    assert f"trackbook experiments restore -x {number}" in str(caught.value)
    assert f"trackbook gc --experiment-ids {number} --older-than 0s" in str(caught.value)
    assert [piece.kind for piece in collect(file_store, Wanted(0, experiment_ids=[number]))] == ["run", "experiment"]
    assert not Path(str(run.info.artifact_uri)).parent.exists()
    assert file_store.create_experiment("digits") != number
    with pytest.raises(NotFound):
        file_store.get_experiment(number)


def test_only_what_is_named_goes(file_store: Store, fill: Fill) -> None:
    runs = [fill(file_store).info.run_id for _ in range(3)]
    number = file_store.create_experiment("old")
    for run_id in runs:
        file_store.delete_run(run_id)
    file_store.delete_experiment(number)
    assert [piece.id for piece in collect(file_store, Wanted(0, run_ids=[runs[1]]))] == [runs[1]]
    assert {run.info.run_id for run in file_store.search_runs(["0"], run_view_type=ViewType.ALL)} == {runs[0], runs[2]}
    assert file_store.get_experiment(number).lifecycle_stage == "deleted"


def test_what_is_not_deleted_or_not_there_or_too_young_is_refused_and_nothing_goes(
    file_store: Store, fill: Fill
) -> None:
    active, deleted = fill(file_store).info.run_id, fill(file_store).info.run_id
    number = file_store.create_experiment("active")
    file_store.delete_run(deleted)
    with pytest.raises(InvalidState, match="trackbook runs delete"):
        collect(file_store, Wanted(0, run_ids=[deleted, active]))
    with pytest.raises(NotFound):
        collect(file_store, Wanted(0, run_ids=[deleted, "f" * 32]))
    with pytest.raises(InvalidState, match="trackbook experiments delete"):
        collect(file_store, Wanted(0, experiment_ids=[number]))
    with pytest.raises(NotFound):
        collect(file_store, Wanted(0, experiment_ids=["4711"]))
    with pytest.raises(InvalidState, match="--older-than 0s"):
        collect(file_store, Wanted(run_ids=[deleted]))
    file_store.restore_run(deleted)


def test_experiment_with_a_run_that_was_brought_back_stays(file_store: Store, fill: Fill) -> None:
    number = file_store.create_experiment("digits")
    back, gone = fill(file_store, number).info.run_id, fill(file_store, number).info.run_id
    file_store.delete_experiment(number)
    file_store.restore_run(back)
    assert [piece.id for piece in collect(file_store)] == [gone]
    with pytest.raises(InvalidState, match="not deleted"):
        collect(file_store, Wanted(0, experiment_ids=[number]))
    file_store.restore_experiment(number)
    assert [run.info.run_id for run in file_store.search_runs([number])] == [back]


def test_default_experiment_keeps_its_row(file_store: Store, fill: Fill) -> None:
    run_id = fill(file_store).info.run_id
    file_store.delete_experiment("0")
    assert [piece.id for piece in collect(file_store)] == [run_id]
    assert collect(file_store, Wanted(0, experiment_ids=["0"])) == []
    file_store.restore_experiment("0")
    assert file_store.search_runs(["0"]) == []


def test_files_that_are_gone_or_links_are_no_obstacle(file_store: Store, fill: Fill, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("kept")
    runs = [fill(file_store, files=5) for _ in range(4)]
    for run in runs:
        file_store.delete_run(run.info.run_id)
    Path(str(runs[0].info.artifact_uri), "folder/1.bin").unlink()
    Path(str(runs[1].info.artifact_uri), "link").symlink_to(outside)
    for folder in (str(runs[2].info.artifact_uri), str(runs[3].info.artifact_uri)):
        Path(folder).rename(f"{folder}-moved")
    Path(str(runs[3].info.artifact_uri)).symlink_to(outside)
    assert all(piece.gone for piece in collect(file_store))
    assert (outside / "precious").read_text() == "kept"
    assert not os.path.lexists(str(runs[3].info.artifact_uri))
    assert rows_left(file_store)["runs"] == 0


def test_only_the_runs_own_folder_goes_from_a_users_location(file_store: Store, fill: Fill, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "thesis.tex").write_text("mine")
    number = file_store.create_experiment("digits", str(folder))
    run = fill(file_store, number)
    file_store.delete_experiment(number)
    assert all(piece.gone for piece in collect(file_store))
    assert [path.name for path in folder.iterdir()] == ["thesis.tex"]
    assert Path(str(run.info.artifact_uri)).parent == folder


def test_folder_in_which_another_experiment_keeps_artifacts_stays(file_store: Store, fill: Fill) -> None:
    outer = fill(file_store)
    number = file_store.create_experiment("inner", f"{outer.info.artifact_uri}/below")
    inner = fill(file_store, number)
    file_store.delete_run(outer.info.run_id)
    (piece,) = collect(file_store)
    assert (piece.gone, "Another experiment" in piece.problem) == (False, True)
    assert len(list(Path(str(inner.info.artifact_uri)).rglob("*.bin"))) == 2
    file_store.restore_run(outer.info.run_id)  # nothing was begun
    file_store.delete_run(outer.info.run_id)
    file_store.delete_experiment(number)
    assert all(piece.gone for piece in collect(file_store))


def test_run_whose_files_cannot_be_deleted_stays_hidden_until_they_can(file_store: Store, fill: Fill) -> None:
    number = file_store.create_experiment("far", "s3://bucket/runs")
    run_id = file_store.create_run(NewRun(number)).info.run_id
    kept = fill(file_store)
    file_store.delete_experiment(number)
    pieces = collect(file_store)
    assert [(piece.kind, bool(piece.problem)) for piece in pieces] == [("run", True), ("experiment", True)]
    for call in (file_store.get_run, file_store.restore_run, file_store.delete_run, file_store.resume_run):
        with pytest.raises(NotFound):
            call(run_id)
    with pytest.raises(NotFound):
        file_store.restore_experiment(number)
    assert file_store.get_experiment_by_name("far") is None
    with pytest.raises(AlreadyExists, match="for good"):
        file_store.create_experiment("far")
    with pytest.raises(AlreadyExists, match="for good"):
        file_store.ensure_experiment("far")
    assert file_store.search_runs([number], run_view_type=ViewType.ALL) == []
    assert file_store.search_experiments(ViewType.ALL)[0].name == "Default"
    assert file_store.get_run(kept.info.run_id).data.metrics


def test_artifacts_elsewhere_go_too(file_store: Store) -> None:
    number = file_store.create_experiment("far", "memory://far/runs")
    runs = [file_store.create_run(NewRun(number)) for _ in range(2)]
    for run in runs:
        open_artifacts(str(run.info.artifact_uri)).put_bytes(b"x", SafeRelPath.parse("folder/a"))
    file_store.delete_run(runs[0].info.run_id)
    assert [piece.gone for piece in collect(file_store)] == [True]
    found = [open_artifacts(str(run.info.artifact_uri)).list_artifacts() for run in runs]
    assert [len(files) for files in found] == [0, 1]
    file_store.delete_experiment(number)
    assert all(piece.gone for piece in collect(file_store))


def test_many_rows_go_in_short_transactions(file_store: Store) -> None:
    run_id = file_store.create_run(NewRun("0")).info.run_id
    recorder = file_store.recorder(run_id)
    for key in ("a", "b", "c"):
        recorder.log_points([Metric(f"{key}{step % 50}", 0.5, 1, step) for step in range(10_000)])
    file_store.flush()
    assert rows_left(file_store)["points"] == 30_000
    file_store.delete_run(run_id)
    collect(file_store)
    assert set(rows_left(file_store).values()) == {0}


def test_file_shrinks(file_store: Store, tmp_path: Path) -> None:
    run_id = file_store.create_run(NewRun("0")).info.run_id
    recorder = file_store.recorder(run_id)
    recorder.log_points([Metric(f"k{step % 400}", 0.5, 1, step) for step in range(50_000)])
    file_store.flush()
    file_store.database.checkpoint()  # type: ignore[attr-defined]
    before = (tmp_path / "store.db").stat().st_size
    file_store.delete_run(run_id)
    collect(file_store)
    assert (tmp_path / "store.db").stat().st_size < before / 4


def test_orphans_go_when_they_are_a_day_old_and_nobody_knows_them(file_store: Store, fill: Fill) -> None:
    run = fill(file_store)
    root = Path(str(run.info.artifact_uri)).parent
    for name in ("a" * 32, "notes"):
        (root / name).mkdir()
        (root / name / "file").write_text("x")
    lost = root.parent / "77" / ("b" * 32)
    lost.mkdir(parents=True)
    now = time.time()
    assert list(collect_orphans(file_store, now)) == []
    tomorrow = now + 90_000
    assert [piece.gone for piece in collect_orphans(file_store, tomorrow, dry_run=True)] == [False, False]
    assert {piece.id for piece in collect_orphans(file_store, tomorrow)} == {str(root / ("a" * 32)), str(lost)}
    assert sorted(path.name for path in root.iterdir()) == sorted([run.info.run_id, "notes"])
    assert not lost.parent.exists()


def test_runs_of_another_store_in_the_same_folder_are_no_orphans(file_store: Store, fill: Fill, tmp_path: Path) -> None:
    neighbour = open_store(tmp_path / "neighbour.db")
    run = fill(neighbour)
    assert list(collect_orphans(file_store, time.time() + 90_000)) == []
    assert Path(str(run.info.artifact_uri)).exists()
    neighbour.close()
    (tmp_path / "neighbour.db").write_bytes(b"SQLite format 3\0" + b"noise" * 200)
    with pytest.raises(StoreError, match=r"neighbour\.db"):
        list(collect_orphans(file_store, time.time() + 90_000))
    assert Path(str(run.info.artifact_uri)).exists()


def test_points_of_a_purged_run_are_put_aside(file_store: Store, fill: Fill, caplog: pytest.LogCaptureFixture) -> None:
    run_id = fill(file_store).info.run_id
    recorder = file_store.recorder(run_id)
    file_store.delete_run(run_id)
    recorder.refuse(None)  # type: ignore[attr-defined]  # as another process's recorder, which knows nothing of it
    collect(file_store)
    recorder.refuse(None)  # type: ignore[attr-defined]
    recorder.log("loss", 1.0)
    recorder.log("loss", 2.0)
    file_store.flush()
    (record,) = file_store.rejected()
    assert (record.homeless, record.storable) == (True, False)
    assert caplog.text.count("rejected") == 1
    assert rows_left(file_store)["points"] == 0
