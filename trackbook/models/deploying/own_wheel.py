"""The Trackbook that runs as a wheel, put together from its installed files: it installs elsewhere without an index."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from trackbook.errors import NotFound

__all__ = ["build_wheel"]

_LEFT_OUT = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}
_DATE = (1980, 1, 1, 0, 0, 0)  # the same files are the same wheel


def build_wheel(folder: Path) -> Path:
    """Write the wheel into a folder.

    Raises:
        NotFound: Trackbook is not installed, but run from its source.
    """
    found = _distribution()
    name, version = found.metadata["Name"].replace("-", "_"), found.metadata["Version"]
    path = folder / f"{name}-{version}-py3-none-any.whl"
    record = f"{name}-{version}.dist-info/RECORD"
    lines = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        for inside, data in sorted(_files(found).items()):
            wheel.writestr(zipfile.ZipInfo(inside, _DATE), data, zipfile.ZIP_DEFLATED)
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            lines.append(f"{inside},sha256={digest},{len(data)}\n")
        wheel.writestr(zipfile.ZipInfo(record, _DATE), "".join([*lines, f"{record},,\n"]), zipfile.ZIP_DEFLATED)
    return path


def _distribution() -> Distribution:
    for name in ("trackbook", "trackbook-light"):
        try:
            return distribution(name)
        except PackageNotFoundError:
            continue
    raise NotFound("Trackbook runs from its source and is not installed, so it cannot be packed: pip install it first.")


def _files(found: Distribution) -> dict[str, bytes]:
    """What lies in site-packages; scripts are made anew from the entry points, compiled files when they are used."""
    kept = {}
    for file in found.files or []:
        if ".." in file.parts or file.is_absolute() or file.suffix == ".pyc":
            continue
        if file.parts[0].endswith(".dist-info") and file.name in _LEFT_OUT:
            continue
        kept[file.as_posix()] = Path(str(file.locate())).read_bytes()
    return kept
