"""What a file is shown as: by the ending of its name, and where that says nothing by its first bytes."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Kind", "kind_of", "looks_binary"]


class Kind(NamedTuple):
    """How a file is shown.

    Attributes:
        name: of the preview: image, picture (converted first), audio, video, pdf, text, markdown, json, csv, parquet,
            figure, notebook, page, binary.
        media: the MIME type that the browser is told.
    """

    name: str
    media: str = ""


_IMAGES = {
    "png": "image/png", "apng": "image/apng", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif",
    "webp": "image/webp", "bmp": "image/bmp", "ico": "image/x-icon", "avif": "image/avif", "svg": "image/svg+xml",
}  # fmt: skip
_AUDIO = {"wav": "audio/wav", "mp3": "audio/mpeg", "ogg": "audio/ogg", "oga": "audio/ogg", "flac": "audio/flac",
          "m4a": "audio/mp4", "opus": "audio/ogg"}  # fmt: skip
_VIDEO = {"mp4": "video/mp4", "webm": "video/webm", "ogv": "video/ogg", "mov": "video/quicktime", "m4v": "video/mp4"}
_OTHERS = {
    "tif": "picture", "tiff": "picture", "ppm": "picture", "tga": "picture",
    "md": "markdown", "markdown": "markdown", "json": "json", "geojson": "json", "csv": "csv", "tsv": "csv",
    "parquet": "parquet", "pq": "parquet", "ipynb": "notebook", "html": "page", "htm": "page",
}  # fmt: skip
#: Files with these endings are never text, whatever their first bytes are.
_BINARY = frozenset({
    "7z", "bin", "bz2", "ckpt", "dll", "feather", "gz", "h5", "hdf5", "joblib", "keras", "npy", "npz", "onnx", "pb",
    "pickle", "pkl", "pt", "pth", "safetensors", "skops", "so", "tar", "tflite", "tgz", "ubj", "whl", "xz", "zip",
    "zst",
})  # fmt: skip
_MAGIC = (
    (b"\x89PNG\r\n", Kind("image", "image/png")),
    (b"\xff\xd8\xff", Kind("image", "image/jpeg")),
    (b"GIF8", Kind("image", "image/gif")),
    (b"%PDF-", Kind("pdf", "application/pdf")),
    (b"PAR1", Kind("parquet")),
)


def kind_of(name: str, head: bytes = b"") -> Kind:
    """How a file is shown.

    Args:
        name: of the file.
        head: its first bytes, for a name that says nothing.
    """
    lower = name.lower()
    ending = lower.rpartition(".")[2] if "." in lower else ""
    if lower.endswith((".plotly.json", ".plotly")):
        return Kind("figure")
    if ending == "pdf":
        return Kind("pdf", "application/pdf")
    for group, kind in ((_IMAGES, "image"), (_AUDIO, "audio"), (_VIDEO, "video")):
        if ending in group:
            return Kind(kind, group[ending])
    if ending in _OTHERS:
        return Kind(_OTHERS[ending])
    if ending in _BINARY:
        return Kind("binary")
    for start, found in _MAGIC:
        if head.startswith(start):
            return found
    return Kind("binary" if looks_binary(head) else "text")


def looks_binary(head: bytes) -> bool:
    """Whether the first bytes of a file are no text in any usual encoding."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        return False
    if b"\0" in head:
        return True
    controls = sum(byte < 32 and byte not in b"\t\n\r\f\b\x1b" for byte in head)
    return controls > len(head) // 20
