"""How a command answers: a table for people, JSON and CSV for programs."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import click

from trackbook.cli.table import Layout, as_table, visible

__all__ = ["FORMATS", "as_csv", "as_json", "format_option", "instant", "say", "show", "show_document"]

FORMATS = ("table", "json", "csv")
Row = Mapping[str, object]
Command = TypeVar("Command", bound=Callable[..., Any])

#: What a spreadsheet may take for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_NUMBER = re.compile(r"[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[Ii]nf(?:inity)?|[Nn]a[Nn])", re.ASCII)
#: Characters that steer a terminal, or the order of a text, and that JSON would let through.
_LOOSE = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def format_option(command: Command) -> Command:
    """The option `--format`, which reaches a command as `form`, for `show`."""
    return click.option(
        "--format", "form", type=click.Choice(FORMATS), default="table", show_default=True, help="How to answer."
    )(command)


def show(rows: Sequence[Row], form: str, columns: Sequence[str] | None = None) -> None:
    """Write rows to standard output.

    A terminal gets a table of its width; into a file or a pipe nothing is cut.

    Args:
        rows: one mapping a line; what a row lacks stays empty.
        form: one of `FORMATS`.
        columns: which, in order; all, in the order in which they are met, if None.
    """
    names = list(dict.fromkeys(name for row in rows for name in row)) if columns is None else list(columns)
    terminal = sys.stdout is not None and sys.stdout.isatty()
    if form == "json":
        show_document([{name: row.get(name) for name in names} for row in rows])
    elif form == "csv":
        text = as_csv(rows, names)
        _write(visible(text.replace("\r\n", "\n"), keep="\n") if terminal else text)
    else:
        _write(as_table(rows, names, Layout.of_terminal() if terminal else Layout()))


def show_document(value: object) -> None:
    """Write one value as JSON."""
    text = as_json(value)
    if sys.stdout is not None and not sys.stdout.encoding.lower().startswith("utf"):
        text = json.dumps(json.loads(text), indent=2)  # with JSON's own escapes for letters that cannot be written
    _write(text + "\n")


def _write(text: str) -> None:
    click.echo(text, nl=False, color=True)  # that is, as it stands: without, click takes escape sequences out of data


def say(*sentences: str) -> None:
    """Write lines in which names that somebody chose may stand."""
    for sentence in sentences:
        click.echo(visible(sentence))


def instant(milliseconds: object) -> datetime | None:
    """A time as it is stored, in ms since 1970-01-01 UTC; None if there is none or no calendar holds it."""
    if not isinstance(milliseconds, int):
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, tz=UTC)
    except (OverflowError, ValueError, OSError):
        return None


def as_json(value: object) -> str:
    """A value as JSON that every parser reads: no bare NaN, times by ISO 8601, nothing that steers a terminal."""
    text = json.dumps(_plain(value), indent=2, ensure_ascii=False, allow_nan=False)
    return _LOOSE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _plain(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return _special(value)
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value if value is None or isinstance(value, (str, bool, int, float)) else str(value)


def _special(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def as_csv(rows: Iterable[Row], columns: Sequence[str]) -> str:
    """Rows by RFC 4180, with a heading; a text that a spreadsheet could take for a formula gets a `'` before it."""
    if not columns:
        return ""
    target = io.StringIO(newline="")
    writer = csv.writer(target)
    writer.writerow([_cell(name) for name in columns])
    writer.writerows([_cell(row.get(name)) for name in columns] for row in rows)
    return target.getvalue()


def _cell(value: object) -> object:
    plain = _plain(value)
    if isinstance(plain, bool):
        return "true" if plain else "false"
    if isinstance(plain, (dict, list)):
        plain = json.dumps(plain, ensure_ascii=False)
    if isinstance(plain, str) and plain.startswith(_FORMULA) and not _NUMBER.fullmatch(plain):
        return "'" + plain
    return plain
