"""Signatures, at MLflow's path ``models.signature``: what is known of a model's data, and how it is set later."""

from __future__ import annotations

import os
from pathlib import Path

from trackbook.entities.digests import manifest_digest
from trackbook.errors import InvalidParameter, InvalidState
from trackbook.models.model import MLMODEL, Model, ModelInfo
from trackbook.models.trust import remember, trusted_digests
from trackbook.signature.enforcement import enforce
from trackbook.signature.schema import Schema
from trackbook.signature.signatures import ModelSignature, infer_signature
from trackbook.stores.artifacts.staging import hash_files

__all__ = ["ModelSignature", "get_model_info", "infer_signature", "set_signature", "validate_schema"]


def set_signature(model_uri: str | os.PathLike[str], signature: ModelSignature) -> None:
    """Write a signature into the MLmodel of a model's local folder.

    A logged model's files never change: log it again with the signature.

    Args:
        model_uri: path of the folder.
        signature: what it takes and gives.

    Raises:
        NotFound: there is no MLmodel.
        InvalidState: it is a logged model's address.
        InvalidParameter: it is no signature.
    """
    if not isinstance(signature, ModelSignature):
        raise InvalidParameter(f"A signature is what infer_signature gives, not {signature!r:.80}.")
    text = os.fspath(model_uri)
    if ":/" in text and not os.path.exists(text):
        raise InvalidState(f"The files of {text} never change. Load the model and log it again with its signature.")
    folder = Path(text)
    meta = Model.load(folder)
    was_trusted = manifest_digest(hash_files(folder)) in trusted_digests()
    meta.signature = signature
    written = folder / f".{MLMODEL}.new"
    meta.save(written)
    written.replace(folder / MLMODEL)
    if was_trusted:
        remember(manifest_digest(hash_files(folder)), str(folder.absolute()))


def get_model_info(model_uri: str) -> ModelInfo:
    """What the MLmodel at an address says.

    Args:
        model_uri: see `trackbook.pyfunc.load_model`.

    Raises:
        NotFound: there is no such model.
    """
    return Model.load(model_uri).get_model_info()


def validate_schema(data: object, expected_schema: Schema) -> None:
    """Check that data fits a schema, as predict does.

    Args:
        data: a DataFrame, an array, a dict, a list or one value.
        expected_schema: the inputs of a signature.

    Raises:
        InvalidParameter: it does not; the message names the column, and the row and the value where one is the reason.
    """
    if not isinstance(expected_schema, Schema):
        raise InvalidParameter(f"expected_schema is a Schema, such as signature.inputs, not {expected_schema!r:.80}.")
    enforce(data, expected_schema)
