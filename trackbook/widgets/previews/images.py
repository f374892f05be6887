"""Pictures: the browser draws them; here it is looked at how large they are, and what no browser reads is changed."""

from __future__ import annotations

import io
import struct

from trackbook.libraries import is_installed
from trackbook.widgets.artifact_files import ArtifactFile
from trackbook.widgets.previews.kinds import Kind
from trackbook.widgets.previews.preview import PIECE, READ, Preview, Unreadable, Wishes

__all__ = ["as_png", "image", "pixels_of"]

#: A picture of more pixels takes a gigabyte of the browser's memory, and is shown when somebody asks for it.
_PIXELS = 120_000_000
_CONVERTED_PIXELS = 50_000_000


def image(file: ArtifactFile, kind: Kind, wishes: Wishes) -> Preview:
    """What the page needs to show a picture, and the first bytes of it."""
    head = file.read(0, PIECE)
    size = pixels_of(head)
    value = {
        "kind": "image",
        "media": kind.media,
        "width": size[0] if size else None,
        "height": size[1] if size else None,
    }
    if size and size[0] * size[1] > _PIXELS and not wishes.whole:
        return Preview({**value, "huge": True})
    return Preview(value, [file.whole()[:PIECE] if file.size <= READ else head])


def pixels_of(head: bytes) -> tuple[int, int] | None:
    """Width and height of a picture by its first bytes; None where they are not among them."""
    if head.startswith(b"\x89PNG\r\n\x1a\n") and head[12:16] == b"IHDR":
        return struct.unpack(">II", head[16:24])
    if head.startswith(b"GIF8") and len(head) > 10:
        return struct.unpack("<HH", head[6:10])
    if head.startswith(b"BM") and len(head) > 26:
        width, height = struct.unpack("<ii", head[18:26])
        return abs(width), abs(height)
    if head.startswith(b"\xff\xd8"):
        return _jpeg_pixels(head)
    if head[:4] == b"RIFF" and head[12:16] == b"VP8X" and len(head) > 30:
        return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    return None


def _jpeg_pixels(head: bytes) -> tuple[int, int] | None:
    place = 2
    while place + 9 < len(head) and head[place] == 0xFF:
        marker = head[place + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", head[place + 5 : place + 9])
            return width, height
        place += 2 + int.from_bytes(head[place + 2 : place + 4], "big")
    return None


def as_png(file: ArtifactFile) -> Preview:
    """A picture that browsers do not read, such as TIFF, as PNG.

    Raises:
        Unreadable: it is none, it is too large, or Pillow is not there.
    """
    if not is_installed("PIL"):
        raise Unreadable(
            "Browsers do not show this kind of picture, and Pillow would change it. Run: pip install pillow"
        )
    import PIL.Image

    try:
        with PIL.Image.open(io.BytesIO(file.whole())) as opened:
            width, height = opened.size
            if width * height > _CONVERTED_PIXELS:
                raise Unreadable(f"It has {width} × {height} pixels, too many to be changed for a browser.")
            out = io.BytesIO()
            opened.convert("RGBA" if opened.mode in ("RGBA", "LA", "P") else "RGB").save(out, "PNG", compress_level=1)
    except (OSError, ValueError, SyntaxError, PIL.Image.DecompressionBombError) as problem:
        raise Unreadable("It is no picture that Pillow can read.", str(problem)) from None
    value = {"kind": "image", "media": "image/png", "width": width, "height": height, "converted": len(out.getvalue())}
    return Preview(value, [out.getvalue()])
