"""The journal: one transaction decides, what is committed stays, and nothing is ever deleted."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from pvideo.errors import BudgetError, JournalError
from pvideo.job.budget import permit
from pvideo.library import queries
from pvideo.library.journal import EXCHANGES_KEPT, Journal
from pvideo.library.press_key import typed_key
from pvideo.library.rows import COLUMNS, JobRow, encode
from pvideo.library.schema import CHANGES, TABLES, VERSION

if TYPE_CHECKING:
    from pathlib import Path


def row(intent: str = "i1", **changes: Any) -> JobRow:
    given = {
        "press_key": "k",
        "typed_key": "k",
        "model": "m/m",
        "day": "2026-11-20",
        "pressed_at": 1.0,
        "session": "s",
        "estimate": Decimal("0.10"),
    }
    return JobRow(intent=intent, **{**given, **changes})


@pytest.fixture
def journal(tmp_path: Path):
    made = Journal(tmp_path / "home" / "journal.db", busy=0.2)
    yield made
    made.close()


def test_what_is_written_comes_back_the_same(journal: Journal) -> None:
    written = row(
        seed=2**70,
        typed={"prompt": "ü"},
        notes=("a", "b"),
        files=("/x.mp4",),
        cost=Decimal("0.0202"),
        cancel_asked=True,
        error={"key": "x"},
    )

    journal.press(written, reuse="none")

    assert journal.get("i1") == written


def test_the_table_has_a_column_for_each_part_of_a_row() -> None:
    db = sqlite3.connect(":memory:")
    db.executescript(";".join([TABLES, *CHANGES]))

    assert {found[1] for found in db.execute("PRAGMA table_info(jobs)")} == set(COLUMNS)
    db.close()


def test_a_journal_of_the_first_version_grows_and_keeps_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    db = sqlite3.connect(path)
    db.executescript(TABLES)
    first = [found[1] for found in db.execute("PRAGMA table_info(jobs)")]
    values = [encode(name, getattr(row(), name)) for name in first]
    db.execute(f"INSERT INTO jobs ({','.join(first)}) VALUES ({','.join('?' * len(first))})", values)
    db.execute("PRAGMA user_version=1")
    db.commit()
    db.close()

    journal = Journal(path)

    assert journal.get(row().intent) == row(typed_key=typed_key("real", "m/m", {}))
    assert journal.read("PRAGMA user_version")[0][0] == VERSION
    journal.close()


def test_folder_and_files_are_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        journal = Journal(tmp_path / "home" / "journal.db")
        journal.press(row(), reuse="none")
    finally:
        os.umask(before)

    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "home").iterdir()}
    journal.close()
    assert modes == dict.fromkeys(["journal.db", "journal.db-wal", "journal.db-shm"], 0o600)
    assert (tmp_path / "home").stat().st_mode & 0o777 == 0o700


def test_commits_are_flushed_to_the_disk(journal: Journal) -> None:
    assert journal.read("PRAGMA journal_mode")[0][0] == "wal"
    assert journal.read("PRAGMA synchronous")[0][0] == 2


def test_a_press_finds_the_running_one_then_the_newest_good_one(journal: Journal) -> None:
    for number, state in enumerate(["done", "failed", "running", "failed"]):
        journal.press(row(f"i{number}", state=state, pressed_at=float(number)), reuse="none")

    found, new = journal.press(row("i9"), reuse="any")
    assert (found.intent, new) == ("i2", False)

    journal.update("i2", state="failed")
    assert journal.by_press("k", "").intent == "i0"
    assert journal.press(row("i8", pressed_at=9.0), reuse="running") == (row("i8", pressed_at=9.0), True)


def test_eight_processes_with_one_press_make_one_job(tmp_path: Path) -> None:
    path = tmp_path / "home" / "journal.db"
    program = (
        "import sys\nfrom pathlib import Path\nfrom pvideo.library.journal import Journal\nfrom pvideo.library.rows import JobRow\n"
        f"journal = Journal(Path({str(path)!r}))\nsys.stdin.readline()\n"
        "row = JobRow(intent=sys.argv[1], press_key='k', typed_key='k', day='d')\nprint(journal.press(row, reuse='running')[1])"
    )
    command = [sys.executable, "-c", program]
    running = [
        subprocess.Popen([*command, str(n)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for n in range(8)
    ]
    for process in running:
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [process.communicate(timeout=60) for process in running]

    assert sorted(out.strip() for out, _ in answers) == ["False"] * 7 + ["True"]
    assert [err for _, err in answers] == [""] * 8


def test_only_one_may_send(journal: Journal) -> None:
    journal.press(row(), reuse="none")
    claim = {"sent_at": 1.0, "sent_steady": 1.0, "boot": "b"}

    assert journal.claim_sending("i1", "a", **claim)
    assert not journal.claim_sending("i1", "b", **claim)
    assert journal.get("i1").owner == "a"


def test_a_prediction_belongs_to_one_job(journal: Journal) -> None:
    journal.press(row("i1"), reuse="none")
    journal.press(row("i2"), reuse="none")

    assert journal.created("i1", "p" * 26)
    assert not journal.created("i2", "p" * 26)
    assert journal.created("i1", "p" * 26)
    assert journal.get("i2").state == "new"
    assert journal.claimed(["p" * 26, "q" * 26]) == {"p" * 26}


def test_a_job_is_adopted_by_one(journal: Journal) -> None:
    journal.press(row(owner="dead", state="running"), reuse="none")
    seen = journal.get("i1")

    assert journal.adopt(seen, "a")
    assert not journal.adopt(seen, "b")
    assert journal.get("i1").owner == "a"


def test_the_budget_counts_running_at_estimate_and_ended_at_cost(journal: Journal) -> None:
    journal.press(row("i1", state="running"), reuse="none")
    journal.press(row("i2", state="done", cost=Decimal("0.08")), reuse="none")
    journal.press(row("i3", state="rejected", cost=Decimal(0)), reuse="none")
    journal.press(row("i4", state="canceled", session="other"), reuse="none")
    journal.press(row("i5", state="done", realm="demo"), reuse="none")
    journal.press(row("i6", state="done", day="2026-11-19"), reuse="none")

    spent = journal.spent(realm="real", day="2026-11-20", session="s")

    assert (spent.day, spent.running, spent.running_count, spent.ended_count) == (Decimal("0.28"), Decimal("0.10"), 1, 3)
    assert spent.session == Decimal("0.28")
    assert spent.total == Decimal("0.38")


def test_over_the_budget_nothing_is_written_and_the_sum_is_named(journal: Journal) -> None:
    journal.press(row("i1", state="done", estimate=Decimal("4.94")), reuse="none")
    allowed = permit(Decimal("0.10"), model="m/m", day=Decimal("5.00"), session=None, confirmed=False)

    with pytest.raises(BudgetError) as caught:
        journal.press(row("i2"), reuse="none", permit=allowed)

    assert caught.value.key == "budget_reached"
    assert "$0.10 would make today $5.04 of $5.00" in str(caught.value)
    assert "pvideo.configure(budget_day=6)" in str(caught.value)
    assert journal.get("i2") is None


def test_exactly_the_budget_is_allowed_and_a_session_has_its_own(journal: Journal) -> None:
    journal.press(row("i1", state="done", estimate=Decimal("4.90")), reuse="none")

    assert journal.press(row("i2"), reuse="none", permit=permit(Decimal("0.10"), model="", day=Decimal(5), session=None, confirmed=False))[
        1
    ]
    with pytest.raises(BudgetError, match="this session"):
        journal.press(row("i3"), reuse="none", permit=permit(Decimal("0.10"), model="", day=None, session=Decimal(5), confirmed=False))


def test_an_unknown_price_is_asked_for_once_when_there_is_a_budget(journal: Journal) -> None:
    unknown = {"model": "m/m", "session": None}

    with pytest.raises(BudgetError) as caught:
        journal.press(row("i1"), reuse="none", permit=permit(None, day=Decimal(5), confirmed=False, **unknown))

    assert caught.value.key == "price_unknown"
    assert journal.press(row("i2"), reuse="none", permit=permit(None, day=Decimal(5), confirmed=True, **unknown))[1]
    assert journal.press(row("i3"), reuse="none", permit=permit(None, day=None, confirmed=False, **unknown))[1]


def test_a_held_journal_is_waited_for_and_then_named(journal: Journal) -> None:
    other = sqlite3.connect(journal.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(JournalError) as caught:
        journal.press(row(), reuse="none")

    other.execute("ROLLBACK")
    other.close()
    assert caught.value.key == "journal_busy"
    assert "0.2 s" in str(caught.value)
    assert journal.press(row(), reuse="none")[1]


def test_a_newer_journal_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    Journal(path).close()
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA user_version={VERSION + 1}")
    db.close()
    before = path.read_bytes()

    with pytest.raises(JournalError) as caught:
        Journal(path)

    assert caught.value.key == "journal_newer"
    assert path.read_bytes() == before


@pytest.mark.parametrize("harm", ["text", "flipped", "cut"])
def test_a_damaged_journal_is_set_aside_and_never_deleted(tmp_path: Path, harm: str) -> None:
    path = tmp_path / "journal.db"
    journal = Journal(path)
    for number in range(200):
        journal.press(row(f"i{number}", prompt="x" * 500), reuse="none")
    journal.close()
    whole = path.read_bytes()
    middle = len(whole) // 2
    broken = {"text": b"not a database" * 99, "flipped": whole[:5000] + b"\xff" * 9000 + whole[14000:], "cut": whole[:middle]}[harm]
    path.write_bytes(broken)

    fresh = Journal(path)

    assert fresh.press(row(), reuse="any")[1]
    assert fresh.damaged.name.startswith("journal.db.damaged-20")
    assert fresh.damaged.read_bytes() == broken
    fresh.close()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")

    with pytest.raises(JournalError) as caught:
        Journal(tmp_path / "home" / "journal.db")

    assert caught.value.key == "folder_closed"


def test_the_first_and_the_last_exchanges_are_kept(journal: Journal) -> None:
    journal.press(row(), reuse="none")

    for number in range(200):
        journal.exchange("i1", {"number": number})

    numbers = [body["number"] for body in journal.exchanges("i1")]
    assert len(numbers) == EXCHANGES_KEPT
    assert numbers[:5] == [0, 1, 2, 3, 4]
    assert numbers[-1] == 199


def test_durations_are_those_of_the_same_shape(journal: Journal) -> None:
    alike = {"state": "done", "realm": "real", "shape": "a", "press_key": None}
    for number, changes in enumerate(
        [{"took": 3.0}, {"took": 4.0, "state": "failed"}, {"took": 5.0, "realm": "demo"}, {"took": 6.0, "shape": "b"}]
    ):
        journal.press(row(f"i{number}", **{**alike, **changes}), reuse="none")

    assert journal.durations(model="m/m", realm="real", shape="a") == [3.0]


def test_history_finds_words_and_shows_running_ones_first(journal: Journal) -> None:
    journal.press(row("i1", prompt="A paper boat in the rain", pressed_at=1.0, state="done"), reuse="none")
    journal.press(row("i2", prompt="City lights, 100% time-lapse", pressed_at=2.0, state="done"), reuse="none")
    journal.press(row("i3", prompt="A boat", pressed_at=0.5, state="running"), reuse="none")

    assert [found.intent for found in queries.history(journal)] == ["i3", "i2", "i1"]
    assert [found.intent for found in queries.history(journal, "BOAT rain")] == ["i1"]
    assert [found.intent for found in queries.history(journal, "100%")] == ["i2"]
    assert [found.intent for found in queries.history(journal, "_")] == []
    assert queries.size(journal) == (2, 0)


def test_ten_thousand_rows_are_searched_in_a_moment(journal: Journal) -> None:
    import time

    with journal.transaction() as db:
        from pvideo.library.journal import _insert

        for number in range(10_000):
            _insert(db, row(f"i{number}", prompt=f"prompt {number}", pressed_at=float(number), state="done", press_key=f"k{number}"))
    begun = time.perf_counter()

    found = queries.history(journal, "prompt 77", limit=20)

    assert len(found) == 20
    assert time.perf_counter() - begun < 0.5


def test_a_forked_child_neither_writes_nor_closes_the_journal(journal: Journal) -> None:
    journal.press(row(), reuse="none")
    child = os.fork()
    if child == 0:  # pragma: no cover - another process
        try:
            journal.update("i1", state="failed")
            os._exit(1)
        except JournalError:
            os._exit(0)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert journal.get("i1").state == "new"


def test_a_fork_in_the_middle_of_a_write_leaves_no_lock_behind(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db")
    begun, over = threading.Event(), []

    def write() -> None:
        with journal.transaction() as db:
            begun.set()
            for _ in range(3000):  # long enough for the fork to find it at work
                db.execute("SELECT 1").fetchall()
            over.append(time.monotonic())

    writer = threading.Thread(target=write)
    writer.start()
    begun.wait()
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        code = 1
        with suppress(BaseException):
            try:
                journal.update("i1", state="done")
            except JournalError:
                Journal(tmp_path / "journal.db").close()
                code = 0
        os._exit(code)
    _, status = os.waitpid(child, 0)
    writer.join()

    assert over
    assert os.waitstatus_to_exitcode(status) == 0
    assert journal.press(row(), reuse="none")[1]
    journal.close()
