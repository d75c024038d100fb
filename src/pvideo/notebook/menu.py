"""What a card's More menu asks Python for: the requests in words, a rating, a page to give away. All of it costs nothing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from pvideo.errors import PVideoError

from .words import say, size

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pvideo.job.states import Snapshot
    from pvideo.job.video import Video

NAMES = ("explain", "rate", "save_page")


def answer(video: Video, content: Mapping[str, Any], send: Callable[[dict[str, Any]], object]) -> None:
    """Do what an item asks and tell the page; what goes wrong is told there, too. Not on the page's own thread."""
    name = str(content.get("name"))
    told: dict[str, Any] = {"kind": "menu", "id": video.snapshot().intent, "name": name}
    try:
        send({**told, **_do(name, video, content)})
    except (PVideoError, OSError) as error:
        send({**told, "error": str(error)})


def _do(name: str, video: Video, content: Mapping[str, Any]) -> dict[str, Any]:
    if name == "explain":
        from .explain import explanation

        found = explanation(video)
        return {"head": found.head, "nothing": found.nothing, "steps": found.data()}
    if name == "rate":
        stars, note = content.get("stars"), content.get("note")
        video.rate(stars if isinstance(stars, int) else None, note if isinstance(note, str) else None)
        return {}
    if name == "save_page":
        return save_page([video])
    return {}


def save_page(videos: list[Video]) -> dict[str, Any]:
    """Write videos as one page beside the notebook, and return what to say of it."""
    from .hosts import notebook_folder
    from .page import export
    from .view import relative

    base = notebook_folder()
    path = export(free_name(base, videos[0].snapshot()), *videos)
    return {"text": say("export", "made", path=os.path.relpath(path, base), size=size(path.stat().st_size)), "file": relative(path, base)}


def free_name(folder: Path, snapshot: Snapshot) -> Path:
    """Return a name for a page that nothing has yet."""
    from pvideo.library.files import slug

    stem = slug(snapshot.name or snapshot.prompt)
    names = (folder / f"{stem}{f'-{number}' if number else ''}.html" for number in range(1000))
    return next((path for path in names if not path.exists()), folder / f"{stem}.html")
