"""A real video for a demo prediction: H.264 and AAC in MP4, drawn from the prompt and the seed, marked DEMO."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class ClipError(ValueError):
    """No clip can be made of this input; the text is what the prediction fails with."""


@dataclass(frozen=True, slots=True)
class Clip:
    """What was made. ``seconds`` is what Replicate would bill as ``metrics.video_output_duration_seconds``."""

    seconds: float
    width: int
    height: int
    fps: int
    has_audio: bool


def render(given: Mapping[str, Any], out: Path, *, prediction_id: str = "") -> Clip:
    """Draw the clip for a prediction's input into the file ``out``.

    Honors prompt, duration, resolution, aspect_ratio, fps, seed, draft, save_audio, image, last_frame_image and audio.
    The same prompt and seed give the same pictures; without a seed, ``prediction_id`` decides. The file appears whole.

    Raises:
        ClipError: an input file cannot be read, or lies on the network.
    """
    from pvideo.demo.film.media import MediaError
    from pvideo.demo.film.plan import plan
    from pvideo.demo.film.write import write

    try:
        settled = plan(given, prediction_id)
    except MediaError as error:
        raise ClipError(str(error)) from error
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        write(settled, part)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    return Clip(settled.seconds, settled.width, settled.height, settled.fps, settled.audio)
