"""Filter and order_by strings as syntax trees: the one place that knows the search language."""

from trackbook.filters.parsing import MAX_CLAUSES, parse_field, parse_filter, parse_order
from trackbook.filters.tree import And, Comparison, Filter, Identifier, Not, Or, Ordering, Value, identifiers
from trackbook.filters.vocabulary import (
    AGGREGATES,
    EXPERIMENTS,
    MODEL_VERSIONS,
    MODELS,
    REGISTERED_MODELS,
    RUNS,
    Attribute,
    Family,
    Vocabulary,
)

__all__ = [
    "AGGREGATES",
    "EXPERIMENTS",
    "MAX_CLAUSES",
    "MODELS",
    "MODEL_VERSIONS",
    "REGISTERED_MODELS",
    "RUNS",
    "And",
    "Attribute",
    "Comparison",
    "Family",
    "Filter",
    "Identifier",
    "Not",
    "Or",
    "Ordering",
    "Value",
    "Vocabulary",
    "identifiers",
    "parse_field",
    "parse_filter",
    "parse_order",
]
