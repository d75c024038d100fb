"""A finished video as a file somewhere else: a copy, or in another format (the extra ``media``)."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pvideo.arguments import path_of, short
from pvideo.errors import ExportError
from pvideo.library.files import write_new

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GIF_RATE = 12
GIF_WIDTH = 480
"""A GIF of five seconds then has a few MB; it knows 256 colors and no sound."""


def export(source: Path, target: str | Path) -> Path:
    """Write a video to `target` and return where it lies; a folder takes it under its own name.

    Raises:
        ExportError: The kind of file is not known, a part of the extra ``media`` is missing, or it cannot be written there.
    """
    path = path_of(target)
    path = path / source.name if is_folder(path) else path
    kind = path.suffix.lower()
    writers = {".gif": _gif, ".webm": _webm}
    if kind != source.suffix.lower() and kind not in writers:
        raise ExportError("export_kind", path=short(path.name), kinds=", ".join((source.suffix, *writers)))
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.stem}.part{kind}")
        try:
            if kind == source.suffix.lower():
                shutil.copyfile(source, part)
            else:
                writers[kind](source, part)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    return path.absolute()


def is_folder(path: Path) -> bool:
    """Return whether a path is a folder; one that the system cannot even look at is none."""
    try:
        return path.is_dir()
    except OSError:
        return False


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Tell what the system says against writing a file in our own words.

    Raises:
        ExportError: It cannot be written.
    """
    try:
        yield
    except OSError as error:
        raise ExportError("export_closed", path=short(str(path)), reason=error.strerror or type(error).__name__) from error


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_new(path, text.encode())


def _gif(source: Path, target: Path) -> None:
    av, image = _media()
    with av.open(str(source)) as container:
        pictures = [picture for _, picture in _pictures(container)]
    assert image is not None
    pictures[0].save(target, save_all=True, append_images=pictures[1:], duration=round(1000 / GIF_RATE), loop=0, optimize=False)


def _pictures(container: Any) -> Iterator[tuple[float, Any]]:
    """Return the pictures of a video at the rate and the size of a GIF."""
    due = 0.0
    for frame in container.decode(video=0):
        at = float(frame.time or 0.0)
        if at + 1e-6 < due:
            continue
        due += 1 / GIF_RATE
        picture = frame.to_image()
        picture.thumbnail((GIF_WIDTH, GIF_WIDTH))
        yield at, picture.convert("P", palette=1)  # an adaptive palette for each picture


def _webm(source: Path, target: Path) -> None:
    av, _ = _media()
    with av.open(str(source)) as given, av.open(str(target), "w", format="webm") as made:
        video = given.streams.video[0]
        picture = made.add_stream("libvpx", rate=video.average_rate or 24)
        picture.width, picture.height, picture.pix_fmt = video.width, video.height, "yuv420p"
        picture.bit_rate = 4_000_000
        picture.options = {"deadline": "realtime", "cpu-used": "5"}
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


def _media() -> tuple[Any, Any]:
    try:
        import av
        from PIL import Image
    except ImportError as missing:
        raise ExportError("extra_missing", what=missing.name or "PyAV", line='pip install "pvideo[media]"') from None
    return av, Image
