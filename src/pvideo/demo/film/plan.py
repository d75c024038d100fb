"""What an input asks for, settled before anything is drawn: frames, size, pictures, sound, seed."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pvideo.demo.film import media
from pvideo.demo.film.sound import RATE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PIL.Image import Image

    from pvideo.demo.film.canvas import Floats

LONGEST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One clip. ``seed`` is what the picture depends on besides the prompt."""

    prompt: str
    frames: int
    fps: int
    width: int
    height: int
    seed: int
    asked_seed: int | None
    draft: bool
    audio: bool
    first: Image | None = None
    last: Image | None = None
    voice: Floats | None = None

    @property
    def seconds(self) -> float:
        """Length of the clip."""
        return self.frames / self.fps

    @property
    def samples(self) -> int:
        """Samples of sound that last as long as the frames."""
        return self.frames * RATE // self.fps


def plan(given: Mapping[str, Any], prediction_id: str) -> Plan:
    """Settle an input; what it leaves out is as the model's schema has it.

    Raises:
        MediaError: an input file cannot be read.
    """
    fps = 48 if int(given.get("fps") or 24) == 48 else 24
    first = media.picture(given["image"], "image") if given.get("image") else None
    last = media.picture(given["last_frame_image"], "last_frame_image") if given.get("last_frame_image") else None
    voice = media.sound(given["audio"], "audio", LONGEST) if given.get("audio") else None
    length = voice.shape[1] / RATE if voice is not None else float(given.get("duration") or 5)
    short = 1080 if str(given.get("resolution")) == "1080p" else 720
    width, height = size(short, first.width / first.height if first else ratio(str(given.get("aspect_ratio") or "16:9")))
    seed, prompt = given.get("seed"), str(given.get("prompt") or "")
    own = seed if isinstance(seed, int) else zlib.crc32(prediction_id.encode())
    return Plan(
        prompt=prompt, frames=max(1, round(min(LONGEST, length) * fps)), fps=fps, width=width, height=height,
        seed=_stir(own, prompt), asked_seed=seed if isinstance(seed, int) else None, draft=bool(given.get("draft")),
        audio=given.get("save_audio") is not False, first=first, last=last, voice=voice,
    )  # fmt: skip


def ratio(text: str) -> float:
    """Read an aspect ratio like ``16:9``."""
    wide, _, high = text.partition(":")
    try:
        return min(3.0, max(1 / 3, float(wide) / float(high)))
    except (ValueError, ZeroDivisionError):
        return 16 / 9


def size(short: int, shape: float) -> tuple[int, int]:
    """Return even sides whose shorter one is ``short`` pixels."""
    shape = min(3.0, max(1 / 3, shape))
    if shape >= 1:
        return round(short * shape / 2) * 2, short
    return short, round(short / shape / 2) * 2


def _stir(seed: int, prompt: str) -> int:
    """Mix the prompt into the seed, so that the same seed shows another place for other words."""
    return (seed * 0x9E3779B97F4A7C15 + zlib.crc32(prompt.encode()) * 0x85EBCA77) & (2**63 - 1)
