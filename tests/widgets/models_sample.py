"""A registry as a team has it: seven versions of digits-mlp, three of digits-forest, with runs, files and a history."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copytree
from uuid import uuid4

from trackbook.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag
from trackbook.entities.datasets import CONTEXT_TAG
from trackbook.models.model import MLMODEL, Model
from trackbook.signature.schema import ColSpec, Schema
from trackbook.signature.signatures import ModelSignature
from trackbook.signature.types import DataType
from trackbook.stores import open_store
from trackbook.stores.actors import acting_as
from trackbook.stores.artifacts.repository import open_artifacts
from trackbook.stores.base import NewRun, Store
from trackbook.stores.models import NewModel
from trackbook.stores.registry import Move, NewVersion
from trackbook.uris import SafeRelPath

__all__ = ["copy_of", "fill", "make_run", "register"]

RUNS = [
    ("hollow-koala-90", 0.0708, 0.9793, "64", "mira"),
    ("mlp-sgd-s0", 0.0582, 0.9809, "64", "mira"),
    ("ivory-oriole-58", 0.0486, 0.9857, "128", "jonas"),
    ("mlp-base-s0", 0.0426, 0.9889, "128", "aiko"),
    ("mlp-wide-s3", 0.0384, 0.9889, "256×128", "mira"),
    ("lucid-quail-43", 0.0347, 0.9921, "128×64", "jonas"),
    ("mlp-smooth-s0", 0.0313, 0.9889, "128×64", "mira"),
]
RULES = [{"metric": "val_loss", "value": 0.0313, "rule": "val_loss <= 0.04", "ok": True}]


def register(store: Store, name: str, run_id: str | None, tags: dict[str, str] | None = None) -> int:
    """A logged model with two files, and a version of it."""
    model_id = f"m-{uuid4().hex}"
    location = store.model_location("0", model_id)
    columns = Schema([ColSpec(DataType.double, f"pixel_{place}") for place in range(64)])
    about = Model(signature=ModelSignature(columns, Schema([ColSpec(DataType.long, "label")])), model_id=model_id)
    about.add_flavor("sklearn", sklearn_version="1.7.2").add_flavor("python_function", python_version="3.11.2")
    repository = open_artifacts(location)
    files = [
        repository.put_bytes(about.to_yaml().encode(), SafeRelPath((MLMODEL,))),
        repository.put_bytes(b"weights" * 58_000, SafeRelPath(("model.skops",))),
    ]
    store.create_logged_model(NewModel("0", "clf", run_id, model_id=model_id, tags=tags or {}), files)
    wanted = NewVersion(name, f"models:/{model_id}", files, run_id, model_id, make_model=True)
    return store.create_model_version(wanted).version


def make_run(store: Store, experiment: str, name: str, loss: float, accuracy: float, hidden: str) -> str:
    """A finished run with a data set and the code that made it."""
    tags = {
        "mlflow.source.name": "notebooks/train.ipynb",
        "mlflow.source.type": "NOTEBOOK",
        "mlflow.source.git.commit": "7c1e4d2a" * 5,
        "trackbook.git.dirty": "true" if name == "mlp-wide-s3" else "false",
    }
    run_id = store.create_run(NewRun(experiment, name, start_time=1_760_000_000_000, tags=tags)).info.run_id
    points = [
        Metric("val_loss", loss * 2, 1, 1),
        Metric("val_loss", loss, 2, 2),
        Metric("val_accuracy", accuracy, 2, 2),
    ]
    store.log_batch(run_id, points, [Param("hidden", hidden), Param("lr", "0.001")], [RunTag("seed", "0")])
    profile = json.dumps({"num_rows": 1797})
    data = Dataset("digits.parquet", "7c1e93aa", "local", '{"uri": "digits.parquet"}', None, profile)
    store.log_inputs(run_id, [DatasetInput(data, [InputTag(CONTEXT_TAG, "training")])])
    store.update_run(run_id, "FINISHED", 1_760_000_013_000)
    return run_id


def fill(store: Store) -> Store:
    """The registry of the pictures."""
    experiment = store.create_experiment("digits-mlp")
    for name, loss, accuracy, hidden, who in RUNS:
        run_id = make_run(store, experiment, name, loss, accuracy, hidden)
        tags = {"trackbook.verdict": "passed", "trackbook.verdict_details": json.dumps(RULES)} if loss < 0.032 else {}
        with acting_as(who):
            register(store, "digits-mlp", run_id, tags)
    store.flush()
    with acting_as("mira"):
        store.update_registered_model(
            "digits-mlp", "Small net for scanned digits. Serves /invocations for the mailroom."
        )
        for version in (1, 2, 3, 4, 5):
            moves = [Move(version - 1, "Archived", note=f"by the promotion of v{version}")] if version > 1 else []
            store.move("digits-mlp", [*moves, Move(version, "Production", note="passes thresholds")])
        store.set_registered_model_alias("digits-mlp", "champion", 5)
        store.move(
            "digits-mlp", [Move(7, "Staging"), Move(7, alias="challenger", note="loss fell by a tenth, same cells")]
        )
        for _ in range(3):
            register(store, "digits-forest", None)
    return store


def copy_of(template: Path, folder: Path) -> Store:
    """A store like the one in a folder, which is filled if it is empty: filling takes longer than most tests."""
    if not template.exists():
        fill(open_store(str(template / "store.db"))).close()
    copytree(template, folder)
    return open_store(str(folder / "store.db"))
