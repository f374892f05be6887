"""Predictions of many parts -> one file: MLflow's JSON, JSON lines, CSV or Parquet; whole, or not there at all."""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from trackbook.errors import InvalidParameter
from trackbook.libraries import require
from trackbook.models.scoring.predictions import unwrapped_to_json

__all__ = ["Writer", "output_file", "writer_for"]


class Writer(ABC):
    """Writes the predictions of one part after another."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target = target
        self._parts = 0

    def write(self, predictions: Any) -> None:
        """One part."""
        self._part(predictions, self._parts == 0)
        self._parts += 1

    @abstractmethod
    def _part(self, predictions: Any, is_first: bool) -> None: ...

    def end(self) -> None:
        """All parts are there."""
        self._target.flush()


class _Json(Writer):
    """`{"predictions": [...]}`, the lists of the parts joined."""

<<<<<<< HEAD
    _is_list: bool  # whether the part before was a list
    _any: bool  # whether there was anything in the parts before
=======
    _is_list = True
    _any = False
>>>>>>> serving

    def _part(self, predictions: Any, is_first: bool) -> None:
        text = unwrapped_to_json(predictions)
        is_list = text.startswith(b"[")
        if not is_first and not (is_list and self._is_list):
            raise InvalidParameter("The model gives no list, so its answers to several parts cannot be joined.")
        self._is_list = is_list
        content = text[1:-1] if is_list else text
        between = (
            b'{"predictions": ' + (b"[" if is_list else b"") if is_first else b", " if content and self._any else b""
        )
        self._any = bool(content) or (not is_first and self._any)
        self._target.write(between + content)

    def end(self) -> None:
        if self._parts == 0:
            self._target.write(b'{"predictions": [')
        self._target.write(b"]}" if self._parts == 0 or self._is_list else b"}")
        super().end()


class _Lines(Writer):
    def _part(self, predictions: Any, is_first: bool) -> None:
        for row in _rows(predictions):
            self._target.write(unwrapped_to_json(row) + b"\n")


def _rows(predictions: Any) -> Any:
    if hasattr(predictions, "to_dict") and hasattr(predictions, "columns"):
        return predictions.to_dict(orient="records")
    return (
        predictions if hasattr(predictions, "__iter__") and not isinstance(predictions, (str, dict)) else [predictions]
    )


class _Csv(Writer):
    def _part(self, predictions: Any, is_first: bool) -> None:
        text = _table(predictions).to_csv(index=False, header=is_first, lineterminator="\n")
        self._target.write(text.encode())


class _Parquet(Writer):
    _open: Any = None

    def _part(self, predictions: Any, is_first: bool) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = pa.Table.from_pandas(_table(predictions), preserve_index=False)
        if self._open is None:
            self._open = pq.ParquetWriter(self._target, table.schema)
        self._open.write_table(table.cast(self._open.schema))

    def end(self) -> None:
        if self._open is not None:
            self._open.close()
        super().end()


def _table(predictions: Any) -> Any:
    require("A table", "pandas")
    import pandas as pd

    if isinstance(predictions, pd.DataFrame):
        return predictions.rename(columns=str)
    if isinstance(predictions, pd.Series):
<<<<<<< HEAD
        return pd.DataFrame({str(predictions.name if predictions.name is not None else "prediction"): predictions})
=======
        return pd.DataFrame({"prediction" if predictions.name is None else str(predictions.name): predictions})
>>>>>>> serving
    found = pd.DataFrame(predictions) if isinstance(predictions, dict) else pd.DataFrame(list(predictions))
    return found.set_axis(["prediction"], axis=1) if found.shape[1] == 1 else found.rename(columns=str)


def writer_for(target: IO[bytes], name: str | None) -> Writer:
    """The writer that the name of a file asks for by its ending; MLflow's JSON else."""
    endings: dict[str, type[Writer]] = {".csv": _Csv, ".jsonl": _Lines, ".ndjson": _Lines, ".parquet": _Parquet}
    kind = endings.get(os.path.splitext(name or "")[1].lower(), _Json)
    if kind is _Parquet:
        require("Parquet", "pyarrow", "pandas")
    return kind(target)


@contextmanager
def output_file(path: str | None) -> Iterator[IO[bytes]]:
    """A file that appears, whole, when the block has ended without an error; standard output if there is no path."""
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    folder, name = os.path.split(os.path.abspath(path))
    staged = os.path.join(folder, f".{name[:100]}.{secrets.token_hex(4)}.part")
    try:
        with open(staged, "xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(staged, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(staged)
        raise
