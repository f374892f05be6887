"""Input examples: data that a model takes, kept beside it as JSON, and as what a scoring server is sent."""

from __future__ import annotations

import base64
import copy
import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from trackbook.errors import InvalidParameter
from trackbook.signature.frames import frame_of_polars
from trackbook.signature.inference import is_missing, is_sparse
from trackbook.signature.params import infer_params
from trackbook.signature.payloads import parse_payload

if TYPE_CHECKING:
    import pandas as pd

    from trackbook.models.model import Model

__all__ = ["Example", "convert_input_example_to_serving_input", "read_example", "read_example_params", "write_example"]

_FILE, _SERVING_FILE = "input_example.json", "serving_input_example.json"
_LARGEST = 1 << 26
_FORMS = "a DataFrame, a NumPy array, a dict of arrays, a sparse matrix, a dict, a list or one value"


@dataclass(frozen=True)
class Example:
    """An input example.

    Attributes:
        info: what MLmodel says about it.
        data: what predict takes.
        params: what predict takes besides.
        content: what the file of it holds.
        serving: what a scoring server is sent.
    """

    info: dict[str, Any]
    data: Any
    params: dict[str, Any] | None
    content: Any
    serving: dict[str, Any]

    @classmethod
    def of(cls, given: Any) -> Example:
        """The example of what a user gave: data, or a pair of data and params.

        Raises:
            InvalidParameter: it is nothing that has a place in JSON.
        """
        data, params = _parted(copy.deepcopy(given))
        info: dict[str, Any] = {"artifact_path": _FILE}
        if params:
            info["params"] = "true"
        kind, content, serving = _described(data)
        info |= {**kind, "serving_input_path": _SERVING_FILE}
        if params:
            return cls(info, data, params, {"inputs": content, "params": params}, {**serving, "params": params})
        return cls(info, data, params, content, serving)


def _parted(given: Any) -> tuple[Any, dict[str, Any] | None]:
    if isinstance(given, tuple) and len(given) == 2 and isinstance(given[1], dict):
        infer_params(given[1])  # each has a type
        return given
    return given, None


def _described(data: Any) -> tuple[dict[str, Any], Any, dict[str, Any]]:
    """What kind it is, its JSON value, and what is sent to a server."""
    frame = _frame(data)
    if frame is not None:
        content = _split(frame)
        kind = {"type": "dataframe", "pandas_orient": "split" if "columns" in content else "values"}
        return kind, content, {"dataframe_split": content}
    if isinstance(data, np.ndarray):
        content = _listed(data)
    elif is_sparse(data):
        return _sparse(data)
    elif isinstance(data, Mapping) and any(isinstance(value, np.ndarray) for value in data.values()):
        if not all(isinstance(value, np.ndarray) for value in data.values()):
            raise InvalidParameter("An input example that is a dict has arrays only, or none; this mixes both.")
        content = {str(name): _listed(value) for name, value in data.items()}
    elif isinstance(data, (Mapping, list)) or np.isscalar(data) or isinstance(data, dt.date):
        _refuse_arrays(data)
        return {"type": "json_object"}, data, {"inputs": data}
    else:
        raise InvalidParameter(f"An input example is {_FORMS}, not {type(data).__name__}.")
    return {"type": "ndarray"}, content, {"inputs": content}


def _refuse_arrays(data: Any) -> None:
    if isinstance(data, list) and any(isinstance(item, np.ndarray) for item in data):
        raise InvalidParameter("An input example that is a list holds no arrays; give one array, or a dict of arrays.")


def _frame(data: Any) -> pd.DataFrame | None:
    name = f"{type(data).__module__.partition('.')[0]}.{type(data).__name__}"
    if name == "polars.DataFrame":
        return frame_of_polars(data)
    return data.to_frame() if name == "pandas.Series" else data if name == "pandas.DataFrame" else None


def _split(frame: pd.DataFrame) -> dict[str, Any]:
    """Without the index, and without names of columns that are only numbered."""
    names: list[Any] = frame.columns.tolist()
    rows = [[None if _is_gap(value) else value for value in row] for row in frame.to_dict("split")["data"]]
    return {"data": rows} if names == list(range(len(names))) else {"columns": names, "data": rows}


def _is_gap(value: Any) -> bool:
    return not isinstance(value, (list, dict, np.ndarray)) and is_missing(value)


def _listed(array: np.ndarray[Any, Any]) -> Any:
    """JSON knows no NaN."""
    return (np.where(np.isnan(array), None, array) if array.dtype.kind in "fc" else array).tolist()  # type: ignore[call-overload]


def _sparse(data: Any) -> tuple[dict[str, Any], Any, dict[str, Any]]:
    form = "csc" if data.format == "csc" else "csr"
    matrix = data.asformat(form)
    parts = {"data": _listed(matrix.data), "indices": matrix.indices.tolist(), "indptr": matrix.indptr.tolist()}
    return (
        {"type": f"sparse_matrix_{form}"},
        {**parts, "shape": list(matrix.shape)},
        {"inputs": _listed(matrix.toarray())},
    )


def _plain(value: Any) -> Any:
    """What `json` has no word for."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.datetime64):
        return str(value)
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (bytes, bytearray)):
        return base64.encodebytes(value).decode("ascii")
    if hasattr(value, "isoformat"):
        return value.isoformat()
    raise InvalidParameter(f"An input example is kept as JSON, which has no word for a {type(value).__name__}.")


def _written(content: Any, indent: int | None = None) -> str:
    try:
        return json.dumps(content, default=_plain, indent=indent)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidParameter(f"An input example is kept as JSON: {error}.") from None


def write_example(given: Any, folder: Path) -> Example:
    """Write an example into a model's folder, in MLflow's two files.

    Args:
        given: data, or a pair of data and params.
        folder: of the model.

    Raises:
        InvalidParameter: it is nothing that has a place in JSON.
    """
    example = Example.of(given)
    folder.joinpath(_FILE).write_text(_written(example.content), encoding="utf-8")
    folder.joinpath(_SERVING_FILE).write_text(_written(example.serving, 2), encoding="utf-8")
    return example


def convert_input_example_to_serving_input(input_example: Any) -> str | None:
    """The JSON by which a scoring server is sent an example; None for None.

    Args:
        input_example: data, or a pair of data and params, as log_model takes it.

    Raises:
        InvalidParameter: it is nothing that has a place in JSON.
    """
    return None if input_example is None else _written(Example.of(input_example).serving, 2)


def read_example(meta: Model, folder: Path) -> Any:
    """The input example in a model's folder, as predict takes it; None if there is none.

    Args:
        meta: its MLmodel.
        folder: of the model.

    Raises:
        InvalidParameter: the file is not there, no JSON, or not what MLmodel says.
    """
    info = meta.saved_input_example_info
    if not info:
        return None
    content = _content(info, folder)
    if info.get("params"):
        content = content.get("inputs") if isinstance(content, dict) else None
    kind = info.get("type")
    if kind == "json_object":
        return content
    if kind in ("sparse_matrix_csr", "sparse_matrix_csc"):
        return _read_sparse(content, str(kind)[-3:])
    form = {"ndarray": "inputs", "dataframe": "dataframe_split"}.get(str(kind))
    if form is None:
        raise InvalidParameter(f"MLmodel names the kind of example {kind!r:.80}, which is not known.")
    try:
        return parse_payload({form: content}, meta.get_input_schema()).data
    except InvalidParameter:
        return parse_payload({form: content}).data  # it was given beside a signature that it does not fit


def read_example_params(meta: Model, folder: Path) -> dict[str, Any] | None:
    """The params of the input example in a model's folder; None if it has none."""
    info = meta.saved_input_example_info
    if not info or not info.get("params"):
        return None
    content = _content(info, folder)
    found = content.get("params") if isinstance(content, dict) else None
    return found if isinstance(found, dict) else None


def _content(info: Mapping[str, Any], folder: Path) -> Any:
    from trackbook.uris import SafeRelPath

    path = folder.joinpath(*SafeRelPath.parse(info.get("artifact_path") or _FILE).parts)
    if not path.is_file():
        raise InvalidParameter(f"MLmodel names the input example {path.name!r}, which is not in the model's folder.")
    if path.stat().st_size > _LARGEST:
        raise InvalidParameter(f"The input example {path.name!r} is larger than 64 MiB, and is not read.")
    try:
        return json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise InvalidParameter(f"The input example {path.name!r} is no JSON: {error}.") from None


def _read_sparse(content: Any, form: str) -> Any:
    from trackbook.libraries import require

    require("A sparse input example", "scipy")
    make = getattr(import_module("scipy.sparse"), f"{form}_matrix")
    try:
        parts = (np.array(content["data"], float), content["indices"], content["indptr"])
        matrix = make(parts, shape=tuple(content["shape"]))
        matrix.check_format(full_check=True)  # without it a place beyond the shape is a place beyond the memory
        return matrix
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidParameter(f"The input example is no sparse matrix: {error}.") from None
