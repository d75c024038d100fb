"""What a person does with a finished video: rate it, find its file again, take it out of the history, show where it lies."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pvideo import settings
from pvideo.arguments import path_of
from pvideo.errors import PVideoError
from pvideo.job import log
from pvideo.library.files import is_file_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pvideo.job.engine import Engine
    from pvideo.job.states import Snapshot
    from pvideo.job.video import Video

LONGEST_NOTE = 2000
_SEARCH_AT_MOST = 5.0
"""Seconds that a moved file is looked for in a folder's tree."""


def rate(engine: Engine, video: Video, stars: int | None, note: str | None) -> None:
    """Write a rating into the journal and the video's sidecar.

    Raises:
        SettingsError: The note holds a token.
    """
    columns: dict[str, Any] = {}
    if stars is not None:
        columns["stars"] = int(stars)
    if note is not None:
        kind = settings.find_token(note)
        if kind:
            raise PVideoError.make("token_in_cell", kind=kind)
        columns["remark"] = note.strip()[:LONGEST_NOTE]
    if columns:
        engine.note(video.intent, **columns)
    if "stars" in columns:
        log.rated(engine.row(video.intent), columns["stars"])


def find(engine: Engine, video: Video, where: str | Path | None) -> Path | None:
    """Look for a moved file: the path given, below the folder given, else below the folder it was saved in and the notebook's.

    A file is the right one when its size and its sha256 are those that were saved.
    """
    row = engine.journal.get(video.intent)
    if row is None or not row.files:
        return None
    named = [path_of(where).absolute()] if where is not None else [Path(row.folder), settings.base_folder()]
    until = time.monotonic() + _SEARCH_AT_MOST
    for path in _candidates([Path(row.files[0]), *named], until):
        if is_file_of(path, row.bytes, row.sha256):
            engine.note(video.intent, files=(str(path), *row.files[1:]), show={"missing": False, "paths": (path,), "error": None})
            return path
    return None


def forget(engine: Engine, video: Video) -> None:
    """Take a video out of the history. Its file and what the journal knows of it stay."""
    engine.note(video.intent, hidden=True)


def reveal(path: Path) -> Path:
    """Show a file in this machine's file manager where there is one, and return its folder.

    On a server, or without a desktop, it only returns.
    """
    command = _opener(path)
    if command:
        try:
            subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)  # noqa: S603
        except OSError:
            return path.parent
    return path.parent


def about(shown: Snapshot) -> dict[str, Any]:
    """Return exactly what made a video, and what came of it, as plain data."""
    from datetime import UTC, datetime

    def at(seconds: float | None) -> datetime | None:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)

    return {
        "name": shown.name,
        "prompt": shown.prompt,
        "model": shown.model,
        "version": shown.version,
        "inputs": dict(shown.typed),
        "sent": dict(shown.input),
        "seed": shown.seed,
        "status": shown.status,
        "demo": shown.realm == "demo",
        "price": shown.price.amount,
        "cost": shown.cost,
        "pressed_at": at(shown.pressed_at),
        "sent_at": at(shown.sent_at),
        "finished_at": at(shown.finished_at),
        "took": shown.took,
        "prediction_id": shown.prediction_id,
        "path": shown.path,
        "sha256": shown.sha256,
        "stars": shown.stars,
        "note": shown.remark,
    }


def _candidates(places: list[Path], until: float) -> Iterator[Path]:
    for place in places:
        if place.is_file():
            yield place
        elif place.is_dir():
            for folder, _, names in os.walk(place):
                if time.monotonic() > until:
                    return
                yield from (Path(folder, name) for name in names)


def _opener(path: Path) -> list[str]:
    if sys.platform == "darwin":
        return ["open", "-R", str(path)]
    if sys.platform == "win32":
        return ["explorer", f"/select,{path}"]
    return ["xdg-open", str(path.parent)] if os.getenv("DISPLAY") or os.getenv("WAYLAND_DISPLAY") else []
