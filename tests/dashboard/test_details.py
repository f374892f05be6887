"""The details of a run, as the page gets them."""

from __future__ import annotations

import json

from trackbook.dashboard.details import details_of
from trackbook.entities import Dataset, DatasetInput, InputTag
from trackbook.stores.base import NewRun, Store


def test_data_sets_of_a_run_are_plain_texts_in_its_details(store: Store) -> None:
    run_id = store.create_run(NewRun("0")).info.run_id
    dataset = Dataset("wine", "d1", "http", '{"url": "https://h/wine.csv"}', profile='{"num_rows": 178}')
    store.log_inputs(run_id, [DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])])
    (told,) = json.loads(json.dumps(details_of(store, run_id)))["datasets"]
    assert told == {
        "name": "wine",
        "digest": "d1",
        "context": "training",
        "size": "178 rows",
        "source": "http: https://h/wine.csv",
    }
