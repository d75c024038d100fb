"""What is in the air: rain, snow, pollen, fireflies; and the lens: vignette and grain."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from pvideo.demo.film import noise
from pvideo.demo.film.canvas import Bytes, Canvas, Stamp, add_light, stamp

if TYPE_CHECKING:
    from pvideo.demo.film.land import View
    from pvideo.demo.film.words import Color


GRAIN = 620
"""Strength of the grain, in 1/256 of a step of luma: enough against bands in the sky, too little to see."""


class Falling:
    """Tiles of rain or snow that fall at different speeds and repeat."""

    def __init__(self, view: View, *, snow: bool) -> None:
        self.view = view
        depths = ((0.45, 300, 2.0), (0.75, 170, 3.0), (1.0, 60, 5.4)) if snow else ((0.5, 420, 26.0), (0.8, 220, 46.0), (1.0, 70, 78.0))
        self.snow, self.tiles = snow, []
        for near, count, size in depths if view.fine else depths[:2]:
            self.tiles.append((near, _tile(view, near, count, size, snow=snow)))

    def paint(self, canvas: Canvas, seconds: float) -> None:
        """Add the tiles at the place they have fallen to."""
        h, w = canvas.height, canvas.width
        for near, tile in self.tiles:
            fall = (95 if self.snow else 1150) * near * self.view.unit * seconds
            side = (22 * math.sin(seconds * 0.9 + near * 5) + 12 * seconds) * self.view.unit * near if self.snow else fall * 0.14
            y, x = int(-fall) % h, int(side if not self.snow else -side) % w
            add_light(canvas.y, tile[y : y + h, x : x + w])


def _tile(view: View, near: float, count: int, size: float, *, snow: bool) -> Bytes:
    rng, u = noise.source(view.seed, f"falling {near}"), view.unit
    w, h = view.width, view.height
    picture = Image.new("L", (w * 2, h * 2))
    pen = ImageDraw.Draw(picture)
    number = int(count * (w * h) / (1280 * 720 * u * u) * 1.0)
    for x, y, r, s in rng.random((number, 4)):
        long = size * u * (0.6 + 0.8 * r)
        for dx in (0, w):
            for dy in (0, h):
                px, py = x * w + dx, y * h + dy
                if snow:
                    pen.ellipse((px - long / 2, py - long / 2, px + long / 2, py + long / 2), fill=int(120 + 90 * s * near))
                else:
                    pen.line((px, py, px - long * 0.14, py + long), fill=int((16 + 34 * s) * near + 6), width=max(1, round(1.3 * u * near)))
    soft = picture.filter(ImageFilter.GaussianBlur((1.2 if snow else 0.55) * u * near))
    return np.asarray(soft)


class Floating:
    """Soft specks that rise and wander: pollen by day, fireflies by night."""

    def __init__(self, view: View, color: Color, *, count: int, blink: bool, low: float = 0.35) -> None:
        rng = noise.source(view.seed, "floating")
        self.view, self.blink, self.low = view, blink, low
        self.sizes = [_speck(int(s * view.unit), color, power) for s, power in ((5, 0.8), (9, 0.55), (22, 0.3), (40, 0.2))]
        self.specks = rng.random((48, 6))[: count if view.fine else count // 2]

    def paint(self, canvas: Canvas, seconds: float) -> None:
        """Paint each speck where it has wandered to."""
        u = self.view.unit
        for x, y, size, pace, phase, rise in self.specks:
            which = self.sizes[0 if size < 0.45 else 1 if size < 0.78 else 2 if size < 0.93 else 3]
            if self.blink and math.sin(seconds * (1 + pace * 2) + phase * 6.28) < -0.1:
                continue
            px = x * canvas.width + math.sin(seconds * (0.3 + pace * 0.5) + phase * 6.28) * 40 * u + seconds * (6 + 14 * size) * u
            py = (self.low + y * (1 - self.low)) * canvas.height - seconds * (4 + 16 * rise) * u + math.sin(seconds + phase * 9) * 9 * u
            which.paint(canvas, int(px % (canvas.width + 80 * u) - 40 * u), int(py % canvas.height))


def _speck(radius: int, color: Color, power: float) -> Stamp:
    size = max(2, radius) * 2
    y, x = np.mgrid[0:size, 0:size].astype(np.float32)
    away = np.hypot(x - size / 2 + 0.5, y - size / 2 + 0.5) / (size / 2)
    alpha = np.clip((1 - away) * (3.0 if radius > 12 else 1.4), 0, 1) * power * 255
    rgb = np.broadcast_to(np.array(color, np.float32), (size, size, 3))
    return stamp(np.concatenate([rgb, alpha[..., None]], axis=-1))


class Lens:
    """Darker corners and a little grain: three passes over the luma."""

    def __init__(self, view: View, *, strength: float = 0.34) -> None:
        y, x = np.mgrid[-1 : 1 : view.height * 1j, -1 : 1 : view.width * 1j].astype(np.float32)
        shade = 1 - strength * np.clip(np.hypot(x * 0.86, y * 0.86) - 0.42, 0, 1) ** 1.5
        self.keep = np.rint(shade * 256).astype(np.uint16)
        lift = (256 - self.keep) * 16
        rng = noise.source(view.seed, "grain")
        amount = GRAIN if view.fine else GRAIN // 3
        grain = rng.integers(0, amount, (view.height, view.width), dtype=np.uint16)
        self.grain = [lift + np.roll(grain, shift, (0, 1)) for shift in ((0, 0), (37, 91), (113, 47), (71, 203))]

    def paint(self, canvas: Canvas, index: int) -> None:
        """Finish frame number ``index``."""
        mixed = np.multiply(canvas.y, self.keep, dtype=np.uint16)
        mixed += self.grain[index * 7 % 4]
        np.right_shift(mixed, 8, out=canvas.y, casting="unsafe")
