from __future__ import annotations

import json

import numpy as np

from trackbook.stores.base import RunTable
from trackbook.widgets.columns import CELL_LIMIT, ROW_LIMIT, Columns, encode_table


def table_of(count: int, **more: list[str | None]) -> RunTable:
    attributes = {"run_name": [f"run-{i}" for i in range(count)], "status": ["FINISHED"] * count}
    values = np.arange(count, dtype=np.float64)
    return RunTable([f"id{i}" for i in range(count)], attributes, {"loss": {"last": values}}, dict(more), {})


def floats(columns: Columns, place: int) -> np.ndarray:
    return np.frombuffer(columns.buffers[place], dtype="<f8")


def column(columns: Columns, key: str) -> dict[str, object]:
    found: dict[str, object] = next(each for each in columns.meta["columns"] if each["key"] == key)
    return found


def test_encode_sends_text_once_a_distinct_value() -> None:
    encoded = encode_table(table_of(4, solver=["adam", None, "sgd", "adam"]))
    found = column(encoded, "solver")
    assert found["texts"] == ["adam", "sgd"]
    assert np.frombuffer(encoded.buffers[found["codes"]], "<i4").tolist() == [0, -1, 1, 0]  # type: ignore[call-overload]


def test_encode_puts_every_float_into_a_buffer() -> None:
    table = table_of(3)
    table.metrics["loss"]["last"] = np.array([np.nan, np.inf, -0.0])
    table.attributes["start_time"] = [None, 1, 2]
    encoded = encode_table(table)
    json.dumps(encoded.meta, allow_nan=False)
    sent = floats(encoded, column(encoded, "loss")["values"]["last"])  # type: ignore[index]
    np.testing.assert_array_equal(sent, [np.nan, np.inf, -0.0])
    assert np.signbit(sent[2])


def test_encode_tells_a_logged_nan_from_a_metric_that_was_not_logged() -> None:
    table = table_of(3)
    table.metrics["loss"] = {"last": np.array([np.nan, np.nan, 1.0]), "count": np.array([2.0, np.nan, 1.0])}
    encoded = encode_table(table)
    assert np.frombuffer(encoded.buffers[column(encoded, "loss")["nan"]], "<i4").tolist() == [0]  # type: ignore[call-overload]


def test_encode_shares_the_buffer_of_equal_aggregates() -> None:
    table = table_of(3)
    table.metrics["loss"] = {"last": np.ones(3), "min": np.ones(3), "max": np.full(3, 2.0)}
    places = column(encode_table(table), "loss")["values"]
    assert places["last"] == places["min"] != places["max"]  # type: ignore[index]


def test_encode_keeps_the_first_rows_and_tells_how_many_there_are() -> None:
    encoded = encode_table(table_of(ROW_LIMIT + 5), total=31_402)
    assert (encoded.meta["rows"], encoded.meta["total"]) == (ROW_LIMIT, 31_402)
    assert len(floats(encoded, column(encoded, "loss")["values"]["last"])) == ROW_LIMIT  # type: ignore[index]


def test_encode_cuts_a_long_text_and_says_so() -> None:
    found = column(encode_table(table_of(1, prompt=["x" * 65_536])), "prompt")
    assert found["cut"] is True
    assert found["texts"] == ["x" * CELL_LIMIT + "…"]


def test_encode_names_experiments_and_marks_lost_runs() -> None:
    table = table_of(2)
    table.attributes.update({"experiment_id": ["1", "2"], "lost": [False, True]})
    encoded = encode_table(table, {"1": "digits"})
    assert column(encoded, "experiment")["texts"] == ["digits", "2"]
    assert np.frombuffer(encoded.buffers[encoded.meta["lost"]], "<i4").tolist() == [1]


def test_encode_takes_a_table_without_runs() -> None:
    encoded = encode_table(RunTable([], {}, {}, {}, {}))
    assert encoded.meta["rows"] == 0
