from __future__ import annotations

import math

import numpy as np

from trackbook.entities import Metric
from trackbook.stores.base import Store
from trackbook.widgets.sparklines import sparklines


def test_curves_are_short_and_gaps_stay_gaps(digits: Store) -> None:
    run_id = digits.search_runs(["1"])[0].info.run_id
    points = [Metric("acc", math.inf if step == 700 else step / 1000, 0, step) for step in range(1000)]
    digits.log_batch(run_id, points)
    value, (buffer,) = sparklines(digits, [run_id, "0" * 32], "acc")
    numbers = np.frombuffer(buffer, dtype="<f4")
    count, none = value["counts"]
    assert (8 <= count <= 42, none) == (True, 0)
    steps, values = numbers[:count], numbers[count:]
    assert (steps[0], steps[-1], len(values)) == (0, 999, count)
    assert np.isnan(values).any()


def test_a_single_point_makes_no_curve(digits: Store) -> None:
    run_ids = [run.info.run_id for run in digits.search_runs(["1"])]
    value, (buffer,) = sparklines(digits, run_ids, "val_loss")
    assert (value["counts"], len(buffer)) == ([0, 0, 0], 0)
