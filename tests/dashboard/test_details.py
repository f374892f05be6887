"""The details of a run, as the page gets them."""

from __future__ import annotations

import json

from trackbook.dashboard.details import details_of
from trackbook.entities import Dataset, DatasetInput, InputTag
from trackbook.stores.base import NewRun, Store
from trackbook.testing.samples import new_version


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


def test_versions_that_came_from_a_run_are_in_its_details(store: Store) -> None:
    run_id = store.create_run(NewRun("0")).info.run_id
    assert details_of(store, run_id)["versions"] == []
    for model in (1, 2):
        new_version(store, model=model, run_id=run_id)
    store.transition_model_version_stage("digits", 2, "Production")
    store.set_registered_model_alias("digits", "champion", 2)
    assert details_of(store, run_id)["versions"] == [("digits v1", ""), ("digits v2", "Production, @champion")]
