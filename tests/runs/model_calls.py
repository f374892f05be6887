"""Public calls about logged models for the table of bad input: how each is made rightly, and what is wrong."""

from __future__ import annotations

from typing import Any

from trackbook.entities import LoggedModelOutput
from trackbook.errors import InvalidParameter, InvalidState, NotFound, TrackbookError

Wrong = list[tuple[Any, type[TrackbookError]]]

#: Stand for ids that each test makes anew.
RUN, EXPERIMENT, DELETED_EXPERIMENT, MODEL = "<run>", "<experiment>", "<deleted experiment>", "<logged model>"
UNKNOWN_RUN, UNKNOWN_MODEL = "0" * 32, f"m-{'0' * 32}"


def invalid(*values: Any) -> Wrong:
    return [(value, InvalidParameter) for value in values]


IDS: Wrong = [(UNKNOWN_MODEL, NotFound), *invalid("", "m-1", "../x", 7, ["a"])]
NAMES = invalid("", "  ", "x" * 501, 7, ["a"], "a/b", "a:b", "a%b", "a'b", "\ud800")
KINDS = invalid("", 7, "x" * 501, "two\nlines")
RUN_IDS: Wrong = [(UNKNOWN_RUN, NotFound), *invalid("", "a b", "../x", "x" * 257, 7, ["a"])]
PAIRS = invalid(["a"], 7, {"a//b": 1}, {7: 1}, {"a": "x" * 65_537})
KEYS: Wrong = [("none", NotFound), *invalid("", None, 7, "a//b", "../a", "x" * 251, "a\nb", "\ud800")]
DATA_SETS = invalid("wine", 7, {"dataset_name": "wine"}, [{}], [7], [{"dataset_name": "\ud800"}])
ORDERS = invalid("name", [{}], [7], 7, [{"field_name": "nam"}])
FILTERS = invalid("name >", "nam = 'a'", "metrics.loss > 'a'", 7, "  ")
COUNTS = invalid(-1, 1.5, "many", [1])
MODELS: Wrong = [([LoggedModelOutput(UNKNOWN_MODEL)], NotFound), *invalid(7, "m-1", [7], [LoggedModelOutput("m-1")])]
FOLDERS = invalid("/a", "../a", "a/../b", "a//b", "a\\b", "a:b", "%2e%2e/a", 7, ["a"], "\ud800")

OF_NEW: dict[str, Wrong] = {
    "name": NAMES,
    "source_run_id": RUN_IDS,
    "tags": PAIRS,
    "params": PAIRS,
    "model_type": KINDS,
}
NEW: dict[str, Any] = {"name": "forest", "source_run_id": RUN, "tags": None, "params": {}, "model_type": None}
ONE: dict[str, Any] = {"model_id": MODEL}
OF_ONE: dict[str, Wrong] = {"model_id": IDS}
SEARCH: dict[str, Wrong] = {"filter_string": FILTERS, "datasets": DATA_SETS, "order_by": ORDERS}

#: Name, good arguments, and what is wrong for each.
MODEL_CALLS: list[tuple[str, dict[str, Any], dict[str, Wrong]]] = [
    ("create_external_model", NEW, OF_NEW),
    ("initialize_logged_model", NEW, OF_NEW),
    ("delete_logged_model_tag", {**ONE, "key": "team"}, {**OF_ONE, "key": KEYS}),
    ("finalize_logged_model", {**ONE, "status": "READY"}, OF_ONE),
    ("get_logged_model", ONE, OF_ONE),
    ("log_model_params", {"params": {"p": 1}, **ONE}, {"params": PAIRS, **OF_ONE}),
    ("log_outputs", {"models": None}, {"models": MODELS[1:]}),
    (
        "search_logged_models",
        {"max_results": 9, "output_format": "list"},
        {**SEARCH, "max_results": COUNTS, "output_format": invalid("list of models", None)},
    ),
    ("set_active_model", {"name": "forest"}, {"name": NAMES}),
    ("set_active_model", ONE, OF_ONE),
    ("set_logged_model_tags", {**ONE, "tags": {"k": 1}}, {**OF_ONE, "tags": PAIRS}),
    (
        "client.create_logged_model",
        {**NEW, "experiment_id": EXPERIMENT},
        {**OF_NEW, "experiment_id": [("99", NotFound), (DELETED_EXPERIMENT, InvalidState), *invalid("digits", 1.5)]},
    ),
    ("client.delete_logged_model", ONE, OF_ONE),
    ("client.delete_logged_model_tag", {**ONE, "key": "team"}, {**OF_ONE, "key": KEYS}),
    ("client.finalize_logged_model", {**ONE, "status": "READY"}, OF_ONE),
    ("client.get_logged_model", ONE, OF_ONE),
    ("client.list_logged_model_artifacts", {**ONE, "path": None}, {**OF_ONE, "path": FOLDERS}),
    ("client.log_model_artifact", {**ONE, "local_path": "file.txt", "artifact_path": None}, OF_ONE),
    ("client.log_model_artifacts", {**ONE, "local_dir": "folder", "artifact_path": None}, OF_ONE),
    ("client.log_model_params", {**ONE, "params": {"p": 1}}, {**OF_ONE, "params": PAIRS}),
    ("client.log_outputs", {"run_id": RUN, "models": []}, {"models": MODELS}),
    (
        "client.search_logged_models",
        {"experiment_ids": ["0"], "max_results": 9, "page_token": None},
        {
            **SEARCH,
            "max_results": [*COUNTS, *invalid(0, 50_001)],
            "experiment_ids": invalid(7.5, "0", ["digits"], [None]),
        },
    ),
    ("client.set_logged_model_tags", {**ONE, "tags": {"k": 1}}, {**OF_ONE, "tags": PAIRS}),
]
