"""The sky: a gradient, a sun or moon, drifting clouds and stars, computed small and enlarged by the scaler."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import av
import numpy as np

from pvideo.demo.film import noise
from pvideo.demo.film.canvas import Bytes, Canvas, Floats, add_light

if TYPE_CHECKING:
    from pvideo.demo.film.words import Mood

_SMALL = 180


class Sky:
    """Everything behind the land. ``horizon`` is the share of the height where the gradient ends."""

    def __init__(self, mood: Mood, seed: int, width: int, height: int, *, horizon: float) -> None:
        self.mood, self.size = mood, (width, height)
        short = min(width, height)
        self.w, self.h = width * _SMALL // short, height * _SMALL // short
        rng = noise.source(seed, "sky")
        side = 1 if rng.random() < 0.5 else -1
        self.sun = (0.5 + side * float(rng.uniform(0.1, 0.3)), horizon * (1 - mood.height))
        self.base = self._gradient(horizon)
        self.far = noise.clouds(rng, self.h, self.w * 2, power=1.6, stretch=2.6)
        self.near = noise.clouds(rng, self.h, self.w * 2, power=1.25, stretch=2.2)
        self.speed = side * float(rng.uniform(2.2, 4.0))
        self.tint = self._cloud_tint(horizon)
        self.grain = rng.random((self.h, self.w, 1)).astype(np.float32)
        self.stars = _Stars(rng, mood, width, height, horizon) if mood.stars else None
        self.bloom = _bloom(mood, self.sun, width, height)
        self.disc = _disc(mood, self.sun, width, height)

    def _grid(self) -> tuple[Floats, Floats]:
        y, x = np.mgrid[0 : self.h, 0 : self.w].astype(np.float32)
        return y / self.h, x / self.w

    def _gradient(self, horizon: float) -> Floats:
        y, x = self._grid()
        stops = np.array([0, 0.42, 0.8, 1.0], np.float32) * horizon
        colors = np.array(self.mood.sky, np.float32)
        base = np.stack([np.interp(y, stops, colors[:, c]) for c in range(3)], axis=-1).astype(np.float32)
        ratio = self.w / self.h
        distance = np.hypot((x - self.sun[0]) * ratio, (y - self.sun[1]) * 1.25)
        halo = np.exp(-distance * 5.0)[..., None] * 0.75 + np.exp(-distance * 1.7)[..., None] * 0.3
        sun = np.array(self.mood.sun, np.float32)
        lit: Floats = base + (sun - base) * np.clip(halo * self.mood.glow * 0.8, 0, 1)
        return lit

    def _cloud_tint(self, horizon: float) -> Floats:
        y, x = self._grid()
        distance = np.hypot((x - self.sun[0]) * self.w / self.h, y - self.sun[1])
        light = np.clip(1.15 - distance * 1.2, 0.12, 1)[..., None]
        bright, dark = (np.array(c, np.float32) for c in self.mood.cloud)
        color = dark + (bright - dark) * light
        cover = noise.smooth(1.1 - y / horizon, 0.0, 0.35)[..., None]
        tint: Floats = (color - self.base) * cover
        return tint

    def frame(self, seconds: float) -> Any:
        """Return the sky at a time as a yuv420p frame of the full size."""
        drift = seconds * self.speed
        field = noise.slide(self.far, drift, self.w) * 0.62 + noise.slide(self.near, drift * 1.7 + 31, self.w) * 0.38
        low = 0.68 - 0.3 * min(1.0, self.mood.clouds)
        cover = noise.smooth(field, low, low + 0.26)
        lit = np.zeros_like(cover)
        lit[:-3] = cover[3:] - cover[:-3]
        rgb = self.base + self.tint * (cover * 0.85)[..., None]
        rgb += (lit * -26)[..., None]
        rgb += self.grain
        small = av.VideoFrame.from_ndarray(np.clip(rgb, 0, 255).astype(np.uint8), format="rgb24")
        return small.reformat(*self.size, "yuv420p", dst_colorspace="ITU709", interpolation="BICUBIC")

    def lights(self, canvas: Canvas, seconds: float) -> None:
        """Put stars and the sun's or moon's disc on the sky, before the land covers them."""
        if self.stars:
            self.stars.paint(canvas, seconds)
        if self.disc is not None:
            patch, x, y = self.disc
            _add_patch(canvas.y, patch, x, y)

    def shine(self, canvas: Canvas) -> None:
        """Let the light bleed over the land, as a lens would."""
        _add_patch(canvas.y, *self.bloom)


class _Stars:
    def __init__(self, rng: np.random.Generator, mood: Mood, width: int, height: int, horizon: float) -> None:
        count = int(420 * mood.stars)
        places, depth = rng.random((420, 2))[:count], rng.random(420)[:count]
        self.x = (places[:, 0] * (width - 2)).astype(int)
        self.y = (places[:, 1] ** 1.2 * horizon * 0.92 * (height - 2)).astype(int)
        self.power = (30 + 170 * depth**5 + 40 * depth).astype(np.float32) * (0.6 + 0.4 * mood.stars)
        self.pace, self.phase = rng.uniform(1.5, 4, 420)[:count], rng.uniform(0, 6.28, 420)[:count]
        self.big = self.power > 120

    def paint(self, canvas: Canvas, seconds: float) -> None:
        light = self.power * (0.72 + 0.28 * np.sin(seconds * self.pace + self.phase))
        for dx, dy, share, of in ((0, 0, 1.0, slice(None)), (1, 0, 0.6, self.big), (0, 1, 0.6, self.big), (1, 1, 0.4, self.big)):
            y, x = self.y[of] + dy, self.x[of] + dx
            canvas.y[y, x] = np.minimum(235, canvas.y[y, x] + light[of] * share).astype(np.uint8)


def _bloom(mood: Mood, sun: tuple[float, float], width: int, height: int) -> tuple[Bytes, int, int]:
    size = int(min(width, height) * 0.62)
    y, x = np.mgrid[-size:size, -size:size].astype(np.float32) / size
    light = np.clip(1 - np.hypot(x, y * 1.15), 0, 1) ** 2.4 * 74 * mood.glow
    return (light + 0.5).astype(np.uint8), int(sun[0] * width) - size, int(sun[1] * height) - size


def _disc(mood: Mood, sun: tuple[float, float], width: int, height: int) -> tuple[Bytes, int, int] | None:
    if mood.clouds > 0.9:
        return None
    size = int(min(width, height) * (0.036 if mood.stars < 0.9 else 0.05)) & ~1
    y, x = np.mgrid[-2 * size : 2 * size, -2 * size : 2 * size].astype(np.float32) / size
    distance = np.hypot(x, y)
    light = np.clip((1 - distance) * size * 0.7, 0, 1) * (150 if mood.stars > 0.9 else 120)
    if mood.stars > 0.9:  # A moon has its seas.
        seas = noise.clouds(np.random.default_rng(7), 4 * size, 4 * size, power=1.4, stretch=1.0)
        light *= 0.62 + 0.6 * seas
    light += np.clip(1.9 - distance, 0, 1) ** 2 * 26
    return light.clip(0, 219).astype(np.uint8), int(sun[0] * width) - 2 * size, int(sun[1] * height) - 2 * size


def _add_patch(plane: Bytes, patch: Bytes, x: int, y: int) -> None:
    height, width = plane.shape
    x0, y0, x1, y1 = max(0, x), max(0, y), min(width, x + patch.shape[1]), min(height, y + patch.shape[0])
    if x1 > x0 and y1 > y0:
        add_light(plane[y0:y1, x0:x1], patch[y0 - y : y1 - y, x0 - x : x1 - x])
