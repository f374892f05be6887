"""How a panel of curves stands: which metrics, over what, smoothed, clipped or grouped; and the code that says it."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from trackbook.errors import InvalidParameter

__all__ = ["AXES", "CurveView", "code_of", "read_view", "view_of"]

#: What the x axis may show besides a metric: the step, the time of day, or the time since a run's start.
AXES = ("step", "time", "relative")
_GROUPS = ("params.", "tags.")
_ID_DIGITS = 12
_MOST_COLUMNS, _MOST_SMOOTHING = 3, 0.99


class CurveView(NamedTuple):
    """The settings of a panel of curves, as its trait ``view`` keeps them.

    Attributes:
        keys: the metrics shown, in order; None for all (at most 24).
        x: ``step``, ``time`` or ``relative``, or the key of the metric `x_metric` says it is.
        x_metric: whether `x` is a metric.
        smooth: weight of what came before, 0 to 0.99.
        log: whether charts that ask for a logarithmic axis get one.
        best: whether the best value so far is drawn.
        clip: whether outliers are left outside the axis.
        by: group for mean and band, as ``params.lr`` or ``tags.family``; "" for none.
        columns: 1 to 3; None for as many as fit.
    """

    keys: list[str] | None = None
    x: str = "step"
    x_metric: bool = False
    smooth: float = 0.0
    log: bool = True
    best: bool = False
    clip: bool = False
    by: str = ""
    columns: int | None = None

    def to_view(self) -> dict[str, Any]:
        """As the trait keeps it: what is not as it is at first."""
        said: dict[str, Any] = {name: value for name, value in self._asdict().items() if value != _AT_FIRST[name]}
        if said.pop("x_metric", False):
            said["x"] = {"metric": self.x}
        return said


_AT_FIRST: dict[str, Any] = CurveView()._asdict()


def read_view(view: Mapping[str, Any]) -> CurveView:
    """The settings in a view that may be anybody's: what makes no sense is as it is at first."""
    keys, x, smooth, columns, by = (view.get(name) for name in ("keys", "x", "smooth", "columns", "by"))
    metric = x.get("metric") if isinstance(x, Mapping) else None
    return CurveView(
        keys=list(dict.fromkeys(map(str, keys))) if isinstance(keys, Sequence) and not isinstance(keys, str) else None,
        x=str(metric) if metric else x if isinstance(x, str) and x in AXES else "step",
        x_metric=bool(metric),
        smooth=min(_MOST_SMOOTHING, max(0.0, _number(smooth))),
        log=view.get("log") is not False,
        best=view.get("best") is True,
        clip=view.get("clip") is True,
        by=by if isinstance(by, str) and by.startswith(_GROUPS) else "",
        columns=columns if isinstance(columns, int) and 1 <= columns <= _MOST_COLUMNS else None,
    )


def code_of(run_ids: Sequence[str], view: CurveView, magic: str = "%track_curves") -> str:
    """The magic that shows these runs so."""
    words = [magic, *(run_id[:_ID_DIGITS] for run_id in run_ids)]
    words += [_option("--metric", key) for key in view.keys or ()]
    if view.x != "step" or view.x_metric:
        words.append(_option("--x-metric" if view.x_metric else "--x", view.x))
    if view.smooth:
        words += ["--smooth", f"{view.smooth:g}"]
    words += [word for word, on in (("--linear", not view.log), ("--best", view.best), ("--clip", view.clip)) if on]
    if view.by:
        words.append(_option("--by", view.by))
    if view.columns:
        words += ["--columns", str(view.columns)]
    return " ".join(words)


def view_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """The view that the options of the magic ask for.

    Raises:
        InvalidParameter: one of them asks for what there is not.
    """
    smooth, by, metric = options["smooth"], options["by"] or "", options["x_metric"]
    if not 0 <= smooth <= _MOST_SMOOTHING:
        raise InvalidParameter(f"--smooth takes a weight from 0 to {_MOST_SMOOTHING}, not {smooth:g}.")
    if by and not by.startswith(_GROUPS):
        raise InvalidParameter(f"--by takes params.NAME or tags.NAME, not {by!r:.80}.")
    return CurveView(
        x=metric or options["x"],
        x_metric=bool(metric),
        smooth=smooth,
        log=not options["linear"],
        best=options["best"],
        clip=options["clip"],
        by=by,
        columns=options["columns"],
    ).to_view()


def _option(name: str, text: str) -> str:
    """An option with a metric, param or tag, whose names hold no quotes, dollars and braces; a dash may begin one."""
    word = text if shlex.quote(text) == text else f'"{text}"'
    return f"{name}={word}" if text.startswith("-") else f"{name} {word}"


def _number(value: object) -> float:
    """A finite number; 0 for all else."""
    plain = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if plain else 0.0  # type: ignore[arg-type]
