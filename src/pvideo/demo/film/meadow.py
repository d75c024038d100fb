"""A meadow: fields of flowers toward the horizon, and blades and blossoms near the lens that sway."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from pvideo.demo.film import noise, strip
from pvideo.demo.film.land import View, mix

if TYPE_CHECKING:
    from pvideo.demo.film.canvas import Array, Floats, Layer
    from pvideo.demo.film.words import Color, Subject

Pen = ImageDraw.ImageDraw
Ink = tuple[int, int, int]


def dark_light(subject: Subject) -> bool:
    """Say whether colors are dim in this light."""
    return subject.mood.stars > 0.2 or subject.mood.name == "storm"


def grass(subject: Subject) -> tuple[Color, Color]:
    """Return the colors of lit and of shaded grass in this light."""
    mood = subject.mood
    lit = mix((126, 148, 62), mood.haze, 0.34)
    dark = mix((34, 62, 30), mood.land, 0.45)
    if dark_light(subject):
        lit, dark = mix(lit, mood.land, 0.62), mix(dark, mood.land, 0.6)
    return lit, dark


def field(subject: Subject, view: View, name: str, *, at: float, speed: float, near: float) -> Layer:
    """Draw a slope covered with grass and flowers; ``near`` (0..1) sets their size and how much haze lies before them."""
    lit, dark = grass(subject)
    u, rng = 2 * view.unit, noise.source(view.seed, name)
    top = int(view.height * at - 46 * view.unit * (0.5 + near)) & ~1
    drawing = strip.sheet(view, (view.height - top + 1) & ~1, speed)
    x: Floats = np.arange(0, drawing.width + 8, 8, dtype=np.float32)
    line = (view.height * at - top) * 2 - noise.ridge(rng, x / np.float32(u * 620), octaves=4) * 20 * u
    far, close = mix(lit, subject.mood.haze, 0.42 * (1 - near)), mix(lit, dark, 0.35 + 0.6 * near)
    ground = strip.gradient(drawing.width, drawing.height, far, close)
    mask = Image.new("L", drawing.size)
    edge = [(float(a), float(b)) for a, b in zip(x, line, strict=True)]
    ImageDraw.Draw(mask).polygon([*edge, (drawing.width + 9, drawing.height), (0, drawing.height)], fill=255)
    drawing.paste(ground, mask=mask)
    _cover(ImageDraw.Draw(drawing), rng, subject, line, drawing.size, u, near)
    return strip.layer(drawing, top)


def _cover(pen: Pen, rng: np.random.Generator, subject: Subject, line: Array, size: tuple[int, int], u: float, near: float) -> None:
    lit, dark = grass(subject)
    per_column = 7 if near < 0.5 else 8
    step = (6 + 16 * near) * u
    for column in range(int(size[0] / step) + 1):
        chances = rng.random((per_column, 8))
        for c in chances[np.argsort(chances[:, 0])]:
            x = (column + c[1]) * step
            depth = c[0] ** 1.3
            y = float(line[min(len(line) - 1, int(x / 8))]) + depth * (size[1] - 10 * u) * 0.9 - 2 * u
            tall = (9 + 40 * near * (0.4 + depth)) * u * (0.6 + 0.8 * c[2])
            tone = mix(lit, dark, min(1.0, 0.15 + 0.75 * depth * near + 0.3 * c[3]))
            blade(pen, x, y + tall * 0.3, tall, (c[4] - 0.5) * tall * 0.6, max(1.2, tall * 0.055), _ink(tone))
            if c[5] < 0.72:
                color = subject.flowers[int(c[6] * 97) % len(subject.flowers)]
                color = mix(color, mix(subject.mood.haze, lit, 0.5), 0.5 * (1 - near) * (1 - depth))
                if dark_light(subject):
                    color = mix(color, subject.mood.land, 0.45)
                spot = (1.7 + 4.2 * near * (0.35 + depth)) * u * (0.7 + 0.6 * c[7])
                blossom(pen, x + (c[4] - 0.5) * tall * 0.6, y - tall * 0.7, spot, color, c[7] * 6.28, plain=near < 0.5)


def front(subject: Subject, view: View, *, speed: float) -> list[strip.Swaying]:
    """Draw the blades and blossoms in front of everything that walks in the meadow: two rows that sway apart."""
    return [_blades(subject, view, 250, speed, 0.0), _blades(subject, view, 150, speed, 2.1)]


def _blades(subject: Subject, view: View, units: int, speed: float, phase: float) -> strip.Swaying:
    lit, dark = grass(subject)
    u, rng = 2 * view.unit, noise.source(view.seed, f"front {units}")
    rows, part = int(units * view.unit) & ~1, units / 250
    wider = replace(view, width=view.width + int(64 * view.unit))
    drawing = strip.sheet(wider, rows, speed)
    pen, foot = ImageDraw.Draw(drawing), rows * 2 + 6 * u
    dim = 0.45 if dark_light(subject) else 0.0
    for column in range(int(drawing.width / (13 * u)) + 1):
        c = rng.random(12)
        tall = (50 + 130 * c[0] ** 2) * u * part
        for k, share in enumerate((1.0, 0.72, 0.5)):
            x, tone = (column * 13 + c[1 + k] * 18) * u, mix(lit, dark, 0.35 + 0.65 * c[7 - k])
            blade(pen, x, foot, tall * share, (c[4 + k] - 0.5) * 70 * u * part, 3.6 * u, _ink(mix(tone, (10, 24, 12), 0.2)))
        if c[8] < 0.27:
            x, lean, stem = column * 13 * u, (c[9] - 0.5) * 40 * u, (105 + 95 * c[10]) * u * part
            blade(pen, x, foot, stem, lean, 2.8 * u, _ink(mix(lit, dark, 0.6)))
            color = mix(subject.flowers[int(c[11] * 97) % len(subject.flowers)], subject.mood.land, dim)
            blossom(pen, x + lean, foot - stem, (11 + 9 * c[10]) * u, color, c[11] * 6.28)
    return strip.Swaying(drawing, view.height - rows, reach=15 * view.unit * part, pace=1.9 - 0.3 * phase, phase=phase)


def blurred(subject: Subject, view: View, *, speed: float) -> Layer:
    """Draw a few blossoms so close that the lens blurs them."""
    u, rng = view.unit, noise.source(view.seed, "blurred")
    lit, dark = grass(subject)
    rows = int(190 * u) & ~7
    drawing = strip.sheet(view, rows, speed)
    small = Image.new("RGBA", (drawing.width // 8, drawing.height // 8), (*_ink(mix(lit, dark, 0.6)), 0))
    pen, v = ImageDraw.Draw(small), u / 4
    for column in range(int(small.width / (260 * v)) + 1):
        c = rng.random(6)
        x, foot, stem = (column + c[0]) * 260 * v, small.height + 9 * v, (46 + 90 * c[1]) * v
        blade(pen, x, foot, stem, (c[2] - 0.5) * 60 * v, 9 * v, _ink(mix(lit, dark, 0.55)))
        color = mix(subject.flowers[int(c[3] * 97) % len(subject.flowers)], subject.mood.land, 0.6 if dark_light(subject) else 0.1)
        blossom(pen, x + (c[2] - 0.5) * 60 * v, foot - stem, (22 + 18 * c[4]) * v, color, c[5] * 6.28)
    soft = small.convert("RGBa").filter(ImageFilter.GaussianBlur(4.5 * v)).resize(drawing.size, Image.Resampling.BICUBIC)
    return strip.layer(soft.convert("RGBA"), view.height - rows)


def blade(pen: Pen, x: float, y: float, tall: float, lean: float, thick: float, ink: Ink) -> None:
    """Draw one blade of grass from its foot (x, y) to a tip ``lean`` aside."""
    left, right = [], []
    for t in (0.0, 0.35, 0.7, 1.0):
        cx, cy, half = x + lean * t * t, y - tall * t, thick * (1 - t) / 2 + 0.4
        left.append((cx - half, cy))
        right.append((cx + half, cy))
    pen.polygon(left + right[::-1], fill=ink)


def blossom(pen: Pen, x: float, y: float, size: float, color: Color, turn: float, *, plain: bool = False) -> None:
    """Draw one flower seen a little from the side; far ones are a spot with a lit upper half."""
    if plain or size < 4:
        pen.ellipse((x - size, y - size * 0.8, x + size, y + size * 0.8), fill=_ink(mix(color, (30, 20, 30), 0.16)))
        pen.ellipse((x - size * 0.8, y - size * 0.8, x + size * 0.8, y + size * 0.3), fill=_ink(color))
        return
    count = 5 + int(turn * 7) % 8
    for petal in range(count):
        angle = turn + petal * 2 * math.pi / count
        tone = mix(color, (40, 20, 50), 0.24 * (0.5 + 0.5 * math.sin(angle)))
        _petal(pen, (x, y), angle, size, size * min(0.9, 4.3 / count), _ink(tone))
    middle = (92, 54, 30) if color[0] > 235 and color[2] < 120 else (246, 198, 72)
    pen.ellipse((x - size * 0.3, y - size * 0.26, x + size * 0.3, y + size * 0.22), fill=middle)


def _petal(pen: Pen, center: tuple[float, float], angle: float, length: float, width: float, ink: Ink) -> None:
    cos, sin = math.cos(angle), math.sin(angle)
    shape = ((0.05, 0.0), (0.45, 0.75), (0.8, 0.95), (1.0, 0.45), (1.0, -0.45), (0.8, -0.95), (0.45, -0.75))
    along, across = [(a * length, b * width / 2) for a, b in shape], 0.78
    pen.polygon([(center[0] + a * cos - b * sin, center[1] + (a * sin + b * cos) * across) for a, b in along], fill=ink)


def _ink(color: Color) -> Ink:
    r, g, b = (max(0, min(255, int(c))) for c in color)
    return (r, g, b)
