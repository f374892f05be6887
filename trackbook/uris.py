"""URIs parsed once: where a store is, runs:/ and models:/ addresses, and the one safe relative path type."""

from __future__ import annotations

import json
import os
import re
import unicodedata
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from trackbook.errors import InvalidParameter, NotSupported

__all__ = [
    "ModelUri",
    "RunUri",
    "SafeRelPath",
    "StoreUri",
    "check_artifact_root",
    "file_uri",
    "local_path",
    "parse_model_uri",
    "parse_run_uri",
    "parse_store_uri",
    "strip_user_info",
    "strip_user_info_within",
]

DATABASE_NAME = "trackbook.db"
_SQL_DIALECTS = frozenset({"postgresql", "postgres", "mysql", "mariadb", "mssql"})
_DATABRICKS = frozenset({"databricks", "databricks-uc", "uc"})
_DECODING_ROUNDS = 5
_USER_INFO = re.compile(r"://([^/?#\s]*)@")  # begins with what is rare: a long text is looked through once
#: Schemes of Azure, in which the name of a container stands before the @.
_WITH_CONTAINER = ("abfs", "abfss", "wasb", "wasbs")
#: Schemes in which what stands before an @ is no user name that is needed, nor a container of Azure's, but a secret.
_NAMELESS = frozenset({"http", "https", "s3", "s3a", "gs", "gcs"})
_SECRET_IN_QUERY = re.compile(
    r"(?<=[?&])([\w-]{0,40}(?:password|passwd|pwd|passfile|odbc_connect|token|secret)=)[^&#]*", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class StoreUri:
    """Where a backend store is.

    Attributes:
        kind: ``sqlite`` (path is its absolute file), ``memory``, ``sql`` (another database) or ``http``.
        uri: the normal form, absolute.
        path: file of a SQLite store, else None.
    """

    kind: str
    uri: str
    path: str | None = None


def parse_store_uri(uri: object, folder: str | None = None) -> StoreUri:
    """Parse what a user gave as tracking URI.

    A plain path or ``file:`` URI that is a file or ends in ``.db`` is the database; any other is a folder, whose
    database is ``<folder>/trackbook.db``. Relative paths become absolute.

    Args:
        uri: a path, ``file:``, ``sqlite:///``, ``postgresql://``, ``mysql://``, ``mariadb://``, ``mssql://``, ``http(s)://``.
        folder: the folder that relative paths start from; the working directory if None.

    Raises:
        InvalidParameter: the scheme is unknown.
        NotSupported: ``databricks``, whose message names the HTTP store.
    """
    if isinstance(uri, os.PathLike):
        uri = os.fspath(uri)
    if not isinstance(uri, str) or not uri.strip():
        raise InvalidParameter(f"A tracking URI is text such as 'runs.db' or 'sqlite:///runs.db', not {uri!r}.")
    scheme = _scheme(uri)
    dialect = scheme.split("+")[0]
    if uri.strip().lower() in _DATABRICKS:
        scheme = dialect = uri.strip().lower()
    if scheme in ("", "file"):
        return _path_uri(local_path(uri), folder)
    if dialect == "sqlite":
        return _sqlite_uri(uri, folder)
    if dialect in _SQL_DIALECTS:
        return StoreUri("sql", scheme + uri[len(scheme) :].rstrip())
    if scheme in ("http", "https"):
        return StoreUri("http", uri.rstrip("/"))
    if dialect in _DATABRICKS:
        raise NotSupported(
            f"{scheme}: Databricks workspaces are not supported, neither as a tracking server nor as a database. "
            "Give the http(s):// address of a tracking server, which both Trackbook and MLflow offer."
        )
    raise InvalidParameter(
        f"{strip_user_info(uri)!r} has the scheme {scheme!r}; a tracking URI is a path or starts with "
        "sqlite:///, postgresql://, mysql://, mssql://, http:// or https://."
    )


def _scheme(uri: str) -> str:
    match = re.match(r"([A-Za-z][A-Za-z0-9+.\-]+):", uri)  # two letters at least: C: is a drive
    return match[1].lower() if match else ""


def _path_uri(path: str, folder: str | None) -> StoreUri:
    path = os.path.abspath(os.path.join(folder or os.getcwd(), os.path.expanduser(path)))
    if not (path.endswith(".db") or os.path.isfile(path)):
        path = os.path.join(path, DATABASE_NAME)
    return StoreUri("sqlite", "sqlite:///" + path, path)


def _sqlite_uri(uri: str, folder: str | None) -> StoreUri:
    rest = uri.split(":", 1)[1]
    if rest.split("?")[0] in ("", "//", "///", "///:memory:"):
        return StoreUri("memory", "sqlite://")
    if not rest.startswith("///"):
        raise InvalidParameter(
            f"{uri!r} has two slashes where a path needs three: write 'sqlite:///{rest.lstrip('/')}'."
        )
    path = os.path.abspath(os.path.join(folder or os.getcwd(), os.path.expanduser(rest[3:].split("?")[0])))
    return StoreUri("sqlite", "sqlite:///" + path, path)


def local_path(uri: str) -> str:
    """The path of a ``file:`` URI; a plain path stays as it is.

    Raises:
        InvalidParameter: the URI names another host.
    """
    if _scheme(uri) != "file":
        return uri
    parts = urlsplit(uri)
    if parts.netloc not in ("", "localhost"):
        raise InvalidParameter(f"{uri!r} names the host {parts.netloc!r}; a file URI is file:///path.")
    return unquote(parts.path)


def file_uri(path: str) -> str:
    """A local folder or file as MLflow writes its address: the plain absolute path."""
    return os.path.abspath(path)


def strip_user_info(uri: str) -> str:
    """The URI without user name and password, as it may be shown or stored; it may look like anything."""
    scheme, found, rest = uri.partition("://")
    if not found:
        return uri
    sql = scheme.lower().split("+")[0] in _SQL_DIALECTS  # SQLAlchemy takes a password with slashes and ?
    rest = re.sub(r"^[^:/?@]*(?::[^@]*)?@(?:[^?]*@)?" if sql else r"^[^/?#]*@", "", rest)
    return scheme + found + _SECRET_IN_QUERY.sub(r"\1***", rest)


def strip_user_info_within(text: str) -> str:
    """A text, JSON or not, without the user names and passwords of the URIs in it."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return str(_stripped(text))
    stripped = _stripped(content)
    return text if stripped == content else json.dumps(stripped, separators=(",", ":"))


def _stripped(content: Any) -> Any:
    if isinstance(content, str):
        return _SECRET_IN_QUERY.sub(r"\1***", _USER_INFO.sub(_without_user, content))
    if isinstance(content, list):
        return [_stripped(item) for item in content]
    if isinstance(content, dict):
        return {_stripped(key): _stripped(item) for key, item in content.items()}
    return content


def _without_user(address: re.Match[str]) -> str:
    scheme = address.string[max(0, address.start() - 5) : address.start()].lower()
    return address[0] if scheme.endswith(_WITH_CONTAINER) and ":" not in address[1] else "://"


def check_artifact_root(uri: str) -> str:
    """Check an address below which artifacts will be kept: it is stored and shown, so it may hold no secret.

    Returns:
        The scheme in lower case; "" for a plain path.

    Raises:
        InvalidParameter: it has a password, a query or a fragment, chains file systems, or leads up by ``..``.
    """
    scheme = _scheme(uri)
    if scheme in ("", "file"):
        return scheme
    try:
        parts = urlsplit(uri)
    except ValueError as error:  # such as a bracket that is not closed
        raise InvalidParameter(f"The artifact address {strip_user_info(uri)!r:.200} cannot be read: {error}.") from None
    shown = f"{scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    if parts.password is not None or (parts.username and scheme in _NAMELESS):
        raise InvalidParameter(
            f"The artifact address {shown!r} was given with a password or token, and addresses are stored and shown. "
            "Leave it out; the library for that store takes it from its environment variables or configuration file."
        )
    if "::" in uri or "?" in uri or "#" in uri:
        raise InvalidParameter(
            f"The artifact address {shown!r} has a '?', a '#' or a '::'. Give the plain address of a folder."
        )
    if any(part in (".", "..") for part in parts.path.split("/")):
        raise InvalidParameter(f"The artifact address {shown!r} has a part '.' or '..'. Write it without.")
    return scheme


@dataclass(frozen=True, slots=True)
class RunUri:
    """``runs:/<run_id>/<path>``: an artifact of a run, whichever store holds it."""

    run_id: str
    path: str


def parse_run_uri(uri: str) -> RunUri:
    """Parse ``runs:/<run_id>/<path>``.

    Raises:
        InvalidParameter: there is no run id, or the path is unsafe.
    """
    scheme, _, rest = uri.partition(":")
    run_id, _, path = rest.lstrip("/").partition("/")
    if scheme.lower() != "runs" or not run_id:
        raise InvalidParameter(f"{uri!r} is no run address; one is runs:/<run_id>/<path>.")
    return RunUri(run_id, str(SafeRelPath.parse(path)) if path else "")


@dataclass(frozen=True, slots=True)
class ModelUri:
    """``models:/...``: a logged model by its id, or a version of a registered model.

    Attributes:
        uri: as it was given.
        model_id: of a logged model; then the rest but `path` is empty.
        name: of a registered model.
        version: its number.
        stage: the stage whose newest version is meant, as it was written.
        alias: the alias that names the version.
        path: of a file or folder in the model; "" for all of it.

    With a name and nothing else the newest version is meant, whatever its stage.
    """

    uri: str
    model_id: str | None = None
    name: str = ""
    version: int | None = None
    stage: str | None = None
    alias: str | None = None
    path: str = ""


def parse_model_uri(uri: str) -> ModelUri:
    """Parse ``models:/m-<id>``, ``models:/<name>/<version>``, ``/<stage>``, ``/latest`` or ``<name>@<alias>``.

    A path in the model may follow.

    Raises:
        InvalidParameter: it is none of these, or the path is unsafe.
    """
    forms = "models:/<name>/<version>, /<stage> or /latest, models:/<name>@<alias> or models:/m-<id>"
    scheme, _, rest = uri.partition(":")
    first, _, path = rest.removeprefix("/").partition("/")
    if scheme.lower() != "models" or not rest.startswith("/") or rest.startswith("//") or not first:
        raise InvalidParameter(f"{uri!r:.200} is no model address; one is {forms}.")
    name, found, alias = first.rpartition("@")
    if found:
        if not name or not alias:
            raise InvalidParameter(f"{uri!r:.200} has no name or no alias beside its @; write models:/<name>@<alias>.")
        return ModelUri(uri, name=name, alias=alias, path=_inner(path))
    if re.fullmatch(r"m-[0-9a-f]{32}", first) or not path:
        return ModelUri(uri, model_id=first, path=_inner(path))
    which, _, path = path.partition("/")
    if which.isdecimal() and which.isascii():
        return ModelUri(uri, name=first, version=int(which[:18]), path=_inner(path))
    return ModelUri(uri, name=first, stage=None if which.lower() == "latest" else which, path=_inner(path))


def _inner(path: str) -> str:
    return str(SafeRelPath.parse(path)) if path else ""


@dataclass(frozen=True, slots=True)
class SafeRelPath:
    """A relative path that cannot leave the folder it is joined to, on any file system.

    Attributes:
        parts: its segments, at least one.

    Raises:
        InvalidParameter: see `parse`; there is no way to make one that is not checked.
    """

    parts: tuple[str, ...]

    def __post_init__(self) -> None:
        problem = _problem("/".join(self.parts))
        if problem or any("/" in part for part in self.parts):
            raise InvalidParameter(
                f"The artifact path {'/'.join(self.parts)!r:.200} {problem or 'has a slash inside a part'}. "
                "Use a relative path such as 'plots/roc.png'."
            )

    @classmethod
    def parse(cls, raw: object) -> SafeRelPath:
        """Check a path that somebody else wrote.

        Raises:
            InvalidParameter: it is empty, absolute, too long, not Unicode NFC, or has a ``..`` or empty segment,
                a control character, a backslash, or one of ``: # ? ; %``.
        """
        if not isinstance(raw, (str, os.PathLike)):
            raise InvalidParameter(f"An artifact path is text, not {type(raw).__name__}: {raw!r:.80}.")
        text = _decode(os.fspath(raw))
        path = cls(tuple(text.split("/")))
        if unicodedata.normalize("NFC", text) != text:  # a name that a local disk gives is not always
            raise InvalidParameter(
                f"The artifact path {text!r:.200} is not in Unicode's normal form NFC. "
                "Use unicodedata.normalize('NFC', path)."
            )
        return path

    def __str__(self) -> str:
        return "/".join(self.parts)

    @property
    def path(self) -> PurePosixPath:
        """The same as a path object."""
        return PurePosixPath(*self.parts)


def _decode(text: str) -> str:
    """Percent-decode until nothing changes, so that no later decoder can see another path than was checked."""
    for _ in range(_DECODING_ROUNDS):
        decoded = unquote(text)
        if decoded == text:
            return text
        text = decoded
    return text


def _problem(path: str) -> str:
    try:
        size = len(path.encode())
    except UnicodeEncodeError:
        return "has a lone surrogate"
    bad = next((c for c in path if c in "\\:#?;%" or ord(c) < 32 or ord(c) == 127), None)
    if bad is not None:
        return f"has the character {bad!r}, which is not allowed"
    if not path:
        return "is empty"
    if path.startswith("/"):
        return "is absolute"
    if size > 1024:
        return f"has {size} bytes, and the limit is 1024"
    for part in path.split("/"):
        if part in ("", ".", ".."):
            return f"has the part {part!r}"
        if len(part.encode()) > 255:
            return "has a part of more than 255 bytes"
    return ""
