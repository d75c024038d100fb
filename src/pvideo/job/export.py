"""A finished video as a file somewhere else: a copy, or in another format (the extra ``media``)."""

from __future__ import annotations

import shutil
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from pvideo.arguments import path_of, short
from pvideo.errors import ExportError
from pvideo.job.codec import Codec, CodecError, CodecMissing
from pvideo.library.files import replacing, write_new

if TYPE_CHECKING:
    from collections.abc import Iterator

_MADE = (".gif", ".webm")


def export(source: Path, target: str | Path) -> Path:
    """Write a video to `target` and return where it lies; a folder takes it under its own name.

    Raises:
        ExportError: The kind of file is not known, the video cannot be decoded, a part of the extra ``media`` is missing, or it cannot
            be written there.
    """
    path = path_of(target)
    path = path / source.name if is_folder(path) else path
    kind = path.suffix.lower()
    # What is kept with ``.txt`` behind it may be taken out under its own kind, too.
    own = [suffix.lower() for suffix in (source.suffix, Path(source.stem).suffix if source.suffix == ".txt" else "") if suffix]
    if kind not in {*own, *_MADE}:
        raise ExportError("export_kind", path=short(path.name), kinds=", ".join((*own, *_MADE)))
    with writing(path):
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


def _make(kind: str, source: Path, target: Path) -> None:
    try:
        with closing(Codec()) as codec:
            codec.ask(kind.removeprefix("."), source, target=str(target.absolute()))
    except CodecMissing:
        raise ExportError("extra_missing", what="PyAV and Pillow", line='pip install "pvideo[media]"') from None
    except CodecError as problem:
        raise ExportError("export_failed", file=source.name, kind=kind, reason=str(problem)) from None
