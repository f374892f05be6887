"""Runs put into groups: by every param but the seed, by a param or a tag, and what is left out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from trackbook.errors import InvalidParameter
from trackbook.stores.base import RunTable
from trackbook.widgets.run_groups import GROUP_LIMIT, group_runs, metric_of, parse_metric, seed_param


def table(count: int, params: Mapping[str, Any], **more: Any) -> RunTable:
    values = np.array(more.get("values", np.arange(count, dtype=float)))
    counts = np.array(more.get("counts", [1] * count))
    metrics = {"acc": {"last": values, "min": values - 1, "max": values + 1, "count": counts}}
    ids = [f"r{place}" for place in range(count)]
    return RunTable(
        ids, {"status": more.get("status", ["FINISHED"] * count)}, metrics, dict(params), more.get("tags", {})
    )


def test_runs_that_differ_in_their_seed_alone_are_a_group() -> None:
    params = {"lr": ["1", "1", "2", "2"], "depth": ["4"] * 4, "random_state": ["0", "1", "0", "1"]}
    found = group_runs(table(4, params), "acc", "max")
    assert [(group.name, group.values, group.seeds) for group in found.groups] == [
        ("1", [1.0, 2.0], ["0", "1"]),
        ("2", [3.0, 4.0], ["0", "1"]),
    ]
    assert (found.by, found.seed, found.left_out) == (["lr"], "random_state", [])


def test_several_params_name_a_group_and_a_missing_one_is_left_out_of_the_name() -> None:
    params = {"lr": ["1", "2", None], "depth": ["4", None, None], "seed": ["0"] * 3}
    assert [group.name for group in group_runs(table(3, params), "acc", "last").groups] == [
        "lr=1, depth=4",
        "lr=2",
        "–",
    ]


def test_tag_or_param_makes_the_groups_and_a_prefix_tells_them_apart() -> None:
    runs = table(2, {"kind": ["a", "a"]}, tags={"kind": ["x", "y"], "family": ["f", None]})
    by = {name: [group.name for group in group_runs(runs, "acc", "last", [name]).groups] for name in
          ("kind", "params.kind", "tags.kind", "tag.kind", "family")}  # fmt: skip
    assert by == {
        "kind": ["a"], "params.kind": ["a"], "tags.kind": ["x", "y"], "tag.kind": ["x", "y"], "family": ["f", "–"],
    }  # fmt: skip
    with pytest.raises(InvalidParameter, match="no param and no tag 'nothing'; there is kind, kind, family"):
        group_runs(runs, "acc", "last", ["nothing"])


def test_runs_that_do_not_count_are_said() -> None:
    runs = table(4, {}, values=[1.0, math.nan, math.nan, math.inf], counts=[1, 1, 0, 1], status=["RUNNING"] * 4)
    found = group_runs(runs, "acc", "last")
    assert [group.name for group in found.groups] == ["all runs"]
    assert found.left_out == [
        "1 run without acc is left out.",
        "2 runs whose value is NaN or infinite are left out.",
        "4 runs have not ended, and count with what they have.",
    ]


def test_too_many_groups_are_refused() -> None:
    count = GROUP_LIMIT + 1
    with pytest.raises(InvalidParameter, match="2001 groups"):
        group_runs(table(count, {"id": [str(place) for place in range(count)]}), "acc", "last")


@pytest.mark.parametrize(
    ("params", "found"),
    [(["lr", "Seed"], "Seed"), (["fold", "seed"], "seed"), (["data/seed", "numpy_seed"], "data/seed"), (["lr"], "")],
)
def test_seed_is_found_by_its_name(params: list[str], found: str) -> None:
    assert seed_param(table(1, {key: ["1"] for key in params})) == found


def test_metric_is_read_with_its_value_and_by_its_name() -> None:
    known = {"loss": 0, "acc": 0, "a.max": 0, "other": 0}
    texts = ("loss", "acc", "acc.last", "a.max", "a.max.min", "other")
    assert [parse_metric(text, known) for text in texts] == [
        ("loss", "min"), ("acc", "max"), ("acc", "last"), ("a.max", "last"), ("a.max", "min"), ("other", "last"),
    ]  # fmt: skip
    with pytest.raises(InvalidParameter, match=r"no metric 'acc\.mean'; there is a\.max, acc"):
        parse_metric("acc.mean", known)


def test_most_telling_metric_is_chosen() -> None:
    runs = RunTable([], {}, {key: {} for key in ("system/cpu", "train_loss", "val_loss", "val_acc")}, {}, {})
    assert metric_of(runs) == "val_acc"
    assert metric_of(RunTable([], {}, {}, {}, {})) == ""
