"""One version of a model: description, tags, files, signature, how to load it, and lineage both ways."""

from __future__ import annotations

from typing import Any

from trackbook.entities import LoggedModel, ModelVersion, Run
from trackbook.entities.datasets import size_of
from trackbook.models.model import Model
from trackbook.registry.promotion import VERDICT_TAG
from trackbook.signature.schema import Schema, TensorSpec
from trackbook.signature.signatures import ModelSignature
from trackbook.signature.types import DataType
from trackbook.widgets.registry_sources import Sources, cut, plain_number
from trackbook.widgets.registry_versions import MetricColumn, origin_of, run_of, value_of

__all__ = ["details_of_version", "pairs", "signature_words"]

_MOST = 200
_DESCRIPTION = 20_000
_NAMED = 3
_VERDICT_RUN = "trackbook.verdict_run"
#: Flavors whose module loads the model; others are loaded as pyfunc.
_LOADERS = (
    "sklearn", "xgboost", "lightgbm", "catboost", "statsmodels", "pytorch", "tensorflow", "keras", "onnx", "spark",
    "fastai", "gluon",
)  # fmt: skip


def details_of_version(sources: Sources, version: ModelVersion, columns: list[MetricColumn]) -> dict[str, Any]:
    """What the panel shows of a version; texts as they were logged, floats as JSON can carry them."""
    run, model, about = sources.run(version.run_id), sources.model(version), sources.mlmodel(version)
    files = sources.registry.model_version_files(version.name, version.version)
    known = isinstance(about, Model)
    return {
        "number": version.version,
        "description": cut(version.description, _DESCRIPTION),
        "tags": pairs(version.tags),
        "source": cut(version.source, 300),
        "made": version.creation_timestamp,
        "by": cut(version.user_id, 80),
        "changed": version.last_updated_timestamp,
        "status": "" if version.status == "READY" else cut(f"{version.status} {version.status_message or ''}", 500),
        "files": [(cut(file.path, 300), file.size, file.sha256[:64]) for file in files[:_MOST]],
        "count": len(files),
        "size": sum(file.size for file in files),
        "flavors": _flavors(about) if isinstance(about, Model) else [],
        "trouble": "" if known else about,
        "signature": _signature(about.signature) if isinstance(about, Model) else None,
        "load": _load(version, about),
        "lineage": _lineage(sources, version, run, model, columns),
    }


def pairs(tags: dict[str, str]) -> list[tuple[str, str]]:
    """Tags or params for the page."""
    return [(key, cut(value)) for key, value in sorted(tags.items())[:_MOST]]


def _flavors(about: Model) -> list[tuple[str, str]]:
    """The flavors and the versions of their libraries, the one that everything can load last."""
    found = []
    for name, section in about.flavors.items():
        version = next((str(value) for key, value in section.items() if str(key).endswith("version")), "")
        found.append((cut(name, 60), cut(version, 40)))
    return sorted(found, key=lambda flavor: (flavor[0] == "python_function", flavor[0]))[:_MOST]


def _load(version: ModelVersion, about: Model | str) -> str:
    flavors = set(about.flavors) if isinstance(about, Model) else set()
    module = next((name for name in _LOADERS if name in flavors), "pyfunc")
    address = f"models:/{version.name}/{version.version}"
    return f"import trackbook\n\nmodel = trackbook.{module}.load_model({address!r})"


def _signature(signature: ModelSignature | None) -> dict[str, Any] | None:
    if signature is None:
        return None
    schemas = {"inputs": signature.inputs, "outputs": signature.outputs}
    rows = {name: _columns(schema) for name, schema in schemas.items() if schema is not None}
    return {"words": signature_words(signature), **rows, "params": cut(signature.params or "", 1_000)}


def _columns(schema: Schema) -> list[tuple[str, str, bool]]:
    """Name, type and whether it must be there."""
    found = []
    for spec in list(schema)[:_MOST]:
        kind = f"{spec.type.name} {list(spec.shape)}" if isinstance(spec, TensorSpec) else _kind(spec.type)
        needed = True if isinstance(spec, TensorSpec) else spec.required
        found.append(("" if spec.name is None else cut(spec.name, 200), cut(kind, 200), needed))
    return found


def _kind(kind: Any) -> str:
    """A type as people write it: ``double``."""
    return str(kind.name) if isinstance(kind, DataType) else repr(kind)


def signature_words(signature: ModelSignature | None) -> str:
    """What a model takes and gives, in a few words."""
    if signature is None:
        return "none"
    return f"{_words(signature.inputs)} → {_words(signature.outputs)}"


def _words(schema: Schema | None) -> str:
    if schema is None:
        return "?"
    columns = _columns(schema)
    kinds, names = {kind for _, kind, _ in columns}, [name for name, _, _ in columns]
    if len(columns) == 1:
        return f"{names[0]} {columns[0][1]}".strip()
    if len(columns) <= _NAMED and all(names):
        return ", ".join(names)
    return f"{len(schema)} {kinds.pop()}s" if len(kinds) == 1 else f"{len(schema)} columns"


def _lineage(
    sources: Sources, version: ModelVersion, run: Run | None, model: LoggedModel | None, columns: list[MetricColumn]
) -> dict[str, Any]:
    data = run.inputs.dataset_inputs if run else []
    value = value_of(sources, version, columns[0]) if columns else None
    return {
        "data": [
            {
                "name": cut(one.dataset.name, 200),
                "digest": cut(one.dataset.digest, 36),
                "size": size_of(one.dataset),
                "context": cut(one.context or "", 60),
            }
            for one in data[:20]
        ],
        "origin": origin_of(run),
        "run": run_of(version, run),
        "link": cut(version.run_link, 500) if version.run_link else "",
        "metric": (columns[0][0], plain_number(value)) if value is not None else None,
        "model": {
            "id": version.model_id,
            "name": cut(model.name, 200) if model else "",
            "type": cut(model.model_type or "", 60) if model else "",
        },
        "aliases": version.aliases,
        "stage": version.current_stage,
        "siblings": _siblings(sources, version),
        "judged": _judged(sources, model),
    }


def _siblings(sources: Sources, version: ModelVersion) -> list[dict[str, Any]]:
    """Other versions of the same run or of the same logged model."""
    registry = sources.registry
    same_model = registry.versions_of(model_id=version.model_id) if version.model_id else []
    same_run = registry.versions_of(run_id=version.run_id) if version.run_id else []
    found = {(one.name, one.version): "model" for one in same_model}
    for one in same_run:
        found.setdefault((one.name, one.version), "run")
    found.pop((version.name, version.version), None)
    return [{"name": name, "version": number, "same": same} for (name, number), same in list(found.items())[:20]]


def _judged(sources: Sources, model: LoggedModel | None) -> dict[str, Any] | None:
    """The verdict of the model's evaluation, and the run that has it."""
    if model is None or VERDICT_TAG not in model.tags:
        return None
    run_id = model.tags.get(_VERDICT_RUN, "")
    return {
        "verdict": cut(model.tags[VERDICT_TAG], 40),
        "run": cut(run_id, 64),
        "name": cut(sources.run_name(run_id), 200),
    }
