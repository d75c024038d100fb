"""Which jobs are meant: the words of a search box as data, and the ids of what they find, all at once and read page by page."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pvideo.library.rows import UNFINISHED, JobRow, counted, decode_all, dollars

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pvideo.library.store import Store

_SEARCHED = ("prompt", "name", "model", "remark", "day", "prediction_id", "template")
_TEXT = "lower(" + " || char(10) || ".join(f"COALESCE({column}, '')" for column in _SEARCHED) + ")"
# With its limit SQLite makes the text once for each row, and not once for each word.
_WHOLE = f"NOT EXISTS (SELECT 1 FROM (SELECT {_TEXT} AS text LIMIT 1), json_each(?) WHERE instr(text, lower(value))=0)"  # noqa: S608
_FEW, _LONG = 20, 1000
"""So many words, of so many characters at most, are looked for one by one."""
_IN_UNFINISHED = ",".join(f"'{state}'" for state in UNFINISHED)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DATE = re.compile(rf"\b({'|'.join(_MONTHS)})[a-z]*\.?\s+(\d{{1,2}})\b", re.IGNORECASE)
_STARS = re.compile(r"(?<!\S)(★+|★[1-5]|[1-5]★)(?!\S)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What to look for; what is empty does not matter."""

    words: tuple[str, ...] = ()
    """Each must stand in the prompt, name, model, note, day or prediction id; any case."""
    model: str = ""
    folder: str = ""
    realm: str = ""
    stars: int = 0
    """At least so many."""
    since: float | None = None
    """Pressed at this moment or later, seconds since the epoch."""
    until: float | None = None
    """Pressed before this moment."""
    hidden: bool = False
    """Also those that a person took out."""

    def where(self) -> tuple[list[str], list[Any]]:
        """Return the conditions of a query and their values."""
        where = ["typeof(intent)='text'", *([] if self.hidden else ["hidden IS NOT 1"])]
        values: list[Any] = []
        words = tuple(dict.fromkeys(self.words))
        few = tuple(word for word in words if len(word) <= _LONG)[:_FEW]
        for word in few:
            where.append("(" + " OR ".join(f"{column} LIKE ? ESCAPE '\\'" for column in _SEARCHED) + ")")
            values += [f"%{_escape(word)}%"] * len(_SEARCHED)
        if words != few:  # a whole prompt, pasted: SQLite bounds a pattern's length and how many conditions there are
            where.append(_WHOLE)
            values.append(json.dumps([word for word in words if word not in few]))
        for column, value in (("model=?", self.model), ("folder=?", self.folder), ("realm=?", self.realm), ("stars>=?", self.stars)):
            if value:
                where.append(column)
                values.append(value)
        for column, moment in (("pressed_at>=?", self.since), ("pressed_at<?", self.until)):
            if moment is not None:
                where.append(column)
                values.append(moment)
        return where, values


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search found: every id, and what they come to."""

    intents: tuple[str, ...] = ()
    """Those that run or were found after a restart first, then newest first."""
    videos: int = 0
    bytes: int = 0
    cost: Decimal = Decimal(0)
    """What the real ones cost, as far as that is known, in US dollars."""
    demo: int = 0


def asked(text: str, **known: Any) -> Filter:
    """Return the filter that a line of a search box means: words, a date as it is shown (``Nov 20``), stars (``★★``)."""
    text = text.encode(errors="replace").decode().replace("\0", "\ufffd")
    stars = 0
    for found in _STARS.findall(text):
        digit = found.strip("★")
        stars = max(stars, int(digit) if digit else len(found))
    plain = _DATE.sub(lambda found: f"-{_MONTHS.index(found[1].lower()) + 1:02d}-{int(found[2]):02d}", _STARS.sub(" ", text))
    given = Filter(**known)
    return replace(given, words=(*given.words, *plain.split()), stars=max(given.stars, min(stars, 5)))


def moment(value: object, *, end: bool = False) -> float | None:
    """Return a date as seconds since the epoch, local time: a `date`, `datetime`, epoch number or ``2026-11-20``; of a day its end.

    Raises:
        ValueError: It is none of these.
    """
    if value is None:
        return None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    whole_day = (isinstance(value, str) and len(value) <= len("2026-11-20")) or (
        isinstance(found, date) and not isinstance(found, datetime)
    )
    if isinstance(found, date) and not isinstance(found, datetime):
        found = datetime(found.year, found.month, found.day)  # noqa: DTZ001 - a local day
    if not isinstance(found, datetime):
        msg = f"{value!r} is no date"
        raise ValueError(msg)
    return (found + timedelta(days=1) if whole_day and end else found).timestamp()


def search(journal: Store, wanted: Filter, *, finder: str = "") -> Found:
    """Return what is meant.

    Args:
        journal: Where to look.
        wanted: What is meant.
        finder: The process whose finds after a restart come first.
    """
    where, values = wanted.where()
    # One row that holds all ids: handing 10,000 rows to Python takes longer than finding them.
    sql = (
        f"SELECT group_concat(intent, char(10)), SUM(state='done'), SUM(CASE state WHEN 'done' THEN {counted('bytes')} END),"  # noqa: S608 - our own names
        f" SUM(CASE realm WHEN 'demo' THEN 0 ELSE {counted('cost')} END), SUM(realm='demo' AND state='done')"
        f" FROM (SELECT intent, state, bytes, cost, realm FROM jobs WHERE {' AND '.join(where)} ORDER BY pressed_at DESC)"
    )
    ids, videos, size, cost, demo = journal.read(sql, *values)[0]
    return Found(
        intents=_first(journal, ids.split("\n") if ids else [], finder),
        videos=videos or 0,
        bytes=size or 0,
        cost=dollars(cost) or Decimal(0),
        demo=demo or 0,
    )


def _first(journal: Store, ids: list[str], finder: str) -> tuple[str, ...]:
    """Put those that run, or were found after a restart, before the others."""
    rows = journal.read(f"SELECT intent FROM jobs WHERE state IN ({_IN_UNFINISHED})")  # noqa: S608 - our own names
    rows += journal.read("SELECT intent FROM jobs WHERE adopted=1 AND owner=?", finder) if finder else []
    first = {row[0] for row in rows}
    return tuple(sorted(ids, key=lambda one: one not in first)) if first else tuple(ids)


def rows_of(journal: Store, intents: Sequence[str]) -> list[JobRow]:
    """Return the jobs of these ids, in this order; one that is gone is left out."""
    marks = ",".join("?" * len(intents))
    found = {row["intent"]: row for row in journal.read(f"SELECT * FROM jobs WHERE intent IN ({marks})", *intents)}  # noqa: S608
    return decode_all(found[intent] for intent in intents if intent in found)


def posters_of(journal: Store, intents: Sequence[str]) -> dict[str, bytes]:
    """Return the posters (JPEG) of these jobs."""
    marks = ",".join("?" * len(intents))
    return {row[0]: row[1] for row in journal.read(f"SELECT intent, jpeg FROM posters WHERE intent IN ({marks})", *intents)}  # noqa: S608


def _escape(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
