"""Sparklines: a curve as small as a word."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

from trackbook.figures.decimation import decimate
from trackbook.figures.paths import svg_path

__all__ = ["sparkline_svg"]


def sparkline_svg(
    values: Sequence[float] | NDArray[np.float64],
    width: int = 84,
    height: int = 20,
    color: str = "currentColor",
    log: bool = False,
    thickness: float = 1.4,
) -> str:
    """A curve without axes as SVG, with gaps where a value cannot be drawn; empty text without two points."""
    y = np.asarray(values, dtype=np.float64)
    x, y = decimate(np.arange(len(y), dtype=np.float64), y, max(16, width))
    with np.errstate(divide="ignore", invalid="ignore"):
        heights = np.log10(y) if log else y
    real = np.isfinite(heights)
    if real.sum() < 2:
        return ""
    low, high, last = float(heights[real].min()), float(heights[real].max()), max(1.0, float(x[-1]))
    px = 2 + x / last * (width - 6)
    py = height - 3 - (heights - low) / ((high - low) or 1.0) * (height - 6)
    path = svg_path((float(a), float(b)) if ok else None for a, b, ok in zip(px, py, real, strict=True))
    end = np.flatnonzero(real)[-1]
    ink = escape(color)
    return (
        f'<svg width="{width}" height="{height}" viewBox="0 0 {width} {height}" aria-hidden="true">'
        f'<path d="{path}" fill="none" style="stroke:{ink}" stroke-width="{thickness}" '
        f'stroke-linejoin="round"/><circle cx="{px[end]:.1f}" cy="{py[end]:.1f}" r="2" style="fill:{ink}"/>'
        "</svg>"
    )
