"""The functions that register models and look for them, with MLflow's names and meanings."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from trackbook.entities import ModelVersion, PagedList, RegisteredModel
from trackbook.entities.keys import check_int64, check_key, check_version
from trackbook.errors import InvalidParameter, NotSupported
from trackbook.registry.versions import Stores, create_version
from trackbook.runs.queries import all_pages
from trackbook.stores.registry import NewVersion

__all__ = ["register_model", "search_model_versions", "search_registered_models", "set_model_version_tag"]

T = TypeVar("T")


def register_model(
    model_uri: str | os.PathLike[str],
    name: str,
    await_registration_for: int | None = 300,  # noqa: ARG001  # nobody has to wait
    *,
    tags: Mapping[str, Any] | None = None,
    env_pack: None = None,
) -> ModelVersion:
    """Make the next version of a registered model, and the registered model if there is none.

    A logged model is registered as it is. Artifacts of a run, a local folder or files elsewhere are copied into a new
    logged model first, for the files of a version never change.

    Args:
        model_uri: ``models:/m-...``, ``runs:/<run_id>/<name>``, ``models:/<name>/<version>``, a path, or the address
            of a folder; there is a file MLmodel in it.
        name: of the registered model; no ``/`` and no ``:``.
        await_registration_for: taken for compatibility; a version is READY at once.
        tags: of the version.
        env_pack: refused; environments are not packed.

    Returns:
        The version.

    Raises:
        NotFound: there is no such model.
        InvalidParameter: it is no model, or a name or tag breaks the rules.
    """
    if env_pack is not None:
        raise NotSupported("Environments are not packed; leave env_pack out. The model's requirements.txt names them.")
    source = os.fspath(model_uri) if isinstance(model_uri, os.PathLike) else model_uri
    wanted = NewVersion(name, source, tags={} if tags is None else tags, make_model=True)
    return create_version(Stores.current(), wanted, whole_model=True)


def search_registered_models(
    max_results: int | None = None, filter_string: str | None = None, order_by: Sequence[str] | None = None
) -> list[RegisteredModel]:
    """Find registered models.

    Args:
        max_results: at most so many; all if None.
        filter_string: such as ``name LIKE 'digits%' AND tags.team = 'vision'``.
        order_by: such as ``["last_updated_timestamp DESC"]``; by name if None.

    Returns:
        All that match, or the first `max_results` of them.

    Raises:
        BadFilter: filter_string or order_by does not parse.
    """
    return _all(Stores.current().registry.search_registered_models, 1_000, max_results, filter_string, order_by)


def search_model_versions(
    max_results: int | None = None, filter_string: str | None = None, order_by: Sequence[str] | None = None
) -> list[ModelVersion]:
    """Find versions of registered models.

    Args:
        max_results: at most so many; all if None.
        filter_string: such as ``name = 'digits' AND stage = 'Production'``, or ``run_id = '...'``.
        order_by: such as ``["version_number DESC"]``; the last changed first if None.

    Returns:
        All that match, or the first `max_results` of them.

    Raises:
        BadFilter: filter_string or order_by does not parse.
    """
    return _all(Stores.current().registry.search_model_versions, 10_000, max_results, filter_string, order_by)


def _all(
    search: Callable[[str | None, int, Sequence[str] | None, str | None], PagedList[T]],
    page: int,
    max_results: int | None,
    filter_string: str | None,
    order_by: Sequence[str] | None,
) -> list[T]:
    most = None if max_results is None else check_int64("max_results", max_results)
    if most is not None and most < 0:
        raise InvalidParameter(f"max_results is a number and not negative; it is {most}.")
    return all_pages(lambda size, token: search(filter_string, min(size, page), order_by, token), most)


def set_model_version_tag(
    name: str, version: int | str | None = None, key: str | None = None, value: Any = None
) -> None:
    """Set a tag of a version, as text; the last one wins.

    Args:
        name: of the registered model.
        version: its number; it must be given.
        key: of the tag; it must be given.
        value: of the tag.

    Raises:
        NotFound: there is no such version.
        InvalidParameter: the version, key or value breaks the rules.
    """
    number, tag = check_version(version), check_key("tag", key)
    Stores.current().registry.set_model_version_tag(name, number, tag, value)
