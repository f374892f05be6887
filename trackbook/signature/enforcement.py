"""What a caller hands to predict, checked against a signature and cast to its types."""

from __future__ import annotations

import copy
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from trackbook.errors import InvalidParameter
from trackbook.libraries import require
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

_REMEMBERED = 8


class _Plan(NamedTuple):
    """How a table with these columns and types becomes one of the schema."""

    columns: Any
    dtypes: tuple[Any, ...]
    places: list[int]
    names: Any
    casts: dict[Any, Any]

    def carried_out(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Another table, so that predict may change it."""
        if self.places == list(range(len(self.columns))):
            result = frame.copy(deep=False)
        else:
            result = frame.take(self.places, axis=1)
        if self.names is not self.columns:
            result.columns = self.names
        if len(self.casts) == len(self.names) and len({*self.casts.values()}) == 1:
            return result.astype(next(iter(self.casts.values())))  # one cast of all is much faster
        return result.astype(self.casts) if self.casts else result


class Enforcer:
    """A schema, made ready to be enforced on many inputs.

    What is done with a table is remembered: the next one with these columns and types is not looked at again.

    Args:
        schema: what the data shall be.
    """

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.specs = [spec for spec in schema if isinstance(spec, ColSpec)]
        if self.specs:
            require("A signature with columns", "pandas")
        self._plans: list[_Plan] = []
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
        dtypes = tuple(frame.dtypes)
        for plan in self._plans:
            if plan.dtypes == dtypes and frame.columns.equals(plan.columns):
                return plan.carried_out(frame)
        return self._table(frame, dtypes)

    def _table(self, frame: pd.DataFrame, dtypes: tuple[Any, ...]) -> pd.DataFrame:
        """Column by column; how it is done is remembered where types alone decide it."""
        found = self._named(frame) if self.schema.has_input_names() else self._counted(frame)
        places = [place for place, _ in found]
        result = frame.iloc[:, places]
        if len(found) == 1 and found[0][1].name is not None:
            result.columns = [found[0][1].name]  # values without a name have that of the only column
        for place, (_, spec) in enumerate(found):
            old = result.iloc[:, place]
            new = cast_column(old, spec)
            if new is not old:
                result.isetitem(place, new)  # type: ignore[arg-type]
        how = [_decided(dtypes[place], spec) for place, spec in found]
        if all(each is not None for each in how) and result.columns.is_unique and len(self._plans) < _REMEMBERED:
            casts = {name: to for name, to in zip(result.columns, how, strict=True) if isinstance(to, np.dtype)}
            self._plans.append(_Plan(frame.columns, dtypes, places, result.columns, casts))
        return result

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


def _decided(dtype: Any, spec: ColSpec) -> Any:
    """What becomes of a column, whatever its values are; None if they have to be looked at."""
    if isinstance(spec.type, AnyType):
        return KEEP
    how = cast_of(dtype, spec.type) if isinstance(spec.type, DataType) else None
    return how if isinstance(how, np.dtype) or how == KEEP else None


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
