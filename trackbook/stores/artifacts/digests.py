"""Size and SHA-256 of bytes as they pass, and readers that know what should have come."""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Callable
from typing import BinaryIO

from trackbook.entities import StoredFile
from trackbook.errors import DamagedArtifact, StoreAway

__all__ = ["CheckedReader", "Digest", "damaged"]


class Digest:
    """Size and hash of what has been seen so far.

    Attributes:
        size: bytes.
    """

    __slots__ = ("_sha256", "size")

    def __init__(self, data: bytes = b"") -> None:
        self.size = len(data)
        self._sha256 = hashlib.sha256(data)

    def update(self, data: bytes | bytearray | memoryview) -> None:
        """See more bytes."""
        self.size += len(data)
        self._sha256.update(data)

    def file(self, path: object) -> StoredFile:
        """A file of these bytes, stored now."""
        return StoredFile(str(path), self.size, self._sha256.hexdigest(), time.time_ns() // 1_000_000)

    def matches(self, expected: StoredFile | None) -> bool:
        """Whether these bytes are a file's, whole; anything is, where nothing is known."""
        return expected is None or (self.size == expected.size and self._sha256.hexdigest() == expected.sha256)

    def __str__(self) -> str:
        return f"{self.size} bytes with the SHA-256 {self._sha256.hexdigest()}"


def damaged(where: str, expected: StoredFile, found: object) -> DamagedArtifact:
    """The error for a file that is not what was stored."""
    return DamagedArtifact(
        f"The artifact {expected.path!r} in {where} is not what was stored: {expected.size} bytes with the SHA-256 "
        f"{expected.sha256} were, and {found} are there now. Nothing was handed out; log it again, or take it from a "
        "backup."
    )


class CheckedReader(io.RawIOBase):
    """A stream that raises at its end if what was read from its start is not the file that was stored.

    Whoever jumps about in it gets its size checked, but no hash.

    Args:
        stream: the bytes.
        expected: the file that was stored.
        where: the repository, for errors.
        latest: asks again what was stored: the file may have been replaced after it was opened.
    """

    def __init__(
        self, stream: BinaryIO, expected: StoredFile, where: str, latest: Callable[[], StoredFile | None]
    ) -> None:
        self._stream, self._expected, self._where, self._latest = stream, expected, where, latest
        self._digest: Digest | None = Digest()

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """As the stream below."""
        return self._stream.seekable()

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Read some bytes.

        Raises:
            DamagedArtifact: this is the end, and the file is not the one that was stored.
        """
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        if self._digest is not None:
            self._digest.update(data)
            if not data and len(buffer):
                self._at_end(self._digest)
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go elsewhere; from the start on, the hash is checked anew."""
        place = self._stream.seek(offset, whence)
        if self._digest is None or place != self._digest.size:
            self._digest = Digest() if place == 0 else None
        return place

    def tell(self) -> int:
        """Where the stream is."""
        return self._stream.tell()

    def close(self) -> None:
        """Close the stream."""
        self._stream.close()
        super().close()

    def _at_end(self, found: Digest) -> None:
        if found.matches(self._expected):
            return
        latest = self._latest()
        if latest == self._expected:
            raise damaged(self._where, self._expected, found)
        if not found.matches(latest):
            raise StoreAway(
                f"The artifact {self._expected.path!r} in {self._where} was replaced while it was read. Open it again."
            )
