"""Models by reference: those of the catalog, and those that Replicate told of, kept on disk so that no second kernel has to ask.

What is kept is Replicate's own answer, beside the journal (``models/owner__name.json``, a version's as ``models/owner__name@….json``),
with the time it was asked for; what the demo's stand-ins tell lies apart. A version never changes; a name is asked for again when its
answer is old.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pvideo import settings
from pvideo.errors import InputError

from . import catalog
from .reference import Reference, read
from .schema import Model

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FRESH = 3600.0
"""Seconds for which a kept answer about a name is not asked for again."""
_LARGEST = 4 * 1024**2


@dataclass(frozen=True, slots=True)
class Kept:
    """A model, and when Replicate told of it (seconds since the epoch)."""

    model: Model
    at: float


_known: dict[tuple[str, str], Kept] = {}


def find(text: str) -> Model | None:
    """Return a model that is known without asking Replicate; None when it is not. Never raises for a name that is none."""
    try:
        reference = read(text)
    except InputError:
        return None
    # What was made in the demo is still shown when that is off, and the reverse.
    kept = look(reference) or look(reference, demo=not settings.demo_is_on())
    return kept.model if kept else None


def look(reference: Reference, *, demo: bool | None = None) -> Kept | None:
    """Return what is known of a model, and since when; the catalog's models never grow old.

    Args:
        reference: The model.
        demo: Whether to look among the demo's stand-ins, which have other inputs than the models they stand for; by default, as presses
            go now.
    """
    if reference.model in catalog.names() and reference.version in {"", catalog.load(reference.model).version}:
        model = catalog.load(reference.model)
        return Kept(_named(model, reference) if reference.version else model, float("inf"))
    key = (str(_folder(demo)), str(reference))
    if key not in _known:
        loaded = _load(reference, demo)
        if loaded is None:
            return None
        _known[key] = loaded
    return _known[key]


def keep(reference: Reference, body: Mapping[str, Any], *, at: float | None = None) -> Model:
    """Keep what Replicate told of a model, and return it; a disk that is closed only means that it is asked for again."""
    kept = Kept(model_of(reference, body), time.time() if at is None else at)
    _known[str(_folder()), str(reference)] = kept
    with suppress(OSError, ValueError, TypeError):
        path = _path(reference)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}.part")
        part.write_text(json.dumps({"at": kept.at, "body": dict(body)}), encoding="utf-8")
        part.replace(path)
    return kept.model


def forget(text: str) -> None:
    """Ask for a model anew before its next press: Replicate refused what is kept of it."""
    with suppress(InputError, OSError):
        reference = read(text)
        _known.pop((str(_folder()), str(reference)), None)
        _path(reference).unlink(missing_ok=True)


def names() -> tuple[str, ...]:
    """Return every ``owner/name`` that is known here, the catalog's first."""
    found = []
    with suppress(OSError):
        found = [path.stem.replace("__", "/", 1) for path in sorted(_folder().glob("*__*.json")) if "@" not in path.stem]
    return tuple(dict.fromkeys([*catalog.names(), *found]))


def of_version(version: str) -> Model | None:
    """Return the known model that a version alone belongs to: Replicate tells of a version only under its model's name."""
    for name in names():
        model = find(name)
        if model is not None and model.version == version:
            return _named(model, Reference(version=version))
    return None


def without_schema(reference: Reference) -> Model:
    """Return a model of which nothing is known but how it is called."""
    bare = Model(owner=reference.owner, short_name=reference.name, title=reference.name or reference.version[:8], has_schema=False)
    return _named(replace(bare, output="json"), reference) if reference.version else replace(bare, output="json")


def model_of(reference: Reference, body: Mapping[str, Any]) -> Model:
    """Return the model that Replicate's answer describes, as `reference` calls it."""
    model = catalog.from_api({"owner": reference.owner, "name": reference.name, **body})
    if reference.version:
        return _named(model, reference)
    # Only official models go by name; of any other one a version has to be named.
    by_name = body.get("is_official") is not False or model.version is None
    return model if by_name else replace(model, pin=f"{model.owner}/{model.short_name}:{model.version}")


def _named(model: Model, reference: Reference) -> Model:
    return replace(model, reference=str(reference), pin=str(reference), version=reference.version)


def _folder(demo: bool | None = None) -> Path:
    demo = settings.demo_is_on() if demo is None else demo
    return settings.current().home / ("models-demo" if demo else "models")


def _path(reference: Reference, demo: bool | None = None) -> Path:
    version = f"@{reference.version}" if reference.version else ""
    return _folder(demo) / f"{reference.owner}__{reference.name}{version}.json"


def _load(reference: Reference, demo: bool | None) -> Kept | None:
    with suppress(OSError, ValueError, KeyError, TypeError):
        path = _path(reference, demo)
        if path.stat().st_size <= _LARGEST:
            data = json.loads(path.read_text(encoding="utf-8"))
            return Kept(model_of(reference, data["body"]), float(data["at"]))
    return None
