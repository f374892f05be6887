"""Schemas of data and, built on them, signatures of models, in MLflow's JSON: either library reads the other's."""

from trackbook.signature.inference import infer_schema
from trackbook.signature.schema import ColSpec, Schema, TensorSpec
from trackbook.signature.types import AnyType, Array, DataType, Map, Object, Property, merged, type_from_dict

__all__ = [
    "AnyType",
    "Array",
    "ColSpec",
    "DataType",
    "Map",
    "Object",
    "Property",
    "Schema",
    "TensorSpec",
    "infer_schema",
    "merged",
    "type_from_dict",
]
