"""Outputs of other kinds than one video: images, sound, text, JSON. Real files, drawn from the input and marked DEMO."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FILE = "file:"
"""Begins, within an output, the name of one of its files; the address is put in when it is answered."""
_LONG_SIDE = 1024
_SECONDS = 4
_SENTENCES = (
    "This is the demo speaking: no model was asked, so nothing here is true.",
    "You asked: {prompt}",
    "A real answer would arrive in pieces like this one, and pvideo joins them.",
    "The whole of it lies beside your notebook as a text file.",
)


@dataclass(slots=True, kw_only=True)
class Drawn:
    """What was made: files by name, the output with `FILE` names in it, and for a text the parts it is streamed in."""

    files: dict[str, str] = field(default_factory=dict)
    output: Any = None
    parts: list[str] = field(default_factory=list)


def draw(kind: str, given: Mapping[str, Any], folder: Path, *, prediction_id: str) -> Drawn:
    """Make the output of one prediction in `folder`, which may not exist yet.

    Raises:
        ValueError: An input file cannot be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if kind in {"wav", "mp3"}:
        return _sound(kind, given, folder, prediction_id)
    if kind == "text":
        parts = _words(str(given.get("prompt") or ""))
        return Drawn(output=parts, parts=parts)
    if kind == "json":
        return _described(given, folder)
    if kind == "upscale":
        return _larger(given, folder)
    return _images(given, folder, prediction_id)


def _images(given: Mapping[str, Any], folder: Path, prediction_id: str) -> Drawn:
    suffix = str(given.get("output_format") or "png")
    count = int(given.get("num_outputs") or 1)
    names = [f"output.{suffix}"] if "num_outputs" not in given and "output_format" in given else []
    names = names or [f"out-{number}.{suffix}" for number in range(count)]
    for number, name in enumerate(names):
        _save(_picture(given, prediction_id, number), folder / name, suffix)
    listed = [FILE + name for name in names]
    return Drawn(files={name: str(folder / name) for name in names}, output=listed if "num_outputs" in given else listed[0])


def _picture(given: Mapping[str, Any], prediction_id: str, number: int) -> Any:
    """Return one image of a prompt; another number is another view of it."""
    from pvideo.demo.film import plan
    from pvideo.demo.film.canvas import Canvas
    from pvideo.demo.film.land import View
    from pvideo.demo.film.lettering import Lettering
    from pvideo.demo.film.scene import Scene

    shape = plan.ratio(str(given.get("aspect_ratio") or "1:1"))
    width, height = plan.size(round(_LONG_SIDE / max(shape, 1 / shape) / 2) * 2, shape)
    words, chosen = str(given.get("prompt") or ""), given.get("seed")
    seed = (chosen if isinstance(chosen, int) else zlib.crc32(prediction_id.encode())) + 7919 * number
    view = View(width=width, height=height, seconds=1.0, seed=seed * 2654435761 + zlib.crc32(words.encode()), fine=True)
    frame = Scene(words, view).frame(0, 0.4)
    Lettering(words, f"pvideo demo  ·  image {number + 1}", "DEMO", width, height).paint(Canvas(frame), 1.0)
    return frame.to_image()


def _save(picture: Any, path: Path, suffix: str) -> None:
    formats = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP"}
    picture.convert("RGB").save(path, formats[suffix], quality=85)


def _larger(given: Mapping[str, Any], folder: Path) -> Drawn:
    from pvideo.demo.film import media

    picture = media.picture(str(given.get("image")), "image")
    scale = min(float(given.get("scale") or 2), 4096 / max(picture.size))
    picture = picture.resize((max(1, round(picture.width * scale)), max(1, round(picture.height * scale))))
    _save(picture, folder / "output.png", "png")
    return Drawn(files={"output.png": str(folder / "output.png")}, output=f"{FILE}output.png")


def _described(given: Mapping[str, Any], folder: Path) -> Drawn:
    from pvideo.demo.film import media

    picture = media.picture(str(given.get("image")), "image")
    width, height = picture.size
    color = picture.resize((1, 1)).tobytes().hex()
    picture.thumbnail((256, 256))
    _save(picture, folder / "thumbnail.jpg", "jpg")
    output = {
        "caption": f"A picture of {width} by {height} pixels (the demo sees no more than that).",
        "tags": ["demo", "landscape" if width > height else "portrait" if height > width else "square"],
        "color": f"#{color}",
        "confidence": 0.5,
        "thumbnail": f"{FILE}thumbnail.jpg",
    }
    return Drawn(files={"thumbnail.jpg": str(folder / "thumbnail.jpg")}, output=output)


def _sound(kind: str, given: Mapping[str, Any], folder: Path, prediction_id: str) -> Drawn:
    import random

    from pvideo.demo.film import sound, words

    text, chosen = str(given.get("prompt") or given.get("text") or ""), given.get("seed")
    seed = chosen if isinstance(chosen, int) else zlib.crc32(prediction_id.encode())
    samples = sound.compose(words.read(text, random.Random(seed)), seed, _SECONDS * sound.RATE)
    path = folder / f"output.{kind}"
    _write_wav(path, samples, sound.RATE) if kind == "wav" else _write_mp3(path, samples, sound.RATE)
    return Drawn(files={path.name: str(path)}, output=FILE + path.name)


def _write_wav(path: Path, samples: Any, rate: int) -> None:
    import wave

    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((samples.T * 32767).astype("<i2").tobytes())


def _write_mp3(path: Path, samples: Any, rate: int) -> None:
    import av
    import numpy as np

    with av.open(str(path), "w", format="mp3") as file:
        stream: Any = file.add_stream("mp3", rate=rate, layout="stereo", bit_rate=128_000)
        for start in range(0, samples.shape[1], 1152):
            piece = np.ascontiguousarray(samples[:, start : start + 1152], np.float32)
            frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout="stereo")
            frame.sample_rate, frame.pts = rate, start
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))


def _words(asked: str) -> list[str]:
    """Return a made-up answer in the parts it is streamed in: words with the space before them."""
    text = " ".join(_SENTENCES).replace("{prompt}", " ".join(asked.split())[:300] or "nothing")
    words = text.split(" ")
    return [words[0], *(f" {word}" for word in words[1:])]
