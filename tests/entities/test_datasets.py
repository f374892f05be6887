"""Data sets as entities: MLflow's attributes, and cards that stay text whatever a client has sent."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, replace

import pytest

from trackbook.entities import Dataset, DatasetInput, InputTag, Run, RunData, RunInfo, RunInputs
from trackbook.entities.checks import checked_inputs
from trackbook.entities.datasets import columns_of, place_of, size_of
from trackbook.errors import InvalidParameter

XSS = "<img src=x onerror=alert(1)>"
WINE = Dataset(
    "wine",
    "ab12",
    "http",
    '{"url": "https://example.org/wine.csv"}',
    '{"mlflow_colspec": [{"type": "double", "name": "alcohol", "required": true},'
    ' {"type": "long", "name": "class", "required": false}]}',
    '{"num_rows": 1780, "num_elements": 3560}',
)


def test_data_set_is_frozen_and_a_dict_by_mlflows_names() -> None:
    with pytest.raises(FrozenInstanceError):
        WINE.name = "beer"  # type: ignore[misc]
    assert list(WINE.to_dictionary()) == ["name", "digest", "source_type", "source", "schema", "profile"]
    read = DatasetInput(WINE, [InputTag("mlflow.data.context", "training")])
    assert read.to_dictionary() == {
        "dataset": WINE.to_dictionary(),
        "tags": [{"key": "mlflow.data.context", "value": "training"}],
    }
    assert (read.context, DatasetInput(WINE, None).tags) == ("training", [])  # type: ignore[arg-type]
    assert RunInputs([read]).to_dictionary()["dataset_inputs"] == [read.to_dictionary()]


def test_card_shows_what_is_known() -> None:
    html = WINE._repr_html_()
    assert all(words in html for words in ("wine", "ab12", "https://example.org/wine.csv", "alcohol", "long, optional"))
    assert (place_of(WINE), size_of(WINE)) == ("http: https://example.org/wine.csv", "1,780 rows")


def test_tensors_and_code_are_shown_too() -> None:
    tensor = [{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 3]}}]
    schema = json.dumps({"mlflow_tensorspec": {"features": json.dumps(tensor), "targets": None}})
    code = '{"tags": {"mlflow.source.name": "train.ipynb"}}'
    arrays = Dataset("digits", "d", "code", code, schema, '{"features_shape": [1797, 64]}')
    assert columns_of(arrays) == {"features": "float64 [-1, 3]"}
    assert (place_of(arrays), size_of(arrays)) == ("code: train.ipynb", "1797 × 64")


@pytest.mark.parametrize(
    "text", ["", "null", "[1]", "{", "7", '{"mlflow_colspec": 3}', '{"mlflow_colspec": [3]}', "[" * 100_000, XSS]
)
def test_card_of_what_cannot_be_read_is_shown_all_the_same(text: str) -> None:
    html = Dataset(XSS, XSS, XSS, text, text, text)._repr_html_()
    assert XSS not in html
    assert "&lt;img" in html


def test_runs_card_lists_its_data_sets_escaped() -> None:
    read = DatasetInput(replace(WINE, name=XSS), [InputTag("mlflow.data.context", XSS)])
    html = Run(RunInfo("a" * 32, "0", "", "RUNNING", 0, None), RunData(), RunInputs([read]))._repr_html_()
    assert "Data sets" in html
    assert "1,780 rows" in html
    assert XSS not in html


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": ""}, "name of a data set"),
        ({"name": "a\nb"}, "name of a data set"),
        ({"name": 7}, "name of a data set"),
        ({"digest": None}, "digest of the data set 'wine'"),
        ({"digest": "d" * 37}, "1 to 36"),
        ({"source_type": None}, "source_type of the data set 'wine' is text"),
        ({"source": {"uri": "x"}}, "source of the data set 'wine' is text"),
        ({"source": "\ud800"}, "lone surrogate"),
        ({"schema": b"[]"}, "schema of the data set 'wine' is text"),
        ({"profile": "p" * 16_777_216}, "limit is 16777215"),
    ],
)
def test_data_set_that_breaks_a_rule_is_refused_by_name(change: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidParameter, match=said):
        checked_inputs([DatasetInput(replace(WINE, **change))])  # type: ignore[arg-type]


@pytest.mark.parametrize("inputs", ["wine", None, 7, [WINE], [None], {"a": 1}, [DatasetInput(None)]])  # type: ignore[arg-type]
def test_what_is_no_list_of_inputs_is_refused(inputs: object) -> None:
    with pytest.raises(InvalidParameter, match=r"(is|are) a list of"):
        checked_inputs(inputs)  # type: ignore[arg-type]


def test_inputs_of_another_library_will_do() -> None:
    class Foreign:
        def __init__(self, **attributes: object) -> None:
            vars(self).update(attributes)

    dataset = Foreign(**WINE.to_dictionary())
    (found,) = checked_inputs([Foreign(dataset=dataset, tags=[Foreign(key="k", value=1)])])  # type: ignore[list-item]
    assert found == DatasetInput(WINE, [InputTag("k", "1")])
