"""Pictures to send: plain ones, ones that do not compress, and photos as a phone writes them."""

from __future__ import annotations

import io
import os
from typing import Any

from PIL import Image


def picture(width: int = 64, height: int = 48, kind: str = "PNG", mode: str = "RGB", **save: Any) -> bytes:
    """Return a file of one color."""
    buffer = io.BytesIO()
    Image.new(mode, (width, height), "teal" if mode == "RGB" else 0).save(buffer, kind, **save)
    return buffer.getvalue()


def noise(width: int, height: int, kind: str = "PNG", **save: Any) -> bytes:
    """Return a file that does not compress."""
    buffer = io.BytesIO()
    Image.frombytes("RGB", (width, height), os.urandom(width * height * 3)).save(buffer, kind, **save)
    return buffer.getvalue()


def photo(width: int, height: int, orientation: int = 6, **save: Any) -> bytes:
    """Return a JPEG as a phone writes it: turned, with a camera, a place and a comment."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, "SecretCamera"
    exif.get_ifd(0x8825)[1] = "N"
    return noise(width, height, "JPEG", exif=exif, comment=b"my house", **save)
