"""Arrays of nested lists, refused alike by every NumPy where rows have several sizes."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["array_of"]

#: Before it NumPy made an array of lists instead, with a warning.
_REFUSES = np.lib.NumpyVersion(np.__version__) >= "1.24.0"


def array_of(values: Any) -> np.ndarray[Any, Any]:
    """What numpy.asarray makes of values.

    Raises:
        ValueError: rows have several sizes.
        OverflowError: a number is larger than any type of NumPy's.
    """
    if not _REFUSES:
        _shape(values)
    return np.asarray(values)


def _shape(values: Any) -> tuple[int, ...]:
    if not isinstance(values, list | tuple):
        return np.shape(values) if isinstance(values, np.ndarray) else ()
    shapes = {_shape(value) for value in values}
    if len(shapes) > 1:
        raise ValueError(f"The rows have several sizes: {sorted(shapes)[:3]}.")
    return len(values), *(shapes.pop() if shapes else ())
