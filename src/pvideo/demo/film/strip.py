"""Layers drawn with Pillow at twice the size: skylines and meadows, and the meadow that sways."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from pvideo.demo.film.canvas import Bytes, Canvas, Layer, Stamp, Words, blend, stamp

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

    from pvideo.demo.film.land import View


def sheet(view: View, rows: int, speed: float) -> Picture:
    """Return an empty drawing of twice the layer's size."""
    return Image.new("RGBA", (2 * view.wide(speed), 2 * rows), (0, 0, 0, 0))


def layer(drawing: Picture, top: int) -> Layer:
    """Make a sliding layer of a drawing of twice the size."""
    size = (drawing.width // 2 - 2, drawing.height // 2)
    weighed = drawing.convert("RGBa")
    phases = [weighed.resize(size, Image.Resampling.BOX, box=(k, 0, 2 * size[0] + k, drawing.height)) for k in (0, 1)]
    return Layer([stamp(np.asarray(p.convert("RGBA"))) for p in phases], top)


class Swaying:
    """A strip whose tips move in the wind while its feet stay; it is read from a drawing with half-pixel columns."""

    def __init__(self, drawing: Picture, top: int, *, reach: float, pace: float = 1.9, phase: float = 0.0) -> None:
        small = drawing.convert("RGBa").resize((drawing.width, drawing.height // 2), Image.Resampling.BOX)
        self.parts = _soft(stamp(np.asarray(small.convert("RGBA"))))
        self.top, self.rows, self.margin = top & ~1, small.height, int(reach * 2) + 2
        self.bend = np.linspace(1, 0, self.rows) ** 1.6 * reach * 2
        self.pace, self.phase = pace, phase

    def paint(self, canvas: Canvas, offset: float, seconds: float) -> None:
        """Paint with column ``offset`` (pixels) at the left edge, as the wind bends it at this time."""
        at = seconds * self.pace + self.phase - np.linspace(0.7, 0, self.rows)
        wind = (0.65 * np.sin(at) + 0.35 * np.sin(at * 1.73 + 1)) * self.bend
        rows = min(self.rows, canvas.height - self.top)
        shift = (round(offset * 2) + self.margin + np.rint(wind).astype(int)).tolist()[:rows]
        part, half = self.parts, [s // 2 for s in shift[::2]]
        blend(canvas.y[self.top : self.top + rows], _sheared(part.y, shift, canvas.width), _sheared(part.keep, shift, canvas.width))
        keep, below = _sheared(part.keep_c, half, canvas.width // 2), slice(self.top // 2, self.top // 2 + len(half))
        for ground, color in ((canvas.u, part.u), (canvas.v, part.v)):
            blend(ground[below], _sheared(color, half, canvas.width // 2), keep)


def _sheared(values: Words, shift: list[int], width: int) -> Words:
    """Read every row from its own place on; luma has two columns per pixel, and so has chroma per pixel of its own."""
    out = np.empty((len(shift), width), np.uint16)
    for row, start in enumerate(shift):
        out[row] = values[row, start : start + 2 * width : 2]
    return out


def _soft(wide: Stamp) -> Stamp:
    """Average neighboring columns: every column is then a full pixel that begins half a pixel after the one before."""

    def pair(values: Words) -> Words:
        out = values.copy()
        out[:, :-1] = (values[:, :-1].astype(np.uint32) + values[:, 1:]) >> 1
        return out

    return Stamp(pair(wide.y), wide.u, wide.v, pair(wide.keep), wide.keep_c)


def gradient(width: int, height: int, top: tuple[float, float, float], bottom: tuple[float, float, float]) -> Picture:
    """Return a picture that runs from one color to another."""
    share = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    column = np.array(top, np.float32) * (1 - share) + np.array(bottom, np.float32) * share
    pixels: Bytes = column.clip(0, 255).astype(np.uint8)[:, None, :]
    return Image.fromarray(pixels).resize((width, height), Image.Resampling.NEAREST)
