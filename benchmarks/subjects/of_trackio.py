"""trackio's scene: single calls, and points that are in its database when the run has finished."""

from __future__ import annotations

import os
import time
from pathlib import Path

import scenes
from scenes import CALLS, Scene


def _log_metric(folder: Path) -> dict[str, float]:
    os.environ["TRACKIO_DIR"] = str(folder)
    import trackio

    trackio.init(project="bench", name="one", embed=False)
    trackio.log({"loss": 0.5})
    begun = time.perf_counter()
    taken = scenes.per_call(lambda step: trackio.log({"loss": 0.25}, step=step), CALLS)
    trackio.finish()
    whole = time.perf_counter() - begun
    return {
        "p50_us": scenes.percentile(taken, 0.5),
        "p99_us": scenes.percentile(taken, 0.99),
        "durable_a_second": CALLS / whole,
    }


SCENES: dict[str, Scene] = {"log_metric": _log_metric}

if __name__ == "__main__":
    scenes.main(SCENES)
