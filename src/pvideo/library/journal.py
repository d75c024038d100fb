"""The record of all jobs, written before anything is sent: what makes "paid once, never lost" true across any crash."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from pvideo.library.press_key import typed_key
from pvideo.library.rows import COLUMNS, UNFINISHED, WHEREABOUTS, JobRow, counted, decode, decode_all, dollars, encode
from pvideo.library.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

EXCHANGES_KEPT = 60
"""How many exchanges are kept of one job: its first few (the create) and its last."""

_FIRST_KEPT = 5
_IN_UNFINISHED = ",".join(f"'{state}'" for state in UNFINISHED)
# A running job counts at its estimate, an ended one at what it cost; one whose price nobody knows counts as nothing.
_SUM = f"COALESCE(SUM(COALESCE({counted('cost')}, {counted('estimate')}, 0)), 0)"
_TOOK = "typeof(took) IN ('real', 'integer') AND took>=0 AND state IN ('fetching', 'done')"
_MOST_ELSEWHERE = 200
"""Jobs of one press in other folders that are looked at, newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What was spent, in US dollars: running jobs at their estimate, ended ones at what they cost."""

    day: Decimal = Decimal(0)
    session: Decimal = Decimal(0)
    total: Decimal = Decimal(0)
    running: Decimal = Decimal(0)
    """The running jobs' part of ``day``."""
    running_count: int = 0
    ended_count: int = 0
    session_count: int = 0


class Journal(Store):
    """The jobs of all kernels that share one home folder.

    Args:
        path: The file; its folder is made when it is missing.
        busy: How long to wait for another process that writes, in seconds.
        owner: This process's name, as its jobs have it.
        kept: Tells what a new journal begins with: the jobs whose sidecars lie beside the notebook.

    Raises:
        JournalError: It cannot be opened or written, or is from a newer pvideo.
    """

    def __init__(self, path: Path, *, busy: float = 5.0, owner: str = "", kept: Callable[[], Iterable[JobRow]] = tuple) -> None:
        self._owner = owner
        self._kept = kept
        super().__init__(path, busy=busy)
        self._key_all()

    def press(
        self, row: JobRow, *, reuse: Literal["none", "running", "any"], permit: Callable[[Spent], None] | None = None
    ) -> tuple[JobRow, bool]:
        """Write a new job down, or return the one that this press shows again; one transaction for all kernels.

        Args:
            row: The job, in state ``new``.
            reuse: Whether an existing job of the same press and folder is returned: never, while it runs, or always.
            permit: Called with what was spent; raises when the budget does not allow one more.

        Returns:
            The job, and whether it is a new one.

        Raises:
            BudgetError: `permit` said so. Nothing was written.
            JournalError: It could not be written, so nothing may be sent.
        """
        with self.transaction() as db:
            _key_rows(db)
            found = None if row.press_key is None or reuse == "none" else _find(db, row.typed_key, row.folder, reuse)
            if found is not None:
                return found, False
            if permit is not None:
                permit(_spent(db, row.realm, row.day, row.session))
            _insert(db, row)
        return row, True

    def add(self, row: JobRow) -> bool:
        """Write down a job that exists already (an extra take, one found again); False when it is known."""
        try:
            with self.transaction() as db:
                _insert(db, row)
        except sqlite3.IntegrityError:
            return False
        return True

    def claim_sending(self, intent: str, owner: str, *, sent_at: float, sent_steady: float, boot: str) -> bool:
        """Return whether this caller, and no one else, may make the one POST of this job."""
        changes = {"owner": owner, "sent_at": sent_at, "sent_steady": sent_steady, "boot": boot}
        return self.change(intent, "new", state="sending", **changes)

    def created(self, intent: str, prediction_id: str, **columns: Any) -> bool:
        """Claim a prediction for a job; False when another job has it."""
        try:
            self.update(intent, state="created", prediction_id=prediction_id, **columns)
        except sqlite3.IntegrityError:
            return False
        return True

    def change(self, intent: str, before: str, **columns: Any) -> bool:
        """Change a job only if it is in the state `before`; return whether it was."""
        with self.transaction() as db:
            return _update(db, columns, "intent=? AND state=?", intent, before) == 1

    def update(self, intent: str, *, exchanges: Iterable[dict[str, Any]] = (), **columns: Any) -> None:
        """Change a job, and keep its exchanges, in one transaction."""
        with self.transaction() as db:
            if columns:
                _update(db, columns, "intent=?", intent)
            _keep_exchanges(db, intent, exchanges)

    def adopt(self, row: JobRow, owner: str) -> bool:
        """Take over an unfinished job from a dead process; False when another one was faster."""
        with self.transaction() as db:
            where = f"intent=? AND (owner IS ? OR typeof(owner) NOT IN ('text', 'null')) AND state IN ({_IN_UNFINISHED})"
            columns: dict[str, Any] = {"owner": owner, "adopted": True, "told": False}
            if row.state == "fetching":
                columns["error"] = None  # what held the dead process up is tried anew
            return _update(db, columns, where, row.intent, row.owner) == 1

    def get(self, intent: str) -> JobRow | None:
        """Return one job."""
        found = self.read("SELECT * FROM jobs WHERE intent=?", intent)
        return decode(found[0]) if found else None

    def by_press(self, key: str, folder: str, *, running: bool = False) -> JobRow | None:
        """Return the job that a re-run of this press in this folder shows; only one that runs, when told."""
        self._key_all()
        with self._lock, self._explained():
            self._own()
            return _find(self._db, key, folder, "running" if running else "any")

    def elsewhere(self, key: str, folder: str) -> list[JobRow]:
        """Return where the jobs of this press in other folders lie that run or are done, and no more of each: running ones, then newest."""
        states = f"state IN ({_IN_UNFINISHED}, 'done')"
        page = (
            f"SELECT intent FROM jobs WHERE typed_key=? AND folder<>? AND press_key IS NOT NULL AND {states}"  # noqa: S608 - our own names
            f" ORDER BY state<>'done' DESC, pressed_at DESC LIMIT {_MOST_ELSEWHERE}"
        )
        columns = ",".join(WHEREABOUTS)
        sql = f"SELECT {columns} FROM jobs WHERE intent IN ({page}) ORDER BY state<>'done' DESC, pressed_at DESC"  # noqa: S608
        return decode_all(self.read(sql, key, folder), WHEREABOUTS)

    def unfinished(self) -> list[JobRow]:
        """Return every job that is not over, oldest first."""
        return decode_all(self.read(f"SELECT * FROM jobs WHERE state IN ({_IN_UNFINISHED}) ORDER BY pressed_at"))  # noqa: S608

    def lost(self) -> list[JobRow]:
        """Return the finished jobs whose answer was lost and for which the list was not read to the end since, oldest first."""
        return decode_all(self.read("SELECT * FROM jobs WHERE unknown_at IS NOT NULL AND state='done' ORDER BY pressed_at"))

    def alike(self, fingerprint: str, base_url: str) -> list[JobRow]:
        """Return the jobs with the same input whose prediction is not known yet, oldest first."""
        where = "fingerprint=? AND base_url=? AND state IN ('sending', 'unknown') AND prediction_id IS NULL ORDER BY sent_at"
        return decode_all(self.read(f"SELECT * FROM jobs WHERE {where}", fingerprint, base_url))  # noqa: S608

    def claimed(self, prediction_ids: Iterable[str]) -> set[str]:
        """Return which of these predictions belong to a job."""
        ids = list(prediction_ids)
        marks = ",".join("?" * len(ids))
        return {row[0] for row in self.read(f"SELECT prediction_id FROM jobs WHERE prediction_id IN ({marks})", *ids)}  # noqa: S608

    def spent(self, *, realm: str, day: str, session: str) -> Spent:
        """Return what was spent on a day, in a session and ever."""
        with self._lock, self._explained():
            self._own()
            return _spent(self._db, realm, day, session)

    def durations(self, *, model: str, realm: str, shape: str, limit: int = 50) -> list[float]:
        """Return how long past jobs of the same shape took, from sent to succeeded, in seconds, newest first."""
        where = f"model=? AND realm=? AND shape=? AND {_TOOK}"
        rows = self.read(f"SELECT took FROM jobs WHERE {where} ORDER BY finished_at DESC LIMIT ?", model, realm, shape, limit)  # noqa: S608
        return [row[0] for row in rows]

    def paces(self, *, model: str, realm: str, limit: int = 20) -> list[tuple[str, float]]:
        """Return shape and time, in seconds, of a model's last succeeded jobs, newest first."""
        where = f"model=? AND realm=? AND typeof(shape)='text' AND {_TOOK}"
        rows = self.read(f"SELECT shape, took FROM jobs WHERE {where} ORDER BY finished_at DESC LIMIT ?", model, realm, limit)  # noqa: S608
        return [(row[0], row[1]) for row in rows]

    def exchange(self, intent: str, body: dict[str, Any]) -> None:
        """Keep one request and its answer, as shown by ``%pvideo explain``."""
        self.update(intent, exchanges=[body])

    def exchanges(self, intent: str) -> list[dict[str, Any]]:
        """Return a job's exchanges, oldest first."""
        bodies = (_body(row[0]) for row in self.read("SELECT body FROM exchanges WHERE intent=? ORDER BY number", intent))
        return [body for body in bodies if body]

    def keep_poster(self, intent: str, jpeg: bytes) -> None:
        """Keep a job's poster."""
        with self.transaction() as db:
            db.execute("INSERT OR REPLACE INTO posters VALUES (?, ?)", (intent, jpeg))

    def poster(self, intent: str) -> bytes | None:
        """Return a job's poster (JPEG)."""
        found = self.read("SELECT jpeg FROM posters WHERE intent=?", intent)
        return found[0][0] if found and isinstance(found[0][0], bytes) else None

    def _key_all(self) -> None:
        """Give the rows of version 0.1.0 their key; one of its kernels may still be writing."""
        if self.read(f"SELECT 1 FROM jobs WHERE {_UNKEYED} LIMIT 1"):  # noqa: S608 - our own words
            with self.transaction() as db:
                _key_rows(db)

    def _begin(self, db: sqlite3.Connection) -> None:
        for row in self._kept():
            _insert(db, row, "OR IGNORE ")

    def _carried(self, db: sqlite3.Connection) -> list[dict[str, Any]]:
        return [dict(row) for row in db.execute(f"SELECT * FROM jobs WHERE state IN ({_IN_UNFINISHED})")]  # noqa: S608

    def _carry_over(self, db: sqlite3.Connection, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            what = "REPLACE" if self._owner and row["owner"] == self._owner else "IGNORE"  # others carry their own over
            marks = ",".join("?" * len(row))
            db.execute(f"INSERT OR {what} INTO jobs ({','.join(row)}) VALUES ({marks})", [*row.values()])  # noqa: S608


_UNKEYED = "typed_key IS NULL AND press_key IS NOT NULL"


def _key_rows(db: sqlite3.Connection) -> None:
    for raw in db.execute(f"SELECT * FROM jobs WHERE {_UNKEYED}").fetchall():  # noqa: S608
        db.execute("UPDATE jobs SET typed_key=? WHERE intent IS ?", (_key_of(raw), raw["intent"]))


def _key_of(raw: sqlite3.Row) -> str:
    """Return the key of a row; an empty one, which no press has, where its inputs cannot be read."""
    try:
        row = decode(raw)
    except ValueError:
        return ""
    told = not {"typed", "model", "realm"} & set(row.unreadable)
    return typed_key(row.realm, row.model, row.typed) if told else ""


def _body(text: Any) -> dict[str, Any]:
    """Return an exchange; an empty one where it cannot be read."""
    try:
        body = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _find(db: sqlite3.Connection, key: str | None, folder: str, reuse: str) -> JobRow | None:
    """Return the job to show for a press in a folder: a running one, else the newest good one, else the newest."""
    where = "typed_key=? AND folder=? AND press_key IS NOT NULL" + (f" AND state IN ({_IN_UNFINISHED})" if reuse == "running" else "")
    order = f"state IN ({_IN_UNFINISHED}) DESC, state='done' DESC, pressed_at DESC"
    newest = f"SELECT intent FROM jobs WHERE {where} ORDER BY {order} LIMIT 1"  # noqa: S608 - constants
    found = db.execute(f"SELECT * FROM jobs WHERE intent=({newest})", (key, folder)).fetchall()  # noqa: S608
    return next(iter(decode_all(found)), None)


def _insert(db: sqlite3.Connection, row: JobRow, kind: str = "") -> None:
    marks = ",".join("?" * len(COLUMNS))
    values = [encode(name, getattr(row, name)) for name in COLUMNS]
    db.execute(f"INSERT {kind}INTO jobs ({','.join(COLUMNS)}) VALUES ({marks})", values)  # noqa: S608 - our own column names


def _update(db: sqlite3.Connection, columns: dict[str, Any], where: str, *values: Any) -> int:
    unknown = set(columns) - set(COLUMNS)
    if unknown:
        msg = f"no such columns: {sorted(unknown)}"
        raise TypeError(msg)
    sets = ",".join(f"{name}=?" for name in columns)
    given = [encode(name, value) for name, value in columns.items()]
    return db.execute(f"UPDATE jobs SET {sets} WHERE {where}", [*given, *values]).rowcount  # noqa: S608 - our own names


def _keep_exchanges(db: sqlite3.Connection, intent: str, exchanges: Iterable[dict[str, Any]]) -> None:
    bodies = [(intent, json.dumps(body, default=str)) for body in exchanges]
    if not bodies:
        return
    db.executemany("INSERT INTO exchanges (intent, body) VALUES (?, ?)", bodies)
    numbers = [row[0] for row in db.execute("SELECT number FROM exchanges WHERE intent=? ORDER BY number", (intent,))]
    surplus = numbers[_FIRST_KEPT : max(_FIRST_KEPT, len(numbers) - EXCHANGES_KEPT + _FIRST_KEPT)]
    db.executemany("DELETE FROM exchanges WHERE number=?", [(number,) for number in surplus])


def _spent(db: sqlite3.Connection, realm: str, day: str, session: str) -> Spent:
    def amount(where: str, *values: str) -> tuple[Decimal, int]:
        sql = f"SELECT {_SUM}, COUNT(*) FROM jobs WHERE realm=? AND budgeted IS NOT 0 AND {where}"  # noqa: S608
        found = db.execute(sql, (realm, *values)).fetchone()
        return dollars(found[0]) or Decimal(0), found[1]

    today, count = amount("day=?", day)
    running, running_count = amount(f"day=? AND state IN ({_IN_UNFINISHED})", day)
    mine, session_count = amount("session=?", session)
    return Spent(
        day=today,
        session=mine,
        total=amount("1")[0],
        running=running,
        running_count=running_count,
        ended_count=count - running_count,
        session_count=session_count,
    )
