"""The program that decodes and encodes; `pvideo.job.codec` runs it, and no kernel imports it.

FFmpeg leaves threads behind that break a later fork, and a hostile file can cost any memory and any time: both end with this process.

A task is a line of JSON on stdin. Its answer on stdout is two lengths (four bytes each), as much JSON, and as many bytes of a picture.
It imports nothing of pvideo, and opens no file but the one that a task names, by the format that a task names.
"""

from __future__ import annotations

import io
import json
import os
import resource
import struct
import sys
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MOST_MEMORY = 2 * 2**30
"""Of addresses, in bytes (Linux; macOS does not hold it)."""
MOST_PIXELS = 80_000_000
"""Of one picture; the largest videos (8K) have 33 million."""
POSTER_WIDTH = 640
POSTER_QUALITY = 60
"""10 to 20 kB as text in a saved notebook."""
STILL_QUALITY = 92
"""The next shot begins with it, so that its losses would be seen."""
LAST_SECONDS = 2.0
"""How long before the end decoding begins when the last picture is wanted."""
GIF_RATE = 12
GIF_WIDTH = 480
"""A GIF of five seconds then has a few MB; it knows 256 colors and no sound."""
_THREADS = min(4, os.cpu_count() or 1)


def main() -> None:
    """Do tasks until the other side hangs up."""
    sys.path.extend(sys.argv[1:])
    for limit, most in ((resource.RLIMIT_AS, MOST_MEMORY), (resource.RLIMIT_CORE, 0)):
        with suppress(ValueError, OSError):
            resource.setrlimit(limit, (most, most))
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    answers = os.fdopen(os.dup(1), "wb")
    # Whatever a library prints must not be taken for an answer.
    os.dup2(2, 1)
    for line in sys.stdin.buffer:
        about, picture = _answer(json.loads(line))
        head = json.dumps(about).encode()
        answers.write(struct.pack(">II", len(head), len(picture)) + head + picture)
        answers.flush()


def _end_with(parent: int) -> None:
    """End in the middle of a task when nobody is left to hear its answer."""
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)


def _answer(task: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    import av

    tasks: dict[str, Callable[..., tuple[dict[str, Any], bytes]]] = {"examine": _examine, "still": _still, "gif": _gif, "webm": _webm}
    try:
        return tasks[task.pop("task")](**task)
    except av.FFmpegError as problem:  # some of them are an OSError, too
        return {"error": type(problem).__name__}, b""
    except OSError as problem:
        return {"error": type(problem).__name__, "errno": problem.errno}, b""
    except Exception as problem:  # noqa: BLE001 - what a file does to a decoder is an answer
        return {"error": type(problem).__name__}, b""


@contextmanager
def _opened(path: str, form: str, threads: int = _THREADS) -> Iterator[Any]:
    """Open a file as what it is, never as what it may say it is: a playlist would open others."""
    import av

    options = {"max_pixels": str(MOST_PIXELS), "protocol_whitelist": ""}
    with open(path, "rb") as file, av.open(file, format=form, options=options) as container:  # noqa: PTH123 - no pathlib here
        for stream in container.streams.video:
            stream.codec_context.options = {"max_pixels": options["max_pixels"]}
            stream.codec_context.thread_count = threads
        yield container


def _examine(path: str, form: str) -> tuple[dict[str, Any], bytes]:
    with _opened(path, form, threads=1) as container:
        if not container.streams.video:
            return {"error": "NoPicture"}, b""
        video = container.streams.video[0]
        about = {
            "width": int(video.width),
            "height": int(video.height),
            "fps": float(video.average_rate or 0),
            "seconds": _seconds(container, video),
            "has_audio": bool(container.streams.audio),
        }
        frame = next(iter(container.decode(video)), None)
        return about, _jpeg(_small(frame, POSTER_WIDTH, POSTER_WIDTH * 2), POSTER_QUALITY, optimize=True) if frame is not None else b""


def _still(path: str, form: str, at: float | None) -> tuple[dict[str, Any], bytes]:
    with _opened(path, form) as container:
        video = container.streams.video[0]
        length = _seconds(container, video)
        if at is not None and not 0 <= at <= length:
            return {"length": length}, b""
        for start in (at if at is not None else max(0.0, length - LAST_SECONDS), 0.0):
            container.seek(int(start * 1_000_000), backward=True)
            frame = _last(container.decode(video), at, float(1 / (video.average_rate or 24)))
            if frame is not None:
                return {"length": length}, _jpeg(frame.to_image(), STILL_QUALITY, subsampling=0)
    return {"error": "NoPicture"}, b""


def _gif(path: str, form: str, target: str) -> tuple[dict[str, Any], bytes]:
    with _opened(path, form) as container, open(target, "xb") as file:  # noqa: PTH123
        pictures = _pictures(container)
        first = next(pictures, None)
        if first is None:
            return {"error": "NoPicture"}, b""
        first.save(file, "GIF", save_all=True, append_images=pictures, duration=round(1000 / GIF_RATE), loop=0, optimize=False)
    return {}, b""


def _webm(path: str, form: str, target: str) -> tuple[dict[str, Any], bytes]:
    import av

    with _opened(path, form) as given, open(target, "xb") as file, av.open(file, "w", format="webm") as made:  # noqa: PTH123
        video = given.streams.video[0]
        picture = made.add_stream("libvpx", rate=video.average_rate or 24)
        picture.width, picture.height, picture.pix_fmt = video.width, video.height, "yuv420p"
        picture.bit_rate = 4_000_000
        picture.options = {"deadline": "realtime", "cpu-used": "5"}
        picture.codec_context.thread_count = _THREADS
        sound = made.add_stream("libopus", rate=48_000) if given.streams.audio else None
        resampler = av.AudioResampler(format="s16", layout="stereo", rate=48_000)
        for packet in given.demux(video, *given.streams.audio[:1]):
            for frame in packet.decode():
                if isinstance(frame, av.VideoFrame):
                    frame.pict_type = 0
                    made.mux(picture.encode(frame))
                elif sound is not None:
                    for piece in resampler.resample(frame):
                        made.mux(sound.encode(piece))
        if sound is not None:
            for piece in resampler.resample(None):
                made.mux(sound.encode(piece))
            made.mux(sound.encode())
        made.mux(picture.encode())
    return {}, b""


def _seconds(container: Any, video: Any) -> float:
    if video.duration is not None and video.time_base is not None:
        return float(video.duration * video.time_base)
    return float(container.duration or 0) / 1_000_000


def _last(frames: Iterator[Any], at: float | None, step: float) -> Any:
    """Return the picture that stands at a moment: the last one that begins before it."""
    found = None
    for frame in frames:
        if at is not None and found is not None and frame.time is not None and frame.time > at + step / 100:
            break
        found = frame
    return found


def _pictures(container: Any) -> Iterator[Any]:
    """Return the pictures of a video at the rate and the size of a GIF."""
    due = 0.0
    for frame in container.decode(video=0):
        if float(frame.time or 0.0) + 1e-6 < due:
            continue
        due += 1 / GIF_RATE
        yield _small(frame, GIF_WIDTH, GIF_WIDTH).convert("P", palette=1)  # an adaptive palette for each picture


def _small(frame: Any, width: int, height: int) -> Any:
    """Return a picture that fits; it is made small before it is made RGB, which a large one would take long for."""
    scale = min(1.0, width / frame.width, height / frame.height)
    return frame.to_image(width=max(1, round(frame.width * scale)), height=max(1, round(frame.height * scale)), interpolation="AREA")


def _jpeg(image: Any, quality: int, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality, **options)
    return file.getvalue()


if __name__ == "__main__":
    main()
