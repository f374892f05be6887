"""The panel of artifacts: the tree of files of some runs, previews side by side, and downloads."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

import traitlets

from trackbook.errors import InvalidParameter, NotFound, StoreAway
from trackbook.figures.palette import SLOTS
from trackbook.stores.base import Store
from trackbook.widgets.artifact_cards import run_cards, tree_picture, tree_table
from trackbook.widgets.artifact_downloads import Downloads, Part
from trackbook.widgets.artifact_files import ArtifactFiles, files_of_address, files_of_run
from trackbook.widgets.artifact_tree import Trees, steps_of
from trackbook.widgets.assets import module, styles
from trackbook.widgets.panel import Answer, Panel, answers
from trackbook.widgets.permission import Permission
from trackbook.widgets.plotly_bundle import ensure_plotly
from trackbook.widgets.previews.choice import preview_of
from trackbook.widgets.previews.models import folder_preview
from trackbook.widgets.previews.preview import IN_MEMORY, PIECE, Unreadable, Wishes
from trackbook.widgets.previews.tables import Places

__all__ = ["ArtifactsPanel"]

_PARTS = (
    "shared", "ask", "floats", "plotly_slot", "markdown", "artifacts_frames", "artifacts_data", "artifacts_figures",
    "artifacts_images", "artifacts_compare", "artifacts_model", "artifacts_previews",
    "artifacts_download", "artifacts_tree", "artifacts",
)  # fmt: skip
_OPEN_FOLDERS = 60
_PATH = 1_100


class ArtifactsPanel(Panel):
    """The files of some runs, side by side.

    Only what lies below the runs' own artifacts, and the models that they logged, can be asked for. Files are read in
    pieces when somebody looks at them, and none over 50 MB without asking.

    Args:
        store: the store.
        run_ids: the runs, in their order; at most 24.
        slots: colour slot of each run; 1, 2, 3 ... if None.
        path: the file or folder that is shown at first.
        permission: see `Panel`; nothing is changed here.
        view: see `Panel`: ``path``, ``open``, ``mode``, ``zoom``, ``step``.

    Raises:
        NotFound: there is no such run.
    """

    _esm = module(*_PARTS)
    _css = styles("shared", "floats", "artifacts", "artifacts_previews")
    runs = traitlets.List(traitlets.Dict()).tag(bulk=True)
    tree = traitlets.Dict().tag(bulk=True)
    troubles = traitlets.List(traitlets.Dict()).tag(bulk=True)
    _of_model = ""

    def __init__(
        self,
        store: Store,
        run_ids: Sequence[str],
        *,
        slots: Mapping[str, int] | None = None,
        path: str | None = None,
        permission: Permission | None = None,
        view: Mapping[str, Any] | None = None,
        files: Sequence[ArtifactFiles] | None = None,
    ) -> None:
        self._files, self._fixed = list(files or ()), files is not None
        self._trees, self._places, self._downloads = Trees([]), Places(), Downloads()
        self._run_ids: list[str] = []
        start = dict(view or {}) | ({"path": path.strip("/")} if path else {})
        super().__init__(store, permission=permission, view=start)
        self.observe(self._unfold_as_seen, "view")
        self.show(run_ids, slots)

    @classmethod
    def of_model(cls, store: Store, uri: str, *, path: str | None = None) -> ArtifactsPanel:
        """The files of a model at its ``models:/`` address.

        Raises:
            NotFound: there is no such model.
        """
        files, located = files_of_address(uri, store)
        made = cls(store, [], path=path, files=[files])
        made._show_model(uri, str(located))
        return made

    def show(self, run_ids: Sequence[str], slots: Mapping[str, int] | None = None) -> None:
        """Show other runs; the chosen file and the open folders stay as far as they are there."""
        ids = list(dict.fromkeys(run_ids))[:SLOTS]
        runs = [self._store.get_run(run_id) for run_id in ids]
        if not self._fixed:
            self._files = [files_of_run(self._store, run) for run in runs]
            self.runs = run_cards(self._store, runs, slots)
        self._run_ids, self._trees = ids, Trees(self._files)
        self._read_tree(reveal=True)
        self.code = self.as_code()

    def refresh(self) -> None:
        """Read the store again; nothing is sent if nothing changed."""
        if self._run_ids:
            runs = [self._store.get_run(run_id) for run_id in self._run_ids]
            self._files = [files_of_run(self._store, run) for run in runs]
            slots = {one["id"]: one["slot"] for one in self.runs if one["slot"]}
            self.runs = run_cards(self._store, runs, slots)
        self._trees = Trees(self._files)
        self._read_tree()

    def __repr__(self) -> str:
        return "Trackbook artifacts"

    def as_code(self) -> str:
        """The magic that shows these runs and the chosen file."""
        words = ["%track_artifacts", *([self._of_model] if self._of_model else self._run_ids)]
        path = self.view.get("path")
        if isinstance(path, str) and path:
            words += ["--path", shlex.quote(path)]
        return " ".join(words)

    def static_table(self) -> str:
        """The tree with its sizes as an HTML table."""
        return tree_table(self._trees, [str(run["name"]) for run in self.runs])

    def static_picture(self) -> str:
        """The chosen image of the first run that has it, in an SVG, if it is small; else ""."""
        path = self.view.get("path")
        return tree_picture(self._files, path) if isinstance(path, str) else ""

    # -- answers

    @answers("list")
    def _answer_list(self, given: dict[str, Any]) -> dict[str, Any]:
        path = _path(given)
        self._unfold(path)
        return {"path": path}

    @answers("find")
    def _answer_find(self, given: dict[str, Any]) -> dict[str, Any]:
        found, complete = self._trees.find(str(given.get("text", ""))[:200])
        return {"entries": found, "complete": complete}

    @answers("preview")
    def _answer_preview(self, given: dict[str, Any]) -> Answer:
        path, files = _path(given), self._of(given)
        try:
            found = files.info(path) if path else None
            if found is None and path:
                raise NotFound(f"{path!r} is no longer there. It was deleted, moved or never stored.")
            if found is None or found.is_dir:
                shown = folder_preview(files, path, self._store)
                return Answer({**shown.value, "path": path})
            shown = preview_of(files.open(path), Wishes.of(given), self._places)
        except Unreadable as problem:
            return Answer({"kind": "broken", "path": path, "text": problem.text, "details": problem.details})
        except NotFound as problem:
            return Answer({"kind": "gone", "path": path, "text": problem.message})
        except (StoreAway, OSError) as problem:
            return Answer({"kind": "away", "path": path, "text": str(problem)[:500]})
        if shown.value["kind"] in ("figure", "notebook"):
            ensure_plotly()
        return Answer(shown.value, shown.buffers)

    @answers("series")
    def _answer_series(self, given: dict[str, Any]) -> list[dict[str, Any]]:
        """Of each run the images of a series: ``step`` and ``path``."""
        path = _path(given)
        return [
            {"run": place, "steps": [[str(step), name] for step, name in steps_of(files, path).items()]}
            for place, files in enumerate(self._files)
        ]

    @answers("read")
    def _answer_read(self, given: dict[str, Any]) -> Answer:
        """A piece of a file; ``mark`` says which file it was when the page began."""
        file = self._of(given).open(_path(given))
        mark, start = given.get("mark"), Wishes.of(given).start
        if mark and mark != file.mark:
            raise StoreAway(f"{file.path!r} was replaced while it was read. Open it again.")
        if file.size > IN_MEMORY:
            raise InvalidParameter(
                f"{file.path!r} is larger than the 500 MB that a page holds. Take it by "
                "trackbook.artifacts.download_artifacts, which has no limit."
            )
        data = file.read(start, PIECE)
        return Answer({"size": file.size, "mark": file.mark, "next": start + len(data)}, [data])

    @answers("pack")
    def _answer_pack(self, given: dict[str, Any]) -> dict[str, Any]:
        """Begin a download: a file, or a .zip of a file or folder, of one run or of all that have it."""
        path, one = _path(given), given.get("run")
        if given.get("file") is True:
            return self._downloads.begin_file(self._of(given).open(path), given.get("as_is") is True)
        places = range(len(self._files)) if one is None else [self._place_of(given)]
        having = [place for place in places if not path or self._files[place].info(path) is not None]
        parts = [Part(self._name(place) if len(having) > 1 else "", self._files[place], path) for place in having]
        return self._downloads.begin(parts)

    @answers("piece")
    def _answer_piece(self, given: dict[str, Any]) -> Answer:
        found = self._downloads.piece(str(given.get("token")))
        return Answer({"end": found is None}, [found or b""])

    @answers("drop")
    def _answer_drop(self, given: dict[str, Any]) -> None:
        self._downloads.drop(str(given.get("token")))

    @answers("refresh")
    def _answer_refresh(self, given: dict[str, Any]) -> None:
        self.refresh()

    # -- steps

    def _show_model(self, uri: str, name: str) -> None:
        self._of_model = uri
        self.runs = [{"id": uri, "name": name, "status": "FINISHED", "slot": None, "metric": None}]
        self.code = self.as_code()

    def _of(self, given: Mapping[str, Any]) -> ArtifactFiles:
        return self._files[self._place_of(given)]

    def _place_of(self, given: Mapping[str, Any]) -> int:
        place = given.get("run", 0)
        if not isinstance(place, int) or not 0 <= place < len(self._files):
            raise InvalidParameter("The page asked for a run that this panel does not show; load it again.")
        return place

    def _name(self, place: int) -> str:
        return str(self.runs[place]["name"])

    def _read_tree(self, reveal: bool = False) -> None:
        """List the root and the open folders again.

        Args:
            reveal: also open the folders above the chosen file.
        """
        root = self._trees.folder()
        opened = self._opened()
        if "open" not in self.view:
            opened = self._trees.opened_at_first(root)
        path = self.view.get("path")
        if reveal and isinstance(path, str):
            parts = path.split("/")
            opened |= {"/".join(parts[:depth]) for depth in range(1, len(parts))}
        above = {path.rpartition("/")[0]} if isinstance(path, str) else set()  # of what is shown
        found = {"": root} | {folder: self._trees.listed(folder) for folder in sorted(opened | above) if folder}
        self.tree = {folder: {"entries": one.entries, "left": one.left} for folder, one in found.items()}
        self.troubles = root.troubles
        if opened != self._opened():
            self.view = {**self.view, "open": sorted(opened)}

    def _opened(self) -> set[str]:
        found = self.view.get("open")
        return {one for one in found[:_OPEN_FOLDERS] if isinstance(one, str)} if isinstance(found, list) else set()

    def _unfold(self, folder: str) -> None:
        if folder not in self.tree:
            one = self._trees.listed(folder)
            self.tree = {**self.tree, folder: {"entries": one.entries, "left": one.left}}

    def _unfold_as_seen(self, _change: object) -> None:
        for folder in sorted(self._opened() - self.tree.keys()):
            self._unfold(folder)


def _path(given: Mapping[str, Any]) -> str:
    path = given.get("path", "")
    if not isinstance(path, str) or len(path) > _PATH:
        raise InvalidParameter("An artifact path is text of at most 1,024 bytes.")
    return path.rstrip("/")
