"""Text and code: the first piece, and one more each time somebody reads on; the encoding is said."""

from __future__ import annotations

from typing import NamedTuple

from trackbook.widgets.artifact_files import ArtifactFile
from trackbook.widgets.previews.kinds import looks_binary
from trackbook.widgets.previews.preview import READ, Preview, Wishes

__all__ = ["Decoded", "binary", "decode", "encoding_of", "text"]

_FIRST, _MORE = 64_000, 256_000
_HEAD = 512
_LINE = 20_000
_CODE = frozenset({
    "c", "cc", "cfg", "cfgs", "conf", "cpp", "css", "cu", "dockerfile", "go", "h", "hpp", "html", "ini", "ipynb",
    "java", "js", "json", "jsonl", "lock", "log", "py", "pyi", "r", "rs", "sh", "sql", "svg", "toml", "ts", "txt",
    "xml", "yaml", "yml",
})  # fmt: skip
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_SAID = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8 with a byte order mark", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16",
         "cp1252": "not UTF-8: shown as Windows-1252"}  # fmt: skip


class Decoded(NamedTuple):
    """Text, how it was read, and how many bytes of it were used."""

    text: str
    encoding: str
    used: int


def encoding_of(head: bytes) -> str:
    """The encoding of a file, by its first bytes: a byte order mark, else UTF-8, else Windows-1252."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as problem:
        if problem.end < len(head) or problem.reason != "unexpected end of data":
            return "cp1252"
    return "utf-8"


def decode(data: bytes, encoding: str, last: bool) -> Decoded:
    """The text of a piece; what is cut off at its end belongs to the next one unless this is the last."""
    plain = data
    if encoding.startswith("utf-16") and not last and len(data) % 2:
        plain = data[:-1]
    if encoding.startswith("utf-8") and not last:
        plain = _until_letter(data)
    if not last:
        end = plain.rfind("\n".encode("utf-16-le" if encoding == "utf-16-le" else "utf-8"))
        if end >= 0 and not encoding.startswith("utf-16"):
            plain = plain[: end + 1]
    written = plain.decode(encoding, errors="replace")
    return Decoded(written.removeprefix("\ufeff"), encoding, len(plain))


def _until_letter(data: bytes) -> bytes:
    """Without the bytes of a letter that is not whole."""
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte >= 0xC0:
            whole = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return data if back >= whole else data[:-back]
        if byte < 0x80:
            return data
    return data


def text(file: ArtifactFile, wishes: Wishes) -> Preview:
    """The text from a byte on.

    Lines of more than 20,000 letters are cut, since a browser would lay them out for minutes.
    """
    encoding = encoding_of(file.read(0, _FIRST))
    most = READ if not wishes.whole else file.size
    length = min(_MORE if wishes.start else _FIRST, max(0, most - wishes.start))
    data = file.read(wishes.start, length)
    end = wishes.start + len(data) >= file.size
    found = decode(data, encoding, end)
    lines = found.text.split("\n")
    cut = sum(len(line) > _LINE for line in lines)
    if cut:
        lines = [line if len(line) <= _LINE else line[:_LINE] + " …" for line in lines]
    after = wishes.start + found.used
    return Preview({
        "kind": "text",
        "text": "\n".join(lines),
        "encoding": _SAID[encoding],
        "code": _is_code(file.name),
        "cut": cut,
        "next": after if not end and after < most and found.used else None,
        "left": file.size - after,
    })  # fmt: skip


def binary(file: ArtifactFile) -> Preview:
    """The first bytes of a file that is no text."""
    head = file.read(0, _HEAD)
    return Preview({"kind": "binary", "text_too": not looks_binary(head)}, [head])


def _is_code(name: str) -> bool:
    lower = name.lower()
    return "." not in lower or lower.rpartition(".")[2] in _CODE
