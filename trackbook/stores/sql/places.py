"""Where runs keep their artifacts: as stored, and as people see it."""

from __future__ import annotations

import os

from trackbook.config import read_settings
from trackbook.stores.sql.engine import Database
from trackbook.stores.sql.servers import ServerDatabase
from trackbook.uris import StoreUri, file_uri

__all__ = ["ARTIFACTS", "Places", "root_of"]

ARTIFACTS = "trackbook-artifacts"


def root_of(uri: StoreUri) -> str:
    """The folder of all artifacts: beside a database file; for a server what the operator says, else here."""
    chosen = read_settings().artifact_root if uri.kind == "sql" else None
    if chosen:
        return chosen if "://" in chosen else file_uri(os.path.expanduser(chosen))
    return os.path.join(os.path.dirname(uri.path), ARTIFACTS) if uri.path is not None else file_uri(ARTIFACTS)


class Places:
    """Addresses of artifacts."""

    database: Database
    _artifact_root: str

    def artifact_root(self) -> str:
        return self._artifact_root

    def _usual_location(self, number: str) -> str:
        """Where an experiment keeps its artifacts unless told, as stored; a server's clients share no folder."""
        return self._absolute(number) if isinstance(self.database, ServerDatabase) else number

    def _absolute(self, location: str) -> str:
        """An artifact location as people see it; relative ones lie beside the database, which may have been moved."""
        return location if "/" in location else f"{self.artifact_root().rstrip('/')}/{location}"

    def _relative(self, location: str) -> str:
        return location if "://" in location else file_uri(location)

    def _artifact_uri(self, location: str, run_id: str) -> str:
        return f"{self._absolute(location).rstrip('/')}/{run_id}"
