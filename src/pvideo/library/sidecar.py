"""The small JSON beside each video that says what made it: enough to make it again, and to rebuild a lost journal."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pvideo
from pvideo.library.files import OUTPUT_JSON, write_new
from pvideo.library.rows import COLUMNS, JobRow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pvideo.library.journal import Journal

_LARGEST = 1_000_000
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


def read(path: Path) -> JobRow | None:
    """Return the finished job that a sidecar tells of; None when it is none of ours or its video is gone."""
    data = _load(path)
    if data is None or not (path.parent / str(data.get("file"))).is_file():
        return None
    known: dict[str, Any] = {name: data[name] for name in _TOLD if name in data and name in COLUMNS}
    for name in ("estimate", "cost"):
        known[name] = None if known.get(name) is None else Decimal(known[name])
    known["notes"] = tuple(known.get("notes") or ())
    file = str(path.parent / Path(str(data["file"])).name)
    with suppress(TypeError, ValueError):
        return replace(JobRow(**known), state="done", status="succeeded", folder=str(path.parent), files=(file,))
    return None


def rebuild(journal: Journal, folder: Path) -> int:
    """Write the videos of a folder into a new journal and return how many there were."""
    return sum(journal.add(row) for row in _rows(folder))


def _rows(folder: Path) -> Iterator[JobRow]:
    with suppress(OSError):
        for path in sorted(folder.glob("*.json")):
            row = read(path)
            if row is not None:
                yield row


def _load(path: Path) -> dict[str, Any] | None:
    try:
        if path.stat().st_size > _LARGEST:
            return None
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return data if isinstance(data, dict) and {"pvideo", "file", "intent", "prediction_id"} <= data.keys() else None
