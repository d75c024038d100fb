"""Reading the library: what was made, by words, and what is news since last time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pvideo.library.rows import UNFINISHED, JobRow, counted, decode_all
from pvideo.library.search import asked

if TYPE_CHECKING:
    from collections.abc import Collection

    from pvideo.library.store import Store

_IN_UNFINISHED = ",".join(f"'{state}'" for state in UNFINISHED)


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What a fresh kernel tells once."""

    running: int = 0
    """Jobs of dead kernels that were still running."""
    saved: int = 0
    """Videos that were saved for a dead kernel and not told of yet."""


def history(
    journal: Store, words: str = "", *, limit: int = 100, offset: int = 0, folder: Path | None = None, realm: str | None = None
) -> list[JobRow]:
    """Return jobs newest first, running ones before all.

    Args:
        journal: Where to look.
        words: Each must stand in the prompt, name, model, day, note or prediction id; any case (see `Filter`).
        limit: How many at most.
        offset: How many to skip.
        folder: Only those saved there.
        realm: Only ``"demo"`` or ``"real"`` ones.
    """
    wanted = asked(words, folder=str(folder) if folder else "", realm=realm or "")
    where, values = wanted.where()
    running = _select(journal, [*where, f"state IN ({_IN_UNFINISHED})"], values, limit=-1, offset=0)
    page = running[offset : offset + limit]
    # Apart from the running ones, so that these come in the order of an index: sorting 10,000 rows takes 40 ms.
    rest = [*where, f"state NOT IN ({_IN_UNFINISHED})"]
    page += _select(journal, rest, values, limit=limit - len(page), offset=max(offset - len(running), 0))
    return page


def takes(journal: Store, intent: str) -> list[JobRow]:
    """Return the extra takes that a gateway's own retries made of one press."""
    return decode_all(journal.read("SELECT * FROM jobs WHERE parent=? ORDER BY created_at", intent))


def made_from(journal: Store, intent: str) -> list[JobRow]:
    """Return the jobs that a person made from one, oldest first."""
    return decode_all(journal.read("SELECT * FROM jobs WHERE made_from=? ORDER BY pressed_at", intent))


def newest_named(journal: Store, name: str) -> str | None:
    """Return the newest job of that name."""
    found = journal.read("SELECT intent FROM jobs WHERE name=? AND name<>'' ORDER BY pressed_at DESC LIMIT 1", name)
    return found[0][0] if found else None


def news(journal: Store, dead: Collection[str]) -> News:
    """Return what became of the jobs of processes that are gone, `dead` being the owners' names."""
    rows = journal.read(f"SELECT owner, adopted, told, state FROM jobs WHERE state IN ({_IN_UNFINISHED}) OR (adopted=1 AND told=0)")  # noqa: S608
    running = sum(row["state"] in UNFINISHED and row["state"] != "new" and row["owner"] in dead for row in rows)
    return News(running=running, saved=sum(row["state"] == "done" and not row["told"] for row in rows if row["adopted"]))


def missing(row: JobRow) -> bool:
    """Return whether a finished video is no longer where it was saved."""
    return row.state == "done" and bool(row.files) and not Path(row.files[0]).is_file()


def changed(row: JobRow) -> bool:
    """Return whether a finished video has another size than when it was saved; its bytes are not read for that."""
    if row.state != "done" or not row.files or row.bytes is None:
        return False
    try:
        return Path(row.files[0]).stat().st_size != row.bytes
    except OSError:
        return False


def predictions(journal: Store, base_url: str) -> dict[str, float | None]:
    """Return every prediction that was made through an endpoint, and when it was created by Replicate's clock."""
    rows = journal.read("SELECT prediction_id, created_at FROM jobs WHERE base_url=? AND prediction_id IS NOT NULL", base_url)
    return {row[0]: row[1] if isinstance(row[1], float) else None for row in rows if isinstance(row[0], str)}


def size(journal: Store, *, realm: str | None = None) -> tuple[int, int]:
    """Return how many videos the library has, and their bytes."""
    where = "state='done'" + (" AND realm=?" if realm else "")
    bytes_of = f"COALESCE(SUM({counted('bytes')}), 0)"
    found = journal.read(f"SELECT COUNT(*), {bytes_of} FROM jobs WHERE {where}", *([realm] if realm else []))  # noqa: S608
    return found[0][0], found[0][1]


def _select(journal: Store, where: list[str], values: list[Any], *, limit: int, offset: int) -> list[JobRow]:
    # The page's ids come from an index that holds all of the question, so that skipping 5,000 rows reads none of them.
    page = f"SELECT intent FROM jobs WHERE {' AND '.join(where)} ORDER BY pressed_at DESC, intent LIMIT ? OFFSET ?"  # noqa: S608 - our own names
    sql = f"SELECT * FROM jobs WHERE intent IN ({page}) ORDER BY pressed_at DESC, intent"  # noqa: S608
    return decode_all(journal.read(sql, *values, limit, offset))
