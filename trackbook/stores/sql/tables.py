"""The schema: every table and index, once; integer keys inside, MLflow's ids outside."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.types import BINARY, NVARCHAR, TypeEngine, UserDefinedType

__all__ = [
    "FINITE",
    "HEAD",
    "MINUS_INFINITY",
    "NOT_A_NUMBER",
    "PLUS_INFINITY",
    "PURGING",
    "SCHEMA_VERSION",
    "metadata",
]

#: The newest schema that this code writes; `store.version` in a database says which one it has. A change here needs a
#: step in migrations/ and a snapshot among the tests; a new column is the last of its table, where a step puts it.
SCHEMA_VERSION = 4

#: Value classes of a stored float: a database may lose NaN and the infinities, a small integer it keeps.
FINITE, NOT_A_NUMBER, PLUS_INFINITY, MINUS_INFINITY = 0, 1, 2, 3

#: The third stage of a life, which no call shows: files and rows are being deleted for good.
PURGING = "purging"

#: Characters of a param's or tag's value that its index holds; longer values are compared whole afterwards.
HEAD = 128

metadata = MetaData()


class _ExactFloat(UserDefinedType[float]):
    """A double without REAL affinity: SQLite's REAL columns drop the sign of -0.0."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "BLOB"


# MySQL makes the smallest type that holds a length: from these on MEDIUMTEXT, and LONGBLOB. Naming them would load the
# drivers' dialects whenever a store is opened.
_MEDIUM, _LONG = 1 << 16, 1 << 24

# MySQL and SQL Server know no infinities: there a float is eight bytes that sort as it does (dialects/numbers.py).
EXACT = Float(53).with_variant(_ExactFloat(), "sqlite").with_variant(BINARY(8), "mysql", "mariadb", "mssql")
WHOLE = BigInteger()


def _text(length: int | None, on_servers: int | None = None) -> TypeEngine[str]:
    """Text that sorts by code points everywhere; SQLite holds nobody to a length.

    Args:
        length: in characters; None for any.
        on_servers: the length that rules hold elsewhere allow, where `length` is older than they.
    """
    kind = String(length) if length else Text()
    room = on_servers or length
    postgresql = String(room, collation="C") if room else Text(collation="C")
    kind = kind.with_variant(postgresql, "postgresql")
    kind = kind.with_variant(NVARCHAR(room, collation="Latin1_General_100_BIN2"), "mssql")  # without a length: max
    return kind.with_variant(String(room) if room else Text(_MEDIUM), "mysql", "mariadb")


LONG_TEXT = _text(None)  # a param has up to 64 KiB, MySQL's TEXT a byte less
BYTES = LargeBinary().with_variant(LargeBinary(_LONG), "mysql", "mariadb")


def _table(name: str, *columns: Column[Any] | Index, clustered: bool = False) -> Table:
    return Table(name, metadata, *columns, sqlite_with_rowid=not clustered)


store = _table(
    "trackbook_store",
    Column("store_id", _text(32), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("created", WHOLE, nullable=False),
)

experiments = Table(
    "experiments",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", _text(500), nullable=False, unique=True),
    Column("artifact_location", LONG_TEXT, nullable=False),  # relative to the database unless the user gave a root
    Column("lifecycle_stage", _text(8), nullable=False),
    Column("creation_time", WHOLE, nullable=False),
    Column("last_update_time", WHOLE, nullable=False),
    sqlite_autoincrement=True,
)

experiment_tags = _table(
    "experiment_tags",
    Column("experiment", ForeignKey("experiments.id", ondelete="CASCADE"), primary_key=True),
    Column("key", _text(250), primary_key=True),
    Column("value", LONG_TEXT, nullable=False),
    clustered=True,
)

runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run_id", _text(256), nullable=False, unique=True),
    Column("experiment", ForeignKey("experiments.id", ondelete="CASCADE"), nullable=False),
    Column("name", LONG_TEXT, nullable=False),
    Column("user_id", _text(256, 4000), nullable=False, server_default=""),
    Column("status", SmallInteger, nullable=False),  # RunStatus
    Column("start_time", WHOLE),
    Column("end_time", WHOLE),
    Column("lifecycle_stage", _text(8), nullable=False),  # "purging" while its files are being removed
    Column("deleted_time", WHOLE),
    Column("heartbeat", WHOLE),  # ms; NULL: no process of ours runs it
    Column("writer", _text(32)),  # journal of the owner
    Column("host", _text(256)),
    Column("boot", _text(64)),
    Column("pid", Integer),
    Column("attempt", Integer, nullable=False, server_default="1"),
    Column("next_seq", WHOLE, nullable=False, server_default="0"),
    Column("hot", Integer, nullable=False, server_default="0"),  # points not packed yet, for whoever packs
    Column("control", _text(64), nullable=False, server_default=""),
    Column("resumed", WHOLE),  # ms: when the present attempt began; NULL in the first
    Column("artifact_location", LONG_TEXT),  # where it was when it was moved; NULL: that of its experiment
    Index("runs_by_experiment", "experiment", "lifecycle_stage", "start_time", "run_id"),
    Index("runs_to_pack", "hot", sqlite_where=text("hot >= 256"), postgresql_where=text("hot >= 256")),
    sqlite_autoincrement=True,
)

attempts = _table(
    "attempts",  # those before the present one, which is in the run's own row
    Column("run", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("status", SmallInteger, nullable=False),
    Column("start_time", WHOLE),
    Column("end_time", WHOLE),
    Column("host", _text(256)),
    Column("pid", Integer),
    clustered=True,
)

datasets = _table(
    "datasets",
    Column("id", Integer, primary_key=True),
    Column("experiment", ForeignKey("experiments.id", ondelete="CASCADE"), nullable=False),
    Column("name", _text(500), nullable=False),
    Column("digest", _text(36), nullable=False),
    Column("source_type", _text(36), nullable=False),
    Column("source", LONG_TEXT, nullable=False),
    Column("schema", LONG_TEXT),
    Column("profile", LONG_TEXT),
    Index("datasets_by_name", "experiment", "name", "digest", unique=True),
)

inputs = _table(
    "inputs",  # which data sets a run read
    Column("run", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("dataset", ForeignKey("datasets.id", ondelete="CASCADE"), primary_key=True),
    Index("inputs_by_dataset", "dataset", "run"),
    clustered=True,
)

input_tags = _table(
    "input_tags",  # what a run read a data set for; mlflow.data.context says "training"
    Column("run", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("dataset", ForeignKey("datasets.id", ondelete="CASCADE"), primary_key=True),
    Column("key", _text(255), primary_key=True),
    Column("value", _text(500), nullable=False),
    clustered=True,
)

files = _table(
    "files",  # artifacts as they were written, to check what is read
    Column("run", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("path_key", _text(32), primary_key=True),  # first half of the path's SHA-256: MySQL cannot index the path
    Column("path", LONG_TEXT, nullable=False),
    Column("size", WHOLE, nullable=False),
    Column("sha256", _text(64), nullable=False),
    Column("time", WHOLE, nullable=False),
    clustered=True,
)

names = Table(
    "names",  # keys of params and tags
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", _text(250), nullable=False, unique=True),
)

params = _table(
    "params",
    Column("run", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("name", Integer, primary_key=True),
    Column("value", LONG_TEXT, nullable=False),
    clustered=True,
)
Index("params_by_value", params.c.name, func.substr(params.c.value, text("1"), text(str(HEAD))), params.c.run)

run_tags = _table(
    "run_tags",
    Column("run", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("name", Integer, primary_key=True),
    Column("value", LONG_TEXT, nullable=False),
    clustered=True,
)
Index("run_tags_by_value", run_tags.c.name, func.substr(run_tags.c.value, text("1"), text(str(HEAD))), run_tags.c.run)

series = Table(
    "series",  # a metric key, measured on a model and a data set or, as ("", ""), on neither
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", _text(250), nullable=False),
    Column("model", _text(64, 500), nullable=False, server_default=""),
    Column("dataset", _text(600, 1001), nullable=False, server_default=""),  # name, newline, digest
    Index("series_by_key", "key", "model", "dataset", unique=True),
    Index("series_by_model", "model"),
)

points = _table(
    "points",
    Column("run", Integer, primary_key=True),
    Column("series", Integer, primary_key=True),
    Column("seq", WHOLE, primary_key=True),
    Column("step", WHOLE, nullable=False),
    Column("time", WHOLE, nullable=False),
    Column("value", EXACT),
    Column("class", SmallInteger, nullable=False, server_default="0"),
    Column("origin", Integer, nullable=False, server_default="0"),
    clustered=True,
)

chunks = _table(
    "chunks",  # packed points; formats in stores/sql/packing.py
    Column("run", Integer, primary_key=True),
    Column("series", Integer, primary_key=True),
    Column("first_seq", WHOLE, primary_key=True),
    Column("last_seq", WHOLE, nullable=False),
    Column("count", Integer, nullable=False),
    Column("data", BYTES, nullable=False),
)

# The row of a key's plain series sums up all points of that key, whatever model or data set they have: it is what
# run.data.metrics, search and tables read. Rows of other series exist beside it.
metric_summary = _table(
    "metric_summary",
    Column("run", Integer, primary_key=True),
    Column("series", Integer, primary_key=True),
    Column("last", EXACT),
    Column("last_class", SmallInteger, nullable=False),
    Column("last_step", WHOLE, nullable=False),
    Column("last_time", WHOLE, nullable=False),
    Column("min", EXACT),
    Column("min_step", WHOLE),
    Column("max", EXACT),
    Column("max_step", WHOLE),
    Column("first", EXACT),
    Column("first_step", WHOLE),
    Column("count", WHOLE, nullable=False),
    Index("metric_summary_by_last", "series", "last", "run"),
    clustered=True,
)

positions = _table(
    "positions",  # how far each journal segment has been stored
    Column("writer", _text(32), primary_key=True),
    Column("segment", Integer, primary_key=True),
    Column("pos", WHOLE, nullable=False),
    Column("updated", WHOLE, nullable=False),
    clustered=True,
)

rejected = Table(
    "rejected",  # journal records that the rules refuse, kept for doctor
    metadata,
    Column("id", Integer, primary_key=True),
    Column("writer", _text(32), nullable=False),
    Column("segment", Integer, nullable=False),
    Column("offset", WHOLE, nullable=False),
    Column("reason", LONG_TEXT, nullable=False),
    Column("body", BYTES, nullable=False),
    Column("time", WHOLE, nullable=False),
)

logged_models = Table(
    "logged_models",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("model_id", _text(64), nullable=False, unique=True),
    Column("experiment", ForeignKey("experiments.id", ondelete="CASCADE"), nullable=False),
    Column("name", _text(500), nullable=False),
    Column("model_type", _text(500)),
    Column("source_run", _text(256)),  # the run's id; the run itself may be purged
    Column("status", SmallInteger, nullable=False),  # LoggedModelStatus
    Column("status_message", LONG_TEXT),
    Column("creation_time", WHOLE, nullable=False),
    Column("last_update_time", WHOLE, nullable=False),
    Column("lifecycle_stage", _text(8), nullable=False),
    Column("deleted_time", WHOLE),
    Column("digest", _text(64)),  # of the files; entities/digests.py
    Column("files", LONG_TEXT),  # [[path, size, sha256, time], ...] as JSON, fixed when it is READY
    Index("logged_models_by_experiment", "experiment", "lifecycle_stage", "creation_time", "model_id"),
    Index("logged_models_by_run", "source_run"),
    sqlite_autoincrement=True,
)

logged_model_tags = _table(
    "logged_model_tags",
    Column("model", ForeignKey("logged_models.id", ondelete="CASCADE"), primary_key=True),
    Column("key", _text(250), primary_key=True),
    Column("value", LONG_TEXT, nullable=False),
    clustered=True,
)

logged_model_params = _table(
    "logged_model_params",
    Column("model", ForeignKey("logged_models.id", ondelete="CASCADE"), primary_key=True),
    Column("key", _text(250), primary_key=True),
    Column("value", LONG_TEXT, nullable=False),
    clustered=True,
)

run_models = _table(
    "run_models",  # models that a run read (direction 1) or made (2)
    Column("run", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("direction", SmallInteger, primary_key=True),
    Column("model_id", _text(64), primary_key=True),
    Column("step", WHOLE, nullable=False, server_default="0"),
    Index("run_models_by_model", "model_id", "run"),
    clustered=True,
)

registered_models = Table(
    "registered_models",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", _text(256), nullable=False, unique=True),
    Column("creation_time", WHOLE, nullable=False),
    Column("last_update_time", WHOLE, nullable=False),
    Column("description", LONG_TEXT),
    sqlite_autoincrement=True,
)

version_numbers = _table(
    "version_numbers",  # outlives its model: a number is never used again
    Column("name", _text(256), primary_key=True),
    Column("last", Integer, nullable=False),
    clustered=True,
)

registered_model_tags = _table(
    "registered_model_tags",
    Column("model", ForeignKey("registered_models.id", ondelete="CASCADE"), primary_key=True),
    Column("key", _text(250), primary_key=True),
    Column("value", LONG_TEXT, nullable=False),
    clustered=True,
)

registered_model_aliases = _table(
    "registered_model_aliases",
    Column("model", ForeignKey("registered_models.id", ondelete="CASCADE"), primary_key=True),
    Column("alias", _text(256), primary_key=True),
    Column("version", Integer, nullable=False),
    clustered=True,
)

model_versions = Table(
    "model_versions",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("model", ForeignKey("registered_models.id", ondelete="CASCADE"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("creation_time", WHOLE, nullable=False),
    Column("last_update_time", WHOLE, nullable=False),
    Column("description", LONG_TEXT),
    Column("user_id", _text(256), nullable=False, server_default=""),
    Column("stage", _text(16), nullable=False),
    Column("source", LONG_TEXT, nullable=False),
    Column("run_id", _text(256)),
    Column("run_link", LONG_TEXT),
    Column("status", SmallInteger, nullable=False),  # ModelVersionStatus
    Column("status_message", LONG_TEXT),
    Column("model_id", _text(64)),
    Column("digest", _text(64)),
    Column("files", LONG_TEXT),
    Index("model_versions_by_number", "model", "version", unique=True),
    Index("model_versions_by_run", "run_id"),
    Index("model_versions_by_model_id", "model_id"),
    Index("model_versions_by_stage", "model", "stage", "version"),  # the newest of each
    Index("model_versions_by_change", "last_update_time"),  # the order of a search, and below, of one for a stage
    Index("model_versions_in_stage", "stage", "last_update_time"),
    sqlite_autoincrement=True,
)

model_version_tags = _table(
    "model_version_tags",
    Column("version", ForeignKey("model_versions.id", ondelete="CASCADE"), primary_key=True),
    Column("key", _text(250), primary_key=True),
    Column("value", LONG_TEXT, nullable=False),
    clustered=True,
)

registry_audit = _table(
    "registry_audit",  # each entry's hash covers the one before it
    Column("seq", WHOLE, primary_key=True, autoincrement=False),
    Column("time", WHOLE, nullable=False),
    Column("actor", _text(256), nullable=False),
    Column("action", _text(64), nullable=False),
    Column("name", _text(256), nullable=False),
    Column("version", Integer),
    Column("before", LONG_TEXT, nullable=False),
    Column("after", LONG_TEXT, nullable=False),
    Column("previous", _text(64), nullable=False),
    Column("hash", _text(64), nullable=False),
    Index("registry_audit_by_name", "name", "seq"),
)

registry_head = _table(
    "registry_head",  # one row: where the trail ends, locked by whoever adds to it
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", WHOLE, nullable=False),
    Column("hash", _text(64), nullable=False),
)

views = _table(
    "views",  # how a page stands, by name
    Column("name", _text(200), primary_key=True),
    Column("state", LONG_TEXT, nullable=False),
    Column("creation_time", WHOLE, nullable=False),
    Column("created_by", _text(256), nullable=False),
    Column("last_update_time", WHOLE, nullable=False),
    Column("updated_by", _text(256), nullable=False),
    clustered=True,
)
