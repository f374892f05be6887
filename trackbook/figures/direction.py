"""What a metric's name says: is less better or more, and does its curve want a log axis?"""

from __future__ import annotations

import math
import re
from typing import Literal

__all__ = ["better", "telling", "wants_log"]

_LESS = re.compile(
    r"loss|err|nll|perplex|ppl|deviance|entropy|mse|mae|mape|rmse|rmsle|brier|fid\b|wer\b|cer\b|regret|latency|objective"
)
_MORE = re.compile(
    r"acc|f1|f_?beta|auc|precision|recall|r2|score|reward|return|bleu|rouge|iou|dice|map\b|ndcg|kappa|mcc|likelihood"
)
_HELD_OUT = ("val", "valid", "eval", "test", "dev")
#: A loss that falls to a twentieth is cramped on a linear axis; anything else gets two decades first.
_LOSS_RATIO, _OTHER_RATIO = 20.0, 100.0


def better(key: str) -> Literal["min", "max"] | None:
    """Which of a metric's values is its best, by the name; None if the name does not say.

    Names that say both, such as ``neg_log_loss_score``, are left undecided.
    """
    name = key.lower()
    less, more = bool(_LESS.search(name)), bool(_MORE.search(name))
    if less == more:
        return None
    return "min" if less else "max"


def telling(key: str) -> tuple[bool, bool, bool, int]:
    """How much a metric says of a run, by its name; the greatest says most.

    First comes what has a known best, of that what was measured on held-out data, of that a loss, then a short name.
    """
    words = re.split(r"[-_/ ]", key.lower())
    goal = better(key)
    return goal is not None, any(word in _HELD_OUT for word in words), goal == "min", -len(key)


def wants_log(key: str, low: float | None, high: float | None, falling: bool = False) -> bool:
    """Whether a curve is drawn on a log axis: positive, falling or a loss, and over a wide span.

    Args:
        key: the metric.
        low: least finite value.
        high: greatest finite value.
        falling: whether it ends lower than it began, which makes any metric loss-like.
    """
    if low is None or high is None or not 0 < low <= high < math.inf:
        return False
    loss = better(key) == "min"
    return (loss or falling) and high / low >= (_LOSS_RATIO if loss else _OTHER_RATIO)
