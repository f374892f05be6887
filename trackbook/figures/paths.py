"""A line as the path of an SVG."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["svg_path"]


def svg_path(points: Iterable[tuple[float, float] | None]) -> str:
    """An SVG path through the points, lifted at each None."""
    steps, command = [], "M"
    for point in points:
        if point is not None:
            steps.append(f"{command}{point[0]:.1f} {point[1]:.1f}")
        command = "M" if point is None else "L"
    return "".join(steps)
