"""What a scoring server is sent, as the data that predict takes: MLflow's four forms of JSON, and CSV."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from trackbook.errors import InvalidParameter
from trackbook.libraries import require
from trackbook.signature.columns import column_of, table_of
from trackbook.signature.inference import array_of
from trackbook.signature.schema import ColSpec, Schema, TensorSpec
from trackbook.signature.tensors import as_array
from trackbook.signature.types import Array, DataType, Map, Object

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FORMS", "Payload", "csv_tables", "parse_csv", "parse_payload"]

FORMS = ("dataframe_split", "dataframe_records", "instances", "inputs")


class Payload(NamedTuple):
    """What a request says: data for predict, and its parameters, of which nothing is checked yet."""

    data: Any
    params: dict[str, Any] | None


def parse_payload(payload: Any, schema: Schema | None = None) -> Payload:
    """The data and the parameters of a request.

    JSON knows few types, so values are read as those of the schema: 1 is a double where it says double, text is base64
    where it says binary. No value is read as another: 1.5 is no long.

    Args:
        payload: a dict with one of ``dataframe_split``, ``dataframe_records``, ``instances`` and ``inputs``, and
            perhaps ``params``, as `json.loads` gave it.
        schema: the inputs of the model's signature; without one the values stay as JSON has them.

    Raises:
        InvalidParameter: with the code BAD_REQUEST: it is none of the forms, or has a value that is not of its type;
            the message names column, row and value.
    """
    require("Reading a request", "pandas")
    if not isinstance(payload, Mapping):
        raise _bad(f"The body is a JSON object with one of {', '.join(FORMS)}; this is a {_json_name(payload)}")
    found = [form for form in FORMS if form in payload]
    if len(found) != 1:
        raise _bad(f"The body has exactly one of {', '.join(FORMS)}; this has {', '.join(map(str, payload)) or 'none'}")
    if "signature_name" in payload:
        raise _bad("A signature_name is not known here: a model has one signature")
    params = payload.get("params")
    if params is not None and not isinstance(params, dict):
        raise _bad(f"'params' is a JSON object; this is a {_json_name(params)}")
    try:
        return Payload(_READERS[found[0]](payload[found[0]], schema), params)
    except InvalidParameter as error:
        raise InvalidParameter(f"{found[0]}: {error.message}", "BAD_REQUEST") from None


def _bad(message: str) -> InvalidParameter:
    return InvalidParameter(f"{message}.", "BAD_REQUEST")


def _json_name(value: object) -> str:
    names = {dict: "object", list: "list", str: "text", bool: "truth value", type(None): "null"}
    return names.get(type(value), "number")


def _split(content: Any, schema: Schema | None) -> Any:
    if not isinstance(content, dict) or "data" not in content or content.keys() - {"columns", "data", "index"}:
        told = sorted(content) if isinstance(content, dict) else _json_name(content)
        raise _bad(f"it is an object with 'data', and perhaps 'columns' and 'index'; this is {told!r:.200}")
    rows, names, index = content["data"], content.get("columns"), content.get("index")
    if names is not None and not (isinstance(names, list) and all(isinstance(name, (str, int)) for name in names)):
        raise _bad(f"'columns' is a list of names; this is {names!r:.80}")
    if index is not None and not (isinstance(index, list) and isinstance(rows, list) and len(index) == len(rows)):
        raise _bad("'index' is a list with a label for each row")
    return _of_rows(rows, names, schema, index)


def _records(content: Any, schema: Schema | None) -> Any:
    if not isinstance(content, list) or not {*map(type, content)} <= {dict}:
        raise _bad("it is a list of objects, one for each row")
    names = list(content[0]) if content else []
    if names and {*map(len, content)} == {len(names)}:
        with suppress(KeyError):
            return table_of(list(map(_getter(names), content)), names, _specs(schema), None)
    names = list(dict.fromkeys(name for row in content for name in row))
    columns = {name: [row.get(name) for row in content] for name in names}
    return _of_columns(columns, len(content), schema)


def _getter(names: list[Any]) -> Callable[[dict[Any, Any]], Sequence[Any]]:
    return itemgetter(*names) if len(names) > 1 else lambda row: (row[names[0]],)


def _of_rows(rows: Any, names: list[Any] | None, schema: Schema | None, index: list[Any] | None = None) -> Any:
    """Rows of values; without names of columns they are known by their places."""
    if not isinstance(rows, list) or not {*map(type, rows)} <= {list}:
        raise _bad("its data is a list of rows, each a list of values")
    width = len(names) if names is not None else len(rows[0]) if rows else 0
    if not {*map(len, rows)} <= {width}:
        wrong = next(place for place, row in enumerate(rows) if len(row) != width)
        raise _bad(f"row {wrong} has {len(rows[wrong])} values, and there are {width} columns")
    if schema is not None and schema.is_tensor_spec() and not schema.has_input_names() and width > 1:
        return as_array(rows, schema.inputs[0])  # type: ignore[arg-type]
    if names is None and schema is not None and not schema.is_tensor_spec():
        if width != len(schema):
            raise _bad(f"its rows have {width} values, and the model takes {len(schema)} columns")
        names = list(schema.input_names())
    return table_of(rows, names if names is not None else list(range(width)), _specs(schema), index)


def _of_columns(columns: Mapping[Any, list[Any]], rows: int, schema: Schema | None) -> Any:
    specs = _specs(schema)
    import pandas as pd

    read = {name: column_of(values, specs.get(name), name) for name, values in columns.items()}
    return pd.DataFrame(read, index=None if read else range(rows))


def _specs(schema: Schema | None) -> dict[Any, ColSpec]:
    if schema is None:
        return {}
    return {name: spec for name, spec in zip(schema.input_names(), schema, strict=True) if isinstance(spec, ColSpec)}


def _instances(content: Any, schema: Schema | None) -> Any:
    """Rows, as objects, lists or values."""
    if isinstance(content, dict):
        return _inputs(content, schema)
    if not isinstance(content, list):
        raise _bad(f"it is a list of rows; this is a {_json_name(content)}")
    if content and all(isinstance(row, dict) for row in content):
        if schema is not None and not schema.is_tensor_spec():
            return _records(content, schema)
        names = list(dict.fromkeys(name for row in content for name in row))
        short = next((place for place, row in enumerate(content) if len(row) < len(names)), None)
        if short is not None:
            raise _bad(f"row {short} lacks {next(name for name in names if name not in content[short])!r:.80}")
        return _arrays({name: [row[name] for row in content] for name in names}, schema)
    return _inputs(content, schema)


def _inputs(content: Any, schema: Schema | None) -> Any:
    """Columns, an array or one value."""
    if schema is None:
        return _arrays(content, None) if isinstance(content, dict) else _plain_array(content)
    if schema.is_tensor_spec():
        return _tensors(content, schema)
    if isinstance(content, dict):
        return _columns(content, schema)
    if isinstance(content, list) and content and all(isinstance(row, dict) for row in content):
        return _records(content, schema)
    if not isinstance(content, list):
        content = [content]
    if len(schema) == 1 and (
        isinstance(schema.inputs[0].type, Array) or not any(isinstance(row, list) for row in content)
    ):
        return _of_columns({schema.input_names()[0]: content}, len(content), schema)
    return _of_rows(content, None, schema)


def _plain_array(content: Any) -> Any:
    if isinstance(content, list) and any(isinstance(row, dict) for row in content):
        return content
    try:
        return array_of(content)
    except ValueError:
        raise _bad("its rows have several lengths, and make no array") from None


def _arrays(content: Mapping[str, Any], schema: Schema | None) -> dict[str, Any]:
    specs = {spec.name: spec for spec in schema or () if isinstance(spec, TensorSpec)}
    return {
        name: as_array(values, specs[name]) if name in specs else _plain_array(values)
        for name, values in content.items()
    }


def _tensors(content: Any, schema: Schema) -> Any:
    if isinstance(content, dict):
        if not schema.has_input_names():
            raise _bad("the model takes one array without a name, and not an object")
        return _arrays(content, schema)
    if len(schema) > 1:
        raise _bad(f"the model takes an object with an array for each of {schema.input_names()!r:.200}")
    array = as_array(content, schema.inputs[0])  # type: ignore[arg-type]
    return {schema.inputs[0].name: array} if schema.has_input_names() else array


def _columns(content: dict[str, Any], schema: Schema) -> Any:
    """A column of values under each name; or one row, if the schema has lists or objects or no value is a list."""
    structured = any(isinstance(spec.type, (Array, Object, Map)) for spec in schema)
    if structured or not any(isinstance(values, list) for values in content.values()):
        return _of_columns({name: [value] for name, value in content.items()}, 1, schema)
    lengths = {name: len(values) for name, values in content.items() if isinstance(values, list)}
    if len(lengths) < len(content) or len({*lengths.values()}) > 1:
        raise _bad(f"its columns are lists of one length; these have {lengths!r:.200}")
    return _of_columns(content, max(lengths.values()), schema)


def parse_csv(source: Any, schema: Schema | None = None) -> pd.DataFrame:
    """The table in CSV with a header, its columns read as the types of the schema.

    Args:
        source: a path or an open file, as `pandas.read_csv` takes it.
        schema: the inputs of the model's signature.

    Raises:
        InvalidParameter: with the code BAD_REQUEST: it is no CSV, or has a value that is not of its type.
    """
    return next(csv_tables(source, schema, None))


def csv_tables(source: Any, schema: Schema | None, rows: int | None) -> Iterator[pd.DataFrame]:
    """The same in tables of so many rows, one after another; in one if it is None.

    Raises:
        InvalidParameter: as above.
    """
    import pandas as pd

    specs = _specs(schema)
    texts = {name: str for name, spec in specs.items() if spec.type in (DataType.string, DataType.binary)}
    try:
        read: Any = pd.read_csv(source, dtype=texts, chunksize=rows, **_exactly(pd.__version__))
        for frame in [read] if rows is None else read:
            if not isinstance(frame.index, pd.RangeIndex):  # pandas takes what goes beyond the header for an index
                raise _bad("CSV: a row has more values than the header has names")
            yield _typed(frame, specs)
    except (ValueError, UnicodeDecodeError) as error:  # pandas' parser errors are among them
        if isinstance(error, InvalidParameter):
            raise
        raise _bad(f"The CSV cannot be read: {error}") from None


def _exactly(version: str) -> dict[str, Any]:
    """Before 3.1 pandas read some numbers as their neighbours, unless it was told not to."""
    major, minor = (int(part) for part in version.split(".")[:2])
    return {} if (major, minor) >= (3, 1) else {"float_precision": "round_trip"}


def _typed(frame: pd.DataFrame, specs: Mapping[Any, ColSpec]) -> pd.DataFrame:
    for name in [name for name in frame if name in specs]:
        kind = specs[name].type
        if isinstance(kind, DataType) and kind is not DataType.datetime and frame[name].dtype == kind.to_numpy():
            continue
        try:
            frame[name] = column_of(frame[name].tolist(), specs[name], name)
        except InvalidParameter as error:
            raise InvalidParameter(f"CSV: {error.message}", "BAD_REQUEST") from None
    return frame


_READERS = {"dataframe_split": _split, "dataframe_records": _records, "instances": _instances, "inputs": _inputs}
