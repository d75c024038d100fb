"""Clips that start from a picture, end at one, or both: a slow move into it, and a dissolve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import av
import numpy as np
from PIL import Image, ImageOps

from pvideo.demo.film.canvas import Bytes, Canvas
from pvideo.demo.film.weather import Floating

if TYPE_CHECKING:
    from pvideo.demo.film.land import View

_ZOOM = 0.075


class Photo:
    """One picture, cut to the frame, that can be shown from a little nearer."""

    def __init__(self, image: Image.Image, view: View) -> None:
        self.size = view.width, view.height
        fitted = ImageOps.fit(image, self.size, Image.Resampling.LANCZOS)
        frame = av.VideoFrame.from_image(fitted).reformat(format="yuv420p", dst_colorspace="ITU709")
        canvas = Canvas(frame)
        self.planes = [Image.fromarray(np.ascontiguousarray(p)) for p in (canvas.y, canvas.u, canvas.v)]
        # The other side drifts at random: two seeds show two moves.
        self.toward = (0.5 + 0.3 * ((view.seed >> 3) % 7 / 3 - 1), 0.5 + 0.2 * ((view.seed >> 7) % 5 / 2 - 1))

    def paint(self, canvas: Canvas, near: float) -> None:
        """Fill the frame; ``near`` is 0 for the whole picture, 1 for as close as it gets."""
        for ground, plane in zip((canvas.y, canvas.u, canvas.v), self.planes, strict=True):
            ground[...] = self._cut(plane, near)

    def _cut(self, plane: Image.Image, near: float) -> Bytes:
        if near <= 0:
            return np.asarray(plane)
        width, height = plane.size
        w, h = width * (1 - _ZOOM * near), height * (1 - _ZOOM * near)
        x, y = (width - w) * self.toward[0], (height - h) * self.toward[1]
        return np.asarray(plane.resize(plane.size, Image.Resampling.BILINEAR, box=(x, y, x + w, y + h)))


class PhotoScene:
    """A clip made of pictures; ``ground`` is the drawn scene it dissolves from when only the end is given."""

    def __init__(self, first: Image.Image | None, last: Image.Image | None, ground: Any, view: View) -> None:
        self.first = Photo(first, view) if first else None
        self.last = Photo(last, view) if last else None
        self.ground, self.view = ground, view
        self.air = Floating(view, (255, 246, 226), count=12, blink=False)

    def frame(self, index: int, seconds: float) -> Any:
        """Paint frame number ``index``; the first and the last show the given pictures as they are."""
        share = min(1.0, seconds / max(1e-6, self.view.seconds))
        eased = share * share * (3 - 2 * share)
        if self.first:
            frame = av.VideoFrame(self.view.width, self.view.height, "yuv420p")
            canvas = Canvas(frame)
            self.first.paint(canvas, eased if not self.last else min(1.0, eased * 1.4))
            if index > 0 and share < 0.98:
                self.air.paint(canvas, seconds)
        else:
            frame = self.ground.frame(index, seconds)
            canvas = Canvas(frame)
        if self.last:
            self._dissolve(canvas, share)
        return frame

    def _dissolve(self, canvas: Canvas, share: float) -> None:
        part = min(1.0, max(0.0, (share - 0.42) / 0.5))
        weight = round(part * part * (3 - 2 * part) * 256)
        if not weight or not self.last:
            return
        end = Canvas(av.VideoFrame(canvas.width, canvas.height, "yuv420p"))
        self.last.paint(end, (1 - share) * 0.8)
        for ground, other in ((canvas.y, end.y), (canvas.u, end.u), (canvas.v, end.v)):
            mixed = np.multiply(ground, np.uint16(256 - weight), dtype=np.uint16)
            mixed += np.multiply(other, np.uint16(weight), dtype=np.uint16)
            np.right_shift(mixed, 8, out=ground, casting="unsafe")
