"""What a caller hands to predict, checked against a signature and cast to its types."""

from __future__ import annotations

import copy
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from trackbook.errors import InvalidParameter
from trackbook.signature.casts import KEEP, cast_column, cast_of
from trackbook.signature.frames import as_frame
from trackbook.signature.params import ParamSchema
from trackbook.signature.schema import ColSpec, Schema
from trackbook.signature.tensors import enforce_tensors
from trackbook.signature.types import AnyType, DataType

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Enforcer", "enforce", "enforce_params"]

log = logging.getLogger("trackbook")

_REMEMBERED = 64


class Enforcer:
    """A schema, made ready to be enforced on many inputs.

    A table whose columns were found to be of the right names and types is not looked at again, nor copied.

    Args:
        schema: what the data shall be.
    """

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.specs = [spec for spec in schema if isinstance(spec, ColSpec)]
        self._index: Any = None
        self._right: set[tuple[Any, ...]] = set()
        self._warned = False

    def __call__(self, data: Any) -> Any:
        """The data as predict gets it: a table with the columns of the schema, or its tensors.

        Raises:
            InvalidParameter: it is something else; the message names the column, and the row and the value where one
                is the reason.
        """
        if not self.specs:
            return enforce_tensors(data, self.schema)
        frame = as_frame(data, self.schema)
        if self._is_right(frame):
            return frame.copy(deep=False)
        return self._table(frame)

    def _is_right(self, frame: pd.DataFrame) -> bool:
        return self._index is not None and frame.columns.equals(self._index) and tuple(frame.dtypes) in self._right

    def _table(self, frame: pd.DataFrame) -> pd.DataFrame:
        places = self._named(frame) if self.schema.has_input_names() else self._counted(frame)
        result = frame.iloc[:, [place for place, _ in places]]
        if len(places) == 1 and places[0][1].name is not None:
            result.columns = [places[0][1].name]  # values without a name have that of the only column
        for place, (_, spec) in enumerate(places):
            old = result.iloc[:, place]
            new = cast_column(old, spec)
            if new is not old:
                result.isetitem(place, new)  # type: ignore[arg-type]
        self._remember(result)
        return result

    def _remember(self, result: pd.DataFrame) -> None:
        """Whether the types alone made the table right, so that the next one of these types is."""
        dtypes = tuple(result.dtypes)
        if len(dtypes) != len(self.specs) or len(self._right) >= _REMEMBERED:
            return
        if self._index is None:
            self._index = result.columns
        if self._index.equals(result.columns) and all(map(_is_right, dtypes, self.specs)):
            self._right.add(dtypes)

    def _named(self, frame: pd.DataFrame) -> list[tuple[int, ColSpec]]:
        """The place of each column of the schema; an optional one that is not there is left out."""
        found: list[Any] = list(frame.columns)
        if len(self.specs) == 1 and len(found) == 1 and found == [0]:
            return [(0, self.specs[0])]  # values without a name
        places = {name: place for place, name in enumerate(found)}
        missing = [spec.name for spec in self.specs if spec.name not in places and spec.required]
        extra = [name for name in found if name not in {spec.name for spec in self.specs}]
        if missing:
            raise InvalidParameter(
                f"The input lacks {_names(missing)}, which the model's signature requires"
                f"{f'; it has {_names(extra)} that the signature does not know' if extra else ''}."
            )
        twice = [name for name in places if name in {s.name for s in self.specs} and found.count(name) > 1]
        if twice:
            raise InvalidParameter(f"The input has {_names(twice)} more than once. Leave one.")
        if extra and not self._warned:
            self._warned = True
            log.warning("The model's signature does not know %s: the input is used without.", _names(extra))
        return [(places[spec.name], spec) for spec in self.specs if spec.name in places]

    def _counted(self, frame: pd.DataFrame) -> list[tuple[int, ColSpec]]:
        if len(frame.columns) < len(self.specs):
            raise InvalidParameter(
                f"The model takes {len(self.specs)} columns, known by their places; the input has {len(frame.columns)}."
            )
        return list(enumerate(self.specs))


def _is_right(dtype: Any, spec: ColSpec) -> bool:
    """Whether a column of that type needs no look at its values."""
    return isinstance(spec.type, AnyType) or (isinstance(spec.type, DataType) and cast_of(dtype, spec.type) == KEEP)


def _names(names: list[Any]) -> str:
    return f"{', '.join(repr(name) for name in names):.300}"


def enforce(data: Any, schema: Schema) -> Any:
    """Data as predict gets it for a model with that schema.

    Columns are found by name and brought into order, others are dropped, and types are cast to wider ones as MLflow
    does; nothing is cast to another value.

    Args:
        data: a DataFrame or Series of pandas or polars, an array, a sparse matrix, a dict, a list, or one value.
        schema: the inputs of a signature.

    Raises:
        InvalidParameter: it does not fit; the message names the column, and the row and the value where one is the
            reason.
    """
    return Enforcer(schema)(data)


def enforce_params(params: Mapping[str, Any] | None, schema: ParamSchema | None) -> dict[str, Any]:
    """Parameters as predict gets them: those of the schema, with its defaults for those that were not given.

    Args:
        params: what a caller gave; names that the schema does not know are left out, with a warning in the log.
        schema: the params of a signature.

    Raises:
        InvalidParameter: a value is not of its type; the message names the parameter and the value.
    """
    if params is not None and not isinstance(params, Mapping):
        raise InvalidParameter(f"Parameters are a dict, not {type(params).__name__}.")
    given = {str(name): value for name, value in (params or {}).items()}
    known = {spec.name: spec for spec in schema or ()}
    unknown = [name for name in given if name not in known]
    if unknown:
        log.warning("The model's signature does not know the parameters %s: they are left out.", _names(unknown))
    return {
        name: spec.checked(given[name]) if name in given else copy.deepcopy(spec.default)
        for name, spec in known.items()
    }
