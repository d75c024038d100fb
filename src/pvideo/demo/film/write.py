"""Writing an MP4: H.264 and AAC, playable from its first bytes on, and marked as coming from the demo."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import numpy as np

from pvideo.demo.film import sound
from pvideo.demo.film.canvas import Canvas
from pvideo.demo.film.land import View
from pvideo.demo.film.lettering import Lettering
from pvideo.demo.film.photo import PhotoScene
from pvideo.demo.film.scene import Scene

if TYPE_CHECKING:
    from pathlib import Path

    from pvideo.demo.film.canvas import Floats
    from pvideo.demo.film.plan import Plan

_FADE = 0.4
# The fastest presets, less what costs their time (B-frames, look-ahead) and with what costs their looks (deblocking, CABAC).
_LEAN = "subme=1:bframes=0:scenecut=0:rc-lookahead=0:mbtree=0:weightp=0:partitions=none"
_FINAL = {"preset": "superfast", "crf": "24", "x264-params": _LEAN}
_DRAFT = {"preset": "ultrafast", "crf": "28", "x264-params": "cabac=1:no-deblock=0"}


def write(plan: Plan, out: Path) -> None:
    """Draw and encode the clip ``plan`` describes."""
    scale = 2 if plan.draft else 1
    size = plan.width // scale & ~1, plan.height // scale & ~1
    view = View(width=size[0], height=size[1], seconds=plan.seconds, seed=plan.seed, fine=not plan.draft)
    scene = Scene(plan.prompt, view)
    movie = PhotoScene(plan.first, plan.last, scene, view) if plan.first or plan.last else scene
    with av.open(str(out), "w", format="mp4", options={"movflags": "+faststart"}) as file:
        file.metadata.update(title=plan.prompt[:120] or "pvideo demo", comment="pvideo demo")
        video = _video(file, plan)
        audio = (
            file.add_stream("aac", rate=sound.RATE, layout="stereo", bit_rate=96000, options={"aac_coder": "fast"}) if plan.audio else None
        )
        lettering = Lettering(plan.prompt, _caption(plan), "DEMO · DRAFT" if plan.draft else "DEMO", plan.width, plan.height)
        for index in range(plan.frames):
            file.mux(video.encode(_finished(movie.frame(index, index / plan.fps), index, plan, lettering)))
        file.mux(video.encode(None))
        if audio:
            voice = sound.compose(scene.subject, plan.seed, plan.samples) if plan.voice is None else plan.voice
            _sound(file, audio, voice, plan.samples)


def _video(file: Any, plan: Plan) -> Any:
    stream = file.add_stream("libx264", rate=plan.fps)
    stream.width, stream.height, stream.pix_fmt = plan.width, plan.height, "yuv420p"
    context = stream.codec_context
    context.time_base = Fraction(1, plan.fps)
    context.gop_size = plan.fps * 2
    context.colorspace, context.color_primaries, context.color_trc, context.color_range = 1, 1, 1, 1
    # Two threads, always: the file's bytes would differ with their number.
    context.thread_count = 2
    rate = "3500k" if min(plan.width, plan.height) < 1000 else "8M"
    context.options = {**(_DRAFT if plan.draft else _FINAL), "maxrate": rate, "bufsize": "1800k"}
    return stream


def _finished(frame: Any, index: int, plan: Plan, lettering: Lettering) -> Any:
    if (frame.width, frame.height) != (plan.width, plan.height):
        frame = frame.reformat(plan.width, plan.height, interpolation="BILINEAR")
    left = (plan.frames - 1 - index) / plan.fps
    # The words leave before the end: the last frame may become the first one of the next shot.
    lettering.paint(Canvas(frame), min(1.0, left / _FADE) if plan.seconds > 3 * _FADE else 1.0)
    frame.pts, frame.time_base = index, Fraction(1, plan.fps)
    return frame


def _caption(plan: Plan) -> str:
    return "pvideo demo" + (f"  ·  seed {plan.asked_seed}" if plan.asked_seed is not None else "")


def _sound(file: Any, stream: Any, samples: Floats, count: int) -> None:
    whole = np.zeros((2, count), np.float32)
    whole[:, : samples.shape[1]] = samples[:, :count]
    for start in range(0, count, 1024):
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(whole[:, start : start + 1024]), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = sound.RATE, start, Fraction(1, sound.RATE)
        file.mux(stream.encode(frame))
    file.mux(stream.encode(None))
