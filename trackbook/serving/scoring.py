"""One request to a model, from the bytes that came to the bytes that go; knows nothing of the web but content types."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from typing import Any, Protocol

from trackbook.errors import TrackbookError
from trackbook.models.scoring.bodies import Question, read_csv, read_json, read_parquet, read_plain_json
from trackbook.models.scoring.predictions import to_json
from trackbook.signature.schema import Schema

__all__ = ["Model", "Scorer", "content_type"]

log = logging.getLogger("trackbook")

JSON, CSV, PARQUET = "application/json", "text/csv", "application/vnd.apache.parquet"

_READERS: dict[str, Callable[[bytes, Schema | None], Question]] = {
    JSON: read_json,
    CSV: read_csv,
    PARQUET: read_parquet,
}


class Model(Protocol):
    """What can be served."""

    @property
    def metadata(self) -> Any:
        """The model's metadata; its `signature` may be None."""

    def predict(self, data: Any, params: Any = None) -> Any:
        """Predictions for data."""


class _WrongType(TrackbookError):
    code = "BAD_REQUEST"
    http_status = 415


def content_type(header: str | None) -> str:
    """The one of the content types that a Content-Type header names.

    Raises:
        TrackbookError: it names none of them, or another charset than UTF-8; 415. The header is not repeated.
    """
    kind, *parameters = [part.strip().lower() for part in (header or "").split(";")]
    if kind not in (JSON, CSV, PARQUET):
        raise _WrongType(f"A request has the Content-Type {JSON}, {CSV} or {PARQUET}.")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() != "charset" or value.strip(' "') not in ("utf-8", "utf8"):
            raise _WrongType("A Content-Type has no parameter but charset=utf-8.")
    return kind


class Scorer:
    """A model and how it is asked; may be called by several threads at once, as the model itself is."""

    def __init__(self, model: Model) -> None:
        self._model = model
        signature = getattr(model.metadata, "signature", None)
        inputs: Schema | None = getattr(signature, "inputs", None)
        self._as_sent = bool(getattr(model.metadata, "unknown", {}).get("is_signature_from_type_hint"))
        self._inputs = inputs

    def answer(self, body: bytes, kind: str) -> bytes:
        """The predictions for a body of one of the content types, as JSON.

        Raises:
            TrackbookError: it cannot be read, does not fit the signature, or the model fails.
        """
        if self._as_sent and kind == JSON:  # the model's own type hints say what it takes
            return to_json(self._predict(read_plain_json(body)))
        return to_json(self._predict(_READERS[kind](body, self._inputs)))

    def _predict(self, question: Question) -> Any:
        try:
            return self._model.predict(question.data, params=question.params)
        except TrackbookError:
            raise
        except Exception:  # the model is somebody's code
            number = secrets.token_hex(4)
            log.exception("The model failed on a request (%s)", number)
            raise TrackbookError(
                "Encountered an unexpected error while evaluating the model. Verify that the input is what the model "
                f"takes; the server's log has the error as {number}.",
                "BAD_REQUEST",
            ) from None
