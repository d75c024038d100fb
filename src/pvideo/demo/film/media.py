"""Pictures and sound that come in with a prediction: data: URIs, or files on loopback. Nothing else is fetched."""

from __future__ import annotations

import base64
import io
import urllib.error
import urllib.parse
import urllib.request
from typing import TYPE_CHECKING, Any

import av
import numpy as np
from PIL import Image, ImageOps

from pvideo.demo.film.sound import RATE

if TYPE_CHECKING:
    from pvideo.demo.film.canvas import Floats

_LARGEST = 64 * 2**20
_LONGEST_SIDE = 4096
_MOST_PIXELS = 80_000_000
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")


_AWAY = "the demo fetches nothing from the network, only data: URIs and loopback"


class MediaError(ValueError):
    """An input file could not be read; the text is what a prediction would fail with."""


class _Loopback(urllib.request.HTTPRedirectHandler):
    """Goes along with a redirect as long as it stays on this machine."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        if not _on_loopback(newurl):
            raise urllib.error.URLError(_AWAY)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def load(uri: str, name: str) -> bytes:
    """Return the bytes behind a ``data:`` URI or a loopback ``http:`` URL.

    Raises:
        MediaError: anything else, or it cannot be read.
    """
    kind = urllib.parse.urlsplit(uri)
    try:
        if kind.scheme == "data":
            head, _, body = kind.path.partition(",")
            return base64.b64decode(body, validate=False) if head.endswith(";base64") else urllib.parse.unquote_to_bytes(body)
        if _on_loopback(uri):
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Loopback)
            with opener.open(uri, timeout=5) as answer:
                return bytes(answer.read(_LARGEST))
    except urllib.error.URLError as error:
        raise MediaError(_sentence(name, str(error.reason))) from error
    except (ValueError, OSError) as error:
        raise MediaError(_sentence(name, str(error))) from error
    raise MediaError(_sentence(name, _AWAY))


def picture(uri: str, name: str) -> Image.Image:
    """Return an upright RGB picture."""
    try:
        image = Image.open(io.BytesIO(load(uri, name)), formats=_FORMATS)
        if max(image.size) > 4 * _LONGEST_SIDE or image.width * image.height > _MOST_PIXELS:
            raise MediaError(_sentence(name, "the picture is too large"))
        image.draft("RGB", (_LONGEST_SIDE, _LONGEST_SIDE))
        upright = ImageOps.exif_transpose(image).convert("RGB")
    except (OSError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise MediaError(_sentence(name, "cannot identify image file")) from error
    return upright


def sound(uri: str, name: str, seconds: float) -> Floats:
    """Return stereo sound, shape (2, samples), at most ``seconds`` long."""
    data, limit = load(uri, name), int(seconds * RATE)
    parts: list[Any] = []
    try:
        with av.open(io.BytesIO(data), options={"protocol_whitelist": ""}) as file:  # a playlist opens nothing
            resampler = av.AudioResampler(format="fltp", layout="stereo", rate=RATE)
            total = 0
            for frame in file.decode(audio=0):
                parts.extend(r.to_ndarray() for r in resampler.resample(frame))
                total = sum(p.shape[1] for p in parts)
                if total >= limit:
                    break
            parts.extend(r.to_ndarray() for r in resampler.resample(None))
    except (av.FFmpegError, IndexError, ValueError) as error:
        raise MediaError(_sentence(name, "cannot decode audio")) from error
    if not parts:
        raise MediaError(_sentence(name, "there is no sound in it"))
    return np.asarray(np.concatenate(parts, axis=1)[:, :limit], np.float32)


def _on_loopback(url: str) -> bool:
    parts = urllib.parse.urlsplit(url)
    return parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")


def _sentence(name: str, reason: str) -> str:
    return f"Input validation error: {name}: {reason}"
