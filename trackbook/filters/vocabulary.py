"""What searchable nouns can be asked for, as data: their attributes, kinds of names and operators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = [
    "AGGREGATES",
    "EXPERIMENTS",
    "MODELS",
    "MODEL_VERSIONS",
    "OPERATORS",
    "REGISTERED_MODELS",
    "RUNS",
    "Attribute",
    "Family",
    "Kind",
    "Vocabulary",
]

Kind = Literal["number", "text"]

#: What a metric's key may end in to ask for another value than the last one, as in ``metrics.loss.min``.
AGGREGATES = frozenset({"last", "min", "max", "first", "count"})

#: The operators of a kind of values, besides IS NULL; those of words also stand after NOT.
OPERATORS: dict[Kind, tuple[str, ...]] = {
    "number": ("=", "!=", ">", ">=", "<", "<=", "BETWEEN"),
    "text": ("=", "!=", "LIKE", "ILIKE", "IN"),
}


@dataclass(frozen=True, slots=True)
class Attribute:
    """A column that a noun has by itself, under its first name.

    Attributes:
        name: the name in the tree.
        kind: ``text`` or ``number``.
        aliases: other spellings.
        choices: the only values it can have, where others are worth an error.
    """

    name: str
    kind: Kind
    aliases: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Family:
    """Names with a prefix, such as ``metrics.``.

    Attributes:
        entity: the word in the tree.
        kind: of their values.
        prefixes: the plural first, which messages use.
        keys: all the keys there are; None if users make them up.
        sortable: whether order_by takes them.
    """

    entity: str
    kind: Kind
    prefixes: tuple[str, ...]
    keys: tuple[str, ...] | None = None
    sortable: bool = True


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """What one searchable noun can be asked for.

    Attributes:
        noun: in the plural, for messages.
        attributes: its own columns.
        prefixes: what may stand before an attribute.
        families: its names with a prefix.
    """

    noun: str
    attributes: tuple[Attribute, ...]
    prefixes: tuple[str, ...]
    families: tuple[Family, ...]

    def attribute(self, key: str) -> Attribute | None:
        """The attribute with that name or alias."""
        return next((item for item in self.attributes if key == item.name or key in item.aliases), None)

    def family(self, prefix: str) -> Family | None:
        """The family with that prefix."""
        return next((item for item in self.families if prefix in item.prefixes), None)


_TAGS = Family("tag", "text", ("tags", "tag"))
_METRICS = Family("metric", "number", ("metrics", "metric"))
_PARAMS = Family("param", "text", ("params", "param", "parameters", "parameter"))
_LIFECYCLE = Attribute("lifecycle_stage", "text", choices=("active", "deleted"))

RUNS = Vocabulary(
    noun="runs",
    attributes=(
        Attribute("run_id", "text"),
        Attribute("run_name", "text", aliases=("run name", "Run name", "Run Name")),
        Attribute("status", "text"),
        Attribute("user_id", "text"),
        Attribute("artifact_uri", "text"),
        Attribute("start_time", "number", aliases=("created", "Created")),
        Attribute("end_time", "number"),
        Attribute("duration", "number"),
        _LIFECYCLE,
        Attribute("liveness", "text", choices=("alive", "lost", "ended")),
    ),
    prefixes=("attributes", "attribute", "attr", "run"),
    families=(
        _METRICS,
        _PARAMS,
        _TAGS,
        Family("dataset", "text", ("datasets", "dataset"), keys=("name", "digest", "context"), sortable=False),
    ),
)

EXPERIMENTS = Vocabulary(
    noun="experiments",
    attributes=(
        Attribute("name", "text"),
        Attribute("experiment_id", "text"),
        Attribute("creation_time", "number"),
        Attribute("last_update_time", "number"),
        _LIFECYCLE,
    ),
    prefixes=("attributes", "attribute"),
    families=(_TAGS,),
)

_CREATED = Attribute("creation_timestamp", "number", aliases=("creation_time",))
_CHANGED = Attribute("last_updated_timestamp", "number", aliases=("timestamp", "last_updated_time"))

MODELS = Vocabulary(
    noun="logged models",
    attributes=(
        Attribute("name", "text"),
        Attribute("model_id", "text"),
        Attribute("model_type", "text"),
        Attribute("status", "text", choices=("PENDING", "READY", "FAILED")),
        Attribute("source_run_id", "text"),
        _CREATED,
        _CHANGED,
    ),
    prefixes=("attributes", "attribute", "attr"),
    families=(_METRICS, _PARAMS, _TAGS),
)

REGISTERED_MODELS = Vocabulary(
    noun="registered models",
    attributes=(Attribute("name", "text"), Attribute("description", "text"), _CREATED, _CHANGED),
    prefixes=("attributes", "attribute"),
    families=(_TAGS,),
)

MODEL_VERSIONS = Vocabulary(
    noun="versions of models",
    attributes=(
        Attribute("name", "text"),
        Attribute("version_number", "number", aliases=("version",)),
        Attribute("stage", "text", aliases=("current_stage",), choices=("None", "Staging", "Production", "Archived")),
        Attribute("run_id", "text"),
        Attribute("model_id", "text"),
        Attribute("source_path", "text", aliases=("source",)),
        Attribute("user_id", "text"),
        Attribute("description", "text"),
        _CREATED,
        _CHANGED,
    ),
    prefixes=("attributes", "attribute"),
    families=(_TAGS,),
)
