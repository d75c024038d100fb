"""Repeatable randomness in one and two dimensions. Everything is drawn in picture units, so a draft and its final match."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pvideo.demo.film.canvas import Floats


def source(seed: int, name: str) -> np.random.Generator:
    """Return the random source of one thing in the scene: adding a thing does not move the others."""
    return np.random.default_rng((seed & (2**64 - 1), zlib.crc32(name.encode())))


def ridge(rng: np.random.Generator, x: Floats, *, octaves: int = 5, rough: float = 0.5) -> Floats:
    """Return a line of hills at the places ``x`` (one hill per unit), about -1..1; a longer ``x`` only continues it."""
    total = np.zeros_like(x)
    size = 1.0
    for octave in range(octaves):
        lattice = rng.random(4096).astype(np.float32) * 2 - 1
        at = x * 2**octave + octave * 7.3
        whole = np.floor(at)
        part = at - whole
        part = part * part * (3 - 2 * part)
        index = whole.astype(np.int64) % 4095
        total += size * (lattice[index] * (1 - part) + lattice[index + 1] * part)
        size *= rough
    return total


def clouds(rng: np.random.Generator, height: int, width: int, *, power: float = 1.7, stretch: float = 2.2) -> Floats:
    """Return a field of soft shapes, 0..1, that repeats at its edges; ``power`` makes it softer, ``stretch`` flatter."""
    fy = np.fft.fftfreq(height)[:, None] * height
    fx = np.fft.rfftfreq(width)[None, :] * width
    distance = np.sqrt((fy / height * 256) ** 2 + (fx * stretch / width * 256) ** 2)
    distance[0, 0] = 1e9
    waves = np.fft.rfft2(rng.standard_normal((height, width)))
    field = np.fft.irfft2(waves / np.maximum(distance, 1.0) ** power, (height, width))
    field = (field - field.mean()) / (field.std() + 1e-9)
    return np.asarray(np.clip(field * 0.22 + 0.5, 0, 1), np.float32)


def slide(field: Floats, offset: float, width: int) -> Floats:
    """Return ``width`` columns from ``offset`` on, between columns by mixing neighbors; the field repeats."""
    whole = int(np.floor(offset))
    part = np.float32(offset - whole)
    columns = np.arange(whole, whole + width + 1) % field.shape[1]
    cut = field[:, columns]
    out: Floats = cut[:, :-1] * (1 - part) + cut[:, 1:] * part
    return out


def smooth(values: Floats, low: float, high: float) -> Floats:
    """Rise softly from 0 at ``low`` to 1 at ``high``."""
    t = np.clip((values - np.float32(low)) * np.float32(1 / (high - low)), 0, 1)
    out: Floats = t * t * (3 - 2 * t)
    return out
