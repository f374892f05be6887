"""Every public call refuses what breaks a rule with a typed error that says so, before anything is written.

One table says how each call is made rightly; each of its arguments is then replaced by values that are wrong for it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import trackbook
from tests.models.evaluation.calls import EVALUATION_CALLS
from tests.registry.calls import REGISTRY_CALLS, fill_registry
from tests.runs.model_calls import MODEL, MODEL_CALLS
from trackbook.client import Client
from trackbook.entities import Metric, Param, RunTag, ViewType
from trackbook.errors import AlreadyExists, InvalidParameter, InvalidState, NotFound, TrackbookError

#: Stand for ids that each test makes anew.
RUN, DELETED_RUN, EXPERIMENT, DELETED_EXPERIMENT = "<run>", "<deleted run>", "<experiment>", "<deleted experiment>"
UNKNOWN_RUN = "0" * 32

Wrong = list[tuple[Any, type[TrackbookError]]]


def invalid(*values: Any) -> Wrong:
    return [(value, InvalidParameter) for value in values]


RUN_IDS: Wrong = [(UNKNOWN_RUN, NotFound), *invalid("", "a b", "../x", "x" * 257, 7, ["a"])]
EXPERIMENT_IDS: Wrong = [("99", NotFound), *invalid("digits", "-1", 1.5, True, ["1"], "9" * 30)]
KEYS = invalid("", None, 7, ["a"], "a//b", "../a", "/a", "a/", ".", "x" * 251, "a\nb", "a\x00b", "a\u202eb", "\ud800")
TEXTS = invalid("x" * 65_537, "é" * 40_000, "a\x00b", "\ud800")
NUMBERS = invalid(None, "high", [1.0], {}, object(), 10**400)
STEPS = invalid(1.5, "x", 2**63, -(2**63) - 1, math.nan, math.inf, [1])
TIMES = invalid(-1, 1.5, "x", 2**63, [1])
NAMES = invalid("", "  ", "x" * 501, 7, ["a"], "a\x00b", "\ud800")
TAGS = invalid(["a"], 7, {"a//b": 1}, {7: 1}, {"a": "x" * 65_537})
PATHS = invalid("", "/a", "../a", "a/../b", "a//b", "a\\b", "a:b", "%2e%2e/a", "x" * 256, "a\nb", 7, ["a"], "\ud800")
FOLDERS = [case for case in PATHS if case[0] != ""]
LOCAL = invalid("", "none.txt", 7, None, "a\x00b")
COUNTS = invalid(-1, 1.5, "many", [1])
VIEWS = invalid(0, 4, "ALL", [1])
METRICS = invalid("loss", 7, ["loss"], [("loss", 1)], [Metric("a//b", 1, 1)], [Metric("a", "x", 1)])  # type: ignore[arg-type]
PARAMS = invalid("lr", 7, ["lr"], {"lr": 1}, [Param("", "1")], [Param("a", "1"), Param("a", "1")], [Param("lr", "9")])
RUN_TAGS = invalid("t", 7, ["t"], {"t": 1}, [RunTag("a//b", "1")], [RunTag("a", "x" * 65_537)])
LABELS = invalid("", 7, "x" * 501, "two\nlines")

#: What is wrong for an argument of that name, unless the call's own row says otherwise.
BY_NAME: dict[str, Wrong] = {
    "artifact_file": PATHS,
    "artifact_location": invalid(7, ["a"], "a\x00b"),
    "artifact_path": FOLDERS,
    "dataset_name": LABELS,
    "end_time": STEPS,
    "experiment_id": EXPERIMENT_IDS,
    "experiment_ids": [(["99"], NotFound), *invalid(7.5, {"0": 1}, ["digits"], [None])],
    "experiment_names": [(["nowhere"], NotFound), *invalid(7.5, [None], [" "])],
    "experiment_name": NAMES,
    "filter_string": invalid("metrics.loss >", "loss ~ 1", "metrics.loss > 'a'", 7, "  "),
    "key": KEYS,
    "local_dir": [*LOCAL, ("file.txt", InvalidParameter)],
    "local_path": LOCAL,
    "max_results": COUNTS,
    "metrics": METRICS,
    "model_id": LABELS,
    "name": NAMES,
    "new_name": [("Default", AlreadyExists), *NAMES],
    "order_by": invalid("metrics.loss", ["loss SIDEWAYS"], ["duration_of ASC"], [7], 7),
    "output_format": invalid("list of runs", None),
    "page_token": invalid("no token", "e30="),
    "params": PARAMS,
    "parent_run_id": RUN_IDS[:1] + RUN_IDS[2:],
    "run_id": RUN_IDS,
    "run_name": invalid("x" * 501, 7, "a\x00b"),
    "run_view_type": VIEWS,
    "start_time": STEPS,
    "status": invalid("DONE", 7, "finished"),
    "step": STEPS,
    "tags": TAGS,
    "timestamp": TIMES,
    "trace_location": [("s3://a", TrackbookError)],
    "value": TEXTS,
    "view_type": VIEWS,
}


@dataclass(frozen=True)
class Call:
    """One call made rightly: where its name is, its arguments, and arguments whose wrong values are its own."""

    name: str
    good: dict[str, Any]
    wrong: dict[str, Wrong]

    def arguments(self) -> Iterator[tuple[str, Wrong]]:
        """Each argument with the values that are wrong for it."""
        for argument in {**self.good, **self.wrong}:
            if wrong := self.wrong.get(argument, BY_NAME.get(argument)):
                yield argument, wrong


def call(function: str, arguments: dict[str, Any] | None = None, /, **wrong: Wrong) -> Call:
    return Call(function, arguments or {}, wrong)


FILE = {"artifact_file": "a.txt"}
ON_RUN = {"run_id": RUN}
CALLS = [
    call("create_experiment", {"name": "new", "artifact_location": None, "tags": None, "trace_location": None}),
    call("delete_experiment", {"experiment_id": EXPERIMENT}),
    call("delete_experiment_tag", {"key": "team"}, key=[*KEYS, ("none", NotFound)]),
    call("delete_run", {"run_id": RUN}),
    call("delete_tag", {"key": "team"}, key=[*KEYS, ("none", NotFound)]),
    call("end_run", {"status": "FINISHED"}),
    call("data.from_numpy", {"features": None}, features=invalid(None, "x", 7)),
    call("data.from_pandas", {"df": None}, df=invalid(None, "x", 7, [1])),
    call("data.from_polars", {"df": None}, df=invalid(None, "x", 7, [1])),
    call("data.get_source", {"dataset": None}, dataset=invalid(None, "x", 7)),
    call("get_artifact_uri", {"artifact_path": "a"}),
    call("get_experiment", {"experiment_id": EXPERIMENT}),
    call("get_experiment_by_name", {"name": "digits"}),
    call("get_parent_run", {"run_id": RUN}),
    call("get_run", {"run_id": RUN}),
    call("load_table", {"artifact_file": "t.json"}, artifact_file=[*PATHS, ("none.json", NotFound)]),
    call("log_artifact", {"local_path": "file.txt", "artifact_path": None, "run_id": RUN}),
    call("log_artifacts", {"local_dir": "folder", "artifact_path": None, "run_id": RUN}),
    call("log_batch", {"metrics": (), "params": (), "tags": (), "run_id": RUN}, tags=RUN_TAGS),
    call("log_dict", {"dictionary": {"a": 1}, **FILE, "run_id": RUN}, dictionary=invalid(7, {"a": object()})),
    call("log_figure", {"figure": None, **FILE}, figure=invalid(None, 7, "figure")),
    call(
        "log_image",
        {"image": [[0.0]], "key": "epoch", "step": 1, "timestamp": 1},
        image=invalid(None, "none.png", [1.0], [[2.0]]),
        key=[*invalid("", 7, "a//b")],
    ),
    call("log_input", {"dataset": None}, dataset=invalid("wine", 7, [1])),
    call("log_inputs", {"datasets": None}, datasets=invalid("wine", 7, [7])),
    call(
        "log_metric",
        {"key": "m", "value": 1, "step": 1, "timestamp": 1, "run_id": RUN, "model_id": None},
        value=NUMBERS,
        model_id=[(f"m-{UNKNOWN_RUN}", NotFound), *LABELS],
    ),
    call(
        "log_metrics",
        {"metrics": {"m": 1}, "step": 1, "timestamp": 1, "run_id": RUN},
        metrics=invalid(["m"], 7, {"m": "high"}, {"a//b": 1}, {7: 1}, [("m", 1)]),
    ),
    call("log_param", {"key": "p", "value": 1}),
    call(
        "log_params", {"params": {"p": 1}, "run_id": RUN}, params=invalid(["p"], 7, {"a//b": 1}, {7: 1}, {"p": "\x00"})
    ),
    call("log_stream", {"stream": None, **FILE, "run_id": RUN}, stream=invalid(None, "text", b"bytes")),
    call("log_table", {"data": {"x": [1]}, "artifact_file": "t.json", "run_id": RUN}, data=invalid(7, [1], "x")),
    call("log_text", {"text": "x", **FILE, "run_id": RUN}, text=invalid(7, None, b"x", "\ud800")),
    call("restore_experiment", {"experiment_id": DELETED_EXPERIMENT}),
    call("restore_run", {"run_id": DELETED_RUN}),
    call("search_experiments", {"view_type": 1, "max_results": 9, "filter_string": None, "order_by": None}),
    call("search_runs", {"filter_string": "", "run_view_type": 1, "max_results": 9, "order_by": None}),
    call("search_runs", {"experiment_ids": ["0"], "output_format": "pandas"}),
    call("search_runs", {"experiment_names": ["Default"]}),
    call("set_experiment", {"experiment_name": "digits"}),
    call("set_experiment", {"experiment_id": EXPERIMENT, "trace_location": None}),
    call("set_experiment_tag", {"key": "k", "value": 1}),
    call("set_experiment_tags", {"tags": {"k": 1}}),
    call("set_registry_uri", {"uri": "a.db"}, uri=invalid(7, "ftp://a", ["a"])),
    call("set_tag", {"key": "k", "value": 1}),
    call("set_tags", {"tags": {"k": 1}}),
    call(
        "set_tracking_uri",
        {"uri": "a.db"},
        uri=[*invalid(7, None, "ftp://a", "sqlite://a.db"), ("databricks", TrackbookError)],
    ),
    call("start_run", {"run_name": "x", "experiment_id": EXPERIMENT, "parent_run_id": RUN, "tags": None}),
    call("start_run", {"run_id": RUN, "run_name": None, "tags": None}, run_id=RUN_IDS[:1] + RUN_IDS[2:]),
    call("start_run", {"log_system_metrics": None}, log_system_metrics=invalid(True)),
    call("Client", {"tracking_uri": None}, tracking_uri=invalid(7, "ftp://a", "")),
    call("Image", {"image": [[0.0]]}, image=invalid(None, "none.png", [1.0], [[2.0]], [["a"]])),
    call(
        "artifacts.download_artifacts",
        {"run_id": RUN, "artifact_path": "a"},
        artifact_path=[*FOLDERS, ("none", NotFound)],
    ),
    call("artifacts.download_zip", {"run_id": RUN, "artifact_path": None}, artifact_path=FOLDERS),
    call("artifacts.list_artifacts", {"run_id": RUN, "artifact_path": "a"}),
    call("artifacts.load_dict", {}, artifact_uri=invalid("", 7, "runs:/", f"runs:/{UNKNOWN_RUN}", "none.json")[:3]),
    call("artifacts.load_image", {}, artifact_uri=invalid("", 7, "runs:/")),
    call("artifacts.load_text", {}, artifact_uri=[*invalid("", 7, "runs:/"), (f"runs:/{UNKNOWN_RUN}/a", NotFound)]),
    call(
        "client.create_experiment",
        {"name": "new", "artifact_location": None, "tags": None},
        name=[*NAMES, ("Default", AlreadyExists)],
    ),
    call("client.create_run", {"experiment_id": EXPERIMENT, "start_time": 1, "tags": None, "run_name": None}),
    call(
        "client.delete_experiment",
        {"experiment_id": EXPERIMENT},
        experiment_id=[*EXPERIMENT_IDS, (DELETED_EXPERIMENT, NotFound)],
    ),
    call("client.delete_experiment_tag", {"experiment_id": EXPERIMENT, "key": "a"}, key=[*KEYS, ("none", NotFound)]),
    call("client.delete_run", ON_RUN),
    call("client.delete_tag", {**ON_RUN, "key": "team"}, key=[*KEYS, ("none", NotFound)]),
    call("client.download_artifacts", {**ON_RUN, "path": "a"}, path=[*FOLDERS, ("none", NotFound)]),
    call("client.download_zip", {**ON_RUN, "path": "a"}, path=[*FOLDERS, ("none", NotFound)]),
    call("client.get_experiment", {"experiment_id": EXPERIMENT}),
    call("client.get_experiment_by_name", {"name": "digits"}),
    call("client.get_metric_history", {**ON_RUN, "key": "loss"}),
    call("client.get_parent_run", ON_RUN),
    call("client.get_run", ON_RUN),
    call("client.list_artifacts", {**ON_RUN, "path": None}, path=FOLDERS),
    call("client.list_attempts", ON_RUN),
    call("client.load_table", {"experiment_id": EXPERIMENT, "artifact_file": "t.json"}),
    call("client.log_artifact", {**ON_RUN, "local_path": "file.txt", "artifact_path": None}),
    call("client.log_artifacts", {**ON_RUN, "local_dir": "folder", "artifact_path": None}),
    call("client.log_batch", {**ON_RUN, "metrics": (), "params": (), "tags": ()}, tags=RUN_TAGS),
    call("client.log_dict", {**ON_RUN, "dictionary": {}, **FILE}, dictionary=invalid(7, {"a": object()})),
    call("client.log_figure", {**ON_RUN, "figure": None, **FILE}, figure=invalid(None, 7)),
    call("client.log_image", {**ON_RUN, "image": [[0.0]], "artifact_file": "a.png"}, image=invalid(None, [1.0])),
    call("client.log_inputs", {**ON_RUN, "datasets": None}, datasets=invalid(7, "wine", [None], [7])),
    call(
        "client.log_metric",
        {**ON_RUN, "key": "m", "value": 1, "timestamp": 1, "step": 1, "dataset_name": None, "model_id": None},
        value=NUMBERS,
        dataset_digest=invalid("without a name"),
    ),
    call("client.log_param", {**ON_RUN, "key": "p", "value": 1}),
    call("client.log_stream", {**ON_RUN, "stream": None, **FILE}, stream=invalid(None, "text")),
    call("client.log_table", {**ON_RUN, "data": {"x": [1]}, "artifact_file": "t.json"}, data=invalid(7)),
    call("client.log_text", {**ON_RUN, "text": "x", **FILE}, text=invalid(7)),
    call("client.rename_experiment", {"experiment_id": EXPERIMENT, "new_name": "x"}),
    call("client.restore_experiment", {"experiment_id": DELETED_EXPERIMENT}),
    call("client.restore_run", {"run_id": DELETED_RUN}),
    call(
        "client.search_experiments",
        {"view_type": 1, "max_results": 9, "filter_string": "", "order_by": None, "page_token": None},
    ),
    call(
        "client.search_runs",
        {
            "experiment_ids": ["0"],
            "filter_string": "",
            "run_view_type": 1,
            "max_results": 9,
            "order_by": None,
            "page_token": None,
        },
        max_results=[*COUNTS, *invalid(0, 50_001)],
    ),
    call("client.set_experiment_tag", {"experiment_id": EXPERIMENT, "key": "k", "value": 1}),
    call("client.set_tag", {**ON_RUN, "key": "k", "value": 1}),
    call("client.set_terminated", {**ON_RUN, "status": "FINISHED", "end_time": 1}),
    call("client.update_run", {**ON_RUN, "status": "FINISHED", "name": "x"}, name=invalid("x" * 501, 7, "a\x00b")),
]
CALLS += [call(name, good, **wrong) for name, good, wrong in REGISTRY_CALLS + MODEL_CALLS + EVALUATION_CALLS]
CASES = [(one, argument, wrong) for one in CALLS for argument, wrong in one.arguments()]

#: Calls without an argument that could be wrong.
HARMLESS = set(
    "ActiveModel ActiveRun MlflowClient MlflowException RunOperations active_run artifacts entities exceptions "  # noqa: SIM905
    "flush_artifact_async_logging flush_async_logging get_registry_uri get_tracking_uri is_tracking_uri_set "
    "clear_active_model get_active_model_id last_active_run last_logged_model models pyfunc catboost fastai gluon "
    "keras lightgbm onnx pytorch sklearn spark statsmodels tensorflow tracking types xgboost".split()
)


@dataclass(frozen=True)
class World:
    """A store with one of everything."""

    client: Client
    ids: dict[str, str]

    def filled(self, arguments: dict[str, Any]) -> dict[str, Any]:
        return {name: self.ids.get(v, v) if isinstance(v, str) else v for name, v in arguments.items()}

    def call(self, name: str, arguments: dict[str, Any]) -> Any:
        place: Any = self.client if name.startswith("client.") else trackbook
        for part in name.removeprefix("client.").split("."):
            place = getattr(place, part)
        return place(**self.filled(arguments))

    def content(self) -> dict[str, Any]:
        """Everything that is stored."""
        experiments = self.client.search_experiments(ViewType.ALL)
        runs = self.client.search_runs([e.experiment_id for e in experiments], "", ViewType.ALL)
        histories = [self.client.get_metric_history(run.info.run_id, "loss") for run in runs]
        files = sorted(path for path in Path(self.client._store.artifact_root()).rglob("*") if path.is_file())
        models = self.client.search_logged_models([e.experiment_id for e in experiments])
        registry = [models, self.client._store.audit_trail()]
        return {"experiments": experiments, "runs": runs, "histories": histories, "files": files, "registry": registry}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One store for all cases: they must leave it as it is, so that they need none of their own."""
    folder = tmp_path_factory.mktemp("world")
    client = Client(str(folder / "runs.db"))
    experiment, gone = client.create_experiment("digits", tags={"a": "b"}), client.create_experiment("gone")
    run, deleted = (client.create_run("0").info.run_id for _ in range(2))
    for run_id in (run, deleted):
        client.log_batch(run_id, [Metric("loss", 1.0, 1)], [Param("lr", "1")], [RunTag("team", "vision")])
        client.set_terminated(run_id)
    client.set_experiment_tag("0", "team", "vision")
    fill_registry(client)
    client.delete_run(deleted)
    client.delete_experiment(gone)
    model = client.create_logged_model("0", "forest", run, {"team": "vision"}, {"lr": "1"}).model_id
    ids = {RUN: run, DELETED_RUN: deleted, EXPERIMENT: experiment, DELETED_EXPERIMENT: gone, MODEL: model}
    yield World(client, ids)
    client._store.close()


@pytest.fixture
def here(world: World) -> World:
    """The same, chosen by this test, with a file and a folder to log."""
    Path("folder").mkdir()
    for name in ("file.txt", "folder/a.txt"):
        Path(name).write_text("x")
    trackbook.set_tracking_uri(world.client.tracking_uri)
    return world


def refusal(world: World, one: Call, argument: str, value: Any) -> TrackbookError | None:
    """What the call raises with a value in place of its good one."""
    try:
        world.call(one.name, {**one.good, argument: value})
    except TrackbookError as error:
        return error
    return None


@pytest.mark.parametrize(("one", "argument", "wrong"), CASES, ids=[f"{one.name}-{name}" for one, name, _ in CASES])
def test_wrong_argument_is_refused_and_nothing_written(here: World, one: Call, argument: str, wrong: Wrong) -> None:
    before = here.content()
    for value, expected in wrong:
        error = refusal(here, one, argument, value)
        assert isinstance(error, expected), f"{value!r:.80}: {error!r}"
        assert type(error) is not TrackbookError
        assert 20 < len(str(error)) < 1_000, "it names the thing, the rule and the remedy, not all of a long value"
        assert trackbook.active_run() is None
    assert here.content() == before


WRITES = [one for one in CALLS if one.good.get("run_id") == RUN and ("log_" in one.name or "set_t" in one.name)]
WRITES += [call("client.delete_tag", {**ON_RUN, "key": "team"}), call("client.update_run", {**ON_RUN, "name": "x"})]
WRITES += [call("start_run", ON_RUN)]


@pytest.mark.parametrize("one", WRITES, ids=lambda one: one.name)
def test_deleted_run_takes_nothing_and_the_error_says_how_to_get_it_back(here: World, one: Call) -> None:
    some = {"stream": open("file.txt", "rb"), "figure": figure()}  # noqa: SIM115 - closed below
    before = here.content()
    good = {**one.good, **{key: value for key, value in some.items() if key in one.good}}
    good |= {"metrics": [Metric("m", 1, 1)]} if "log_batch" in one.name else {}
    good |= {"artifact_file": "a.html"} if "figure" in good else {}
    with pytest.raises((InvalidParameter, InvalidState), match=r"deleted.*restore_run"):
        here.call(one.name, {**good, "run_id": DELETED_RUN})
    some["stream"].close()
    assert here.content() == before


def figure() -> Any:
    import plotly.graph_objects as go

    return go.Figure()


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("set_experiment", {"experiment_name": "gone"}),
        ("set_experiment", {"experiment_id": DELETED_EXPERIMENT}),
        ("start_run", {"experiment_id": DELETED_EXPERIMENT}),
        ("client.create_run", {"experiment_id": DELETED_EXPERIMENT}),
        ("client.rename_experiment", {"experiment_id": DELETED_EXPERIMENT, "new_name": "x"}),
        ("client.set_experiment_tag", {"experiment_id": DELETED_EXPERIMENT, "key": "k", "value": 1}),
        ("client.delete_experiment_tag", {"experiment_id": DELETED_EXPERIMENT, "key": "k"}),
    ],
)
def test_deleted_experiment_takes_nothing_and_the_error_says_how_to_get_it_back(
    here: World, name: str, arguments: dict[str, Any]
) -> None:
    before = here.content()
    with pytest.raises(InvalidState, match=r"deleted.*restore"):
        here.call(name, arguments)
    assert here.content() == before


def test_every_public_call_is_in_the_table() -> None:
    named = {one.name for one in CALLS}
    methods = {f"client.{name}" for name in dir(Client) if name[0] != "_" and callable(getattr(Client, name))}
    assert methods - named == set()
    assert set(trackbook.__all__) - {name.partition(".")[0] for name in named} - HARMLESS == set()
    assert {f"artifacts.{name}" for name in trackbook.artifacts.__all__} <= named
