"""evaluate: whatever form model and data have, one run knows afterwards what was found, or nothing of it."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import trackbook
from trackbook.errors import InvalidParameter, NotFound, NotSupported
from trackbook.models import EvaluationResult, MetricThreshold, make_metric
from trackbook.runs.session import current_store

QUICK = {"evaluator_config": {"log_model_explainability": False}}
X, Y = load_breast_cancer(return_X_y=True, as_frame=True)
MODEL = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y)
TABLE = X.assign(target=Y)


def evaluate(model: Any = MODEL, data: Any = TABLE, **given: Any) -> EvaluationResult:
    wanted: dict[str, Any] = {"model_type": "classifier", "targets": "target", **QUICK}
    return trackbook.evaluate(model, data, **(wanted | given))


def test_run_has_metrics_pictures_and_the_data_set() -> None:
    with trackbook.start_run() as run:
        result = evaluate(evaluator_config={"explainability_nsamples": 50})
    stored = trackbook.get_run(run.info.run_id)
    assert result.run_id == run.info.run_id
    assert stored.data.metrics == result.metrics
    assert result.metrics["accuracy_score"] == result.metrics["score"] == MODEL.score(X, Y)
    (read,) = stored.inputs.dataset_inputs
    assert json.loads(str(read.dataset.profile))["num_rows"] == len(X)
    files = {file.path for file in trackbook.artifacts.list_artifacts(f"runs:/{result.run_id}/evaluation")}
    names = ["confusion_matrix", "confusion_matrix_data", "roc_curve_plot", "roc_curve_data", "summary"]
    names += ["precision_recall_curve_plot", "calibration_curve_plot", "feature_importance_plot"]
    assert {f"evaluation/{name}.json" for name in names} | {"evaluation/per_class_metrics.csv"} <= files
    assert result.notes == []


def test_pictures_are_figures_in_memory_and_in_the_store() -> None:
    result = evaluate()
    assert set(result.figures) == {
        "confusion_matrix", "roc_curve_plot", "precision_recall_curve_plot", "calibration_curve_plot"
    }  # fmt: skip
    again = trackbook.artifacts.load_dict(result.artifacts["roc_curve_plot"].uri)
    assert again == result.artifacts["roc_curve_plot"].content
    assert result.tables["per_class_metrics"]["positive_class"].tolist() == [0, 1] or ["0", "1"]
    with pytest.raises(InvalidParameter, match="no figure"):
        _ = result.artifacts["summary"].figure


def test_without_an_active_run_one_is_started_and_ended() -> None:
    result = evaluate()
    assert trackbook.active_run() is None
    assert trackbook.get_run(str(result.run_id)).info.status == "FINISHED"


FORMS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "array": lambda _: {"data": X.to_numpy(), "targets": Y.to_numpy()},
    "list": lambda _: {"data": X.to_numpy().tolist(), "targets": Y.tolist()},
    "series": lambda _: {"data": X, "targets": Y},
    "polars": lambda _: {"data": pl.from_pandas(TABLE)},
    "pandas data set": lambda _: {"data": trackbook.data.from_pandas(TABLE, targets="target"), "targets": None},
    "polars data set": lambda _: {
        "data": trackbook.data.from_polars(pl.from_pandas(TABLE), targets="target"), "targets": None
    },
    "numpy data set": lambda _: {
        "data": trackbook.data.from_numpy(X.to_numpy(), targets=Y.to_numpy()), "targets": None
    },
    "csv": lambda folder: {"data": written(folder / "data.csv")},
    "parquet": lambda folder: {"data": str(written(folder / "data.parquet"))},
    "named features": lambda _: {"data": TABLE.assign(extra=1), "feature_names": list(X.columns)},
    "named array": lambda _: {"data": X.to_numpy(), "targets": Y.to_numpy(), "feature_names": list(X.columns)},
}  # fmt: skip


def written(path: Path) -> Path:
    if path.suffix == ".csv":
        TABLE.to_csv(path, index=False)
    else:
        TABLE.to_parquet(path, engine="pyarrow")
    return path


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_data_comes_in_any_form(form: str, tmp_path: Path) -> None:
    result = evaluate(**FORMS[form](tmp_path))
    assert result.metrics["accuracy_score"] == pytest.approx(MODEL.score(X, Y))
    assert result.metrics["example_count"] == len(X)


class Plain:
    """Something that predicts."""

    def predict(self, features: Any) -> Any:
        return MODEL.predict(features)


MODELS: dict[str, Any] = {
    "function": MODEL.predict,
    "object": Plain(),
    "list": lambda features: MODEL.predict(features).tolist(),
    "series": lambda features: pd.Series(MODEL.predict(features), index=features.index[::-1]),
    "column": lambda features: MODEL.predict(features).reshape(-1, 1),
    "table": lambda features: pd.DataFrame({"label": MODEL.predict(features)}),
    "dicts": lambda features: [{"label": one} for one in MODEL.predict(features).tolist()],
    "dict of lists": lambda features: {"label": MODEL.predict(features).tolist()},
    "polars": lambda features: pl.DataFrame({"label": MODEL.predict(features)}),
}


@pytest.mark.parametrize("name", MODELS)
def test_model_is_anything_that_predicts(name: str) -> None:
    result = evaluate(MODELS[name])
    assert result.metrics["accuracy_score"] == pytest.approx(MODEL.score(X, Y))
    assert "roc_auc" not in result.metrics


def test_one_of_several_columns_is_measured() -> None:
    both = lambda features: pd.DataFrame({"label": MODEL.predict(features), "source": "x"})  # noqa: E731
    assert evaluate(both, predictions="label").metrics["accuracy_score"] > 0.9
    with pytest.raises(InvalidParameter, match="gives the columns 'label', 'source'; say with predictions="):
        evaluate(both)


def test_predictions_that_are_there_already_are_measured() -> None:
    table = TABLE.assign(guess=MODEL.predict(X))
    assert evaluate(None, table, predictions="guess").metrics["accuracy_score"] == MODEL.score(X, Y)
    known = trackbook.data.from_pandas(table, targets="target", predictions="guess")
    assert evaluate(None, known, targets=None).metrics["accuracy_score"] == MODEL.score(X, Y)


def test_several_classes_with_texts_are_measured() -> None:
    features, numbers = load_iris(return_X_y=True, as_frame=True)
    names = numbers.map({0: "setosa", 1: "versicolor", 2: "virginica"})
    model = LogisticRegression(max_iter=1000).fit(features, names)
    result = evaluate(model, features.assign(target=names))
    assert result.metrics["roc_auc"] > 0.99
    assert result.tables["per_class_metrics"]["positive_class"].tolist() == ["setosa", "versicolor", "virginica"]
    assert len(result.artifacts["roc_curve_data"].content["curves"]) == 3


def test_regressor_has_its_metrics_and_pictures() -> None:
    features, numbers = load_diabetes(return_X_y=True, as_frame=True)
    result = evaluate(Ridge().fit(features, numbers), features.assign(target=numbers), model_type="regressor")
    assert result.metrics["r2_score"] == result.metrics["score"]
    assert set(result.figures) == {"predictions_plot", "residuals_plot"}


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no data": ({"data": None}, "needs data"),
    "a number": ({"data": 7}, "not a value of type int"),
    "no rows": ({"data": TABLE.head(0)}, "no rows"),
    "no file": ({"data": "nowhere.csv"}, "no file"),
    "no such column": ({"targets": "goal"}, "no column 'goal' for targets"),
    "no such feature": ({"feature_names": ["mean radius", "nothing"]}, "no column 'nothing'"),
    "features as text": ({"feature_names": "mean radius"}, "list of columns"),
    "column of an array": ({"data": X.to_numpy()}, "An array has no column"),
    "too few targets": ({"targets": Y[:-1]}, "569 rows and 568 targets"),
    "missing targets": ({"targets": Y.where(Y.index > 2)}, "3 of 569 targets are missing, the first in row 0"),
    "no targets": ({"targets": None}, "say with targets="),
    "square targets": ({"targets": np.zeros((569, 2))}, "one value a row"),
    "too few predictions": ({"model": lambda f: MODEL.predict(f)[:-1]}, "569 rows and 568 predictions"),
    "one prediction": ({"model": lambda f: 1}, "one value a row|no column"),
    "missing predictions": ({"model": lambda f: [None] * len(f)}, "569 of 569 predictions are missing"),
    "number for a model": ({"model": 7}, "A model is an address"),
    "class for a model": ({"model": Plain}, "A model is an address"),
    "no model at all": ({"model": None}, "neither a model nor a column"),
    "type": ({"model_type": "clusterer"}, "model_type is"),
    "no type": ({"model_type": None}, "extra_metrics"),
    "evaluator": ({"evaluators": "shap"}, "no evaluator 'shap'"),
    "config": ({"evaluator_config": ["pos_label"]}, "dict of options"),
    "metrics": ({"extra_metrics": [lambda eval_df, metrics: 1]}, "make_metric"),
    "metrics as text": ({"extra_metrics": "mine"}, "list of metrics"),
    "artifacts": ({"custom_artifacts": ["mine"]}, "list of functions"),
    "environment": ({"env_manager": "docker"}, "'local'"),
    "model config": ({"model_config": {"a": 1}}, "model_config"),
    "params": ({"inference_params": {"a": 1}}, "inference_params"),
    "threshold": ({"thresholds": ["accuracy_score=1"]}, "A threshold is"),
    "no baseline": (
        {"thresholds": {"f1_score": MetricThreshold(min_absolute_change=0.1, greater_is_better=True)}}, "baseline="
    ),
    "model id": ({"model_id": 7}, "model_id"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_fit_is_refused_and_nothing_is_logged(name: str) -> None:
    given, message = WRONG[name]
    with trackbook.start_run() as run, pytest.raises((InvalidParameter, NotFound), match=message):
        evaluate(**given)
    stored = trackbook.get_run(run.info.run_id)
    assert (stored.data.metrics, stored.inputs.dataset_inputs) == ({}, [])
    assert trackbook.artifacts.list_artifacts(f"runs:/{run.info.run_id}") == []


@pytest.mark.parametrize("given", [{"env_manager": "virtualenv"}, {"model_type": "question-answering"}])
def test_what_is_left_out_says_so(given: dict[str, Any]) -> None:
    with pytest.raises(NotSupported):
        evaluate(**given)


def test_misspelt_option_is_heard_of(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "trackbook"):
        evaluate(evaluator_config={"pos_labl": 1, "log_model_explainability": False})
    assert "'pos_labl', which nothing asks for" in caplog.text


def test_options_of_an_evaluator_may_be_nested() -> None:
    config = {"default": {"metric_prefix": "val_", "log_model_explainability": False}}
    result = evaluate(evaluator_config=config, thresholds=["val_accuracy_score>=0.9", "f1_score>=0.9"])
    assert {name[:4] for name in result.metrics} == {"val_"}
    assert result.verdict == "passed"
    assert result.artifacts["roc_curve_plot"].uri.endswith("/evaluation/val_roc_curve_plot.json")
    (read,) = trackbook.get_run(str(result.run_id)).inputs.dataset_inputs
    assert read.context == "val_"


@pytest.fixture
def model_id() -> str:
    """A logged model without files."""
    from trackbook.stores.models import NewModel

    return current_store().create_logged_model(NewModel("0", "cancer"), []).model_id


@pytest.mark.parametrize(("least", "verdict"), [(0.9, "passed"), (0.999, "failed")])
def test_verdict_and_metrics_are_kept_with_the_model_and_the_run(model_id: str, least: float, verdict: str) -> None:
    result = evaluate(model_id=model_id, thresholds=[f"accuracy_score>={least}", "log_loss<=10"])
    assert result.verdict == verdict
    model = current_store().get_logged_model(model_id)
    of_run = trackbook.get_run(str(result.run_id)).data.tags
    assert model.tags["trackbook.verdict"] == of_run["trackbook.verdict"] == verdict
    details = json.loads(model.tags["trackbook.verdict_details"])
    assert details[0] == {
        "metric": "accuracy_score",
        "value": result.metrics["accuracy_score"],
        "rule": f"accuracy_score >= {least}",
        "ok": verdict == "passed",
    }
    assert model.tags["trackbook.verdict_run"] == result.run_id
    assert {metric.key: metric.value for metric in model.metrics} == result.metrics
    assert {metric.dataset_digest for metric in model.metrics} == {trackbook.data.from_pandas(TABLE).digest}
    read = trackbook.get_run(str(result.run_id)).inputs
    assert [one.model_id for one in read.model_inputs] == [model_id]


def test_model_that_the_store_does_not_have_is_refused() -> None:
    with pytest.raises(NotFound):
        evaluate(model_id="m-" + "0" * 32)


def test_baseline_is_measured_on_the_same_data() -> None:
    better = {"accuracy_score": MetricThreshold(min_absolute_change=0.01, greater_is_better=True)}
    worse = evaluate(lambda features: np.zeros(len(features), dtype=int))
    assert evaluate(thresholds=better, baseline=worse).verdict == "passed"
    result = evaluate(thresholds=better, baseline=MODEL)
    assert result.verdict == "failed"
    assert result.notes == [f"The baseline is Pipeline: accuracy_score {MODEL.score(X, Y):.6g}"]


def test_own_metrics_and_artifacts_are_logged(tmp_path: Path) -> None:
    def errors(predictions: Any, targets: Any) -> int:
        return int((predictions != targets).sum())

    def share(predictions: Any, errors: Any, metrics: Any) -> float:
        return float(errors.aggregate_results["errors"] / metrics["example_count"].aggregate_results["example_count"])

    def pictures(table: pd.DataFrame, metrics: dict[str, float], folder: str) -> dict[str, Any]:
        Path(folder, "notes.txt").write_text(f"{metrics['errors']:g} errors in {len(table)} rows")
        return {"notes": str(Path(folder, "notes.txt")), "first": table.head(2), "facts": {"a": np.float64(1)}}

    own = [make_metric(eval_fn=f, greater_is_better=False) for f in (share, errors)]
    result = evaluate(extra_metrics=own, custom_artifacts=[pictures])
    assert result.metrics["share"] == result.metrics["errors"] / len(X)
    assert result.artifacts["notes"].content == f"{result.metrics['errors']:g} errors in 569 rows"
    assert result.artifacts["first"].content.columns.tolist() == ["prediction", "target"]
    assert result.artifacts["facts"].content == {"a": 1}


def test_importance_of_features_is_the_same_each_time() -> None:
    few = {"explainability_nsamples": 200}
    first, second = (evaluate(evaluator_config=few).artifacts["feature_importance_data"].content for _ in range(2))
    assert first == second
    assert set(first["names"]) == set(X.columns)


def test_model_that_changes_its_input_changes_nothing_here() -> None:
    def rude(features: pd.DataFrame) -> Any:
        given = MODEL.predict(features)
        features.iloc[:, :] = 0
        return given

    before = TABLE.copy()
    assert evaluate(rude).metrics["accuracy_score"] == MODEL.score(X, Y)
    pd.testing.assert_frame_equal(before, TABLE)


def test_error_of_the_model_is_the_users() -> None:
    def broken(features: Any) -> Any:
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        evaluate(broken)
    assert trackbook.search_runs(output_format="list") == [], "no run was made for it"
    own = make_metric(eval_fn=broken, name="own", greater_is_better=True)
    with pytest.raises(InvalidParameter, match="needs features"):
        evaluate(extra_metrics=[own])
    (run,) = trackbook.search_runs(output_format="list")
    assert run.info.status == "FAILED"


def test_language_is_no_model_type_but_own_metrics_do_without_one() -> None:
    def length(predictions: Any) -> Any:
        from trackbook.models import MetricValue

        return MetricValue(scores=[float(len(text)) for text in predictions])

    texts = pd.DataFrame({"question": ["a", "b"], "answer": ["xx", "yyyy"]})
    own = make_metric(eval_fn=length, greater_is_better=True, version="v1")
    result = trackbook.evaluate(None, texts, predictions="answer", extra_metrics=[own])
    assert result.metrics == {"length/v1/mean": 3, "length/v1/variance": 1, "length/v1/p90": 3.8}
    assert result.tables["eval_results_table"]["length/v1/score"].tolist() == [2, 4]
    assert len(trackbook.load_table("eval_results_table.json")) == 2


@pytest.mark.slow
def test_a_million_rows_are_measured_and_their_pictures_stay_small() -> None:
    random = np.random.default_rng(0)
    truth = random.normal(size=1_000_000)
    features = np.column_stack([truth, random.normal(size=1_000_000)])
    result = evaluate(lambda x: x[:, 0] + x[:, 1], features, targets=truth, model_type="regressor", evaluator_config={})
    files = trackbook.artifacts.list_artifacts(f"runs:/{result.run_id}/evaluation")
    assert sum(file.file_size or 0 for file in files) < 500_000
