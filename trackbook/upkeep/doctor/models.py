"""Doctor's look at logged models: their files against what was fixed, and registered versions that have lost theirs."""

from __future__ import annotations

from collections.abc import Iterator

from trackbook.entities import StoredFile
from trackbook.stores.artifacts.repository import open_artifacts
from trackbook.stores.base import Store
from trackbook.stores.upkeep import KeptModel
from trackbook.upkeep.doctor.artifacts import entries_of, state_of
from trackbook.upkeep.doctor.findings import ERROR, NOTE, WARNING, Finding
from trackbook.upkeep.folders import local_root
from trackbook.uris import strip_user_info

__all__ = ["check_models", "check_versions"]

_RESTORE = "Restore it from a backup, or log the model anew: as it is, it is not loaded."


def check_models(store: Store) -> Iterator[Finding]:
    """Files of READY models that are missing, changed or new; only those on a local disk are read."""
    elsewhere = 0
    for model in store.kept_models():
        root = local_root(model.artifact_uri)
        if model.files and root is None:
            elsewhere += 1
        elif model.files is not None and root is not None:
            yield from _check_model(store, model, root, model.files)
    if elsewhere:
        what = f"The files of {elsewhere} logged models lie elsewhere than on a local disk, and were not read."
        yield Finding("models", strip_user_info(store.uri), what, NOTE, "They are checked when they are loaded.")


def _check_model(store: Store, model: KeptModel, root: str, files: list[StoredFile]) -> Iterator[Finding]:
    repository = open_artifacts(root)
    missing = {file.path: file for file in files}
    found: list[tuple[str, StoredFile | None, int | None]] = []
    for entry in entries_of(root, ""):
        if entry.is_file or entry.is_link:
            expected = missing.pop(entry.path, None) if entry.is_file else None
            found.append((entry.path, expected, entry.found.st_size))
    found += [(file.path, file, None) for file in missing.values()]
    findings = []
    for path, expected, size in found:
        if expected is None:
            remedy = "Delete it: with it, the model is not loaded."
            findings.append(Finding("models", f"{root}/{path}", "It was not among the model's files.", WARNING, remedy))
        elif what := state_of(repository, expected, size):
            findings.append(Finding("models", f"{root}/{path}", what, ERROR, _RESTORE))
    if findings and store.existing_models([model.model_id]):  # else it was purged meanwhile
        yield from findings


def check_versions(store: Store) -> Iterator[Finding]:
    """Registered versions whose logged model was deleted, or is not in this store."""
    lost = store.lost_versions()
    has_models = bool(lost) and next(store.kept_models(), None) is not None
    for version in lost:
        where = f"{version.name} version {version.version}"
        if version.deleted:
            what, severity = f"Its logged model {version.model_id} was deleted, so that nobody can load it.", ERROR
            remedy = "Restore a backup, or delete the version and register another model."
        else:
            what, severity = (
                f"Its logged model {version.model_id} is not in this store.",
                WARNING if has_models else NOTE,
            )
            remedy = "Nothing need be done if another store keeps the models; else delete the version."
        yield Finding("models", where, what, severity, remedy)
