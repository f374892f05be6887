"""The preview of a file: the one of its kind, or a card that asks, or a sentence that says why there is none."""

from __future__ import annotations

from collections.abc import Callable

from trackbook.errors import DamagedArtifact
from trackbook.widgets.artifact_files import ArtifactFile
from trackbook.widgets.previews import documents, figures, images, notebooks, parquet, tables, text
from trackbook.widgets.previews.kinds import Kind, kind_of
from trackbook.widgets.previews.preview import ASK_OVER, IN_MEMORY, PIECE, READ, Preview, Unreadable, Wishes, in_bytes

__all__ = ["preview_of"]

_HEAD = 4_096
#: Kinds that the browser needs whole.
_WHOLE = frozenset({"image", "audio", "video", "pdf"})


def preview_of(file: ArtifactFile, wishes: Wishes, places: tables.Places) -> Preview:
    """What the page shows of a file. Every answer has name, size, mark and hash of the file beside its own values.

    Args:
        file: as it stands.
        wishes: what the page asked for.
        places: where pages of tables begin.
    """
    kind = kind_of(file.name, file.read(0, _HEAD) if file.size <= ASK_OVER else b"")
    try:
        found = _guarded(file, kind, wishes, places)
    except (Unreadable, DamagedArtifact) as problem:
        found = _broken(file, problem)
    facts = {
        "path": file.path,
        "name": file.name,
        "size": file.size,
        "mark": file.mark,
        "sha": file.expected.sha256 if file.expected else "",
        "time": file.expected.time if file.expected else None,
        "media": kind.media,
        "type": kind.name,
    }
    return Preview({**facts, **found.value}, found.buffers)


def _guarded(file: ArtifactFile, kind: Kind, wishes: Wishes, places: tables.Places) -> Preview:
    if file.missing:
        return _cut_off(file)
    if file.size > ASK_OVER and not (wishes.first or wishes.whole):
        whole = kind.name in _WHOLE
        return Preview({"kind": "ask", "whole": whole, "possible": not whole or file.size <= IN_MEMORY})
    if file.size == 0:
        return Preview({"kind": "empty"})
    return _shown(file, kind, wishes, places)


def _shown(file: ArtifactFile, kind: Kind, wishes: Wishes, places: tables.Places) -> Preview:
    if kind.name in ("csv", "parquet") and not wishes.raw:
        if kind.name == "csv":
            return tables.csv_page(file, wishes.start, places)
        return parquet.parquet_page(file, wishes.start)
    if kind.name == "image":
        if wishes.raw:
            return text.text(file, wishes)
        return images.image(file, kind, wishes)
    if kind.name in ("audio", "video", "pdf"):
        first = file.read(0, PIECE)
        if kind.name == "pdf" and b"%PDF-" not in first[:1_024]:
            raise Unreadable("It is no PDF: it does not begin like one.")
        return Preview({"kind": kind.name}, [first])
    makers: dict[str, Callable[[], Preview]] = {
        "picture": lambda: images.as_png(file) if file.size <= ASK_OVER else text.binary(file),
        "markdown": lambda: documents.markdown(file, wishes),
        "page": lambda: documents.page(file, wishes),
        "json": lambda: _json(file, wishes),
        "figure": lambda: _json(file, wishes, figure=True),
        "notebook": lambda: (
            documents.json_tree(file, wishes) if _as_text(file, wishes) else notebooks.notebook_preview(file)
        ),
        "binary": lambda: text.binary(file),
    }
    return makers.get(kind.name, lambda: text.text(file, wishes))()


def _as_text(file: ArtifactFile, wishes: Wishes) -> bool:
    return wishes.raw or documents.too_large(file, wishes)


def _json(file: ArtifactFile, wishes: Wishes, figure: bool = False) -> Preview:
    """JSON is a figure, a table or a tree, by what is in it."""
    if _as_text(file, wishes):
        return documents.json_tree(file, wishes)
    try:
        value = documents.parsed(file)
    except Unreadable:
        return documents.json_tree(file, wishes)
    if figure or figures.is_figure(value):
        return figures.figure_preview(value, file)
    table = tables.as_table(value)
    if table is None:
        return documents.json_tree(file, wishes)
    rows = value["data"]
    start = min(wishes.start, max(0, len(rows) - 1)) // tables.PAGE_ROWS * tables.PAGE_ROWS
    names = [str(name) for name in value["columns"]]
    return tables.rows_preview(names, rows, start, len(rows))


def _cut_off(file: ArtifactFile) -> Preview:
    stored = file.size + file.missing
    unit = in_bytes(stored).rpartition(" ")[2]
    there = in_bytes(file.size)
    there = there.removesuffix(f" {unit}") if there.endswith(f" {unit}") else there
    said = f"The file ends after {there} of {in_bytes(stored)}. It was probably cut off while it was written."
    return Preview({"kind": "broken", "text": said, "details": f"{file.size} of {stored} bytes are there."})


def _broken(file: ArtifactFile, problem: Unreadable | DamagedArtifact) -> Preview:
    if isinstance(problem, Unreadable):
        return Preview({"kind": "broken", "text": problem.text, "details": problem.details, "raw": file.size <= READ})
    said = "Its bytes are not those that were stored. Something has changed it since."
    return Preview({"kind": "broken", "text": said, "details": str(problem)[:500]})
