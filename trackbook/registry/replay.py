"""What a registry should hold, told by its audit trail alone, beside what it holds: changes that left no trace."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from trackbook.entities import AuditEntry, RegisteredModel
from trackbook.entities.digests import manifest_digest
from trackbook.errors import NotFound
from trackbook.registry.audit import every_entry
from trackbook.stores.registry import RegistryStore

__all__ = ["contents", "replayed", "untraced_changes"]

_MODELS, _VERSIONS = 1_000, 20_000  # on a page; each page of versions is sorted anew
_TRIES = 5
_FACTS = ("source", "run_id", "run_link", "description")


@dataclass
class _Model:
    """One registered model, as far as the trail tells of it."""

    facts: dict[str, Any]
    tags: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, int] = field(default_factory=dict)
    versions: dict[int, dict[str, Any]] = field(default_factory=dict)


Models = dict[str, _Model]


def replayed(entries: Iterable[AuditEntry]) -> Models:
    """The registry after the changes of a trail that is whole, from nothing on."""
    models: Models = {}
    for entry in entries:
        before, after = _content(entry.before), _content(entry.after)
        if entry.action == "rename_registered_model":
            if entry.name == before["name"]:  # the other entry of the two is for whoever reads the new name's trail
                models[after["name"]] = models.pop(entry.name)
        elif entry.action == "create_registered_model":
            models[entry.name] = _Model({"description": after["description"]}, after["tags"])
        elif entry.action == "delete_registered_model":
            del models[entry.name]
        else:
            _change(models[entry.name], entry, before, after)
    return models


def _content(text: str) -> Any:
    return json.loads(text) if text else None


def _change(model: _Model, entry: AuditEntry, before: Any, after: Any) -> None:
    number = int(entry.version or 0)
    verb, _, noun = entry.action.partition("_")
    if noun == "registered_model_alias":
        _put(model.aliases, "alias", "version", before, after)
    elif noun.endswith("_tag"):
        _put(model.tags if entry.version is None else model.versions[number]["tags"], "key", "value", before, after)
    elif entry.version is None:
        model.facts.update(after)
    elif verb == "delete":
        del model.versions[number]
    elif verb == "create":
        model.versions[number] = {"stage": "None", **after}
    else:
        model.versions[number].update({key: value for key, value in after.items() if key != "note"})


def _put(pairs: dict[str, Any], key: str, value: str, before: Any, after: Any) -> None:
    if not after or key not in after:  # dropped, with or without a note
        del pairs[before[key]]
    else:
        pairs[after[key]] = after[value]


def contents(store: RegistryStore) -> Models:
    """The registry as it is, read page by page."""
    models = {model.name: _model(model) for model in _every_model(store)}
    token = None
    while True:
        page = store.search_model_versions(None, _VERSIONS, ["name", "version_number"], token)
        for version in page:
            facts = {name: getattr(version, name) for name in _FACTS}
            digest = manifest_digest(store.model_version_files(version.name, version.version))
            told = {**facts, "digest": digest, "stage": version.current_stage, "tags": version.tags}
            models[version.name].versions[version.version] = told
        token = page.token
        if token is None:
            return models


def _every_model(store: RegistryStore) -> Iterator[RegisteredModel]:
    token = None
    while True:
        page = store.search_registered_models(None, _MODELS, None, token)
        yield from page
        token = page.token
        if token is None:
            return


def _model(found: RegisteredModel) -> _Model:
    return _Model({"description": found.description}, found.tags, found.aliases)


def untraced_changes(store: RegistryStore) -> list[str] | None:
    """What the registry holds otherwise than its trail tells; the trail must be whole (`check_trail`).

    Returns:
        One sentence for each thing; [] if there is none, None if others changed the registry all the time.
    """
    for _ in range(_TRIES):
        head = store.audit_head()
        told = replayed(entry for entry in every_entry(store) if entry.seq <= head.seq)
        try:
            found = contents(store)
        except (KeyError, NotFound):  # a version came or went while they were read
            continue
        if store.audit_head() == head:
            return list(_differences(told, found))
    return None


def _differences(told: Models, found: Models) -> Iterator[str]:
    for name in sorted(told.keys() | found.keys()):
        if name not in found or name not in told:
            yield f"The registered model {name!r} {'is gone' if name not in found else 'was made'} without an entry."
            continue
        one, other = told[name], found[name]
        for what, expected, there in (
            ("its description", one.facts, other.facts),
            ("its tags", one.tags, other.tags),
            ("its aliases", one.aliases, other.aliases),
        ):
            if expected != there:
                yield f"The registered model {name!r} has {what} otherwise: {there}, and its entries say {expected}."
        for number in sorted(one.versions.keys() | other.versions.keys()):
            yield from _of_version(
                f"Version {number} of {name!r}", one.versions.get(number), other.versions.get(number)
            )


def _of_version(what: str, told: dict[str, Any] | None, found: dict[str, Any] | None) -> Iterator[str]:
    if told is None or found is None:
        yield f"{what} {'is gone' if found is None else 'was made'} without an entry."
        return
    for key in (*_FACTS, "digest", "stage", "tags"):
        if told[key] != found[key]:
            yield f"{what} has the {key} {found[key]!r:.200}, and its entries say {told[key]!r:.200}."
