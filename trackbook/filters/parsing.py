"""The two ways in: a filter string or order_by clauses, and the vocabulary to read them with."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from trackbook.errors import BadFilter, InvalidParameter
from trackbook.filters.checking import Checker
from trackbook.filters.reading import read, storable
from trackbook.filters.tree import Filter, Identifier, Ordering
from trackbook.filters.vocabulary import RUNS, Vocabulary

__all__ = ["MAX_CLAUSES", "parse_field", "parse_filter", "parse_order"]

MAX_CLAUSES = 8


def parse_filter(text: str | None, vocabulary: Vocabulary = RUNS) -> Filter | None:
    """The tree of a filter string; None for no filter, which everything passes.

    Raises:
        BadFilter: with the column, counted from 1, where it went wrong and what was expected there.
    """
    if text is None or text == "":
        return None
    if not isinstance(text, str):
        raise InvalidParameter(f'A filter is text such as "metrics.loss < 0.5", not {text!r:.80}.')
    return _filter(text, vocabulary)


def parse_order(clauses: Sequence[str] | None, vocabulary: Vocabulary = RUNS) -> tuple[Ordering, ...]:
    """The clauses of order_by, such as ``["metrics.loss ASC", "start_time DESC"]``.

    Raises:
        BadFilter: as for `parse_filter`; the message also counts the clause.
    """
    if clauses is None:
        return ()
    if not isinstance(clauses, Sequence) or isinstance(clauses, str | bytes):
        raise InvalidParameter(f'order_by is a list such as ["metrics.loss ASC"], not {clauses!r:.80}.')
    if len(clauses) > MAX_CLAUSES:
        raise InvalidParameter(f"order_by has {len(clauses)} clauses, and the limit is {MAX_CLAUSES}. Leave some out.")
    for number, clause in enumerate(clauses, 1):
        if not isinstance(clause, str):
            raise InvalidParameter(f'Clause {number} of order_by is text like "metrics.loss ASC", not {clause!r:.80}.')
    return tuple(_clause(clause, number, vocabulary) for number, clause in enumerate(clauses, 1))


def parse_field(name: object, vocabulary: Vocabulary) -> Identifier:
    """A name to sort by that stands alone, where it needs no quotes: ``metrics.validation loss``.

    Raises:
        BadFilter: there is no such attribute or prefix.
    """
    from lark import Token

    if not isinstance(name, str) or not name.strip() or (name[0] in '"`' and name.count(name[0]) < 2):
        raise InvalidParameter(f"A field to sort by is text such as 'metrics.accuracy', not {name!r:.80}.")
    return Checker(vocabulary).sort_key(Token("NAME", storable(name), 0))


@lru_cache(maxsize=128)
def _filter(text: str, vocabulary: Vocabulary) -> Filter:
    return Checker(vocabulary).tree(read(text, "filter"))


@lru_cache(maxsize=128)
def _clause(clause: str, number: int, vocabulary: Vocabulary) -> Ordering:
    try:
        token, *direction = read(clause, "order")
        name = Checker(vocabulary).sort_key(token)
    except BadFilter as wrong:
        raise BadFilter(f"order_by {number}, {wrong.message}", wrong.column) from None
    return Ordering(name, ascending=not direction or direction[0].type == "ASC")
