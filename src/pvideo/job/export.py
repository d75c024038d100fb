"""A finished video as a file somewhere else: a copy, or in another format (the extra ``media``)."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from pvideo.errors import ExportError
from pvideo.job.codec import Codec, CodecError, CodecMissing
from pvideo.library.files import replacing, write_new

_MADE = (".gif", ".webm")


def export(source: Path, target: str | Path) -> Path:
    """Write a video to `target` and return where it lies; a folder takes it under its own name.

    Raises:
        ExportError: The kind of file is not known, the video cannot be decoded, or a part of the extra ``media`` is missing.
        OSError: It cannot be written there.
    """
    path = Path(target).expanduser()
    path = path / source.name if path.is_dir() else path
    kind = path.suffix.lower()
    # What is kept with ``.txt`` behind it may be taken out under its own kind, too.
    own = [suffix.lower() for suffix in (source.suffix, Path(source.stem).suffix if source.suffix == ".txt" else "") if suffix]
    if kind not in {*own, *_MADE}:
        raise ExportError("export_kind", path=path.name, kinds=", ".join((*own, *_MADE)))
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind in own:
        with source.open("rb") as given, replacing(path) as part:
            shutil.copyfileobj(given, part)
    else:
        # Another process writes it, by its name: so in a folder where nobody else can have put a link.
        with TemporaryDirectory(dir=path.parent, prefix=".pvideo-") as room:
            made = Path(room, f"made{kind}")
            _make(kind, source, made)
            made.replace(path)
    return path.absolute()


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_new(path, text.encode())


def _make(kind: str, source: Path, target: Path) -> None:
    try:
        with closing(Codec()) as codec:
            codec.ask(kind.removeprefix("."), source, target=str(target.absolute()))
    except CodecMissing:
        raise ExportError("extra_missing", what="PyAV and Pillow", line='pip install "pvideo[media]"') from None
    except CodecError as problem:
        raise ExportError("export_failed", file=source.name, kind=kind, reason=str(problem)) from None
