"""The journal's file: opened so that only its user can read it, written so that what is committed survives a power loss."""

from __future__ import annotations

import ctypes
import glob
import itertools
import os
import sqlite3
import threading
import time
import weakref
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from pvideo.errors import JournalError
from pvideo.library.schema import CHANGES, TABLES, VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_RETRY = 0.02
_FORK_PATIENCE = 5.0
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_BESIDE = ("-wal", "-shm")
"""What SQLite keeps beside the file, and takes for its own wherever it finds it."""


class Store:
    """One SQLite file, usable from every thread of one process.

    Args:
        path: The file; its folder is made when it is missing.
        busy: How long to wait for another process that writes, in seconds.

    Raises:
        JournalError: It cannot be opened or written, or is from a newer pvideo.
    """

    def __init__(self, path: Path, *, busy: float = 5.0) -> None:
        self.path = path
        self.damaged: Path | None = None
        """Where a damaged journal was set aside, when this one replaced it."""
        self._busy = busy
        self._lock = threading.RLock()
        self._pid = os.getpid()
        with self._lock, self._explained():
            _open.add(self)
            self._db = self._open()
            self._held = self._identities()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Write in one transaction, which is on the disk when this ends.

        Raises:
            JournalError: It could not be written; nothing was.
        """
        self._own()
        with self._lock, self._explained():
            if self._db.in_transaction:  # an interrupt cut the one before off
                self._db.execute("ROLLBACK")
            self._go_over()
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # SQLite itself may have rolled back
                    self._db.execute("ROLLBACK")
                raise

    def read(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """Return the rows of a query.

        Raises:
            JournalError: It cannot be read.
        """
        self._own()
        with self._lock, self._explained():
            if not self._db.in_transaction:
                self._go_over()
            found: list[sqlite3.Row] = self._db.execute(sql, values).fetchall()
            return found

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._pid == os.getpid():
                self._db.close()

    def quiesce(self) -> bool:
        """Wait until no thread is inside SQLite, before a fork; whether that was reached in time."""
        return self._lock.acquire(timeout=_FORK_PATIENCE)

    def resume(self) -> None:
        """Go on after a fork, in the parent."""
        self._lock.release()

    def leave(self) -> None:
        """Forget the connection in a forked child without closing it: closing would touch the parent's files."""
        self._lock = threading.RLock()
        db = getattr(self, "_db", None)
        if db is not None:
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(db))

    def _own(self) -> None:
        if self._pid != os.getpid():
            raise JournalError("folder_closed", folder=str(self.path), reason="it was opened by the parent of this forked process")

    def _begin(self, db: sqlite3.Connection) -> None:
        """Write what a new file begins with, in the transaction that makes its tables."""

    def _carried(self, db: sqlite3.Connection) -> list[dict[str, Any]]:  # noqa: ARG002 - a journal's own part
        """Return what must not be lost of a file that was deleted or replaced."""
        return []

    def _carry_over(self, db: sqlite3.Connection, rows: list[dict[str, Any]]) -> None:
        """Write that into the file in its place."""

    def _go_over(self) -> None:
        """Open the file of this name when the open one is it no more: what is written into a deleted file is gone with this process."""
        if _identity(self.path) == self._held[""]:
            return
        rows = self._carried(self._db)
        with self._alone():  # SQLite would read the old file's log into the new one
            here = self._identities()
            self._set_aside([suffix for suffix in _BESIDE if here[suffix] is not None and here[suffix] == self._held[suffix]])
        fresh = self._open()
        try:
            fresh.execute("BEGIN IMMEDIATE")
            self._carry_over(fresh, rows)
            fresh.execute("COMMIT")
        except BaseException:
            fresh.close()
            raise
        left, self._db = self._db, fresh
        self._held = self._identities()
        left.close()

    def _identities(self) -> dict[str, tuple[int, int] | None]:
        """Return which files lie here now under the names that are ours."""
        return {suffix: _identity(self.path.with_name(self.path.name + suffix)) for suffix in ("", *_BESIDE)}

    def _open(self) -> sqlite3.Connection:
        self._make_private()
        try:
            return self._patiently()
        except sqlite3.DatabaseError as problem:
            if problem.sqlite_errorcode & 0xFF not in _DAMAGED:
                raise
        with self._alone():
            return self._replace()

    def _patiently(self) -> sqlite3.Connection:
        """Connect, again while another process is opening it: SQLite does not wait when a new file becomes WAL, or a last user leaves."""
        end = time.monotonic() + self._busy
        while True:
            try:
                return self._connect()
            except sqlite3.DatabaseError as problem:
                if problem.sqlite_errorcode & 0xFF not in _BUSY or time.monotonic() >= end:
                    raise
            time.sleep(_RETRY)

    def _replace(self) -> sqlite3.Connection:
        """Begin a new journal in place of a damaged one, unless another process just did."""
        try:
            return self._patiently()
        except sqlite3.DatabaseError as problem:
            if problem.sqlite_errorcode & 0xFF not in _DAMAGED:
                raise
        self.damaged = self._set_aside([*_BESIDE, ""])
        self._make_private()
        return self._patiently()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other processes from replacing the file at the same time; a file system without locks does without."""
        self._make_folder()
        handle = os.open(self.path.with_name(f"{self.path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            with suppress(ImportError, OSError):
                import fcntl

                fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, timeout=self._busy, isolation_level=None, check_same_thread=False)
        try:
            db.row_factory = sqlite3.Row
            db.text_factory = partial(str, encoding="utf-8", errors="replace")  # one damaged letter is no reason to refuse all
            # On network folders WAL is refused; the rollback journal then keeps the same promises, only slower.
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=FULL")
            if db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                raise _damage()
            self._migrate(db)
        except UnicodeDecodeError:  # what SQLite complains about names damaged text, which Python cannot read either
            db.close()
            raise _damage() from None
        except BaseException:
            db.close()
            raise
        return db

    def _migrate(self, db: sqlite3.Connection) -> None:
        found = db.execute("PRAGMA user_version").fetchone()[0]
        if found > VERSION:
            raise JournalError("journal_newer", path=str(self.path), found=found, known=VERSION)
        if found < VERSION:
            self._grow(db)

    def _grow(self, db: sqlite3.Connection) -> None:
        """Bring the tables up to date, unless another process just did."""
        db.execute("BEGIN IMMEDIATE")
        found = db.execute("PRAGMA user_version").fetchone()[0]
        if found < 1:
            for statement in TABLES.split(";"):
                db.execute(statement)
        for statement in CHANGES[max(found - 1, 0) :]:
            db.execute(statement)
        if found < 1:
            self._begin(db)
        db.execute(f"PRAGMA user_version={max(found, VERSION)}")
        db.execute("COMMIT")

    def _make_private(self) -> None:
        self._make_folder()
        if not self.path.exists() and any(self._identities().values()):
            with self._alone():
                if not self.path.exists():
                    self._set_aside(_BESIDE)  # of a file that is gone
                self._make_file()
        else:
            self._make_file()

    def _make_folder(self) -> None:
        if not self.path.parent.is_dir():  # one that is there keeps its mode
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)

    def _make_file(self) -> None:
        # Made before SQLite opens it: the file, its -wal and its -shm all get this mode, whatever the umask.
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600))
        with suppress(OSError):
            self.path.chmod(0o600)

    def _set_aside(self, suffixes: Sequence[str]) -> Path:
        """Rename a file and what belongs to it. It is never deleted: someone may be able to read it."""
        stamp = time.strftime("%Y-%m-%d-%H%M%S")
        names = (f"{self.path.name}.damaged-{stamp}{f'-{number}' if number else ''}" for number in itertools.count())
        taken = {one.name for one in self.path.parent.glob(f"{glob.escape(self.path.name)}.damaged-*")}
        aside = self.path.with_name(next(name for name in names if not any(name + suffix in taken for suffix in ("", *_BESIDE))))
        for suffix in suffixes:
            with suppress(FileNotFoundError):
                self.path.with_name(self.path.name + suffix).rename(aside.with_name(aside.name + suffix))
        return aside

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn SQLite's and the system's complaints into a `JournalError` that says what to do."""
        try:
            yield
        except sqlite3.IntegrityError:
            raise
        except sqlite3.DatabaseError as problem:
            error = self._explain(problem)
        except UnicodeDecodeError:
            error = self._explain(_damage())
        except OSError as problem:
            error = JournalError("folder_closed", folder=str(self.path.parent), reason=problem.strerror or type(problem).__name__)
        else:
            return
        raise error

    def _explain(self, problem: sqlite3.DatabaseError) -> JournalError:
        code = getattr(problem, "sqlite_errorcode", 0) & 0xFF
        if code in _BUSY:
            return JournalError("journal_busy", path=str(self.path), seconds=f"{self._busy:g}")
        if code == sqlite3.SQLITE_FULL:
            return JournalError("disk_full", folder=str(self.path.parent))
        return JournalError("folder_closed", folder=str(self.path.parent), reason=str(problem))


_open: weakref.WeakSet[Store] = weakref.WeakSet()
_held: list[Store] = []


def _before_fork() -> None:
    """A child inherits locks as they stand, and SQLite's own among them, without the threads that would let them go."""
    _held.extend(store for store in list(_open) if store.quiesce())


def _after_fork() -> None:
    while _held:
        _held.pop().resume()


def _in_child() -> None:
    _held.clear()
    for store in list(_open):
        store.leave()
    _open.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_in_child)


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from another one of its name; None where there is none."""
    try:
        found = path.stat(follow_symlinks=False)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _damage() -> sqlite3.DatabaseError:
    problem = sqlite3.DatabaseError("quick_check found damage")
    problem.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return problem
