"""From a string to a raw tree: the lexer, the parser that filters.lark makes, its limits and its complaints."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from trackbook.errors import BadFilter
from trackbook.filters.tree import And, Not, Or

if TYPE_CHECKING:
    from lark import Token, UnexpectedToken

__all__ = ["MAX_BYTES", "MAX_COMPARISONS", "MAX_LITERALS", "MAX_NESTING", "RawComparison", "bad", "read", "storable"]

MAX_BYTES, MAX_COMPARISONS, MAX_LITERALS, MAX_NESTING = 65_536, 32, 1_000, 32

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_OPERATORS = frozenset({"SIGN", "LIKE", "ILIKE", "IN", "BETWEEN", "IS"})
_LITERALS = frozenset({"NUMBER", "SINGLE", "DOUBLE"})


class RawComparison(NamedTuple):
    """A comparison as it was read, before anything in it was looked up."""

    name: Token
    operator: tuple[Token, ...]
    values: tuple[Token, ...]


def read(text: str, start: str) -> Any:
    """Parse a filter into And, Or, Not and RawComparison, or an order clause into its tokens.

    Args:
        text: what the user wrote.
        start: ``filter`` or ``order``.

    Raises:
        BadFilter: it does not parse, or is larger than the limits.
    """
    from lark import UnexpectedToken

    try:
        return _parser().parse(storable(text), start)
    except UnexpectedToken as error:
        raise _explained(error, text) from None


def storable(text: str) -> str:
    """The text, if it is not too long and has nothing that no store could hold."""
    if len(text) > MAX_BYTES or len(text.encode(errors="replace")) > MAX_BYTES:
        raise BadFilter(f"col {MAX_BYTES}: the limit is {MAX_BYTES} bytes, and this has more. Ask for less.", MAX_BYTES)
    if found := _UNSTORABLE.search(text):
        column = found.start() + 1
        raise BadFilter(f"col {column}: no text in a store has the character {found[0]!r}. Leave it out.", column)
    return text


def bad(token: Token, message: str, skip: int = 0) -> BadFilter:
    """The error that a token deserves, `skip` characters after its start."""
    column = (token.start_pos or 0) + skip + 1
    return BadFilter(f"col {column}: {message}", column)


class _Builder:
    """What the parser calls for each rule of the grammar, with what stands in it."""

    def filter(self, parts: list[Any]) -> Any:
        return parts[0]

    def order(self, parts: list[Any]) -> list[Any]:
        return parts

    def either(self, parts: list[Any]) -> Or:
        return Or(tuple(parts))

    def both(self, parts: list[Any]) -> And:
        return And(tuple(parts))

    def negation(self, parts: list[Any]) -> Not:
        return Not(parts[1])

    def name(self, parts: list[Token]) -> Token:
        return parts[0]

    def value(self, parts: list[Token]) -> tuple[Token]:
        return (parts[0],)

    def comparison(self, parts: list[Any]) -> RawComparison:
        operator = tuple(part for part in parts[1:] if not isinstance(part, tuple))
        return RawComparison(parts[0], operator, tuple(part[0] for part in parts[1:] if isinstance(part, tuple)))


@lru_cache(maxsize=1)
def _parser() -> Any:
    from importlib.resources import files

    from lark import Lark
    from lark.lexer import Lexer, PatternStr

    class Reader(Lexer):
        """Knows the words of the language, and gives everything else the longest shape that fits."""

        def __init__(self, conf: Any) -> None:
            words = [terminal for terminal in conf.terminals if isinstance(terminal.pattern, PatternStr)]
            shapes = [terminal for terminal in conf.terminals if terminal not in words]
            shapes.sort(key=lambda terminal: terminal.name != "NUMBER")  # a number also looks like a name
            self.words = {terminal.pattern.value: terminal.name for terminal in words}
            self.shape = re.compile("|".join(f"(?P<{item.name}>{item.pattern.value})" for item in shapes)).match

        def lex(self, text: str) -> Iterator[Token]:  # type: ignore[override]
            return _tokens(text, self.words, self.shape)

    grammar = (files("trackbook.filters") / "filters.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", lexer=Reader, start=["filter", "order"], transformer=_Builder())


def _tokens(text: str, words: Mapping[str, str], shape: Callable[[str, int], re.Match[str] | None]) -> Iterator[Token]:
    """The tokens of a text; a last AND is dropped, as MLflow does."""
    from lark import Token

    position, limits, held = 0, _Limits(), None
    while position < len(text):
        match = shape(text, position)
        value, kind = (match[0], match.lastgroup) if match else (text[position], None)
        if kind != "BLANK":
            word = words.get(value.upper()) if kind in ("NAME", None) else None
            token = Token(word or kind or "OPEN_QUOTE", value, position)
            limits.count(token)
            if held is not None:
                yield held
            held = token if word == "_AND" else None
            if held is None:
                yield token
        position += len(value)


class _Limits:
    """Counts what has been read, and refuses the token that is one too many."""

    def __init__(self) -> None:
        self.comparisons = self.literals = self.pending = 0
        self.levels: list[int] = []

    def count(self, token: Token) -> None:
        kind = token.type
        if kind == "OPEN_QUOTE":
            raise bad(token, f"this {token} is never closed; expected another {token} after it.")
        self.comparisons += kind in _OPERATORS
        self.literals += kind in _LITERALS
        if self.comparisons > MAX_COMPARISONS:
            raise bad(token, f"more than {MAX_COMPARISONS} comparisons; expected fewer, or IN (...) for a list.")
        if self.literals > MAX_LITERALS:
            raise bad(token, f"more than {MAX_LITERALS} values; expected fewer, in several searches.")
        if kind == "LPAR":
            self.levels.append(1 + self.pending)
        elif kind == "RPAR" and self.levels:
            self.levels.pop()
        self.pending = self.pending + 1 if kind == "NOT" else 0
        if sum(self.levels) + self.pending > MAX_NESTING:
            raise bad(token, f"nested more than {MAX_NESTING} deep; expected fewer brackets and NOT.")


_SIGNS = "= != > >= < <= LIKE ILIKE IN BETWEEN, IS NULL"
_WORDS = {"_AND": "AND", "_OR": "OR", "RPAR": ")", "LPAR": "(", "COMMA": ",", "$END": "the end"}


def _explained(error: UnexpectedToken, text: str) -> BadFilter:
    takes, token = set(error.accepts), error.token
    if "NUMBER" in takes:
        wanted = "a number, or a text in quotes"
    elif "SIGN" in takes:
        wanted = f"an operator ({_SIGNS})"
    elif "NAME" in takes:
        wanted = "a condition such as metrics.loss < 0.5" if "LPAR" in takes else "a name such as metrics.loss"
    else:
        words = sorted((_WORDS.get(name, name) for name in takes), key=lambda word: (word == "the end", word))
        wanted = " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
    ended = token.type == "$END"
    column = len(text.rstrip()) + 1 if ended else token.start_pos + 1
    found = "the end" if ended else repr(str(token)[:40])
    return BadFilter(f"col {column}: expected {wanted}, found {found}.", column)
