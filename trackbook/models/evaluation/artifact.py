"""One file of an evaluation: what is in it, how it is written, and how it is read again without running anything."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trackbook.errors import InvalidParameter, NotSupported
from trackbook.libraries import require
from trackbook.runs.addresses import download_artifacts
from trackbook.runs.documents import plain

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["EvaluationArtifact", "ending_of", "read_content", "write_content"]


class EvaluationArtifact:
    """A file that an evaluation has logged.

    Args:
        uri: its address.
        content: what is in it; it is read from the address when it is first asked for if None.
    """

    def __init__(self, uri: str, content: Any = None) -> None:
        self._uri, self._content = uri, content

    @property
    def uri(self) -> str:
        """Its address."""
        return self._uri

    @property
    def name(self) -> str:
        """The file's name."""
        return self._uri.rstrip("/").rpartition("/")[2]

    @property
    def content(self) -> Any:
        """A dict or list (.json), a DataFrame (.csv, .parquet), an array (.npy), a text or a Pillow image."""
        if self._content is None:
            with tempfile.TemporaryDirectory(prefix="trackbook-evaluation-") as folder:
                self._content = read_content(Path(download_artifacts(self._uri, dst_path=folder)))
        return self._content

    @property
    def figure(self) -> go.Figure:
        """The plotly figure that it holds.

        Raises:
            InvalidParameter: it holds none.
        """
        require("A figure of an evaluation", "plotly")
        import plotly.graph_objects as go

        if not isinstance(self.content, dict) or not {"data", "layout"} <= self.content.keys():
            raise InvalidParameter(f"{self.name!r} is no figure; its content is.")
        return go.Figure(self.content)

    def __repr__(self) -> str:
        return f"EvaluationArtifact(uri={self._uri!r})"


def _read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _read_csv(path: Path) -> Any:
    import pandas as pd

    return pd.read_csv(path)


def _read_parquet(path: Path) -> Any:
    import pandas as pd

    require("Reading .parquet", "pyarrow")
    return pd.read_parquet(path, engine="pyarrow")


def _read_array(path: Path) -> Any:
    import numpy as np

    return np.load(path, allow_pickle=False)


def _read_text(path: Path) -> Any:
    return path.read_text(encoding="utf-8")


def _read_image(path: Path) -> Any:
    require("Reading an image", "PIL")
    from PIL import Image

    with Image.open(path) as image:
        image.load()
        return image


_READERS: dict[str, Callable[[Path], Any]] = {
    ".csv": _read_csv,
    ".html": _read_text,
    ".jpeg": _read_image,
    ".jpg": _read_image,
    ".json": _read_json,
    ".npy": _read_array,
    ".parquet": _read_parquet,
    ".png": _read_image,
    ".txt": _read_text,
}


def read_content(path: Path) -> Any:
    """What is in a file, by its ending.

    Raises:
        NotSupported: it is a pickle or of a kind that is not known; nothing of it is read.
        InvalidParameter: it is not what its ending says.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        known = ", ".join(sorted(_READERS))
        raise NotSupported(f"{path.name!r} is not read, for it could hold anything; what is read is {known}.")
    try:
        return reader(path)
    except (ValueError, OSError, EOFError, RecursionError) as error:
        raise InvalidParameter(f"{path.name!r} cannot be read: {error!s:.200}") from error


def ending_of(value: Any) -> str:
    """The ending of the file that a value becomes.

    Raises:
        InvalidParameter: it has no safe form; a pickle is never made.
    """
    import numpy as np
    import pandas as pd

    if isinstance(value, pd.DataFrame):
        return ".csv"
    if isinstance(value, np.ndarray) and value.dtype.kind != "O":
        return ".npy"
    if hasattr(value, "savefig"):
        return ".png"
    if isinstance(value, str) and not _is_json(value):
        return ".txt"
    return ".json"


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def write_content(value: Any, path: Path) -> None:
    """Write a value into a file; the ending is that of `ending_of`, or the file's that `value` was read from.

    Raises:
        InvalidParameter: the value has no such form.
    """
    import numpy as np

    ending = path.suffix.lower()
    if ending == ".csv":
        value.to_csv(path, index=False)
    elif ending == ".parquet":
        require("Writing .parquet", "pyarrow")
        value.to_parquet(path, engine="pyarrow")
    elif ending == ".npy":
        np.save(path, value, allow_pickle=False)
    elif hasattr(value, "savefig"):
        value.savefig(path)
    elif hasattr(value, "save") and ending in (".png", ".jpg", ".jpeg"):
        value.save(path)
    elif isinstance(value, str):
        path.write_text(value, encoding="utf-8")
    elif hasattr(value, "to_plotly_json"):
        path.write_text(value.to_json(), encoding="utf-8")
    else:
        tree = plain(value, os.path.basename(path))
        path.write_text(json.dumps(tree, ensure_ascii=False), encoding="utf-8")
