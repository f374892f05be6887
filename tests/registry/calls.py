"""Public calls about registered models for the table of bad input: how each is made rightly, and what is wrong."""

from __future__ import annotations

from typing import Any

from trackbook.client import Client
from trackbook.entities import StoredFile
from trackbook.errors import AlreadyExists, InvalidParameter, NotFound, TrackbookError
from trackbook.stores.models import NewModel

Wrong = list[tuple[Any, type[TrackbookError]]]


def invalid(*values: Any) -> Wrong:
    return [(value, InvalidParameter) for value in values]


def fill_registry(client: Client) -> None:
    """Make what the calls are about."""
    made = client._store.create_logged_model(NewModel("0", "model"), [StoredFile("MLmodel", 1, "0" * 64, 1)])
    for name in ("registered", "taken"):
        client.create_registered_model(name)
    client.create_model_version("registered", made.model_uri)
    client.set_registered_model_alias("registered", "a", 1)


NEW_NAMES = invalid("", "  ", "a/b", "a:b", "x" * 257, 7, None, ["a"], "a\x00b", "a\nb", "\ud800")
NAMES: Wrong = [("no such model", NotFound), *NEW_NAMES]
VERSIONS: Wrong = [(9, NotFound), ("9", NotFound), *invalid("", "one", 0, -1, 1.5, None, True, [1], 2**31)]
GIVEN_VERSIONS: Wrong = [*VERSIONS[:2], *invalid("", "one", 0, -1, 1.5, True, [1])]
ALIASES = invalid("", "latest", "v1", "a b", "a/b", 7, None, "x" * 256, "a\x00b")
KEYS = invalid("", None, 7, "a//b", "../a", "x" * 251, "a\nb", "\ud800")
TEXTS = invalid("x" * 100_001, "a\x00b", "\ud800")
TAGS = invalid(["a"], 7, {"a//b": 1}, {7: 1}, {"a": "x" * 100_001})
DESCRIPTIONS = invalid(7, ["a"], "x" * 100_001, "a\x00b")
STAGES = invalid("Live", "", 7, None)
SOURCES: Wrong = [
    *[("nowhere", NotFound), ("models:/none/1", NotFound), ("models:/m-" + "0" * 32, NotFound)],
    *invalid("", 7, None, "models:/", "models:/m-1/../a", "runs:/", "ftp://["),
]
SEARCHES: dict[str, Wrong] = {
    "filter_string": invalid("name >", "name > 'a'", "metrics.loss > 1", 7, "  "),
    "order_by": invalid("name", ["loss ASC"], ["name SIDEWAYS"], [7], 7),
    "max_results": invalid(-1, 1.5, "many", 1_000_000),
    "page_token": invalid("no token", "e30="),
}
ONE = {"name": "registered", "version": 1}
OF_ONE: dict[str, Wrong] = {"name": NAMES, "version": VERSIONS}
JOBS: Wrong = [("a job", TrackbookError)]


def _search(*arguments: str) -> tuple[dict[str, Any], dict[str, Wrong]]:
    return {}, {name: SEARCHES[name] for name in arguments}


ALL_OF_THEM = _search("filter_string", "order_by")
A_PAGE = _search("filter_string", "order_by", "max_results", "page_token")

#: Name, good arguments, and what is wrong for each.
REGISTRY_CALLS: list[tuple[str, dict[str, Any], dict[str, Wrong]]] = [
    (
        "register_model",
        {"model_uri": "models:/registered/1", "name": "registered"},
        {"model_uri": SOURCES, "name": NEW_NAMES, "tags": TAGS, "env_pack": JOBS},
    ),
    ("search_model_versions", *ALL_OF_THEM),
    ("search_registered_models", *ALL_OF_THEM),
    ("set_model_version_tag", {**ONE, "key": "k", "value": 1}, {**OF_ONE, "key": KEYS, "value": TEXTS}),
    ("client.copy_model_version", {"src_model_uri": "models:/registered/1", "dst_name": "x"},
     {"src_model_uri": [("models:/none/1", NotFound), *invalid("", 7, None, "registered/1")], "dst_name": NEW_NAMES}),
    (
        "client.create_model_version",
        {"name": "registered", "source": "models:/registered/1"},
        {"name": NAMES, "source": SOURCES, "tags": TAGS, "description": DESCRIPTIONS, "run_id": invalid("", "../x", 7)},
    ),
    ("client.create_registered_model", {"name": "x"},
     {"name": [("registered", AlreadyExists), *NEW_NAMES], "tags": TAGS, "description": DESCRIPTIONS,
      "deployment_job_id": JOBS}),
    ("client.delete_model_version", ONE, OF_ONE),
    ("client.delete_model_version_tag", {**ONE, "key": "k"}, {**OF_ONE, "version": GIVEN_VERSIONS, "key": KEYS}),
    ("client.delete_registered_model", {"name": "registered"}, {"name": NAMES}),
    ("client.delete_registered_model_alias", {"name": "registered", "alias": "a"}, {"name": NAMES, "alias": ALIASES}),
    ("client.delete_registered_model_tag", {"name": "registered", "key": "k"}, {"name": NAMES, "key": KEYS}),
    ("client.get_latest_versions", {"name": "registered"},
     {"name": NAMES, "stages": invalid(["Live"], [7], "Production", 7)}),
    ("client.get_model_version", ONE, OF_ONE),
    ("client.get_model_version_by_alias", {"name": "registered", "alias": "a"},
     {"name": NAMES, "alias": [*ALIASES, ("none", InvalidParameter)]}),
    ("client.get_model_version_download_uri", ONE, OF_ONE),
    ("client.get_model_version_stages", ONE, OF_ONE),
    ("client.get_registered_model", {"name": "registered"}, {"name": NAMES}),
    ("client.promote_model_version", ONE, OF_ONE),
    ("client.rename_registered_model", {"name": "registered", "new_name": "x"},
     {"name": NAMES, "new_name": [("taken", AlreadyExists), *NEW_NAMES]}),
    ("client.search_model_versions", *A_PAGE),
    ("client.search_registered_models", *A_PAGE),
    ("client.set_model_version_tag", {**ONE, "key": "k", "value": 1},
     {**OF_ONE, "version": GIVEN_VERSIONS, "key": KEYS, "value": TEXTS, "stage": STAGES[:2]}),
    ("client.set_registered_model_alias", {**ONE, "alias": "a"}, {**OF_ONE, "alias": ALIASES}),
    ("client.set_registered_model_tag", {"name": "registered", "key": "k", "value": 1},
     {"name": NAMES, "key": KEYS, "value": TEXTS}),
    ("client.transition_model_version_stage", {**ONE, "stage": "Staging"}, {**OF_ONE, "stage": STAGES}),
    ("client.update_model_version", ONE, {**OF_ONE, "description": DESCRIPTIONS}),
    ("client.update_registered_model", {"name": "registered"}, {"name": NAMES, "description": DESCRIPTIONS,
                                                                "deployment_job_id": JOBS}),
]  # fmt: skip
