"""The prompt at the foot of the picture and the DEMO mark in its corner."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from pvideo.demo.film.canvas import Array, Canvas, Stamp, Words, stamp

_FALLBACKS = (
    "DejaVuSans.ttf", "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", "NotoSansCJK-Regular.ttc",
    "/System/Library/Fonts/Supplemental/Arial Unicode.ttf", "/System/Library/Fonts/Helvetica.ttc",
)  # fmt: skip


class Lettering:
    """Text that is painted last, at the full size, so that it is sharp in a draft too."""

    def __init__(self, prompt: str, caption: str, mark: str, width: int, height: int) -> None:
        self.unit = min(width, height) / 720
        self.words, self.words_at = _words(" ".join(prompt.split()), caption, width, height, self.unit)
        self.mark = _mark(mark, self.unit)
        self.mark_at = int(width - self.mark.y.shape[1] - 22 * self.unit), int(22 * self.unit)

    def paint(self, canvas: Canvas, strength: float) -> None:
        """Paint the mark, and the prompt as visible as ``strength`` (0..1)."""
        self.mark.paint(canvas, *self.mark_at)
        if strength > 0:
            shown = self.words if strength >= 1 else _faded(self.words, strength)
            shown.paint(canvas, *self.words_at)


@lru_cache
def font(size: int, sample: str = "") -> Any:
    """Return Pillow's own sans serif, or one of the system's where that one lacks the sample's letters."""
    own = ImageFont.load_default(size)
    if not _lacks(own, sample):
        return own
    for name in _FALLBACKS:
        if name.startswith("/") and not Path(name).exists():
            continue
        try:
            other = ImageFont.truetype(name, size)
        except OSError:
            continue
        if not _lacks(other, sample):
            return other
    return own


def _lacks(face: Any, sample: str) -> bool:
    odd = sorted({c for c in sample if ord(c) > 126 and not c.isspace()})[:40]
    if not odd:
        return False
    missing = bytes(face.getmask("\U0010ffff"))
    return any(bytes(face.getmask(c)) == missing for c in odd)


def wrap(text: str, face: Any, width: float, lines: int) -> list[str]:
    """Break text into at most ``lines`` lines; what does not fit ends in an ellipsis."""
    out, line = [], ""
    for word in _words_of(text, face, width):
        longer = f"{line} {word}".strip()
        if line and face.getlength(longer) > width:
            out.append(line)
            line = word
        else:
            line = longer
    out.append(line)
    if len(out) > lines:
        last = out[lines - 1]
        while last and face.getlength(last + "…") > width:
            last = last[:-1]
        out = [*out[: lines - 1], last.rstrip(" ,.;:") + "…"]
    return [line for line in out if line]


def balanced(text: str, face: Any, width: float, lines: int) -> list[str]:
    """Break text like `wrap`, then narrow the column as far as it takes no further line: no word is left alone."""
    best = wrap(text, face, width, lines)
    if len(best) < 2 or best[-1].endswith("…"):
        return best
    for share in (0.94, 0.88, 0.82, 0.76, 0.7, 0.64):
        tighter = wrap(text, face, width * share, lines + 1)
        if len(tighter) > len(best):
            break
        best = tighter
    return best


def _words_of(text: str, face: Any, width: float) -> list[str]:
    """Split at blanks, and inside a word that is wider than a line."""
    out: list[str] = []
    for word in text[:900].split():
        rest = word
        while face.getlength(rest) > width:
            cut = len(rest)
            while cut > 1 and face.getlength(rest[:cut]) > width:
                cut = cut * 3 // 4
            out.append(rest[:cut])
            rest = rest[cut:]
        out.append(rest)
    return out


def _words(text: str, caption: str, width: int, height: int, unit: float) -> tuple[Stamp, tuple[int, int]]:
    size = round((30 if len(text) < 110 else 25) * unit)
    face, small = font(size, text), font(round(15 * unit))
    left = int(40 * unit)
    lines = balanced(text, face, min(width - 2 * left, 860 * unit), 3)
    step, foot = int(size * 1.32), int(40 * unit)
    tall = (len(lines) * step + int(30 * unit) + foot + int(90 * unit)) & ~1
    top = height - tall
    picture = Image.new("L", (width, tall))
    pen = ImageDraw.Draw(picture)
    y = tall - foot - int(24 * unit) - len(lines) * step
    for line in lines:
        pen.text((left, y), line, font=face, fill=246)
        y += step
    pen.text((left + 1, tall - foot - int(14 * unit)), caption, font=small, fill=176)
    return _shadowed(picture, unit, scrim=True), (0, top & ~1)


def _shadowed(letters: Image.Image, unit: float, *, scrim: bool) -> Stamp:
    """White letters on their own soft shadow, and on a veil that darkens toward the foot."""
    soft = letters.filter(ImageFilter.GaussianBlur(7 * unit)).point(lambda p: min(255, p * 2))
    alpha = np.asarray(letters, np.float32) / 255
    shade = np.asarray(soft, np.float32) / 255 * 0.42
    if scrim:
        veil = np.linspace(0, 1, alpha.shape[0], dtype=np.float32)[:, None] ** 1.4 * 0.42
        shade = 1 - (1 - shade) * (1 - veil)
    total = alpha + shade * (1 - alpha)
    white = np.where(total > 0, alpha / np.maximum(total, 1e-4), 0)[..., None]
    rgb = np.array((255, 253, 248), np.float32) * white + np.array((8, 9, 14), np.float32) * (1 - white)
    return stamp(np.concatenate([rgb, (total * 255)[..., None]], axis=-1))


def _mark(text: str, unit: float) -> Stamp:
    face, gap = font(round(17 * unit)), 3.2 * unit
    wide = sum(face.getlength(c) + gap for c in text) - gap
    size = int(wide + 28 * unit) & ~1, int(34 * unit) & ~1
    shape = Image.new("L", (size[0] * 2, size[1] * 2))
    ImageDraw.Draw(shape).rounded_rectangle((0, 0, size[0] * 2 - 1, size[1] * 2 - 1), radius=size[1], fill=150)
    letters = Image.new("L", size)
    pen, x = ImageDraw.Draw(letters), 14 * unit
    for c in text:
        pen.text((x, size[1] / 2), c, font=face, fill=250, anchor="lm")
        x += face.getlength(c) + gap
    alpha = np.asarray(letters, np.float32) / 255
    shade = np.asarray(shape.resize(size, Image.Resampling.BOX), np.float32) / 255
    total = alpha + shade * (1 - alpha)
    white = np.where(total > 0, alpha / np.maximum(total, 1e-4), 0)[..., None]
    rgb = np.array((255, 255, 255), np.float32) * white + np.array((12, 14, 20), np.float32) * (1 - white)
    return stamp(np.concatenate([rgb, (total * 255)[..., None]], axis=-1))


def _faded(whole: Stamp, strength: float) -> Stamp:
    part = round(strength * 256)

    def color(values: Array) -> Words:
        return ((values.astype(np.uint32) * part) >> 8).astype(np.uint16)

    def keep(values: Array) -> Words:
        return (256 - (((256 - values.astype(np.uint32)) * part) >> 8)).astype(np.uint16)

    return Stamp(color(whole.y), color(whole.u), color(whole.v), keep(whole.keep), keep(whole.keep_c))
