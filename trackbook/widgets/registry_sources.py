"""What a panel of registered models reads beside the registry: runs, logged models and their MLmodel files."""

from __future__ import annotations

import math

from trackbook.entities import LoggedModel, ModelVersion, Run
from trackbook.errors import NotFound, TrackbookError
from trackbook.models.model import LARGEST, MLMODEL, Model, read_yaml
from trackbook.registry.versions import Stores
from trackbook.runs.model_addresses import model_repository
from trackbook.stores.artifacts.repository import ArtifactRepository
from trackbook.stores.base import Store, Summary
from trackbook.uris import SafeRelPath

__all__ = ["Sources", "cut", "plain_number"]


def cut(text: object, most: int = 2_000) -> str:
    """Logged text, not longer than a page wants it."""
    whole = "" if text is None else str(text)
    return whole if len(whole) <= most else f"{whole[:most]}… ({len(whole)} characters in all)"


def plain_number(value: float | None) -> float | str | None:
    """A float as JSON can carry it: NaN and the infinities are text."""
    if value is None or math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


class Sources:
    """Both stores, with what was read of them; what cannot change is kept.

    Args:
        stores: where runs and registered models are.
    """

    def __init__(self, stores: Stores) -> None:
        self.stores = stores
        self._files: dict[str, Model | str] = {}
        self._runs: dict[str, Run | None] = {}
        self._summaries: dict[str, dict[str, Summary]] = {}
        self._models: dict[str, tuple[Store, LoggedModel] | None] = {}

    @property
    def registry(self) -> Store:
        """The store of registered models."""
        return self.stores.registry

    def forget(self, *, whole: bool = True) -> None:
        """Read runs and logged models again when they are asked for; if not `whole`, only runs that have not ended."""
        ended = (key for key, run in self._runs.items() if run is not None and run.info.status != "RUNNING")
        kept = () if whole else tuple(ended)
        self._runs = {key: self._runs[key] for key in kept}
        self._summaries = {key: self._summaries[key] for key in kept if key in self._summaries}
        if whole:
            self._models.clear()

    def run(self, run_id: str | None) -> Run | None:
        """A run; None where nobody knows it."""
        if not run_id:
            return None
        if run_id not in self._runs:
            try:
                self._runs[run_id] = self.stores.tracking.get_run(run_id)
            except NotFound:
                self._runs[run_id] = None
        return self._runs[run_id]

    def run_name(self, run_id: str) -> str:
        """The name of a run, or its id."""
        run = self.run(run_id)
        return (run.info.run_name if run else None) or run_id

    def summaries(self, run_id: str | None) -> dict[str, Summary]:
        """The metrics of a run; {} where nobody knows it."""
        if not run_id or self.run(run_id) is None:
            return {}
        if run_id not in self._summaries:
            self._summaries[run_id] = {one.key: one for one in self.stores.tracking.summaries(run_id)}
        return self._summaries[run_id]

    def model(self, version: ModelVersion) -> LoggedModel | None:
        """The logged model of a version; None where nobody knows it."""
        found = self._logged(str(version.model_id))
        return None if found is None else found[1]

    def _logged(self, model_id: str) -> tuple[Store, LoggedModel] | None:
        if model_id not in self._models:
            self._models[model_id] = None
            both = (self.stores.tracking, self.stores.registry)
            for store in dict.fromkeys(both):  # often the same
                try:
                    self._models[model_id] = store, store.get_logged_model(model_id)
                except NotFound:
                    continue
                break
        return self._models[model_id]

    def repository(self, version: ModelVersion) -> ArtifactRepository:
        """The files of a version, with the hashes that it was registered with.

        Raises:
            NotFound: nobody knows its logged model.
        """
        found = self._logged(str(version.model_id))
        if found is None:
            raise NotFound(f"The logged model {version.model_id} of this version is in neither of the stores.")
        files = self.registry.model_version_files(version.name, version.version)
        return model_repository(*found, files)

    def mlmodel(self, version: ModelVersion) -> Model | str:
        """What MLmodel says; a sentence where it cannot be read. It never changes, so it is read once."""
        key = str(version.model_id)
        if key not in self._files:
            try:
                self._files[key] = self._read(version)
            except (TrackbookError, OSError) as wrong:
                return f"Its MLmodel cannot be read: {cut(wrong, 500)}"
        return self._files[key]

    def _read(self, version: ModelVersion) -> Model:
        files = {file.path: file for file in self.registry.model_version_files(version.name, version.version)}
        if MLMODEL in files and files[MLMODEL].size > LARGEST:
            raise TrackbookError("it is larger than 1 MiB, which no MLmodel is.")
        return Model.from_dict(read_yaml(self.repository(version).read_bytes(SafeRelPath((MLMODEL,))), MLMODEL))
