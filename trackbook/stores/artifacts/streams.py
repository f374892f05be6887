"""The ends of a file that is moved through a library of fsspec's, with the library's errors as ours."""

from __future__ import annotations

import io
from typing import Any

from trackbook.stores.artifacts.drivers import reached
from trackbook.uris import SafeRelPath

__all__ = ["RemoteReader", "RemoteSink", "discard"]


class RemoteSink:
    """The writing end, with the library's errors as ours."""

    def __init__(self, stream: Any, uri: str, path: SafeRelPath) -> None:
        self._stream, self._uri, self._path = stream, uri, path

    def write(self, data: bytes) -> None:
        """Write all of the data."""
        with reached(self._uri, self._path, writing=True):
            self._stream.write(data)


class RemoteReader(io.RawIOBase):
    """The reading end, with the library's errors as ours."""

    def __init__(self, stream: Any, uri: str, path: SafeRelPath) -> None:
        self._stream, self._uri, self._path = stream, uri, path

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """As the stream below."""
        return bool(self._stream.seekable())

    def readinto(self, buffer: Any) -> int:
        """Read some bytes."""
        with reached(self._uri, self._path):
            data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go elsewhere."""
        with reached(self._uri, self._path):
            return int(self._stream.seek(offset, whence))

    def tell(self) -> int:
        """Where the stream is."""
        return int(self._stream.tell())

    def close(self) -> None:
        """Close the stream."""
        self._stream.close()
        super().close()


def discard(fs: Any, stream: Any, place: str, staged: bool) -> None:
    """Leave nothing of an unfinished file: closing it would complete the upload."""
    if staged:
        stream.close()
        fs.rm_file(place)
    else:
        stream.closed = True
        stream.discard()
