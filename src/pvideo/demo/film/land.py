"""Ridges of land: hills, forests and dunes as layers that slide past at their own speeds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from pvideo.demo.film import noise
from pvideo.demo.film.canvas import Floats, Layer, stamp

if TYPE_CHECKING:
    from pvideo.demo.film.words import Color


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The frame that is painted: its size, how long it lasts, and the seed all parts share."""

    width: int
    height: int
    seconds: float
    seed: int
    fine: bool = True

    @property
    def unit(self) -> float:
        """Pixels per unit: the short side is 720 units in every resolution."""
        return min(self.width, self.height) / 720

    def wide(self, speed: float) -> int:
        """Return the columns a layer needs to last the clip at ``speed`` (units per second)."""
        return (self.width + int(speed * self.seconds * self.unit) + 6) & ~1


@dataclass(frozen=True, slots=True, kw_only=True)
class Ridge:
    """One layer of land. ``at`` is its mean height as a share of the frame; sizes are units; colors run from the edge down."""

    name: str
    at: float
    rise: float
    span: float
    speed: float
    top: Color
    bottom: Color
    depth: float = 170
    rough: float = 0.46
    octaves: int = 6
    trees: float = 0
    grain: float = 4
    rim: Color | None = None


def build(ridge: Ridge, view: View) -> Layer:
    """Draw a ridge down to the bottom of the frame, twice: whole and half a pixel on."""
    width, u = view.wide(ridge.speed), view.unit
    lines = [_line(ridge, view, width, phase / 2) for phase in (0, 1)]
    top = max(0, int(min(line.min() for line, _ in lines) - 4)) & ~1
    rows = max(4, (view.height - top + 1) & ~1)
    texture = _texture(ridge, view, rows, width)
    y = np.arange(top, top + rows, dtype=np.float32)[:, None]
    stamps = []
    for line, ground in lines:
        depth = y - line[None, :]
        slope = np.sqrt(1 + np.gradient(line) ** 2)[None, :]
        alpha = np.clip(depth / slope + 0.5, 0, 1) * 255
        share = noise.smooth(y - ground[None, :], -(4 + ridge.trees) * u, ridge.depth * u)[..., None]
        rgb = np.array(ridge.top, np.float32) * (1 - share) + np.array(ridge.bottom, np.float32) * share
        rgb += texture[..., None]
        if ridge.rim:
            edge = np.exp(-np.clip(depth, 0, 60 * u) / (5 * u))[..., None]
            rgb += (np.array(ridge.rim, np.float32) - rgb) * edge * 0.5
        stamps.append(stamp(np.concatenate([rgb.clip(0, 255), alpha[..., None]], axis=-1)))
    return Layer(stamps, top)


def _line(ridge: Ridge, view: View, width: int, phase: float) -> tuple[Floats, Floats]:
    """Return the outline, and the ground that its trees stand on."""
    u = view.unit
    x = (np.arange(width, dtype=np.float32) + np.float32(phase)) / np.float32(u)
    rng = noise.source(view.seed, ridge.name)
    ground = view.height * ridge.at - noise.ridge(rng, x / ridge.span, octaves=ridge.octaves, rough=ridge.rough) * ridge.rise * u
    line = ground - _conifers(rng, x, ridge.trees) * u if ridge.trees else ground
    return line.astype(np.float32), ground.astype(np.float32)


def _conifers(rng: np.random.Generator, x: Floats, size: float) -> Floats:
    """Return the height that trees add at ``x``: cones with branches, close together, of changing size."""
    height = np.zeros_like(x)
    at, end = -size, float(x[-1]) + size
    while at < end:
        tall = size * float(rng.uniform(0.45, 1.25))
        half = tall * 0.2
        low, high = np.searchsorted(x, (at - half, at + half))
        away = np.abs(x[low:high] - at) / half
        cone = tall * (1 - away) + np.abs((away * 5 + 0.5) % 1 - 0.5) * tall * 0.09 * (away > 0.12)
        height[low:high] = np.maximum(height[low:high], cone)
        at += size * float(rng.uniform(0.08, 0.34)) * (1 if rng.random() < 0.9 else 3.2)
    return height


def _texture(ridge: Ridge, view: View, rows: int, width: int) -> Floats:
    """Return soft light and shade for the slope, made small and enlarged."""
    rng = noise.source(view.seed, ridge.name + " texture")
    field = noise.clouds(rng, 128, 1024, power=1.1, stretch=0.6) - 0.5
    scale = view.unit * 4
    small = field[:, np.arange(int(width / scale) + 2) % 1024][np.arange(int(rows / scale) + 2) % 128]
    box = (0.0, 0.0, width / scale, rows / scale)
    large = Image.fromarray(small).resize((width, rows), Image.Resampling.BILINEAR, box=box)
    return np.asarray(large, np.float32) * np.float32(ridge.grain * 3)


def mix(a: Color, b: Color, share: float) -> Color:
    """Return the color at ``share`` of the way from ``a`` to ``b``."""
    return (a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share)
