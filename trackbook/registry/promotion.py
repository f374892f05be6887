"""Stages and aliases that a version must earn: a registered model can ask for a passed evaluation first."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from trackbook.entities import AuditEntry, ModelVersion
from trackbook.entities.registry import stage_of
from trackbook.errors import InvalidState, NotFound
from trackbook.registry.history import alias_given, model_history, predecessor, stage_before, stage_given
from trackbook.registry.pages import in_stage
from trackbook.registry.versions import Stores
from trackbook.stores.registry import Move

__all__ = [
    "ALIAS_TAG",
    "DETAILS_TAG",
    "REQUIRES_TAG",
    "VERDICT_TAG",
    "Plan",
    "carry_out",
    "move",
    "plan_promotion",
    "plan_roll_back",
    "point_alias",
    "production_alias",
    "promote",
    "roll_back",
    "transition",
]

#: Tags of a registered model: whether it asks for a verdict, and the alias that stands for production.
REQUIRES_TAG, ALIAS_TAG = "trackbook.requires_verdict", "trackbook.promotion_alias"
#: Tags of a logged model, which evaluating it against thresholds sets.
VERDICT_TAG, DETAILS_TAG = "trackbook.verdict", "trackbook.verdict_details"
_USUAL_ALIAS = "champion"
_PRODUCTION = "Production"


@dataclass(frozen=True)
class Plan:
    """What a promotion or a roll back will change, before it does.

    Attributes:
        name, version: what will be in production.
        serving: the version that is there now; None if none is.
        moves: in their order.
        objection: why the version may not have it; None if nothing speaks against it.
        seen: the end of the audit trail when this was found out.
        deed: "promotion" or "roll back".
    """

    name: str
    version: int
    serving: int | None
    moves: tuple[Move, ...]
    objection: str | None
    seen: int
    deed: str


def plan_promotion(stores: Stores, name: str, version: int | str) -> Plan:
    """What it means to bring a version into Production.

    The others there go into Archived, and the alias that stands for production comes along if the model has it.

    Raises:
        NotFound: there is no such version.
        InvalidState: it is there already.
    """
    registry = stores.registry
    seen = registry.audit_head().seq
    model, found = registry.get_registered_model(name), registry.get_model_version(name, version)
    others = [one.version for one in in_stage(registry, model.name, _PRODUCTION) if one.version != found.version]
    alias = production_alias(model.tags)
    moves = [Move(number, "Archived", note=f"by the promotion of v{found.version}") for number in others]
    if found.current_stage != _PRODUCTION:
        moves.append(Move(found.version, _PRODUCTION))
    if model.aliases.get(alias, found.version) != found.version:
        moves.append(Move(found.version, alias=alias))
    if not moves:
        raise InvalidState(f"Version {found.version} of {model.name!r} is in production already.")
    serving = others[0] if others else model.aliases.get(alias)
    objection = _objection(stores, model.tags, found)
    return Plan(model.name, found.version, serving, tuple(moves), objection, seen, "promotion")


def plan_roll_back(stores: Stores, name: str, entries: Sequence[AuditEntry] | None = None) -> Plan:
    """What it means to go back to the version that was in production before, as the audit trail tells.

    Args:
        stores: where to look.
        name: of the registered model.
        entries: its history, if that is known already.

    Raises:
        NotFound: there is no such registered model.
        InvalidState: none was there before, or none that was not deleted.
    """
    registry = stores.registry
    seen = registry.audit_head().seq
    model = registry.get_registered_model(name)
    entries = model_history(registry, model.name) if entries is None else entries
    alias, now = production_alias(model.tags), [one.version for one in in_stage(registry, model.name, _PRODUCTION)]
    pointed = model.aliases.get(alias)
    serving = now[0] if now else None
    target = predecessor(entries, stage_given(_PRODUCTION), serving)
    moves = []
    if target is not None and target not in now:
        note = f"by the roll back to v{target}"
        moves = [Move(number, stage_before(entries, number, _PRODUCTION), note=note) for number in now]
        moves.append(Move(target, _PRODUCTION))
    elif not now:
        target, serving = predecessor(entries, alias_given(alias), pointed), pointed
    if target is not None and pointed is not None and pointed != target:
        moves.append(Move(target, alias=alias))
    if target is None or not moves:
        raise InvalidState(f"No other version of {model.name!r} was in production before; there is none to go back to.")
    objection = _objection(stores, model.tags, registry.get_model_version(model.name, target))
    return Plan(model.name, target, serving, tuple(moves), objection, seen, "roll back")


def carry_out(stores: Stores, plan: Plan, comment: str | None = None, force: bool = False) -> ModelVersion:
    """Do what a plan says, all of it or nothing.

    Args:
        stores: where to write.
        plan: what to do.
        comment: kept in the audit trail.
        force: also without the verdict that the registered model asks for; the audit trail says so.

    Raises:
        InvalidState: the verdict is missing, or somebody has changed stages or aliases since the plan was made.
    """
    move(stores, plan.name, plan.moves, seen=plan.seen, comment=comment, force=force)
    return stores.registry.get_model_version(plan.name, plan.version)


def move(
    stores: Stores,
    name: str,
    moves: Sequence[Move],
    *,
    seen: int | None = None,
    comment: str | None = None,
    force: bool = False,
) -> None:
    """Change stages and aliases in one transaction; what stands for production asks for the verdict.

    Args:
        stores: where to write.
        name: of the registered model.
        moves: in their order; those without a note get the comment.
        seen: the end of the audit trail that the caller knows, see `RegistryStore.move`.
        comment: kept in the audit trail.
        force: also without the verdict; the audit trail says so.

    Raises:
        NotFound: there is no such model or version.
        InvalidState: the verdict is missing, or somebody has changed stages or aliases since.
    """
    registry = stores.registry
    tags = registry.get_registered_model(name).tags
    alias, forced = production_alias(tags), None
    for one in moves:
        if one.version is None or not (one.alias == alias or (one.stage and stage_of(one.stage) == _PRODUCTION)):
            continue
        reason = _objection(stores, tags, registry.get_model_version(name, one.version))
        if reason is not None and not force:
            raise InvalidState(
                _refused(name, one.version, _PRODUCTION if one.stage else f"the alias {alias!r}", reason)
            )
        forced = f"forced: {reason}" if reason is not None else forced
    note = _noted(forced, comment)
    registry.move(name, [replace(one, note=one.note or note) for one in moves], seen)


def promote(
    stores: Stores, name: str, version: int | str, comment: str | None = None, force: bool = False
) -> ModelVersion:
    """Bring a version into Production, see `plan_promotion` and `carry_out`."""
    return carry_out(stores, plan_promotion(stores, name, version), comment, force)


def roll_back(stores: Stores, name: str, comment: str | None = None, force: bool = False) -> ModelVersion:
    """Go back to the version that was in production before, see `plan_roll_back` and `carry_out`."""
    return carry_out(stores, plan_roll_back(stores, name), comment, force)


def production_alias(tags: dict[str, str]) -> str:
    """The alias that stands for production, by the tags of a registered model."""
    return tags.get(ALIAS_TAG, _USUAL_ALIAS)


def _noted(forced: str | None, comment: str | None) -> str | None:
    """What the audit trail says: that a rule was overridden, and what the user had to say."""
    return " ".join(part for part in (forced, (comment or "").strip()) if part) or None


def transition(
    stores: Stores,
    name: str,
    version: int | str,
    stage: str,
    archive_existing_versions: bool = False,
    force: bool = False,
    comment: str | None = None,
) -> ModelVersion:
    """Change the stage of a version.

    Args:
        stores: where to look, and to write.
        name, version: of the version.
        stage: None, Staging, Production or Archived.
        archive_existing_versions: archive the other versions of that stage; for Staging and Production.
        force: let it into Production also without the verdict that its registered model asks for; the audit trail says
            so.
        comment: kept in the audit trail.

    Raises:
        NotFound: there is no such version.
        InvalidParameter: there is no such stage.
        InvalidState: the verdict is missing; the message says which thresholds failed.
    """
    forced = None
    if stage_of(stage) == _PRODUCTION:
        forced = _excuse(stores, name, version, _PRODUCTION, force)
    note = _noted(forced, comment)
    return stores.registry.transition_model_version_stage(name, version, stage, archive_existing_versions, note)


def point_alias(
    stores: Stores, name: str, alias: str, version: int | str, force: bool = False, comment: str | None = None
) -> None:
    """Point an alias at a version; see `transition`."""
    registry = stores.registry
    wanted = production_alias(registry.get_registered_model(name).tags)
    forced = _excuse(stores, name, version, f"the alias {alias!r}", force) if alias == wanted else None
    registry.set_registered_model_alias(name, alias, version, _noted(forced, comment))


def _excuse(stores: Stores, name: str, version: int | str, what: str, force: bool) -> str | None:
    """None if a version may have it; else, with `force`, what the audit trail has to say."""
    registry = stores.registry
    tags = registry.get_registered_model(name).tags
    if not _asks(tags):
        return None
    found = registry.get_model_version(name, version)
    reason = _objection(stores, tags, found)
    if reason is None:
        return None
    if force:
        return f"forced: {reason}"
    raise InvalidState(_refused(found.name, found.version, what, reason))


def _refused(name: str, version: int, what: str, reason: str) -> str:
    return (
        f"Version {version} of {name!r} cannot have {what}: its registered model has the tag "
        f"{REQUIRES_TAG}, and {reason} Evaluate the model against thresholds, or override it, which the audit trail "
        "notes, with promote_model_version(..., force=True) or `trackbook models transition --force`."
    )


def _asks(tags: dict[str, str]) -> bool:
    """Whether a registered model asks for a verdict."""
    return tags.get(REQUIRES_TAG, "").strip().lower() == "true"


def _objection(stores: Stores, tags: dict[str, str], version: ModelVersion) -> str | None:
    """What speaks against a version of a registered model with these tags."""
    return _missing(_tags(stores, version)) if _asks(tags) else None


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
