"""From a raw tree to the tree: names, operators and values looked up in the vocabulary of a noun."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from trackbook.entities.keys import INT64_MAX, INT64_MIN
from trackbook.filters.reading import RawComparison, bad
from trackbook.filters.tree import And, Comparison, Filter, Identifier, Not, Or
from trackbook.filters.vocabulary import AGGREGATES, OPERATORS, Kind, Vocabulary

if TYPE_CHECKING:
    from lark import Token

__all__ = ["MAX_PATTERN", "Checker"]

#: Characters of a LIKE pattern: SQLite refuses long ones, and every one costs time at every row.
MAX_PATTERN = 3_000

_OTHER_SIGNS = {"==": "=", "<>": "!=", "=>": ">=", "=<": "<=", "!": "!="}
_WHOLE = re.compile(r"[+-]?[0-9]{1,19}")


class _Subject(NamedTuple):
    """What stands left of an operator, as far as messages and values go."""

    label: str
    plural: bool
    kind: Kind
    choices: tuple[str, ...] = ()

    @property
    def nature(self) -> str:
        what = "text" if self.kind == "text" else "numbers" if self.plural else "a number"
        return f"{self.label} {'are' if self.plural else 'is'} {what}"

    @property
    def abilities(self) -> str:
        return f"{self.nature} and {'know' if self.plural else 'knows'} {' '.join(OPERATORS[self.kind])}, IS NULL."


class Checker:
    """Checks against one vocabulary.

    Args:
        vocabulary: what the searched noun can be asked for.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary

    def tree(self, raw: Any) -> Filter:
        """The tree of what `read` gave for a filter; BadFilter names the column of what is unknown."""
        if isinstance(raw, RawComparison):
            return self._comparison(raw)
        if isinstance(raw, Not):
            return Not(self.tree(raw.part))
        parts = tuple(self.tree(part) for part in raw.parts)
        return And(parts) if isinstance(raw, And) else Or(parts)

    def sort_key(self, token: Token) -> Identifier:
        """The name in an order_by clause; BadFilter if one cannot sort by it."""
        return self._name(token, sorting=True)[0]

    def _comparison(self, raw: RawComparison) -> Comparison:
        name, subject = self._name(raw.name)
        operator = " ".join(word.upper() for word in raw.operator)
        plain = operator.removeprefix("NOT ")
        if raw.operator[0].type == "IS":
            return Comparison(name, operator)
        if plain not in OPERATORS[subject.kind]:
            hint = f" Write {_OTHER_SIGNS[plain]} for {plain}." if plain in _OTHER_SIGNS else ""
            raise bad(raw.operator[0], subject.abilities + hint)
        values = tuple(_value(subject, token, plain) for token in raw.values)
        return Comparison(name, operator, values if plain in ("IN", "BETWEEN") else values[0])

    def _name(self, token: Token, sorting: bool = False) -> tuple[Identifier, _Subject]:
        prefix, dot, key = token.partition(".") if token[0] not in '"`' else ("", "", token)
        if not dot:
            prefix, key = "", prefix or key
        if not prefix or prefix in self._vocabulary.prefixes:
            return self._attribute(token, _unquoted(key))
        family = self._vocabulary.family(prefix)
        if family is None or (sorting and not family.sortable):
            wanted = self._prefixes(sorting)
            raise bad(token, f"no names begin with {prefix[:40]!r} here; expected {wanted} before the dot.")
        key = unicodedata.normalize("NFC", _unquoted(key))
        if not key or (family.keys and key not in family.keys):
            wanted = _listed(family.keys) if family.keys else "a key"
            raise bad(token, f"expected {wanted} after '{prefix}.'.", len(prefix) + 1)
        head, _, tail = key.rpartition(".")
        aggregate = tail if family.entity == "metric" and head and tail in AGGREGATES else None
        name = Identifier(family.entity, head if aggregate else key, aggregate, (token.start_pos or 0) + 1)
        return name, _Subject(family.prefixes[0], True, family.kind)

    def _attribute(self, token: Token, key: str) -> tuple[Identifier, _Subject]:
        attribute = self._vocabulary.attribute(key)
        if attribute is None:
            names = ", ".join(item.name for item in self._vocabulary.attributes)
            logged = _listed([f"{item.prefixes[0]}.{key[:40]}" for item in self._vocabulary.families if not item.keys])
            raise bad(token, f"{self._vocabulary.noun} have no attribute {key[:40]!r}; expected {names}, or {logged}.")
        name = Identifier("attribute", attribute.name, None, (token.start_pos or 0) + 1)
        return name, _Subject(attribute.name, False, attribute.kind, attribute.choices)

    def _prefixes(self, sorting: bool) -> str:
        families = self._vocabulary.families
        known = [family.prefixes[0] for family in families if family.sortable or not sorting]
        return _listed([*known, self._vocabulary.prefixes[0]])


def _value(subject: _Subject, token: Token, operator: str) -> Any:
    if subject.kind == "number":
        return _number(subject, token)
    if token.type not in ("SINGLE", "DOUBLE"):
        raise bad(token, f"{subject.nature}; expected quotes, as in '{token[:40]}'.")
    text = str(token[1:-1])
    if operator in ("LIKE", "ILIKE"):
        if len(text) > MAX_PATTERN:
            raise bad(token, f"a pattern has at most {MAX_PATTERN} characters; this one has {len(text)}.")
    elif subject.choices and text not in subject.choices:
        choices = _listed([repr(choice) for choice in subject.choices])
        raise bad(token, f"expected {choices} for {subject.label}, found {text[:40]!r}.")
    return text


def _number(subject: _Subject, token: Token) -> int | float:
    if token.type in ("SINGLE", "DOUBLE"):
        raise bad(token, f"{subject.nature}; expected one without quotes, such as 0.5.")
    try:
        number = float(token)
    except ValueError:
        raise bad(token, f"{subject.nature}; expected one such as 0.5, found {token[:40]!r}.") from None
    if token.type == "NUMBER" and math.isinf(number):
        raise bad(token, "this number is beyond the largest float; expected a smaller one, or inf or -inf.")
    if _WHOLE.fullmatch(token) and INT64_MIN <= int(token) <= INT64_MAX:
        return int(token)  # milliseconds and counts compare exactly
    return number


def _unquoted(key: str) -> str:
    """A key without its quotes; what follows the closing one belongs to the key."""
    if key[:1] not in ('"', "`"):
        return str(key)
    end = key.index(key[0], 1)
    return key[1:end] + key[end + 1 :]


def _listed(words: Sequence[str]) -> str:
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
