"""Schemas of data and, built on them, signatures of models, in MLflow's JSON: either library reads the other's."""

from trackbook.signature.enforcement import Enforcer, enforce, enforce_params
from trackbook.signature.inference import infer_schema
from trackbook.signature.params import ParamSchema, ParamSpec, infer_params
from trackbook.signature.payloads import Payload, parse_csv, parse_payload
from trackbook.signature.schema import ColSpec, Schema, TensorSpec
from trackbook.signature.signatures import ModelSignature, infer_signature
from trackbook.signature.types import AnyType, Array, DataType, Map, Object, Property, merged, type_from_dict

__all__ = [
    "AnyType",
    "Array",
    "ColSpec",
    "DataType",
    "Enforcer",
    "Map",
    "ModelSignature",
    "Object",
    "ParamSchema",
    "ParamSpec",
    "Payload",
    "Property",
    "Schema",
    "TensorSpec",
    "enforce",
    "enforce_params",
    "infer_params",
    "infer_schema",
    "infer_signature",
    "merged",
    "parse_csv",
    "parse_payload",
    "type_from_dict",
]
