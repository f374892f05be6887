"""Images and figures as the bytes of files: NumPy arrays, Pillow images, matplotlib and plotly figures."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

from trackbook.entities.keys import check_int64, check_key
from trackbook.errors import InvalidParameter
from trackbook.libraries import require
from trackbook.uris import SafeRelPath

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image as Pillow

__all__ = ["Image", "ImageName", "decode_image", "encode_figure", "encode_image", "image_path", "parse_image_path"]

_PREVIEW_PIXELS = 256
_PLOTLY_IMAGES = ("eps", "jpeg", "jpg", "pdf", "png", "svg", "webp")
_IMAGE_NAME = re.compile(r"step-(-?[0-9]{6,19})-([0-9]{1,15})-([0-9a-f]{8})\.(png|webp)")


class Image:
    """A picture to log, made from an array, a Pillow image or an image file.

    Args:
        image: array of height x width, or height x width x 1, 3 or 4 channels (grey, RGB, RGBA), with booleans,
            integers from 0 to 255 or floats from 0 to 1; or nested lists of the same; or a Pillow image; or a path.

    Raises:
        InvalidParameter: another type, shape or range of values.
        MissingDependency: Pillow is not installed.
    """

    def __init__(self, image: Any) -> None:
        self._picture = _pillow_image(image)

    def to_pil(self) -> Pillow.Image:
        """The picture as a Pillow image."""
        return self._picture

    def to_array(self) -> np.ndarray:
        """The picture as an array of uint8 (booleans for one of two colours)."""
        import numpy as np

        return np.asarray(self._picture)

    def to_list(self) -> list[Any]:
        """The picture as nested lists."""
        return list(self.to_array().tolist())

    def resize(self, size: tuple[int, int]) -> Image:
        """A copy of another size.

        Args:
            size: width and height in pixels.

        Raises:
            ValueError: Pillow's, for a size that is none.
        """
        return Image(self._picture.resize(size))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a file whose format its ending names.

        Raises:
            ValueError: Pillow's, for a format that it does not know.
        """
        self._picture.save(path)


class ImageName(NamedTuple):
    """What the path of a stepped image says."""

    key: str
    step: int
    timestamp: int  # milliseconds since 1970-01-01 UTC
    unique: str
    format: str  # png, or webp for the preview


def image_path(name: ImageName) -> SafeRelPath:
    """``images/<key>/step-<step, 6 digits at least>-<timestamp>-<8 hex digits>.png``; slashes in the key make folders.

    MLflow's names for such files have ``#`` and ``%``, which no path of ours may have.

    Raises:
        InvalidParameter: the key is not one, or has a character that a path may not have.
    """
    step = check_int64(f"The step of image {name.key!r}", name.step)
    when = check_int64(f"The timestamp of image {name.key!r}", name.timestamp)
    if not 0 <= when < 10**15:
        raise InvalidParameter(
            f"The timestamp of image {name.key!r} is {when}; it is milliseconds since 1970, 0 or more."
        )
    key = check_key("image", name.key)
    sign = "-" if step < 0 else ""
    return SafeRelPath.parse(f"images/{key}/step-{sign}{abs(step):06d}-{when}-{name.unique}.{name.format}")


def parse_image_path(path: str) -> ImageName | None:
    """What `image_path` was given, or None for the path of something else."""
    folder, _, name = path.rpartition("/")
    match = _IMAGE_NAME.fullmatch(name)
    top, _, key = folder.partition("/")
    if top != "images" or not key or not match:
        return None
    return ImageName(key, int(match[1]), int(match[2]), match[3], match[4])


def encode_image(image: Any, name: str, preview: bool = False) -> bytes:
    """The content of an image file.

    Args:
        image: what `Image` takes, or an `Image`.
        name: the file's name, whose ending names the format.
        preview: make it small, at most 256 pixels wide and high.

    Raises:
        InvalidParameter: it is no image, or there is no such format.
    """
    pillow = _pillow(f"The image {name!r}")
    picture = image.to_pil() if isinstance(image, Image) else _pillow_image(image)
    ending = os.path.splitext(name)[1].lower()
    kind = pillow.registered_extensions().get(ending)
    if kind is None or kind not in pillow.SAVE:
        raise InvalidParameter(
            f"{name!r} does not end like an image file that can be written; use .png, .jpg or .webp."
        )
    if preview:
        picture = picture.copy()
        picture.thumbnail((_PREVIEW_PIXELS, _PREVIEW_PIXELS))
    out = BytesIO()
    try:
        picture.save(out, format=kind)
    except (OSError, ValueError):  # for example an RGBA image as JPEG, or one of two colours as WebP
        out = BytesIO()
        try:
            picture.convert("RGB").save(out, format=kind)
        except (OSError, ValueError) as problem:
            raise InvalidParameter(f"The image cannot be written as {name!r}: {problem}. Use .png.") from problem
    return out.getvalue()


def decode_image(data: bytes, name: str) -> Pillow.Image:
    """The picture in the content of an image file; InvalidParameter if it is none."""
    return _read_image(_pillow(f"The image {name!r}"), BytesIO(data), name)


def _pillow(purpose: str) -> Any:
    require(purpose, "PIL")
    import PIL.Image

    return PIL.Image


def _pillow_image(image: Any) -> Pillow.Image:
    pillow = _pillow("An image")
    if isinstance(image, Image):
        return image.to_pil()
    if isinstance(image, pillow.Image):
        return image  # type: ignore[no-any-return]
    if isinstance(image, (str, os.PathLike)):
        return _read_image(pillow, os.fspath(image), os.fspath(image))
    if isinstance(image, list):
        return _read_array(pillow, _as_array(image))
    if _is_a(image, "numpy", "ndarray"):
        return _read_array(pillow, image)
    raise InvalidParameter(
        f"An image is a NumPy array, a Pillow image, a trackbook.Image or a path, not a value of type "
        f"{type(image).__name__}. Convert a tensor by .cpu().numpy()."
    )


def _as_array(rows: list[Any]) -> np.ndarray:
    import numpy as np

    try:
        return np.asarray(rows)
    except ValueError as problem:
        raise InvalidParameter(
            f"The nested lists are no image, because their rows are not equally long: {problem}."
        ) from None


def _read_image(pillow: Any, source: str | BytesIO, name: str) -> Pillow.Image:
    try:
        with pillow.open(source) as opened:
            opened.load()
            return opened.copy()  # type: ignore[no-any-return]
    except FileNotFoundError:
        raise InvalidParameter(f"There is no image file {name!r}.") from None
    except (OSError, ValueError, pillow.DecompressionBombError) as problem:
        raise InvalidParameter(f"The file {name!r} cannot be read as an image: {problem}.") from problem


def _read_array(pillow: Any, array: np.ndarray) -> Pillow.Image:
    import numpy as np

    channels = array.shape[2] if array.ndim == 3 else 1
    if array.ndim not in (2, 3) or channels not in (1, 3, 4) or 0 in array.shape:
        raise InvalidParameter(
            f"An image array has the shape (height, width) or (height, width, 1, 3 or 4), not {array.shape}. "
            "Move the channels to the end by numpy.moveaxis(image, 0, -1)."
        )
    if array.ndim == 3 and channels == 1:
        array = array[:, :, 0]
    return pillow.fromarray(np.ascontiguousarray(_as_bytes(array)))  # type: ignore[no-any-return]


def _as_bytes(array: np.ndarray) -> np.ndarray:
    """Values from 0 to 255 as uint8."""
    import numpy as np

    if array.dtype.kind == "b":
        return array.astype(np.uint8) * 255
    if array.dtype.kind not in "iuf":
        raise InvalidParameter(f"An image array has booleans, integers or floats, not {array.dtype}. Convert it.")
    low, high, limit = array.min(), array.max(), 1 if array.dtype.kind == "f" else 255
    if not (low >= 0 and high <= limit):  # NaN is neither
        raise InvalidParameter(
            f"An image array of {array.dtype} has values from 0 to {limit}, not {low} to {high}. Scale it first."
        )
    return (array * 255).round().astype(np.uint8) if array.dtype.kind == "f" else array.astype(np.uint8)


def encode_figure(figure: Any, name: str, save_kwargs: Mapping[str, Any] | None = None) -> bytes:
    """The content of the file `name`, whose ending names the format.

    Args:
        figure: of matplotlib (any format that its savefig knows) or plotly (.html, .json, or an image by kaleido).
        name: the file's name.
        save_kwargs: for matplotlib's ``savefig``, or plotly's ``to_html``, ``to_json`` or ``to_image``.

    Raises:
        InvalidParameter: it is no figure, or the format is not known.
        MissingDependency: plotly needs kaleido for that format.
    """
    ending = os.path.splitext(name)[1].lower().lstrip(".")
    options = dict(save_kwargs or {})
    if _is_a(figure, "matplotlib.figure", "Figure"):
        return _matplotlib_bytes(figure, name, ending, options)
    if _is_a(figure, "plotly.basedatatypes", "BaseFigure"):
        return _plotly_bytes(figure, name, ending, options)
    raise InvalidParameter(
        f"log_figure stores a figure of matplotlib or plotly in {name!r}, not a value of type {type(figure).__name__}. "
        "An axes object has its figure as ax.figure; use log_image for arrays."
    )


def _is_a(value: object, module: str, name: str) -> bool:
    """Whether a value has a class of a library; if it has, that library has been imported already."""
    kind = getattr(sys.modules.get(module), name, None)
    return kind is not None and isinstance(value, kind)


def _matplotlib_bytes(figure: Any, name: str, ending: str, options: dict[str, Any]) -> bytes:
    formats = figure.canvas.get_supported_filetypes()
    kind = str(options.pop("format", ending)).lower()
    if kind not in formats:
        raise InvalidParameter(f"matplotlib cannot write {name!r}; its formats are {', '.join(sorted(formats))}.")
    out = BytesIO()
    figure.savefig(out, format=kind, **options)
    return out.getvalue()


def _plotly_bytes(figure: Any, name: str, ending: str, options: dict[str, Any]) -> bytes:
    if ending in ("html", "htm"):
        return str(figure.to_html(**{"include_plotlyjs": "cdn", **options})).encode()
    if ending == "json":
        return str(figure.to_json(**options)).encode()
    if ending not in _PLOTLY_IMAGES:
        raise InvalidParameter(f"A plotly figure cannot be written as {name!r}; use .html, .json or .png.")
    require(f"The plotly figure {name!r}", "kaleido", instead="A name that ends in .html needs nothing.")
    return bytes(figure.to_image(format=ending, **options))
