"""Stages and aliases that a version must earn: a registered model can ask for a passed evaluation first."""

from __future__ import annotations

import json
from typing import Any

from trackbook.entities import ModelVersion
from trackbook.entities.registry import stage_of
from trackbook.errors import InvalidState, NotFound
from trackbook.registry.versions import Stores

__all__ = ["point_alias", "transition"]

#: Tags of a registered model: whether it asks for a verdict, and the alias that stands for production.
REQUIRES_TAG, ALIAS_TAG = "trackbook.requires_verdict", "trackbook.promotion_alias"
#: Tags of a logged model, which evaluating it against thresholds sets.
VERDICT_TAG, DETAILS_TAG = "trackbook.verdict", "trackbook.verdict_details"
_USUAL_ALIAS = "champion"


def transition(
    stores: Stores,
    name: str,
    version: int | str,
    stage: str,
    archive_existing_versions: bool = False,
    force: bool = False,
) -> ModelVersion:
    """Change the stage of a version.

    Args:
        stores: where to look, and to write.
        name, version: of the version.
        stage: None, Staging, Production or Archived.
        archive_existing_versions: archive the other versions of that stage; for Staging and Production.
        force: let it into Production also without the verdict that its registered model asks for; the audit trail says
            so.

    Raises:
        NotFound: there is no such version.
        InvalidParameter: there is no such stage.
        InvalidState: the verdict is missing; the message says which thresholds failed.
    """
    note = None
    if stage_of(stage) == "Production":
        note = _excuse(stores, name, version, "Production", force)
    return stores.registry.transition_model_version_stage(name, version, stage, archive_existing_versions, note)


def point_alias(stores: Stores, name: str, alias: str, version: int | str, force: bool = False) -> None:
    """Point an alias at a version; see `transition`."""
    registry = stores.registry
    wanted = registry.get_registered_model(name).tags.get(ALIAS_TAG, _USUAL_ALIAS)
    note = _excuse(stores, name, version, f"the alias {alias!r}", force) if alias == wanted else None
    registry.set_registered_model_alias(name, alias, version, note)


def _excuse(stores: Stores, name: str, version: int | str, what: str, force: bool) -> str | None:
    """None if a version may have it; else, with `force`, what the audit trail has to say."""
    registry = stores.registry
    if registry.get_registered_model(name).tags.get(REQUIRES_TAG, "").strip().lower() != "true":
        return None
    found = registry.get_model_version(name, version)
    reason = _missing(_tags(stores, found))
    if reason is None:
        return None
    if force:
        return f"forced: {reason}"
    raise InvalidState(
        f"Version {found.version} of {found.name!r} cannot have {what}: its registered model has the tag "
        f"{REQUIRES_TAG}, and {reason} Evaluate the model against thresholds, or override it, which the audit trail "
        "notes, with promote_model_version(..., force=True) or `trackbook models transition --force`."
    )


def _tags(stores: Stores, version: ModelVersion) -> dict[str, str]:
    """The tags of a version's logged model; {} where nobody knows it."""
    for store in (stores.tracking, stores.registry):
        try:
            return store.get_logged_model(str(version.model_id)).tags
        except NotFound:
            continue
    return {}


def _missing(tags: dict[str, str]) -> str | None:
    """What speaks against a model."""
    verdict = tags.get(VERDICT_TAG)
    if verdict == "passed":
        return None
    if verdict is None:
        return "its model was not evaluated."
    failed = _failed_rules(tags.get(DETAILS_TAG, ""))
    return f"its model's verdict is {verdict!r:.40}{': ' if failed else ''}{'; '.join(failed)}."


def _failed_rules(text: str) -> list[str]:
    """The thresholds that failed, as text, from what an evaluation has written; the text itself if it is other."""
    try:
        details: Any = json.loads(text)
    except (ValueError, RecursionError):
        return [text[:500]] if text else []
    rules = details if isinstance(details, list) else [details]
    return [_told(rule) for rule in rules if not (isinstance(rule, dict) and rule.get("ok") is True)]


def _told(rule: Any) -> str:
    if isinstance(rule, dict) and {"metric", "rule"} <= rule.keys():
        value = rule.get("value")
        return f"{rule['metric']} is {value if value is not None else 'not there'}, not {rule['rule']}"
    return str(rule)[:200]
