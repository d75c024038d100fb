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
_LIGHTEST, _DEEPEST = 255, 65_535
"""White in eight bits and in sixteen."""
_NEEDS_PILLOW: Final = 'needs Pillow: pip install "pvideo[media]"'


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
        import PIL  # noqa: F401 - said here, before anything is opened
    except ImportError as error:
        raise Unreadable(f"is too large to send as it is; making it smaller {_NEEDS_PILLOW}") from error
    width, height = picture_size(data) or (0, 0)
    _check_size(width, height)
    try:
        with open_picture(data) as opened:
            picture = _flat(opened)
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
    """Return a picture as three channels of eight bits, upright; what is see-through becomes white."""
    from PIL import Image

    picture = _plain(picture)
    if not _is_see_through(picture):
        return picture.convert("RGB")
    layered = picture.convert("RGBA")
    ground = Image.new("RGB", layered.size, "white")
    ground.paste(layered, mask=layered.getchannel("A"))
    ground.info = dict(picture.info)
    return ground


def _is_see_through(picture: Any) -> bool:
    return picture.mode[-1:] in {"A", "a"} or "transparency" in picture.info


def _plain(picture: Any) -> Any:
    """Return a picture upright, in eight bits, in a mode that PNG has, and as see-through as it was."""
    from PIL import ImageOps

    picture = ImageOps.exif_transpose(picture)
    if picture.mode[0] in {"I", "F"}:
        return _eight_bits(picture)
    if picture.mode in {"1", "L", "LA", "P", "RGB", "RGBA"}:
        return picture
    # Colors that were multiplied with the alpha channel are divided by it again.
    straight = {"La": "LA", "RGBa": "RGBA"}.get(picture.mode)
    return picture.convert(straight or ("RGBA" if _is_see_through(picture) else "RGB"))


def _eight_bits(picture: Any) -> Any:
    """Return a grey picture of whole numbers or of fractions in eight bits: its white stays white."""
    wide = picture.mode.startswith("I;")
    levels = picture.convert("I") if wide else picture
    most = _DEEPEST if wide else levels.getextrema()[1]
    if picture.mode == "F" and most <= 1:
        white: float = 1
    else:
        white = next((known for known in (_LIGHTEST, _DEEPEST) if most <= known), most)
    grey = levels.convert("F").point(lambda level: level * (_LIGHTEST / white) + 0.5).convert("L")
    grey.info = {name: value for name, value in picture.info.items() if name != "transparency"}
    return grey


def _profile(picture: Any, before: Any) -> bytes | None:
    """Return the color profile of `before` where it speaks of the colors that `picture` has: a profile of CMYK inks says nothing of RGB."""
    profile = before.info.get("icc_profile")
    space = b"GRAY" if picture.mode in {"1", "L", "LA"} else b"RGB "
    return profile if profile and profile[16:20] == space else None


def painted(array: Any) -> Any:
    """Return a numpy array as a Pillow image: height × width, alone or with 1, 3 or 4 colors; 0 to 255, or fractions from 0 to 1.

    Raises:
        Unreadable: Pillow is not installed, or it is no such array.
    """
    try:
        from PIL import Image
    except ImportError as error:
        raise Unreadable(f"is an array, which {_NEEDS_PILLOW}") from error
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if not array.size or not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in {3, 4})) or array.dtype.kind not in "buif":
        msg = f"is an array {array.shape} of {array.dtype}; a picture is height × width, with 3 or 4 colors last"
        raise Unreadable(msg)
    low, high = float(array.min()), float(array.max())
    white = 1 if array.dtype.kind == "b" or (array.dtype.kind == "f" and high <= 1) else _LIGHTEST if high <= _LIGHTEST else _DEEPEST
    if array.dtype.kind == "u" and array.dtype.itemsize == 2:
        white = _DEEPEST
    if not (low >= 0 and high <= white):
        msg = f"holds numbers from {low:g} to {high:g}; a picture has 0 to 255, or fractions from 0 to 1"
        raise Unreadable(msg)
    return Image.fromarray((array.astype("float64") * (_LIGHTEST / white)).round().astype("uint8"))


def _smallest(picture: Any, limits: Mapping[str, Any]) -> tuple[bytes, tuple[int, int]]:
    from PIL import Image

    profile = _profile(picture, picture)
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
    buffer, plain = io.BytesIO(), _plain(picture)
    plain.save(buffer, "PNG", icc_profile=_profile(plain, picture))
    return buffer.getvalue()
