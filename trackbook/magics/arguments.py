"""The arguments of our magics: declared with their help, split as a shell would, and read as `key=value` pairs."""

from __future__ import annotations

import shlex
from argparse import Namespace
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from IPython.core import magic, magic_arguments
from IPython.core.error import UsageError

from trackbook.entities.keys import check_key, check_value
from trackbook.errors import InvalidParameter
from trackbook.magics.words import calm

__all__ = ["Option", "cell_verb", "checked_pairs", "line_verb", "option", "pairs", "parse", "split"]

Function = TypeVar("Function", bound=Callable[..., Any])
Option = Callable[[Any], Any]

_magic: Any = magic  # IPython's decorators have no types
_arguments: Any = magic_arguments


def option(*names: str, **settings: Any) -> Option:
    """An argument of a magic, described as for argparse."""
    found: Option = _arguments.argument(*names, **settings)
    return found


def line_verb(*options: Option) -> Callable[[Function], Function]:
    """Make a method a line magic with these arguments; its docstring becomes their help."""
    return lambda method: _magic.line_magic(_verb(method, options))


def cell_verb(*options: Option) -> Callable[[Function], Function]:
    """The same for a cell magic."""
    return lambda method: _magic.cell_magic(_verb(method, options))


def _verb(method: Any, options: Iterable[Option]) -> Any:
    for one in reversed(list(options)):
        method = one(method)
    return calm(_arguments.magic_arguments()(method))


def split(line: str, *, keep_quotes: bool = False) -> list[str]:
    """The arguments in a line; blanks inside quotes do not part them.

    Args:
        line: what stands behind the magic's name, variables already put in by IPython.
        keep_quotes: leave the quotes in, for text that has a grammar of its own.

    Raises:
        UsageError: a quote is left open.
    """
    lexer = shlex.shlex(line, posix=not keep_quotes)
    lexer.whitespace_split, lexer.commenters = True, ""
    if not keep_quotes:
        lexer.escape = ""  # a backslash is a backslash: paths, patterns
    try:
        return list(lexer)
    except ValueError:
        raise UsageError(f"A quote is left open in: {line.strip()}") from None


def parse(method: Callable[..., Any], line: str, *, keep_quotes: bool = False) -> Namespace:
    """The arguments of a magic that carries `magic_arguments`."""
    found: Namespace = method.parser.parse_args(split(line, keep_quotes=keep_quotes))  # type: ignore[attr-defined]
    return found


def pairs(texts: Iterable[str]) -> dict[str, str]:
    """``["lr=0.1", "depth=4"]`` as a dict.

    Raises:
        InvalidParameter: one has no equals sign or no key, or a key stands twice.
    """
    found: dict[str, str] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise InvalidParameter(
                f"{text!r:.80} is no key=value pair. Write it as lr=0.1; a value with blanks in quotes."
            )
        if key in found:
            raise InvalidParameter(f"{key!r} stands twice. Give each key once.")
        found[key] = value
    return found


def checked_pairs(kind: str, texts: Iterable[str]) -> Mapping[str, str]:
    """Pairs whose keys and values may be logged as params or tags.

    Raises:
        InvalidParameter: one may not.
    """
    return {check_key(kind, key): check_value(kind, key, value) for key, value in pairs(texts).items()}
