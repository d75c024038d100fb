"""What a press made, by what really came: the kind of its stage, its files, its text."""

from __future__ import annotations

import base64
import os
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pvideo.model.sniff import SVG, kind_of

from .hosts import lies_now
from .source import known_model
from .words import say

if TYPE_CHECKING:
    from pathlib import Path

    from pvideo.job.states import Snapshot

PLAYED = frozenset({"video", "image", "audio"})
"""What stands on a stage by its file."""
SHOWN_TEXT = 20_000
"""Characters of a text that a card shows; the file has all."""
SHOWN_FILES = 100
"""So many files stand beside the one on the stage."""
LARGEST_DRAWING = 60_000
"""Characters of an SVG that travel inside a card and a saved notebook."""


def kind(snapshot: Snapshot) -> str:
    """Return what the stage shows: by the files once they are there, before that by what the model's schema promises."""
    kinds = [kind_of(path.name) for path in snapshot.paths or ((snapshot.path,) if snapshot.path else ())]
    if kinds:
        first = "file" if _is_drawing(snapshot) and not drawing(snapshot) else kinds[0]
        return "json" if "json" in kinds else first
    model = known_model(snapshot.model)
    if model is None:
        return "video"
    return model.output if model.has_schema else "text"


def called(snapshot: Snapshot) -> str:
    """Return its name, or what it is: ``cat``, ``image``."""
    return snapshot.name or say("kinds", kind(snapshot)).lower()


def files(snapshot: Snapshot, base: Path) -> list[dict[str, str]]:
    """Return the files beside the one on the stage, each as its address from the notebook's folder, its kind and its name."""
    paths = snapshot.paths or ((snapshot.path,) if snapshot.path else ())
    on_stage = 1 if kind(snapshot) in PLAYED | {"text"} else 0
    rest = [path for path in paths[on_stage:] if kind_of(path.name) != "json"]
    return [{"file": relative(path, base), "kind": _beside(path), "name": path.name} for path in rest[:SHOWN_FILES]]


def more_files(snapshot: Snapshot) -> int:
    """Return how many files are not shown, as there are too many of them."""
    return max(len(snapshot.paths) - 1 - SHOWN_FILES, 0)


def drawing(snapshot: Snapshot) -> str:
    """Return an SVG as the address of a picture, in which nothing of it can run; empty for everything else, and for a very large one."""
    source = snapshot.text if _is_drawing(snapshot) else ""
    return "data:image/svg+xml;base64," + base64.b64encode(source.encode()).decode() if 0 < len(source) <= LARGEST_DRAWING else ""


def _is_drawing(snapshot: Snapshot) -> bool:
    path = snapshot.paths[0] if snapshot.paths else snapshot.path
    return path is not None and path.name.endswith(SVG) and not any(kind_of(other.name) == "json" for other in snapshot.paths)


def _beside(path: Path) -> str:
    """Return how a file beside the stage is shown: a drawing as a link, to its source."""
    return "file" if path.name.endswith((SVG, ".svg")) else kind_of(path.name)


def text(snapshot: Snapshot) -> str:
    """Return the text, or the JSON, as far as a card shows it."""
    if _is_drawing(snapshot):
        return ""
    return snapshot.text if len(snapshot.text) <= SHOWN_TEXT else f"{snapshot.text[:SHOWN_TEXT]}…"


def relative(path: Path | None, base: Path) -> str:
    """Return `path` as a relative address from the notebook's folder; empty when there is no file yet."""
    if path is None:
        return ""
    return quote(os.path.relpath(lies_now(path), base).replace(os.sep, "/"))


def content_type(path: Path | None) -> str:
    """Return what a page is told a file is."""
    import mimetypes

    suffix: Any = path.suffix.lower() if path is not None else ".mp4"
    return {".webp": "image/webp", ".wav": "audio/wav"}.get(suffix) or mimetypes.types_map.get(suffix, "application/octet-stream")
