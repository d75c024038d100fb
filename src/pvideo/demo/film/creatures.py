"""Silhouettes that move: a cat that walks, birds, a sailing boat."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from pvideo.demo.film.canvas import Stamp, stamp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pvideo.demo.film.words import Color

Point = tuple[float, float]
_STEPS = 24
STRIDE = 74.0
STANCE = 0.62


def cat(unit: float, fur: Color, rim: Color) -> list[Stamp]:
    """Draw one stride of a walking cat that faces right, 300 by 200 units, feet at 186."""
    return [_furred(_cat_shape(i / _STEPS, unit), fur, rim, unit) for i in range(_STEPS)]


def _cat_shape(phase: float, unit: float) -> Image.Image:
    scale = 2 * unit
    picture = Image.new("L", (int(300 * scale), int(200 * scale)))
    pen = ImageDraw.Draw(picture)
    bob, swing = math.sin(phase * 4 * math.pi) * 1.5, math.sin(phase * 2 * math.pi)
    head = (238 + swing, 66 - bob * 0.6)
    tubes: tuple[list[tuple[float, float, float]], ...] = (
        _leg((90, 122 + bob), phase + 0.5, hind=True), _leg((186, 120 - bob), phase + 0.72, hind=False),
        _leg((95, 122 + bob), phase, hind=True), _leg((191, 120 - bob), phase + 0.22, hind=False),
        [(92, 110 + bob, 21), (112, 106 + bob, 20), (142, 109, 19.5), (172, 108 - bob, 21), (190, 106 - bob, 21)],
        [(92, 108 + bob, 21), (84, 104 + bob, 15)],
        [(190, 102 - bob, 20), (210, 88 - bob, 16.5), (226, 75 - bob * 0.6, 15)],
        [(*head, 18), (head[0] + 9, head[1] + 6, 11), (head[0] + 14, head[1] + 8, 7)],
        _tail(bob, swing, phase),
    )  # fmt: skip
    for tube in tubes:
        _tube(pen, tube, scale)
    for ear, lean in ((-10, -4), (6, 2)):
        tip, base = (head[0] + ear + lean, head[1] - 32), ((head[0] + ear - 8, head[1] - 8), (head[0] + ear + 9.5, head[1] - 12))
        pen.polygon([(x * scale, y * scale) for x, y in (base[0], tip, base[1])], fill=255)
    smooth = picture.filter(ImageFilter.BoxBlur(2.2 * scale)).point([max(0, min(255, (p - 118) * 14)) for p in range(256)])
    return smooth.resize((int(300 * unit) & ~1, int(200 * unit) & ~1), Image.Resampling.BOX)


def _tube(pen: ImageDraw.ImageDraw, points: Sequence[tuple[float, float, float]], scale: float) -> None:
    """Draw a tube through (x, y, radius)."""
    for (x0, y0, r0), (x1, y1, r1) in itertools.pairwise(points):
        steps = max(2, int(math.hypot(x1 - x0, y1 - y0) / 3.5))
        for k in range(steps + 1):
            t = k / steps
            x, y, r = (x0 + (x1 - x0) * t) * scale, (y0 + (y1 - y0) * t) * scale, (r0 + (r1 - r0) * t) * scale
            pen.ellipse((x - r, y - r, x + r, y + r), fill=255)


def _leg(top: Point, phase: float, *, hind: bool) -> list[tuple[float, float, float]]:
    """Place a leg: its paw stays on the ground while the body passes, then swings forward."""
    t = phase % 1
    if t < STANCE:
        x, lift = STRIDE * (0.5 - t / STANCE), 0.0
    else:
        s = (t - STANCE) / (1 - STANCE)
        x, lift = STRIDE * (s * s * (3 - 2 * s) - 0.5), math.sin(math.pi * s) * 14
    paw = (top[0] + x + (-4 if hind else 4), 183 - lift)
    if hind:
        knee = (top[0] * 0.6 + paw[0] * 0.4 + 11, top[1] + 22)
        hock = (paw[0] - 13 - lift * 0.5 - max(0.0, -x) * 0.12, paw[1] - 22 - lift * 0.25)
        return [(*top, 18), (*knee, 12), (*hock, 6.6), (paw[0] - 3, paw[1] - 3, 5.6), (paw[0] + 5, paw[1] - 2, 5.2)]
    elbow = (top[0] * 0.68 + paw[0] * 0.32 - 6, top[1] + 24)
    wrist = (paw[0] - 3 - lift * 0.9, paw[1] - 14 - lift * 0.2)
    return [(*top, 15), (*elbow, 10), (*wrist, 6.6), (paw[0] - 1, paw[1] - 3, 5.4), (paw[0] + 6, paw[1] - 2, 5.2)]


def _tail(bob: float, swing: float, phase: float) -> list[tuple[float, float, float]]:
    points = []
    for k in range(9):
        t = k / 8
        curl = math.sin(phase * 2 * math.pi - t * 2.6) * 8 * t
        x = 78 - 46 * math.sin(t * 1.9) + 12 * t * t * t + curl * 0.6 + swing
        points.append((x, 98 + bob - 4 * t - 82 * t * t + 14 * t**4 + curl * 0.2, 8.6 - 3.4 * t))
    return points


def _furred(shape: Image.Image, fur: Color, rim: Color, unit: float) -> Stamp:
    """Fill a shape with dark fur, a little lighter below, and light along its upper edge."""
    alpha = np.asarray(shape, np.float32) / 255
    down = max(1, round(3 * unit))
    edge = np.zeros_like(alpha)
    edge[down:] = np.clip(alpha[down:] - alpha[:-down], 0, 1)
    edge[:down] = alpha[:down]
    height = np.linspace(0, 1, alpha.shape[0], dtype=np.float32)[:, None, None]
    rgb = np.array(fur, np.float32) * (1.15 - 0.35 * height)
    rgb = rgb + (np.array(rim, np.float32) - rgb) * (edge * 0.8)[..., None]
    return stamp(np.concatenate([rgb, alpha[..., None] * 255], axis=-1))


def birds(unit: float, ink: Color) -> list[Stamp]:
    """Draw one beat of a bird's wings, 44 by 28 units."""
    frames = []
    for i in range(12):
        up = math.sin(i / 12 * 2 * math.pi)
        picture = Image.new("L", (int(44 * 4 * unit), int(28 * 4 * unit)))
        pen, s = ImageDraw.Draw(picture), 4 * unit
        for side in (-1, 1):
            elbow, tip = (22 + side * 8, 14 - 4.5 * up - 2), (22 + side * 19, 14 - 7 * up + 2.5)
            wing = [(22, 12.6), elbow, tip, (elbow[0] - side * 1.2, elbow[1] + 3.0), (22, 16.4)]
            pen.polygon([(x * s, y * s) for x, y in wing], fill=255)
        pen.ellipse((20 * s, 12.4 * s, 24 * s, 16.6 * s), fill=255)
        frames.append(_flat(picture, (int(44 * unit) & ~1, int(28 * unit) & ~1), ink))
    return frames


def boat(unit: float, hull: Color, sail: Color) -> Stamp:
    """Draw a sailing boat, 150 by 190 units, waterline at 188."""
    s = 3 * unit
    picture = Image.new("RGBA", (int(150 * s), int(190 * s)), (*(int(c) for c in sail), 0))
    pen = ImageDraw.Draw(picture)

    def shape(points: list[Point], color: Color) -> None:
        pen.polygon([(x * s, y * s) for x, y in points], fill=tuple(int(c) for c in color))

    shade = (sail[0] * 0.8, sail[1] * 0.8, sail[2] * 0.84)
    shape([(74, 14), (74, 156), (20, 156), (34, 118), (58, 56)], sail)
    shape([(79, 30), (79, 154), (122, 154), (108, 104), (92, 60)], shade)
    shape([(75.4, 8), (77.8, 8), (77.8, 166), (75.4, 166)], hull)
    shape([(10, 164), (140, 160), (126, 190), (30, 190)], hull)
    small = picture.convert("RGBa").resize((int(150 * unit) & ~1, int(190 * unit) & ~1), Image.Resampling.BOX).convert("RGBA")
    return stamp(np.asarray(small))


def _flat(shape: Image.Image, size: tuple[int, int], ink: Color) -> Stamp:
    alpha = np.asarray(shape.resize(size, Image.Resampling.BOX), np.float32)
    rgb = np.broadcast_to(np.array(ink, np.float32), (*alpha.shape, 3))
    return stamp(np.concatenate([rgb, alpha[..., None]], axis=-1))
