"""Water: what stands above it, mirrored, broken by waves that run toward the lens, with light glittering on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from pvideo.demo.film import noise
from pvideo.demo.film.canvas import Array, Bytes, Canvas, Floats, add_light, yuv
from pvideo.demo.film.land import mix

if TYPE_CHECKING:
    from pvideo.demo.film.land import View
    from pvideo.demo.film.words import Mood


class Water:
    """The part of the frame below ``line`` (a share of the height); ``calm`` (0..1) is how still it lies."""

    def __init__(self, mood: Mood, view: View, *, line: float, calm: float, sun: float) -> None:
        self.top = int(view.height * line) & ~1
        self.rows, self.width = view.height - self.top, view.width
        rng = noise.source(view.seed, "water")
        self.period = view.width
        height = np.linspace(0, 1, self.rows, dtype=np.float32)[:, None]
        self.bumps = [self._waves(rng) * (0.6 + 3.4 * height) for _ in range(2)]
        reach = (2.5 + 15 * (1 - calm)) * view.unit
        self.bend = [np.rint(b * reach).astype(np.int16) for b in self.bumps]
        fold = np.arange(self.rows)
        self.mirror = (self.top - 2 - fold * min(0.92, (self.top - 4) / self.rows)).astype(np.intp)[:, None]
        deep = yuv(mix(mood.sky[1], (0, 0, 0), 0.6))
        self.keep = (256 * (0.86 - 0.34 * height)).astype(np.uint16)
        self.deep = [((256 - self.keep.astype(np.float32)) * c).astype(np.uint16) for c in deep]
        self.spark = self._path(mood, sun, height)

    def _waves(self, rng: np.random.Generator) -> Floats:
        """Return a wave field in perspective: fine at the horizon, broad near the lens; it repeats sideways."""
        flat = noise.clouds(rng, 256, 512, power=0.95, stretch=2.6) - 0.5
        depth = np.linspace(0, 1, self.rows, dtype=np.float32)
        source = ((1 - 1 / (1 + 5.0 * depth)) * 300).astype(np.float32)
        row, part = source.astype(int) % 255, (source % 1)[:, None]
        lines = np.asarray(flat[row] * (1 - part) + flat[row + 1] * part, np.float32)
        wide = np.asarray(Image.fromarray(lines).resize((self.period, self.rows), Image.Resampling.BICUBIC), np.float32)
        return np.concatenate([wide, wide[:, : self.width]], axis=1)

    def _path(self, mood: Mood, sun: float, height: Floats) -> Floats:
        x = np.linspace(0, 1, self.width, dtype=np.float32)[None, :]
        column = np.exp(-(((x - sun) / (0.045 + 0.16 * height)) ** 2))
        base = 0.1 if mood.name != "storm" else 0.05
        path: Floats = (base + column * mood.glow * 0.9) * (1 - 0.72 * height)
        return path

    def paint(self, canvas: Canvas, seconds: float, unit: float) -> None:
        """Mirror what is already painted above the line."""
        first = int(seconds * 26 * unit) % self.period
        second = int(-seconds * 19 * unit) % self.period
        cut = (slice(None), slice(first, first + self.width)), (slice(None), slice(second, second + self.width))
        bend = self.bend[0][cut[0]] + self.bend[1][cut[1]]
        row = np.clip(self.mirror + bend, 0, self.top - 1)
        index = row * self.width + np.arange(self.width)
        self._lay(canvas.y, index, 1, 0)
        small = (row[::2, ::2] // 2) * (self.width // 2) + np.arange(self.width // 2)
        self._lay(canvas.u, small, 2, 1)
        self._lay(canvas.v, small, 2, 2)
        crest = self.bumps[0][cut[0]] + self.bumps[1][cut[1]]
        light: Bytes = (np.clip((crest - 0.3) * self.spark, 0, 0.8) * 230).astype(np.uint8)
        add_light(canvas.y[self.top :], light)

    def _lay(self, plane: Bytes, index: Array, half: int, tone: int) -> None:
        above = np.ascontiguousarray(plane[: self.top // half])
        seen = above.ravel().take(index)
        mixed = seen * self.keep[::half] + self.deep[tone][::half]
        np.right_shift(mixed, 8, out=plane[self.top // half :], casting="unsafe")
