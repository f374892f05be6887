"""The faces of IPython: `%track_...` line magics, the `%%track` cell magic, cards and completions."""

from trackbook.magics.loading import load, unload

__all__ = ["load", "unload"]
