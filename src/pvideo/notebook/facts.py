"""What is told under a video, and the shape of its stage: from the model's own words, with what was delivered."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pvideo.model.reference import short

from .made import more_files
from .source import known_model
from .words import say

if TYPE_CHECKING:
    from pvideo.job.states import Snapshot

_DEFAULT = "prunaai/p-video"
"""The model that needs no name on its card."""
_DRAFT = "draft"
_WIDE = (1280, 720)


def facts(snapshot: Snapshot) -> list[str]:
    """Return the facts in order: length and size, the seed, and what it was made from, or which draft it is."""
    from pvideo.model.facts import facts as told

    model = known_model(snapshot.model)
    known = told(model, snapshot.input) if model is not None else []
    other = [short(snapshot.model)] if snapshot.model != _DEFAULT else []
    seed = [f"seed {snapshot.seed}"] if snapshot.seed is not None else []
    relation = _relation(snapshot, draft=_DRAFT in known)
    return [*other, *(fact for fact in known if fact != _DRAFT), *seed, *relation]


def _relation(snapshot: Snapshot, *, draft: bool) -> list[str]:
    """Return what ties it to other videos: ``draft of cat_final``, ``final of cat``, ``goes on from cat``."""
    finals = [link.name or say("labels", "a_final") for link in snapshot.made if link.made_as == "final"]
    said = [say("labels", "draft_of", name=finals[-1]) if finals else _DRAFT] if draft else []
    origin = snapshot.origin
    if origin is None or (origin.name == snapshot.name and origin.made_as != "final"):
        return said
    key = {"final": "final_of", "take": "take_of", "shot": "shot_of"}.get(origin.made_as)
    names = {"final": "a_draft"}.get(origin.made_as, "another")
    return [*said, say("labels", key, name=origin.name or say("labels", names))] if key else said


def notes(snapshot: Snapshot) -> list[str]:
    """Return what a press left out or changed, and what was made otherwise than asked."""
    from pvideo.model.facts import differences

    model, media = known_model(snapshot.model), snapshot.media
    count = more_files(snapshot)
    made = [*snapshot.notes, *([say("notes", "more_files", count=f"{count:,}")] if count else [])]
    if model is None or media is None or snapshot.path is None:
        return made
    said = differences(model, snapshot.input, size=(media.width, media.height), fps=media.fps, seconds=media.seconds)
    return [*made, *([said] if said else [])]


def shape(snapshot: Snapshot) -> tuple[int, int]:
    """Return (width, height), from the start: what was delivered, else what was asked."""
    media = snapshot.media
    if media is not None and media.width and media.height:
        return media.width, media.height
    paths = {name: _path(value) for name, value in snapshot.typed.items()}
    inputs = {**snapshot.input, **{name: value for name, value in paths.items() if value is not None}}
    # As text, for the cache: a first frame is a file that would be opened for every update.
    return _asked(snapshot.model, json.dumps(inputs, default=str))


def is_portrait(snapshot: Snapshot) -> bool:
    """Return whether it is higher than wide."""
    width, height = shape(snapshot)
    return height > width


@lru_cache(maxsize=256)
def _asked(name: str, inputs: str) -> tuple[int, int]:
    from pvideo.model.facts import shape as asked

    model = known_model(name)
    return asked(model, json.loads(inputs)) if model is not None else _WIDE


def _path(value: Any) -> str | None:
    """Return where a typed file lies; it is kept with its checksum."""
    return str(value["path"]) if isinstance(value, dict) and "path" in value else None
