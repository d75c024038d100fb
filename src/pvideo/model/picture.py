"""Makes pictures smaller: a large one to travel inside a request, any one to be seen. Pillow is loaded here, and only then."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from .sniff import content_type, picture_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MOST_PIXELS: Final = 80_000_000
"""Decoding more would take gigabytes (Pillow warns from 89 million on)."""
_LEAST_QUALITY: Final = 88
_SEEN_QUALITY: Final = 60
_FORMATS: Final = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/webp": "WEBP",
    "image/gif": "GIF",
    "image/bmp": "BMP",
    "image/tiff": "TIFF",
    "image/avif": "AVIF",
}
"""Pillow's name of what a file's first bytes prove: its forty other decoders are not tried."""


class Unreadable(ValueError):  # noqa: N818 - it becomes a Problem in media.py
    """The picture cannot be made smaller; the text is a half sentence ("needs Pillow …")."""


def shrink(data: bytes, limits: Mapping[str, Any]) -> tuple[bytes, tuple[int, int]]:
    """Return a picture as a JPEG of at most `limits`, upright, without metadata, and its (width, height).

    The longest side is at most ``image_side`` pixels. Quality never falls below 88; where that is still too many bytes, the picture
    gets smaller instead, down to 1280 pixels, and then goes as it is.

    Raises:
        Unreadable: Pillow is not installed, or cannot read the picture.
    """
    try:
        from PIL import ImageOps
    except ImportError as error:
        msg = 'is too large to send as it is; making it smaller needs Pillow: pip install "pvideo[media]"'
        raise Unreadable(msg) from error
    width, height = picture_size(data) or (0, 0)
    _check_size(width, height)
    try:
        with open_picture(data) as opened:
            picture = _flat(ImageOps.exif_transpose(opened))
    except Unreadable:
        raise
    except Exception as error:  # Each of Pillow's decoders raises errors of its own on a damaged file.
        msg = f"cannot be read as a picture ({type(error).__name__})"
        raise Unreadable(msg) from error
    return _smallest(picture, limits)


def open_picture(source: bytes | Path) -> Any:
    """Return a picture as Pillow opens it, as what its first bytes prove and not decoded yet; to be closed.

    Raises:
        Unreadable: It is of an unknown kind, or has too many pixels.
        ImportError: Pillow is not installed.
        OSError: The file cannot be read. A damaged one raises other errors, too.
    """
    from PIL import Image

    if isinstance(source, Path):
        with source.open("rb") as file:
            head = file.read(64)
    else:
        head = source[:64]
    try:
        opened = Image.open(source if isinstance(source, Path) else io.BytesIO(source), formats=[_FORMATS[content_type(head)]])
    except KeyError:  # no picture, or one that this Pillow has no decoder for
        msg = "is of a kind that cannot be read here"
        raise Unreadable(msg) from None
    try:
        _check_size(*opened.size)
    except Unreadable:
        opened.close()
        raise
    return opened


def thumbnail(source: bytes | Path, side: int) -> bytes | None:
    """Return a picture as a JPEG to be seen, at most `side` pixels wide and high; None where there is no Pillow or no picture."""
    try:
        with open_picture(source) as picture:
            picture.thumbnail((side, side))
            file = io.BytesIO()
            picture.convert("RGB").save(file, "JPEG", quality=_SEEN_QUALITY)
    except Exception:  # noqa: BLE001 - each of Pillow's decoders raises errors of its own on a damaged file
        return None
    return file.getvalue()


def _check_size(width: int, height: int) -> None:
    if width * height > _MOST_PIXELS:
        msg = f"has {width} × {height} pixels, too many to make smaller here"
        raise Unreadable(msg)


def _flat(picture: Any) -> Any:
    """Return a picture as three channels of eight bits; what is see-through becomes white."""
    from PIL import Image

    if picture.mode.startswith("I"):
        picture = picture.convert("I").point(lambda level: level / 256).convert("L")
    if "A" not in picture.getbands() and "transparency" not in picture.info:
        return picture.convert("RGB")
    layered = picture.convert("RGBA")
    ground = Image.new("RGB", layered.size, "white")
    ground.paste(layered, mask=layered.getchannel("A"))
    ground.info = dict(picture.info)
    return ground


def _smallest(picture: Any, limits: Mapping[str, Any]) -> tuple[bytes, tuple[int, int]]:
    from PIL import Image

    profile = picture.info.get("icc_profile")
    for side, quality in _steps(limits):
        smaller = picture.copy()
        smaller.thumbnail((side, side), Image.Resampling.LANCZOS)
        buffer = io.BytesIO()
        smaller.save(buffer, "JPEG", quality=quality, optimize=True, icc_profile=profile, exif=b"")
        if buffer.tell() <= limits["data_uri_bytes"]:
            break
    return buffer.getvalue(), smaller.size


def _steps(limits: Mapping[str, Any]) -> Iterator[tuple[int, int]]:
    """Yield (longest side, quality), best first."""
    side, quality = limits["image_side"], limits["image_quality"]
    yield side, quality
    yield side, _LEAST_QUALITY
    for smaller in (1600, 1280):
        if smaller < side:
            yield smaller, _LEAST_QUALITY


def as_png(picture: Any) -> bytes:
    """Return a Pillow image as a PNG file."""
    buffer = io.BytesIO()
    (picture if picture.mode in {"1", "L", "LA", "P", "RGB", "RGBA"} else picture.convert("RGB")).save(buffer, "PNG")
    return buffer.getvalue()
