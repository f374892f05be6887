"""The tree of files of several runs, as one: each name once, with its size and the runs that have it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from trackbook.entities import FileInfo, StoredFile
from trackbook.errors import TrackbookError
from trackbook.runs.pictures import parse_image_path
from trackbook.stores.artifacts.repository import LocalArtifacts
from trackbook.widgets.artifact_files import ArtifactFiles, first_of
from trackbook.widgets.previews.kinds import kind_of

__all__ = ["LISTED", "Tree", "Trees", "steps_of"]

#: Entries of one folder on the page, and names that a search finds, at the most.
LISTED, FOUND = 1_000, 200
_OPENED_AT_FIRST, _ROWS_AT_FIRST = 4, 24
_SERIES = "images"
_PEEKED, _SUMMED = 50, 200


class Tree(NamedTuple):
    """One folder as the page draws it.

    Attributes:
        entries: ``path``, ``folder``, ``size``, ``runs`` (places of the runs that have it), ``mark``, ``icon``;
            ``steps`` of a series of images.
        left: entries that are not among them.
        troubles: ``run`` and ``text``, for each run whose files cannot be listed.
    """

    entries: list[dict[str, Any]]
    left: int
    troubles: list[dict[str, Any]]


class Trees:
    """The files of some runs side by side; what the store remembers is read once.

    Args:
        runs: the files of each run.
    """

    def __init__(self, runs: Sequence[ArtifactFiles]) -> None:
        self.runs = runs
        self._known: dict[int, dict[str, StoredFile]] = {}
        self._folders: dict[int, dict[str, int]] = {}

    def forget(self) -> None:
        """Ask the store again at the next look."""
        self._known, self._folders = {}, {}

    def folder(self, path: str = "") -> Tree:
        """One level, folders first."""
        merged: dict[tuple[bool, str], dict[str, Any]] = {}
        troubles = []
        for place, files in enumerate(self.runs):
            try:
                listed = files.list(path)
                if path == _SERIES or path.startswith(f"{_SERIES}/"):
                    listed = [entry for entry in listed if not self._is_series(files, entry, merged, place)]
                self._remember(place)
            except (TrackbookError, OSError) as problem:
                troubles.append({"run": place, "text": str(problem)[:500]})
                continue
            for entry in listed:
                self._merge(merged, entry, place)
        entries = sorted(merged.values(), key=lambda one: (not one["folder"], one["path"]))
        return Tree(entries[:LISTED], max(0, len(entries) - LISTED), troubles)

    def listed(self, path: str) -> Tree:
        """`folder`; nothing for a path that a page or a saved view has made up."""
        try:
            return self.folder(path)
        except TrackbookError:
            return Tree([], 0, [])

    def opened_at_first(self, root: Tree) -> set[str]:
        """Folders that are open at first: as many as fit."""
        room, opened = _ROWS_AT_FIRST - len(root.entries), set[str]()
        for entry in [one for one in root.entries if one["folder"]][:_OPENED_AT_FIRST]:
            room -= len(self.listed(entry["path"]).entries)
            if room >= 0:
                opened.add(entry["path"])
        return opened

    def find(self, text: str) -> tuple[list[dict[str, Any]], bool]:
        """Files whose path has a text, in upper or lower case, and whether all names were looked through."""
        wanted, merged, complete = text.casefold(), dict[tuple[bool, str], dict[str, Any]](), True
        for place, files in enumerate(self.runs):
            self._remember(place)
            entries, whole = first_of(files.walk() if _is_near(files) else self._recorded(place))
            complete = complete and whole
            for entry in entries:
                if not entry.is_dir and wanted in entry.path.casefold():
                    self._merge(merged, entry, place)
        found = sorted(merged.values(), key=lambda one: one["path"])
        return found[:FOUND], complete and len(found) <= FOUND

    def _recorded(self, place: int) -> Iterator[FileInfo]:
        """What the store remembers: looking through a store of objects would ask it for each folder."""
        return (FileInfo(path, False, file.size) for path, file in self._known[place].items())

    def _remember(self, place: int) -> None:
        if place in self._known:
            return
        known = self._known[place] = self.runs[place].known()
        sizes: dict[str, int] = {}
        for path, file in known.items():
            end = path.rfind("/")
            while end > 0:
                sizes[path[:end]] = sizes.get(path[:end], 0) + file.size
                end = path.rfind("/", 0, end)
        self._folders[place] = sizes

    def _merge(self, merged: dict[tuple[bool, str], dict[str, Any]], entry: FileInfo, place: int) -> None:
        size = self._size_of(entry, place)
        known = self._known[place].get(entry.path)
        mark = known.sha256[:8] if known and known.size == entry.file_size else str(size)
        made = merged.setdefault((entry.is_dir, entry.path), {
            "path": entry.path, "folder": entry.is_dir, "size": size, "runs": [], "mark": "",
            "icon": _icon(entry),
        })  # fmt: skip
        made["runs"].append(place)
        made["mark"] += f"{place}:{mark} "

    def _size_of(self, entry: FileInfo, place: int) -> int | None:
        """Of a folder what the store remembers; else, on a disk of this machine, what lies in it, if that is little."""
        if not entry.is_dir:
            return entry.file_size
        known = self._folders[place].get(entry.path)
        if known is not None or not _is_near(self.runs[place]):
            return known
        entries, complete = first_of(self.runs[place].walk(entry.path), _SUMMED)
        return sum(one.file_size or 0 for one in entries) if complete else None

    def _is_series(
        self, files: ArtifactFiles, entry: FileInfo, merged: dict[tuple[bool, str], dict[str, Any]], place: int
    ) -> bool:
        """Whether it is a folder of images that were logged by step, which becomes one entry."""
        if not entry.is_dir or len(merged) > _PEEKED:
            return False
        steps = steps_of(files, entry.path)
        if not steps:
            return False
        self._remember(place)
        made = merged.setdefault((False, entry.path), {
            "path": entry.path, "folder": False, "size": None, "runs": [], "mark": "", "icon": "image", "steps": 0,
        })  # fmt: skip
        made["runs"].append(place)
        made["steps"] = max(made["steps"], len(steps))
        made["mark"] += f"{place}:{len(steps)}-{max(steps)} "
        return True


def _is_near(files: ArtifactFiles) -> bool:
    """Whether listing a folder is no request to another machine."""
    return isinstance(files.repository, LocalArtifacts)


def steps_of(files: ArtifactFiles, folder: str) -> Mapping[int, str]:
    """The images of a series by step, the newest of each; {} if a folder holds anything else."""
    newest: dict[int, tuple[int, str]] = {}
    for entry in files.list(folder):
        name = None if entry.is_dir else parse_image_path(entry.path)
        if name is None:
            return {}
        if name.format == "png":
            newest[name.step] = max(newest.get(name.step, (0, "")), (name.timestamp, entry.path))
    return {step: newest[step][1] for step in sorted(newest)}


def _icon(entry: FileInfo) -> str:
    name = entry.path.rpartition("/")[2]
    if entry.is_dir:
        return "folder"
    kind = kind_of(name, b"text").name
    icons = {"image": "image", "picture": "image", "csv": "table", "parquet": "table", "figure": "curves",
             "notebook": "notebook", "audio": "play", "video": "play", "page": "code"}  # fmt: skip
    return "cube" if kind == "binary" else icons.get(kind, "file")
