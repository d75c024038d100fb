"""A skyline: rows of buildings with windows, each row nearer, darker and sharper."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from pvideo.demo.film import noise, strip
from pvideo.demo.film.land import View, mix

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

    from pvideo.demo.film.canvas import Layer
    from pvideo.demo.film.words import Color, Mood

Box = tuple[float, float, float]
"""Where a building stands, its width and its height."""
_LAMPS: tuple[Color, ...] = ((255, 208, 132), (255, 226, 172), (255, 186, 104), (196, 222, 255))
_NEON: tuple[Color, ...] = ((255, 92, 168), (92, 222, 255), (255, 208, 132), (186, 120, 255))


def row(mood: Mood, view: View, name: str, *, ground: float, tall: float, near: float, speed: float) -> Layer:
    """Draw one row of buildings that stand at ``ground`` (share of the height); ``tall`` is their largest height in units."""
    rng, u = noise.source(view.seed, name), 2 * view.unit
    top = int(view.height * ground - tall * view.unit * 1.25) & ~1
    drawing = strip.sheet(view, (int(view.height * ground) - top + 2) & ~1, speed)
    wall = mix(mood.haze, mix(mood.land, (0, 0, 0), 0.25), 0.3 + 0.62 * near)
    at = -60.0 * u
    while at < drawing.width:
        chance = rng.random(8)
        wide = (46 + 74 * chance[0]) * u * (0.6 + 0.5 * near)
        high = tall * (0.3 + 0.7 * chance[1] ** 1.6) * u
        _building(drawing, rng, mood, (at, wide, high), mix(wall, mood.haze, 0.12 * chance[2]), near, u)
        at += wide * (0.92 + 0.3 * chance[3] ** 3)
    return strip.layer(drawing, max(0, top))


def _building(drawing: Picture, rng: np.random.Generator, mood: Mood, box: Box, wall: Color, near: float, u: float) -> None:
    at, wide, high = box
    pen, foot = ImageDraw.Draw(drawing), drawing.height
    shade = tuple(int(c) for c in mix(wall, (0, 0, 0), 0.2))
    pen.rectangle((at, foot - high, at + wide, foot), fill=tuple(int(c) for c in wall))
    pen.rectangle((at + wide * 0.82, foot - high, at + wide, foot), fill=shade)
    kind = rng.random()
    if kind < 0.3:
        pen.rectangle((at + wide * 0.2, foot - high * 1.1, at + wide * 0.74, foot - high), fill=shade)
    if kind > 0.62:
        x = at + wide * (0.3 + 0.4 * rng.random())
        pen.rectangle((x, foot - high * 1.2, x + max(2.0, 1.6 * u), foot - high), fill=shade)
        if near > 0.3:
            pen.ellipse((x - 2 * u, foot - high * 1.2 - 2 * u, x + 3.4 * u, foot - high * 1.2 + 3 * u), fill=(255, 70, 60, 255))
    _windows(drawing, rng, mood, box, near, u)


def _windows(drawing: Picture, rng: np.random.Generator, mood: Mood, box: Box, near: float, u: float) -> None:
    at, wide, high = box
    cell = (7.0 + 4.5 * near) * u
    columns, rows = int(wide * 0.8 / cell), int(high / (cell * 1.35)) - 1
    if columns < 1 or rows < 1:
        return
    by_day = 0.0 if mood.stars or mood.name in ("sunset", "storm") else 0.8
    lit = rng.random((rows, columns)) < (0.12 + 0.3 * rng.random()) * (1 - by_day * 0.7)
    lamps = np.array(_NEON if mood.name == "neon" else _LAMPS)
    color = lamps[(rng.random((rows, columns)) ** 1.6 * 3.99).astype(int)] * rng.uniform(0.62, 1.0, (rows, columns, 1))
    pane = np.zeros((rows, 5, columns, 4, 4), np.uint8)
    pane[:, 1:4, :, 1:3, :3] = color[:, None, :, None, :]
    pane[:, 1:4, :, 1:3, 3] = (lit * (130 + 125 * near))[:, None, :, None]
    grid = Image.fromarray(pane.reshape(rows * 5, columns * 4, 4))
    size = (int(columns * cell), int(rows * cell * 1.35))
    large = grid.resize(size, Image.Resampling.NEAREST)
    drawing.paste(large, (int(at + wide * 0.06), int(drawing.height - high + cell * 0.6)), large)
