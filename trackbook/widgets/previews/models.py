"""The folder of a model: flavors, signature, how it is loaded, its size, and whether this user trusts it."""

from __future__ import annotations

from typing import Any

from trackbook.entities import StoredFile
from trackbook.entities.digests import manifest_digest
from trackbook.errors import InvalidParameter
from trackbook.models.model import MLMODEL, Model, read_yaml
from trackbook.models.trust import is_trusted, origin_of
from trackbook.runs.model_addresses import Located
from trackbook.stores.base import Store
from trackbook.widgets.artifact_files import WALKED, ArtifactFiles, first_of
from trackbook.widgets.previews.preview import Preview, Unreadable

__all__ = ["folder_preview", "model_preview"]

_MOST_COLUMNS, _LETTERS = 500, 300
_LOADERS = {"sklearn": "sklearn", "xgboost": "xgboost", "lightgbm": "lightgbm", "pytorch": "pytorch", "keras": "keras",
            "tensorflow": "tensorflow", "statsmodels": "statsmodels", "catboost": "catboost", "onnx": "onnx",
            "spark": "spark", "fastai": "fastai", "gluon": "gluon"}  # fmt: skip


def folder_preview(files: ArtifactFiles, folder: str, store: Store) -> Preview:
    """A folder: the model in it, or how many files of what size."""
    entries, all_of_it = first_of(files.walk(folder), WALKED)
    inside = [entry for entry in entries if not entry.is_dir]
    size = sum(entry.file_size or 0 for entry in inside)
    value = {"kind": "folder", "files": len(inside), "size": size, "more": not all_of_it}
    mlmodel = f"{folder}/{MLMODEL}" if folder else MLMODEL
    if any(entry.path == mlmodel for entry in inside):
        return Preview({**value, **model_preview(files, folder, store)})
    return Preview(value)


def model_preview(files: ArtifactFiles, folder: str, store: Store) -> dict[str, Any]:
    """What an MLmodel says, and how the model is loaded; nothing of it is run.

    Raises:
        Unreadable: its MLmodel is none.
    """
    mlmodel = f"{folder}/{MLMODEL}" if folder else MLMODEL
    file = files.open(mlmodel)
    try:
        model = Model.from_dict(read_yaml(file.read(0, 1 + (1 << 20)), mlmodel))
        signature = model.signature
        parts = [("inputs", signature.inputs), ("outputs", signature.outputs)] if signature else []
        columns = [_column(part, one) for part, schema in parts if schema is not None for one in schema.to_dict()]
        params = [
            {"part": "params", **_fields(one)}
            for one in (signature.params.to_dict() if signature and signature.params else [])
        ]
    except (InvalidParameter, TypeError, ValueError, AttributeError) as problem:
        raise Unreadable("Its MLmodel cannot be read.", str(problem)) from None
    uri = files.uri_of(folder)
    return {
        "kind": "model",
        "flavors": [_flavor(name, section) for name, section in model.flavors.items()],
        "columns": (columns + params)[:_MOST_COLUMNS],
        "columns_left": max(0, len(columns) + len(params) - _MOST_COLUMNS),
        "uri": uri,
        "code": _loading(uri, model),
        "created": _short(model.utc_time_created),
        "id": _short(model.model_id or model.model_uuid or ""),
        "trust": _trust(files, folder, uri, store),
    }


def _column(part: str, one: Any) -> dict[str, Any]:
    return {"part": part, **_fields(one)}


def _fields(one: Any) -> dict[str, Any]:
    kind = one.get("type")
    shape = one.get("shape") or (one.get("tensor-spec") or {}).get("shape")
    if isinstance(one.get("tensor-spec"), dict):
        kind = one["tensor-spec"].get("dtype")
    default = one.get("default")
    return {
        "name": _short(one.get("name") or "–"),
        "type": _short(kind if isinstance(kind, str) else kind or ""),
        "shape": "" if shape is None else _short(shape),
        "required": bool(one.get("required", True)),
        "default": "" if default is None else _short(default),
    }


def _flavor(name: str, section: Any) -> dict[str, Any]:
    library = next((str(value) for key, value in section.items() if str(key).endswith("_version")), "")
    return {"name": _short(name), "version": _short(section.get("python_version") or library)}


def _loading(uri: str, model: Model) -> str:
    lines = ["import trackbook", "", f"model = trackbook.pyfunc.load_model({uri!r})", "model.predict(data)"]
    own = next((name for name in model.flavors if name in _LOADERS), None)
    if own:
        lines += ["", f"# as {own} made it", f"model = trackbook.{own}.load_model({uri!r})"]
    return "\n".join(lines)


def _trust(files: ArtifactFiles, folder: str, uri: str, store: Store) -> dict[str, Any]:
    """Whether loading would ask: by the rules of `trackbook.models.trust`, with the hashes that are known."""
    repository, inside = files.repository_of(folder)
    above = f"{inside}/" if inside else ""
    known = repository.records.known(str(inside) if inside else None)
    listed = [StoredFile(file.path.removeprefix(above), file.size, file.sha256, file.time) for file in known]
    if not listed:
        return {"trusted": False, "text": "The hashes of its files are not known, so nothing says who made it."}
    located = Located(uri, repository, inside, listed, store)
    if is_trusted(manifest_digest(listed), origin_of(located)):
        return {"trusted": True, "text": "It lies in a store of your own, or you have said so."}
    return {
        "trusted": False,
        "text": "A flavor that runs code when it is loaded asks for trust=True first.",
    }


def _short(value: Any) -> str:
    written = str(value)
    return written if len(written) <= _LETTERS else written[:_LETTERS] + "…"
