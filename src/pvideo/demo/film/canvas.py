"""Painting in YUV 4:2:0, where a picture is half the numbers of RGB and needs no conversion before the encoder.

A ``Stamp`` is a picture with soft edges, multiplied out beforehand, so that one blend is three passes over memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pvideo.demo.film.words import Color

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint16]
# BT.709, limited range: what H.264 of this size is taken for.
_Y = np.array((0.1826, 0.6142, 0.0620), np.float32)
_U = np.array((-0.1006, -0.3386, 0.4392), np.float32)
_V = np.array((0.4392, -0.3989, -0.0403), np.float32)


def yuv(color: Color) -> tuple[float, float, float]:
    """Turn one sRGB color (0..255) into Y, U and V (16..235 and 16..240)."""
    rgb = np.asarray(color, np.float32)
    return 16 + float(rgb @ _Y), 128 + float(rgb @ _U), 128 + float(rgb @ _V)


class Canvas:
    """Writable views of one frame's three planes (all sizes even)."""

    def __init__(self, frame: Any) -> None:
        self.width, self.height = int(frame.width), int(frame.height)
        self.y, self.u, self.v = (_view(plane, *size) for plane, size in zip(frame.planes, self._sizes(), strict=True))

    def _sizes(self) -> tuple[tuple[int, int], ...]:
        half = (self.width // 2, self.height // 2)
        return ((self.width, self.height), half, half)


def _view(plane: Any, width: int, height: int) -> Bytes:
    whole: Bytes = np.frombuffer(plane, np.uint8)[: plane.line_size * height].reshape(height, plane.line_size)
    return whole[:, :width]


@dataclass(frozen=True, slots=True)
class Stamp:
    """A soft-edged picture: colors times alpha (in 1/256), and what remains of the ground, for luma and for chroma."""

    y: Words
    u: Words
    v: Words
    keep: Words
    keep_c: Words

    def paint(self, canvas: Canvas, x: int, y: int) -> None:
        """Blend at (x, y), rounded down to even so that luma and chroma stay together; what is outside is cut off."""
        x, y = x & ~1, y & ~1
        height, width = self.y.shape
        x0, y0, x1, y1 = max(0, x), max(0, y), min(canvas.width, x + width), min(canvas.height, y + height)
        if x1 <= x0 or y1 <= y0:
            return
        to, of = np.s_[y0:y1, x0:x1], np.s_[y0 - y : y1 - y, x0 - x : x1 - x]
        blend(canvas.y[to], self.y[of], self.keep[of])
        to, of = _halved(to), _halved(of)
        blend(canvas.u[to], self.u[of], self.keep_c[of])
        blend(canvas.v[to], self.v[of], self.keep_c[of])


def _halved(where: tuple[slice, slice]) -> tuple[slice, slice]:
    rows, columns = where
    return np.s_[rows.start // 2 : rows.stop // 2, columns.start // 2 : columns.stop // 2]


def blend(ground: Bytes, color: Words, keep: Words) -> None:
    """Do ``ground = (ground * keep + color) / 256`` in place."""
    mixed = np.multiply(ground, keep, dtype=np.uint16)
    mixed += color
    np.right_shift(mixed, 8, out=ground, casting="unsafe")


def add_light(ground: Bytes, light: Bytes) -> None:
    """Add without running over white."""
    np.minimum(ground, np.uint8(235) - light, out=ground)
    ground += light


def stamp(rgba: Array) -> Stamp:
    """Make a stamp of RGBA (0..255, straight alpha; even sides)."""
    values = np.asarray(rgba, np.float32)
    alpha: Array = values[..., 3] / np.float32(255)
    rgb = values[..., :3]
    small_alpha, small = quarter(alpha), quarter(rgb * alpha[..., None])
    y = (rgb @ _Y + 16) * alpha
    u, v = small @ _U + 128 * small_alpha, small @ _V + 128 * small_alpha
    return Stamp(_fixed(y), _fixed(u), _fixed(v), _keep(alpha), _keep(small_alpha))


def quarter(values: Array) -> Floats:
    """Average each two-by-two block."""
    rows = values[0::2] + values[1::2]
    out: Floats = (rows[:, 0::2] + rows[:, 1::2]) * np.float32(0.25)
    return out


def _fixed(values: Array) -> Words:
    return (values * 256 + 64).clip(0, 65279).astype(np.uint16)


def _keep(alpha: Array) -> Words:
    return np.asarray(np.rint(256 - alpha * 256), np.uint16)


class Layer:
    """A picture wider than the frame that slides by in half-pixel steps; its fully covered lower part is only copied."""

    def __init__(self, phases: Sequence[Stamp], top: int) -> None:
        self.phases, self.top = tuple(phases), top & ~1
        covered = [int(np.argmax(np.append(s.keep.max(axis=1)[::-1] > 0, True))) for s in phases]
        rows = self.phases[0].y.shape[0]
        self.solid = (rows - min(covered) + 1) & ~1
        self.flat = [tuple((p >> 8).astype(np.uint8) for p in (s.y[self.solid :], s.u[self.solid // 2 :], s.v[self.solid // 2 :]))
                     for s in self.phases]  # fmt: skip

    def paint(self, canvas: Canvas, offset: float) -> None:
        """Paint with the picture's column ``offset`` (pixels) at the frame's left edge."""
        step = round(offset * 2)
        index, x = step & 1, step >> 1
        phase, flat = self.phases[index % len(self.phases)], self.flat[index % len(self.phases)]
        at = self.top
        for ground, color, keep, copy, half in (
            (canvas.y, phase.y, phase.keep, flat[0], 1), (canvas.u, phase.u, phase.keep_c, flat[1], 2),
            (canvas.v, phase.v, phase.keep_c, flat[2], 2),
        ):  # fmt: skip
            columns = slice(x // half, x // half + ground.shape[1])
            edge, start = self.solid // half, at // half
            rows = min(edge, ground.shape[0] - start)
            blend(ground[start : start + rows], color[:rows, columns], keep[:rows, columns])
            below = ground[start + edge : start + edge + len(copy)]
            below[...] = copy[: len(below), columns]
