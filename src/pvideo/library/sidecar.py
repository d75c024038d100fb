"""The small JSON beside each video that says what made it: enough to make it again, and to rebuild a lost journal."""

from __future__ import annotations

import json
import logging
import os
import stat
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pvideo
from pvideo.library.files import OUTPUT_JSON, slug, write_new
from pvideo.library.rows import JobRow, listed, load_json
from pvideo.library.rows import read as _read

if TYPE_CHECKING:
    from collections.abc import Iterable

logger = logging.getLogger(__name__)

_LARGEST = 1_000_000
_MOST_NAMED = 500
"""Sidecars that a press reads: a cell has 50 ms for everything."""
# What a sidecar tells and a rebuilt journal takes back; where it went and who worked on it stays out.
_TOLD = (
    *("intent", "name", "model", "version", "prompt", "template", "typed", "input", "seed", "seed_ours", "notes", "realm"),
    *("prediction_id", "log_id", "day", "pressed_at", "sent_at", "created_at", "finished_at", "took", "seconds"),
    *("estimate", "cost", "sha256", "bytes", "media", "press_key", "shape", "parent", "made_from", "made_as"),
    *("sweep", "stars", "remark"),
)


def write(video: Path, row: JobRow) -> Path:
    """Write the sidecar of a video and return it.

    Raises:
        OSError: The folder does not allow it.
    """
    told = {name: getattr(row, name) for name in _TOLD}
    told = {name: str(value) if isinstance(value, Decimal) else value for name, value in told.items()}
    data = {"pvideo": pvideo.__version__, "file": video.name, **told}
    path = beside(video)
    write_new(path, json.dumps(data, indent=1, ensure_ascii=False, default=str).encode())
    return path


def beside(file: Path) -> Path:
    """Return where the sidecar of a saved file lies."""
    if file.name.endswith(OUTPUT_JSON):
        return file.with_name(file.name.removesuffix(OUTPUT_JSON) + ".json")
    return file.with_suffix(".json")


def rows(folder: Path) -> list[JobRow]:
    """Return the finished jobs that a folder's sidecars tell of; what is none of ours, or whose file is gone, is left out."""
    return rows_of(folder, _names(folder))


def named(folder: Path, words: str) -> list[JobRow]:
    """Return the finished jobs that the newest sidecars tell of whose names carry what these words become in a name."""
    mark = f"-{slug(words)}-"
    return rows_of(folder, [name for name in reversed(_names(folder)) if mark in name][:_MOST_NAMED])


def rows_of(folder: Path, names: Iterable[str]) -> list[JobRow]:
    """Return the finished jobs that these sidecars tell of; several files of one job make one row, the one it is known by first."""
    found: dict[str, JobRow] = {}
    for name in names:
        try:
            row = read(folder / name)
        except Exception:  # whoever wrote it: it must not stand in the way of the others
            logger.exception("the sidecar %s cannot be read", name)
            continue
        if row is None:
            continue
        before = found.get(row.intent)
        if before is not None:
            pair = (row, before) if _weighs(row) else (before, row)
            row = replace(pair[0], files=pair[0].files + pair[1].files)
        found[row.intent] = row
    return [replace(row, files=(row.files[0], *sorted(row.files[1:]))) for row in found.values()]


def read(path: Path) -> JobRow | None:
    """Return the finished job that a sidecar tells of; None when it is none of ours or its video is gone."""
    data = _load(path)
    if data is None or not isinstance(data["file"], str):
        return None
    file = path.parent / Path(data["file"]).name
    if not file.is_file():
        return None
    told = {name: data[name] for name in _TOLD if name in data}
    try:
        row = _read({**told, "state": "done", "status": "succeeded"}, _decoded)
    except ValueError:
        return None
    return replace(row, folder=str(path.parent), files=(str(file),))


def _decoded(name: str, value: Any) -> Any:
    if name in {"estimate", "cost"} and value is not None:
        return Decimal(value if isinstance(value, str) else json.dumps(value))
    return listed(name, value)


def _weighs(row: JobRow) -> bool:
    """Return whether its file has the size that was noted: that of the first."""
    try:
        return Path(row.files[0]).stat().st_size == row.bytes
    except OSError:
        return False


def _names(folder: Path) -> list[str]:
    try:
        return sorted(name for name in os.listdir(folder) if name.endswith(".json"))  # noqa: PTH208 - names alone, and many of them
    except OSError:
        return []


def _load(path: Path) -> dict[str, Any] | None:
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode) or found.st_size > _LARGEST:
            return None
        data = load_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) and {"pvideo", "file", "intent", "prediction_id"} <= data.keys() else None
