"""The runs around: which are read, which columns a page gets, and when it gets them anew."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from trackbook.entities import Metric, Param
from trackbook.stores.base import NewRun, RunTable, Store
from trackbook.widgets import compare_context
from trackbook.widgets.compare_context import SENT_COLUMNS, Surroundings, changed_columns


def ids_of(store: Store) -> list[str]:
    return store.run_table(["1"]).run_ids


def test_columns_are_numbers_in_buffers(digits: Store) -> None:
    seen = Surroundings.read(digits, ["1"], ids_of(digits)[:2])
    told = seen.delivered(["params.solver", "metrics.val_loss", "params.gone"])
    axes = {axis["id"]: np.frombuffer(axis.pop("values"), "<f8") for axis in told["axes"]}
    json.dumps(told, allow_nan=False)
    assert axes["metrics.val_loss"] == pytest.approx([0.1, 0.2, 0.3])
    assert axes["params.solver"].tolist() == [0, 1, 0]
    assert "attributes.duration" in axes


def test_version_changes_with_what_is_drawn_and_not_without(digits: Store) -> None:
    first, second = (Surroundings.read(digits, ["1"], []) for _ in range(2))
    assert first.version == second.version
    digits.log_batch(ids_of(digits)[0], [Metric("val_loss", 0.05, 1_800_000_000_000)])
    digits.flush()
    assert Surroundings.read(digits, ["1"], []).version != first.version


def test_compared_runs_of_elsewhere_and_deleted_ones_are_there_too(digits: Store) -> None:
    other = digits.create_experiment("other")
    elsewhere = digits.create_run(NewRun(other, "elsewhere")).info.run_id
    digits.log_batch(elsewhere, [Metric("acc", 0.5, 1)], [Param("depth", "3")])
    deleted = ids_of(digits)[0]
    digits.delete_run(deleted)
    seen = Surroundings.read(digits, ["1"], [elsewhere, deleted])
    assert set(seen.table.run_ids[2:]) == {elsewhere, deleted}
    axis = seen.axis("params.depth")
    assert axis is not None
    assert axis.missing == 3


def test_only_columns_that_have_changed_are_sent_again(digits: Store) -> None:
    before = Surroundings.read(digits, ["1"], []).delivered([])
    digits.log_batch(ids_of(digits)[0], [Metric("val_loss", 0.05, 1_800_000_000_000)])
    digits.flush()
    now = Surroundings.read(digits, ["1"], []).delivered([])
    told = changed_columns(before, now)
    assert [axis["id"] for axis in told["axes"]] == ["metrics.val_loss"]
    assert (told["base"], told["version"]) == (before["version"], now["version"])
    digits.create_run(NewRun("1", "new"))
    new = Surroundings.read(digits, ["1"], []).delivered([])
    assert changed_columns(now, new) == new


def test_only_the_newest_are_read_and_the_rest_is_counted(digits: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare_context, "CONTEXT_ROWS", 2)
    seen = Surroundings.read(digits, ["1"], [])
    assert (len(seen.table.run_ids), seen.total) == (2, 3)


def test_metric_that_everything_is_about_is_one_that_was_held_out(digits: Store) -> None:
    seen = Surroundings.read(digits, ["1"], [])
    values = {"last": np.array([1.0, 2.0, 3.0])}
    names = ["epoch", "train_loss", "val_accuracy", "val_loss"]
    wide = seen._replace(table=replace(seen.table, metrics=dict.fromkeys(names, values)))
    assert wide.target() == "val_loss"
    assert wide.target("epoch") == "epoch"
    assert wide._replace(table=replace(seen.table, metrics={})).target() == ""


def test_ten_thousand_columns_are_bounded_and_any_can_be_asked_for(digits: Store) -> None:
    seen = Surroundings.read(digits, ["1"], [])
    params = {f"p{place}": ["1", "2", None] for place in range(10_000)}
    wide = seen._replace(table=RunTable(seen.table.run_ids, seen.table.attributes, {}, params, {}))
    told = wide.delivered(["params.p9999"])
    assert len(told["axes"]) == SENT_COLUMNS
    assert told["axes"][0]["id"] == "params.p9999"
    assert len(wide.parallel("")) == 9


def test_parallel_axes_are_params_that_differ_and_the_metric(digits: Store) -> None:
    assert Surroundings.read(digits, ["1"], []).parallel("val_loss") == ["params.solver", "metrics.val_loss"]
