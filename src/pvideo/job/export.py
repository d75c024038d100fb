"""A finished video as a file somewhere else: a copy, or in another format (the extra ``media``)."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from pvideo.errors import ExportError
from pvideo.library.files import replacing, write_new

if TYPE_CHECKING:
    from collections.abc import Iterator

GIF_RATE = 12
GIF_WIDTH = 480
"""A GIF of five seconds then has a few MB; it knows 256 colors and no sound."""


def export(source: Path, target: str | Path) -> Path:
    """Write a video to `target` and return where it lies; a folder takes it under its own name.

    Raises:
        ExportError: The kind of file is not known, or a part of the extra ``media`` is missing.
        OSError: It cannot be written there.
    """
    path = Path(target).expanduser()
    path = path / source.name if path.is_dir() else path
    kind = path.suffix.lower()
    writers = {".gif": _gif, ".webm": _webm}
    # What is kept with ``.txt`` behind it may be taken out under its own kind, too.
    own = [suffix.lower() for suffix in (source.suffix, Path(source.stem).suffix if source.suffix == ".txt" else "") if suffix]
    if kind not in own and kind not in writers:
        raise ExportError("export_kind", path=path.name, kinds=", ".join((*own, *writers)))
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as part:
        if kind in own:
            with source.open("rb") as given:
                shutil.copyfileobj(given, part)
        else:
            writers[kind](source, part)
    return path.absolute()


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_new(path, text.encode())


def _gif(source: Path, target: BinaryIO) -> None:
    av, image = _media()
    with av.open(str(source)) as container:
        pictures = [picture for _, picture in _pictures(container)]
    assert image is not None
    pictures[0].save(target, "GIF", save_all=True, append_images=pictures[1:], duration=round(1000 / GIF_RATE), loop=0, optimize=False)


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


def _webm(source: Path, target: BinaryIO) -> None:
    av, _ = _media()
    with av.open(str(source)) as given, av.open(target, "w", format="webm") as made:
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
