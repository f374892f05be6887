"""Artifacts of a user's own: functions that make files or values of predictions, targets and metrics."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from trackbook.errors import InvalidParameter
from trackbook.models.evaluation.artifact import ending_of, write_content
from trackbook.models.evaluation.measurement import Measurement
from trackbook.models.evaluation.sample import Sample
from trackbook.uris import SafeRelPath

__all__ = ["checked_makers", "make_artifacts"]

Maker = Callable[..., Any]
_ENDINGS = (".csv", ".html", ".jpeg", ".jpg", ".json", ".npy", ".parquet", ".png", ".txt")


def checked_makers(given: object) -> list[Maker]:
    """The functions of ``custom_artifacts``; InvalidParameter if it is no list of them."""
    if given is None:
        return []
    if not isinstance(given, (list, tuple)) or not all(callable(maker) for maker in given):
        raise InvalidParameter(f"custom_artifacts is a list of functions, not {given!r:.80}.")
    return list(given)


def make_artifacts(makers: Sequence[Maker], sample: Sample, measurement: Measurement, folder: Path) -> dict[str, Path]:
    """Call each with a table of prediction and target, the metrics, and a folder for its files.

    Args:
        makers: they give dicts of name to a path, a JSON text, a DataFrame, an array, a figure or plain values.
        sample: the data.
        measurement: what was measured.
        folder: where to put what they make.

    Returns:
        Name to file.

    Raises:
        InvalidParameter: one gives something else; the message names the function.
    """
    import pandas as pd

    found: dict[str, Path] = {}
    for place, maker in enumerate(makers):
        table = pd.DataFrame({"prediction": measurement.answers.predictions})
        if sample.targets is not None:
            table["target"] = sample.targets
        called = f"custom_artifacts[{place}] ({getattr(maker, '__name__', type(maker).__name__)})"
        with tempfile.TemporaryDirectory(prefix="trackbook-artifacts-") as own:
            made = maker(table, dict(measurement.metrics), own)
            if not isinstance(made, Mapping) or not all(isinstance(name, str) for name in made):
                raise InvalidParameter(f"{called} gives a dict of name to artifact, not {made!r:.80}.")
            for name, value in made.items():
                if name in found or name in measurement.pictures or name in measurement.tables:
                    raise InvalidParameter(
                        f"{called} gives {name!r:.80}, and there is an artifact of that name already."
                    )
                found[name] = _kept(value, str(SafeRelPath.parse(name)), folder, called)
    return found


def _kept(value: Any, name: str, folder: Path, called: str) -> Path:
    source = _file(value)
    ending = source.suffix.lower() if source else ending_of(value)
    if ending not in _ENDINGS:
        listed = ", ".join(_ENDINGS)
        raise InvalidParameter(
            f"{called} gives {name!r} as a file that ends in {ending!r}; it ends in one of {listed}."
        )
    target = folder / f"{name}{ending}"
    target.parent.mkdir(parents=True, exist_ok=True)
    if source is not None:
        shutil.copyfile(source, target)
        return target
    try:
        write_content(value, target)
    except (ValueError, TypeError, OSError) as error:
        raise InvalidParameter(
            f"{called} gives {name!r}, which cannot be written as {ending}: {error!s:.100}"
        ) from error
    return target


def _file(value: Any) -> Path | None:
    """The file that a path or a text names, if it does; a text may be JSON as well."""
    if not isinstance(value, (str, Path)):
        return None
    try:
        found = Path(value).is_file()
    except (OSError, ValueError):
        return None
    if not found and isinstance(value, Path):
        raise InvalidParameter(f"There is no file {str(value)!r:.200}, which is given as an artifact.")
    return Path(value) if found else None
