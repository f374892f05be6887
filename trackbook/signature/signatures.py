"""The signature of a model: what it takes, what it gives and with which parameters, as an MLmodel file has it."""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from trackbook.errors import InvalidParameter
from trackbook.signature.enforcement import enforce, enforce_params
from trackbook.signature.inference import infer_schema
from trackbook.signature.params import ParamSchema, infer_params
from trackbook.signature.schema import ColSpec, Schema
from trackbook.signature.types import AnyType

__all__ = ["ModelSignature", "infer_signature", "signature_of_answer"]

log = logging.getLogger("trackbook")


@dataclass(frozen=True)
class ModelSignature:
    """What a model takes and gives; at least one of the three.

    Attributes:
        inputs: the schema of what predict takes.
        outputs: the schema of what it gives back.
        params: the parameters that it takes besides.
    """

    inputs: Schema | None = None
    outputs: Schema | None = None
    params: ParamSchema | None = None

    def __post_init__(self) -> None:
        for name, value in (("inputs", self.inputs), ("outputs", self.outputs)):
            if value is not None and not isinstance(value, Schema):
                raise InvalidParameter(f"The {name} of a signature are a Schema, not {value!r:.80}.")
        if self.params is not None and not isinstance(self.params, ParamSchema):
            raise InvalidParameter(f"The params of a signature are a ParamSchema, not {self.params!r:.80}.")
        if self.inputs is None and self.outputs is None and self.params is None:
            raise InvalidParameter("A signature says something of inputs, outputs or params; this says nothing.")

    def __repr__(self) -> str:
        return f"inputs: \n  {self.inputs!r}\noutputs: \n  {self.outputs!r}\nparams: \n  {self.params!r}\n"

    def to_dict(self) -> dict[str, str | None]:
        """As an MLmodel file has it: each part is JSON as text, or None."""
        parts = {"inputs": self.inputs, "outputs": self.outputs, "params": self.params}
        return {name: part.to_json() if part else None for name, part in parts.items()}

    @classmethod
    def from_dict(cls, content: Any) -> ModelSignature:
        """A signature from what `to_dict` gave, or an MLmodel file of any version holds; unknown keys are left aside.

        Raises:
            InvalidParameter: it is no such thing; the message says where.
        """
        if not isinstance(content, Mapping):
            raise InvalidParameter(f"A signature is a dict with 'inputs', 'outputs' and 'params', not {content!r:.80}.")
        inputs, outputs, params = (content.get(name) or None for name in ("inputs", "outputs", "params"))
        return cls(
            inputs and _read(Schema, inputs), outputs and _read(Schema, outputs), params and _read(ParamSchema, params)
        )


def _read(kind: Any, content: Any) -> Any:
    """Text in JSON, or what it stands for: some writers leave that as YAML."""
    return kind.from_json(content) if isinstance(content, (str, bytes)) else kind.from_dict(content)


def infer_signature(
    model_input: Any = None, model_output: Any = None, params: Mapping[str, Any] | None = None
) -> ModelSignature:
    """The signature of a model, from examples of what it takes and gives.

    Data that no schema describes is taken as of any type, with a warning in the log.

    Args:
        model_input: a DataFrame or Series of pandas or polars, a NumPy array, a sparse matrix of SciPy, a dict of
            arrays or of values, a list, or one value.
        model_output: the same of what predict gives.
        params: parameters of predict, each with its default.

    Raises:
        InvalidParameter: nothing was given, or a parameter has no type in a schema.
    """
    return ModelSignature(
        _schema("model_input", model_input),
        _schema("model_output", model_output),
        infer_params(params) if params else None,
    )


def signature_of_answer(
    predict: Callable[[Any, Any], Any], data: Any, params: Mapping[str, Any] | None
) -> ModelSignature:
    """The signature of a model, from an example and what it answers.

    The example is enforced as it will be later, so that the model is seen to take it. Of a table, an answer without
    columns is one value for each row, as MLflow has it.

    Args:
        predict: gives the answer to data and params.
        data: what the model takes.
        params: what it takes besides.

    Raises:
        InvalidParameter: the example does not fit its own schema.
    """
    inputs, schema = infer_schema(data), infer_params(params) if params else None
    answer = predict(enforce(copy.deepcopy(data), inputs), enforce_params(params, schema) if schema else None)
    if isinstance(answer, np.ndarray) and answer.ndim == 1 and not inputs.is_tensor_spec():
        import pandas as pd

        answer = pd.Series(answer)
    outputs = _schema("what the model answers", answer)
    return ModelSignature(inputs, outputs, schema)


def _schema(name: str, data: Any) -> Schema | None:
    if data is None:
        return None
    try:
        return infer_schema(data)
    except InvalidParameter as error:
        log.warning("No schema describes %s; it is taken as of any type. %s", name, error)
        return Schema([ColSpec(AnyType())])
